//===- cnnc.cpp - The compiler's command line -------------------------------------------------------===//
//
// Exit status 0; 1 after errors in the input, printed on stderr, or of output that could not be written; 2
// for a wrong command line; 3 after a mistake of the compiler itself.
//
//===---------------------------------------------------------------------------------------------------===//

#include "files.h"
#include "internal_error.h"
#include "options.h"
#include "standard_output.h"
#include "verbs.h"

#include "dsl/diagnostics/diagnostics.h"
#include "dsl/source_to_ast/lexer.h"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <sstream>

using namespace cnn::tools;

/// Whether a word goes on with the values of a list: `--set classes=5 H=256`, `verify --batch 1 3`. Other
/// words are files, wherever they stand.
static bool goesOn(std::string_view option, std::string_view verb, std::string_view word) {
  if (option == "--set") {
    size_t equals = word.find('=');
    return equals != std::string_view::npos && equals > 0 &&
           std::all_of(word.begin(), word.begin() + static_cast<ptrdiff_t>(equals), cnn::isIdentifierPart);
  }
  auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
  return option == "--batch" && verb == "verify" && !word.empty() &&
         std::all_of(word.begin(), word.end(), isDigit);
}

/// Each value of a list with the option before it.
static std::vector<std::string> oneByOne(const std::vector<std::string>& words) {
  std::vector<std::string> result;
  std::string option;
  bool first = false; // the value that belongs to the option in any case
  for (const std::string& word : words) {
    if (word.starts_with("-")) {
      option = word.substr(0, word.find('='));
      first = option == word;
    } else if (first) {
      first = false;
    } else if (goesOn(option, words[0], word)) {
      result.push_back(option);
    } else {
      option.clear();
    }
    result.push_back(word);
  }
  return result;
}

/// `cnnc FILE …` means `cnnc build FILE …`.
static std::vector<std::string> withVerb(int count, char** words) {
  std::vector<std::string> arguments(words + 1, words + count);
  bool named =
      arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h" || arguments[0] == "--version";
  for (const Verb& verb : verbs()) named = named || verb.name == arguments[0];
  if (!named) arguments.insert(arguments.begin(), "build");
  if (!arguments.empty()) arguments = oneByOne(arguments);
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

static int run(int count, char** words) {
  removeUnfinishedOnSignals();
  if (misspelledVerb(count, words)) return 2;
  std::unique_ptr<CLI::App> cnnc = commandLine();
  try {
    cnnc->parse(withVerb(count, words));
  } catch (const CLI::ParseError& error) {
    std::ostringstream help;
    int status = cnnc->exit(error, help, std::cerr) ? 2 : 0;
    std::fputs(help.str().c_str(), stdout);
    return status;
  }
  const std::string chosen = cnnc->get_subcommands().front()->get_name();
  catchInternalErrors(givenFile());
  for (const Verb& verb : verbs())
    if (verb.name == chosen) {
      int status = verb.run();
      return hadInternalError() ? internalErrorStatus : status;
    }
  return 2; // not reached: CLI11 requires a verb of the table
}

int main(int count, char** words) {
  openStandardOutput();
  return closeStandardOutput(run(count, words));
}
