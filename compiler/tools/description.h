//===- description.h - The command line as data, for completion and the manual page -----------------===//
#ifndef CNN_COMPILER_TOOLS_DESCRIPTION_H
#define CNN_COMPILER_TOOLS_DESCRIPTION_H

#include <string>
#include <vector>

namespace cnn::tools {

struct OptionDescription {
  std::vector<std::string> names; ///< -j, --jobs; for a positional FILE
  std::string help;
  bool positional = false, required = false, repeated = false;
  bool takesValue = false;
  bool takesFile = false;           ///< a value that may be a path
  std::vector<std::string> choices; ///< all values there are; empty: any
};

struct VerbDescription {
  std::string name, help, example;
  std::vector<OptionDescription> options;
};

struct CommandDescription {
  std::string purpose, hint;
  std::vector<OptionDescription> options;
  std::vector<VerbDescription> verbs;
};

/// Read from the command line's parser, so that it says what the parser takes.
CommandDescription describeCommand();

} // namespace cnn::tools

#endif
