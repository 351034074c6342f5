//===- cnnc.cpp - The compiler's command line -------------------------------------------------------===//
//
// Exit status 0; 1 after errors in the input, printed on stderr; 2 for a wrong command line.
//
//===---------------------------------------------------------------------------------------------------===//

#include "verbs.h"

#include "dsl/diagnostics/diagnostics.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>

using namespace cnn::tools;

/// `cnnc FILE …` means `cnnc build FILE …`.
static std::vector<std::string> withVerb(int count, char** words) {
  std::vector<std::string> arguments(words + 1, words + count);
  bool named =
      arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "--version";
  for (const Verb& verb : verbs()) named = named || verb.name == arguments[0];
  if (!named) arguments.insert(arguments.begin(), "build");
  std::reverse(arguments.begin(), arguments.end()); // as CLI11 wants them
  return arguments;
}

/// `cnnc chek net.cnn`: a word that is neither a verb nor a file, and nearly a verb.
static bool misspelledVerb(int count, char** words) {
  std::error_code failed;
  if (count < 2 || words[1][0] == '-' || std::filesystem::exists(words[1], failed)) return false;
  std::vector<std::string_view> names;
  for (const Verb& verb : verbs()) names.push_back(verb.name);
  if (std::ranges::count(names, std::string_view(words[1]))) return false;
  std::string_view meant = cnn::nearest(words[1], names);
  if (meant.empty()) return false;
  std::cerr << "there is no verb " << words[1] << ", did you mean " << meant << "?\n";
  return true;
}

int main(int count, char** words) {
  if (misspelledVerb(count, words)) return 2;
  std::unique_ptr<CLI::App> cnnc = commandLine();
  try {
    cnnc->parse(withVerb(count, words));
  } catch (const CLI::ParseError& error) {
    return cnnc->exit(error, std::cout, std::cerr) ? 2 : 0;
  }
  const std::string chosen = cnnc->get_subcommands().front()->get_name();
  for (const Verb& verb : verbs())
    if (verb.name == chosen) return verb.run();
  return 2; // not reached: CLI11 requires a verb of the table
}
