//===- verbs.h - The verbs of the command line ------------------------------------------------------===//
#ifndef CNN_COMPILER_TOOLS_VERBS_H
#define CNN_COMPILER_TOOLS_VERBS_H

#include <memory>
#include <string>
#include <vector>

namespace CLI {
class App;
}

namespace cnn::tools {

/// A verb is one entry of the table in verbs.cpp; help, completion and the manual page follow from it.
struct Verb {
  const char* name;
  const char* help;
  const char* example;
  std::vector<void (*)(CLI::App&)> options; ///< blocks of options, which verbs share
  int (*run)();                             ///< reads what the options have set; returns the exit status
};

const std::vector<Verb>& verbs();

/// The network's file on the command line; empty for verbs without one.
const std::string& givenFile();

/// The whole command line: general options, and a subcommand for each verb.
std::unique_ptr<CLI::App> commandLine();

} // namespace cnn::tools

#endif
