//===- completion_command.cpp - cnnc completion: scripts for bash, zsh and fish ---------------------===//

#include "description.h"
#include "options.h"

#include <cstdio>

namespace cnn::tools {
namespace {

std::string joined(const std::vector<std::string>& words, const char* between = " ") {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

/// In single quotes for a shell, without what `_arguments` of zsh would read as its own signs.
std::string quoted(const std::string& text, const std::string& special = "") {
  std::string out = "'";
  for (char c : text) {
    if (special.find(c) != std::string::npos) out += '\\';
    out += c == '\'' ? "'\\''" : std::string(1, c);
  }
  return out + "'";
}

std::vector<std::string> flagsOf(const std::vector<OptionDescription>& options) {
  std::vector<std::string> flags;
  for (const OptionDescription& option : options)
    if (!option.positional) flags.insert(flags.end(), option.names.begin(), option.names.end());
  return flags;
}

std::vector<std::string> verbNames(const CommandDescription& command) {
  std::vector<std::string> names;
  for (const VerbDescription& verb : command.verbs) names.push_back(verb.name);
  return names;
}

// ---- bash ----

std::string bashValues(const VerbDescription& verb) {
  std::string cases;
  for (const OptionDescription& option : verb.options) {
    if (option.positional || !option.takesValue) continue;
    std::string action =
        !option.choices.empty()
            ? "COMPREPLY=($(compgen -W " + quoted(joined(option.choices)) + " -- \"$word\")); return"
        : option.takesFile ? "COMPREPLY=($(compgen -f -- \"$word\")); return"
                           : "return";
    cases += "        " + joined(option.names, "|") + ") " + action + " ;;\n";
  }
  return cases.empty() ? "" : "      case $before in\n" + cases + "      esac\n";
}

std::string bashVerb(const VerbDescription& verb) {
  std::string words = joined(flagsOf(verb.options));
  std::string files = "-f";
  for (const OptionDescription& option : verb.options) {
    if (!option.positional) continue;
    if (!option.choices.empty()) words += " " + joined(option.choices);
    if (!option.takesFile) files = "";
  }
  std::string reply = "      COMPREPLY=($(compgen -W " + quoted(words) + " " + files + " -- \"$word\"))\n";
  return "    " + verb.name + ")\n" + bashValues(verb) + reply + "      ;;\n";
}

std::string bash(const CommandDescription& command) {
  std::string out =
      "# Completion of cnnc for bash.\n_cnnc() {\n"
      "  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} verb=${COMP_WORDS[1]}\n"
      "  compopt -o filenames 2>/dev/null\n"
      "  if ((COMP_CWORD == 1)); then\n    COMPREPLY=($(compgen -W " +
      quoted(joined(verbNames(command)) + " " + joined(flagsOf(command.options))) +
      " -f -- \"$word\"))\n    return\n  fi\n  case $verb in\n";
  for (const VerbDescription& verb : command.verbs)
    if (verb.name != "build") out += bashVerb(verb);
  for (const VerbDescription& verb : command.verbs) // without a verb it is build
    if (verb.name == "build")
      out += "    # build, or a file without a verb\n" + bashVerb({"*", "", "", verb.options});
  return out + "  esac\n}\ncomplete -F _cnnc cnnc\n";
}

// ---- zsh ----

/// 'name[help]:what:how' as zshcompsys(1) describes specifications.
std::string zshSpecification(const OptionDescription& option) {
  std::string value = option.choices.empty() ? (option.takesFile ? ":value:_files" : ":value: ")
                                             : ":value:(" + joined(option.choices) + ")";
  if (option.positional) return quoted((option.repeated ? "*" : "") + value);
  std::string names = option.names.size() == 1 ? option.names.front() : "";
  std::string help = quoted("[" + option.help + "]", ":");
  std::string rest = help + (option.takesValue ? quoted(value) : "");
  if (!names.empty()) return (option.repeated ? "'*'" : "") + names + rest;
  return std::string(option.repeated ? "'*'" : quoted("(" + joined(option.names) + ")")) + "{" +
         joined(option.names, ",") + "}" + rest;
}

std::string zsh(const CommandDescription& command) {
  std::string out = "#compdef cnnc\n# Completion of cnnc for zsh.\n_cnnc() {\n  local -a verbs=(\n";
  for (const VerbDescription& verb : command.verbs)
    out += "    " + quoted(verb.name + ":" + verb.help) + "\n";
  out += "  )\n  if ((CURRENT == 2)); then\n    _describe verb verbs\n    compadd -- " +
         joined(flagsOf(command.options)) +
         "\n    _files -g '*.cnn'\n    return\n  fi\n"
         "  local verb=$words[2]\n  shift words\n  ((CURRENT--))\n  case $verb in\n";
  auto arguments = [&](const std::string& pattern, const VerbDescription& verb) {
    out += "    " + pattern + ")\n      _arguments";
    for (const OptionDescription& option : verb.options) out += " \\\n        " + zshSpecification(option);
    out += "\n      ;;\n";
  };
  for (const VerbDescription& verb : command.verbs)
    if (verb.name != "build") arguments(verb.name, verb);
  for (const VerbDescription& verb : command.verbs)
    if (verb.name == "build") arguments("*", verb);
  return out + "  esac\n}\n_cnnc \"$@\"\n";
}

// ---- fish ----

std::string fishOption(const OptionDescription& option, const std::string& condition) {
  std::string line = "complete -c cnnc -n " + quoted(condition);
  for (const std::string& name : option.names)
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  if (option.takesValue) line += option.takesFile ? " -r" : " -x";
  if (!option.choices.empty()) line += " -a " + quoted(joined(option.choices));
  return line + " -d " + quoted(option.help) + "\n";
}

std::string fish(const CommandDescription& command) {
  std::string all = joined(verbNames(command)), out = "# Completion of cnnc for fish.\n";
  for (const VerbDescription& verb : command.verbs)
    out += "complete -c cnnc -n __fish_use_subcommand -a " + verb.name + " -d " + quoted(verb.help) + "\n";
  for (const OptionDescription& option : command.options) out += fishOption(option, "__fish_use_subcommand");
  for (const VerbDescription& verb : command.verbs) {
    std::string condition = "__fish_seen_subcommand_from " + verb.name;
    // A file without a verb is built.
    if (verb.name == "build") condition += "; or not __fish_seen_subcommand_from " + all;
    for (const OptionDescription& option : verb.options) {
      if (!option.positional)
        out += fishOption(option, condition);
      else if (!option.choices.empty())
        out += "complete -c cnnc -f -n " + quoted(condition) + " -a " + quoted(joined(option.choices)) + "\n";
    }
  }
  return out;
}

} // namespace

int completion(const std::string& shell) {
  CommandDescription command = describeCommand();
  std::fputs((shell == "bash"  ? bash(command)
              : shell == "zsh" ? zsh(command)
                               : fish(command))
                 .c_str(),
             stdout);
  return 0;
}

} // namespace cnn::tools
