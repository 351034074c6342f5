//===- check_command.cpp - cnnc check: all mistakes of a file, and their fixes ------------------------===//

#include "files.h"
#include "frontend.h"

#include "dsl/diagnostics/fixes.h"

#include <cstdio>

namespace cnn::tools {
namespace {

/// A fix can bring to light what was hidden behind the mistake.
constexpr int mostRounds = 50;

/// One round: the file with the sure fixes of what is wrong with it now. Says what it changed; false when
/// that was nothing, or the file cannot be written.
bool fixOnce(const CompileOptions& compile, std::string& error) {
  Frontend frontend;
  if (frontend.load(compile, Frontend::Purpose::fix) || !frontend.program) return false;
  const SourceManager& sources = frontend.sources;
  FileId file = frontend.program->main().file.file;
  FixedText result = applySureFixes(frontend.diagnostics, file);
  if (result.text == sources.file(file).text) return false;
  if (!writeFiles({{compile.file, bytesOf(result.text)}}, error)) return false;
  for (const Diagnostic* diagnostic : result.fixed) {
    LineColumn at = sources.lineColumn(diagnostic->span);
    std::string line = compile.file + ":" + std::to_string(at.line) + ":" + std::to_string(at.column) +
                       ": fixed: " + diagnostic->message + ": " + describe(*diagnostic->sureFix(), sources);
    std::fprintf(stderr, "%s\n", visibleText(line).c_str());
  }
  return true;
}

} // namespace

int check(const CompileOptions& given, const CheckOptions& options) {
  CompileOptions compile = given;
  compile.everyMachine = true;
  std::string error;
  for (int round = 0; options.fix && round < mostRounds && fixOnce(compile, error); ++round) {
  }
  if (!error.empty()) return fail(error);
  Frontend frontend;
  return frontend.load(compile, Frontend::Purpose::look, options.json) ? 0 : 1;
}

} // namespace cnn::tools
