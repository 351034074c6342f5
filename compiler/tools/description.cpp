//===- description.cpp - The command line as data, for completion and the manual page ---------------===//

#include "description.h"

#include "verbs.h"

#include <CLI/CLI.hpp>

namespace cnn::tools {
namespace {

/// CLI11 has an option's type and checks as text only: INT:INT in [1 - 256], TEXT:{infer,train}, TEXT:FILE.
OptionDescription describe(const CLI::Option& option) {
  OptionDescription result;
  result.help = option.get_description();
  result.positional = option.get_positional();
  if (result.positional) result.names.push_back(option.get_name());
  for (const std::string& name : option.get_snames()) result.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) result.names.push_back("--" + name);
  result.required = option.get_required();
  result.repeated = option.get_items_expected_max() > 1;
  result.takesValue = option.get_items_expected_max() > 0;
  std::string type = option.get_type_name();
  size_t open = type.find('{'), close = type.find('}', open);
  if (close != std::string::npos)
    result.choices = CLI::detail::split(type.substr(open + 1, close - open - 1), ',');
  result.takesFile = result.takesValue && result.choices.empty() && type.starts_with("TEXT");
  return result;
}

std::vector<OptionDescription> describeOptions(const CLI::App& app) {
  std::vector<OptionDescription> result;
  for (const CLI::Option* option : app.get_options()) result.push_back(describe(*option));
  return result;
}

} // namespace

CommandDescription describeCommand() {
  std::unique_ptr<CLI::App> cnnc = commandLine();
  CommandDescription result{cnnc->get_description(), cnnc->get_footer(), describeOptions(*cnnc), {}};
  for (const Verb& verb : verbs())
    result.verbs.push_back(
        {verb.name, verb.help, verb.example, describeOptions(*cnnc->get_subcommand(verb.name))});
  return result;
}

} // namespace cnn::tools
