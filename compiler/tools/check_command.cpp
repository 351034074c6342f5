//===- check_command.cpp - cnnc check: all mistakes of a file, and their fixes ------------------------===//

#include "files.h"
#include "frontend.h"

#include "dsl/diagnostics/fixes.h"
#include "dsl/source_to_ast/parser.h"

#include <algorithm>
#include <cstdio>
#include <map>

namespace cnn::tools {
namespace {

/// A fix can bring to light what was hidden behind the mistake.
constexpr int mostRounds = 50;

using LineCounts = std::map<uint32_t, int>;

bool isOfSyntax(const Diagnostic& diagnostic) {
  return info(diagnostic.diag).id < "E02";
}

/// How many errors of syntax each line of a text has.
LineCounts syntaxErrors(const std::string& text) {
  SourceManager sources;
  DiagnosticEngine diagnostics(sources);
  ast::AstContext context;
  FileId file = sources.addText("", text);
  parse(sources, file, context, diagnostics);
  LineCounts counts;
  for (const Diagnostic* diagnostic : diagnostics.sorted())
    if (isOfSyntax(*diagnostic)) ++counts[sources.lineColumn(diagnostic->span).line];
  return counts;
}

/// Fixes after which a line has mistakes of syntax that it did not have: they were not what was meant.
std::set<const Diagnostic*> harmful(const FixedText& result, const std::string& before,
                                    const SourceManager& sources) {
  std::set<const Diagnostic*> found;
  if (std::count(before.begin(), before.end(), '\n') !=
      std::count(result.text.begin(), result.text.end(), '\n'))
    return found; // lines have no numbers in common
  LineCounts earlier = syntaxErrors(before), later = syntaxErrors(result.text);
  auto lineOf = [&](const Diagnostic* diagnostic) { return sources.lineColumn(diagnostic->span).line; };
  for (const Diagnostic* diagnostic : result.fixed)
    if (isOfSyntax(*diagnostic)) --earlier[lineOf(diagnostic)];
  for (const Diagnostic* diagnostic : result.fixed)
    if (later[lineOf(diagnostic)] > std::max(0, earlier[lineOf(diagnostic)])) found.insert(diagnostic);
  return found;
}

/// One round: the file with the sure fixes of what is wrong with it now. Says what it changed; false when
/// that was nothing, or the file cannot be written.
bool fixOnce(const CompileOptions& compile, std::string& error) {
  Frontend frontend;
  if (frontend.load(compile, Frontend::Purpose::fix) || !frontend.program) return false;
  const SourceManager& sources = frontend.sources;
  FileId file = frontend.program->main().file.file;
  FixedText result = applySureFixes(frontend.diagnostics, file);
  if (auto without = harmful(result, sources.file(file).text, sources); !without.empty())
    result = applySureFixes(frontend.diagnostics, file, without);
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
