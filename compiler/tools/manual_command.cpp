//===- manual_command.cpp - cnnc manual: the manual page in troff -----------------------------------===//

#include "description.h"
#include "options.h"

#include <cstdio>

namespace cnn::tools {
namespace {

/// Text for man(7): no sign of it may be taken for a request or a hyphen.
std::string plain(const std::string& text) {
  std::string out;
  for (char c : text) {
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else if ((c == '.' || c == '\'') && out.empty())
      out += std::string("\\&") + c;
    else
      out += c;
  }
  return out;
}

std::string optionText(const OptionDescription& option) {
  std::string names;
  for (const std::string& name : option.names)
    names += (names.empty() ? "" : ", ") + ((option.positional ? "\\fI" : "\\fB") + plain(name) + "\\fR");
  if (option.takesValue && !option.positional) names += " \\fIvalue\\fR";
  if (option.repeated) names += " ...";
  std::string help = option.help;
  if (!option.choices.empty() && help.find(option.choices.front()) == std::string::npos) {
    help += ":";
    for (const std::string& choice : option.choices) help += (help.ends_with(':') ? " " : ", ") + choice;
  }
  return ".TP\n" + names + "\n" + plain(help) + (option.required ? " (required)" : "") + "\n";
}

} // namespace

int manual() {
  CommandDescription command = describeCommand();
  std::string version = versionText();
  std::string page =
      ".TH CNNC 1 \"\" \"" + version.substr(0, version.find(" (")) +
      "\" \"User Commands\"\n"
      ".SH NAME\ncnnc \\- compiler for convolutional neural networks\n"
      ".SH SYNOPSIS\n.B cnnc\n.I verb\n[\\fIoption\\fR ...] [\\fIfile\\fR ...]\n.br\n.B cnnc\n.I file.cnn\n"
      ".SH DESCRIPTION\n" +
      plain(command.purpose) + "\n.PP\n" + plain(command.hint) + "\n";
  for (const OptionDescription& option : command.options) page += optionText(option);
  page += ".SH VERBS\n";
  for (const VerbDescription& verb : command.verbs) {
    page += ".SS " + plain(verb.name) + "\n" + plain(verb.help) + ".\n.PP\n.EX\n" + plain(verb.example) +
            "\n.EE\n";
    for (const OptionDescription& option : verb.options) page += optionText(option);
  }
  page +=
      ".SH EXIT STATUS\n0; 1 after errors in the input, which are printed on standard error; 2 for a wrong "
      "command "
      "line.\n.SH ENVIRONMENT\n.TP\n.B XDG_CACHE_HOME\nwhere compiled kernels are kept, in the folder cnnc; "
      "default: "
      "~/.cache\n.TP\n.B CNN_DATA\nfolder of data sets, looked at first\n.TP\n.B CNN_NUM_THREADS\nthreads; "
      "default: all cores\n.SH FILES\n.TP\n.I PREFIX/share/cnnc/zoo\nthe networks that use \"zoo/NAME.cnn\" "
      "finds\n";
  std::fputs(page.c_str(), stdout);
  return 0;
}

} // namespace cnn::tools
