//===- files.h - Output files: whole or not at all -----------------------------------------------------===//
#ifndef CNN_COMPILER_TOOLS_FILES_H
#define CNN_COMPILER_TOOLS_FILES_H

#include <string>
#include <string_view>
#include <vector>

namespace cnn::tools {

struct OutputFile {
  std::string path;
  std::vector<char> bytes;
};

/// Writes all beside their places first, then renames them: after an error every old file is still there.
/// Makes missing folders. The error names the file. Links and permissions as runtime/files/replacement.h
/// says.
bool writeFiles(const std::vector<OutputFile>& files, std::string& error);

/// Writes a file where there is none; `isThere` tells that there is one, or a link, which stays.
bool writeNewFile(const std::string& path, std::string_view text, bool& isThere, std::string& error);

/// From now on SIGINT, SIGTERM and SIGHUP take away what this process has begun to write, before it ends.
void removeUnfinishedOnSignals();

inline std::vector<char> bytesOf(std::string_view text) {
  return {text.begin(), text.end()};
}

} // namespace cnn::tools

#endif
