//===- standard_output.h - Output that was not written is an error -----------------------------------===//
#ifndef CNN_COMPILER_TOOLS_STANDARD_OUTPUT_H
#define CNN_COMPILER_TOOLS_STANDARD_OUTPUT_H

namespace cnn::tools {

/// Makes stdout remember why it could not be written, and gives a closed stdin, stdout or stderr a
/// descriptor, so that no file that is opened later takes its place. Called before anything is written.
void openStandardOutput();

/// Writes what is left of stdout. After output that was lost it says so on stderr, and the exit status is 1
/// where it would have been 0; else it is the one given.
int closeStandardOutput(int status);

} // namespace cnn::tools

#endif
