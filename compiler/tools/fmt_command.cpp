//===- fmt_command.cpp - cnnc fmt: canonical formatting ---------------------------------------------===//

#include "dsl/fmt/diff.h"
#include "dsl/fmt/fmt.h"
#include "files.h"
#include "options.h"

#include <cstdio>
#include <unistd.h>

namespace cnn::tools {
namespace {

/// All of stdin; stops one byte beyond the limit of source files.
std::string readInput(uint64_t limit) {
  std::string text;
  char part[1 << 16];
  while (text.size() <= limit) {
    size_t count = std::fread(part, 1, sizeof part, stdin);
    if (count == 0) break;
    text.append(part, count);
  }
  return text;
}

FileId open(SourceManager& sources, const std::string& name, DiagnosticEngine& diagnostics) {
  if (name != "-") return sources.addFile(name, diagnostics);
  std::string text = readInput(sources.byteLimit());
  if (text.size() <= sources.byteLimit()) return sources.addText("<stdin>", std::move(text));
  diagnostics.report(Diag::FileTooLarge, Span{}, "<stdin>",
                     "more than " + std::to_string(sources.byteLimit()), sources.byteLimit());
  return Span::noFile;
}

/// The text as on disk, where a byte order mark counts as a difference.
std::string original(const SourceFile& file) {
  return (file.hadByteOrderMark ? "\xEF\xBB\xBF" : "") + file.text;
}

bool replace(const std::string& path, const std::string& text) {
  std::string error;
  if (writeFiles({{path, bytesOf(text)}}, error)) return true;
  std::fprintf(stderr, "error: %s\n", error.c_str());
  return false;
}

/// False after an error, or for an unformatted file that was only to be looked at.
bool formatOne(const std::string& name, const FormatOptions& options) {
  SourceManager sources;
  DiagnosticEngine diagnostics(sources);
  FileId file = open(sources, name, diagnostics);
  std::optional<std::string> formatted;
  if (file != Span::noFile) formatted = cnn::format(sources, file, diagnostics);
  if (!formatted) {
    std::fputs(toText(diagnostics, isatty(2)).c_str(), stderr);
    return false;
  }
  std::string before = original(sources.file(file));
  bool same = *formatted == before;
  if (options.check && !same) std::printf("%s\n", sources.file(file).name.c_str());
  if (options.diff) std::fputs(unifiedDiff(sources.file(file).name, before, *formatted).c_str(), stdout);
  if (options.check || options.diff) return same || !options.check;
  if (name != "-") return same || replace(name, *formatted);
  return std::fwrite(formatted->data(), 1, formatted->size(), stdout) == formatted->size();
}

} // namespace

int format(const FormatOptions& options) {
  bool right = true;
  for (const std::string& name : options.files) right = formatOne(name, options) && right;
  return right ? 0 : 1;
}

} // namespace cnn::tools
