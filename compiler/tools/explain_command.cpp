//===- explain_command.cpp - cnnc explain: a page a diagnostic --------------------------------------===//

#include "frontend.h"

#include "llvm/ADT/StringExtras.h"

#include <cstdio>

namespace cnn::tools {
namespace {

constexpr size_t pageWidth = 100;

std::string wrapped(std::string_view text) {
  std::string out;
  size_t column = 0;
  for (llvm::StringRef word : llvm::split(llvm::StringRef(text.data(), text.size()), ' ')) {
    bool breaks = column > 0 && column + 1 + word.size() > pageWidth;
    out += column == 0 ? "" : breaks ? "\n" : " ";
    column = breaks ? word.size() : column + (column > 0) + word.size();
    out += word;
  }
  return out + "\n";
}

std::string indented(std::string_view text) {
  std::string out;
  for (llvm::StringRef line : llvm::split(llvm::StringRef(text.data(), text.size()).trim('\n'), '\n'))
    out += (line.empty() ? "" : "    " + line.str()) + "\n";
  return out;
}

int list() {
  for (const DiagnosticInfo& row : allDiagnostics())
    std::printf("%s  %-20s  %s\n", row.id.data(), row.name.data(), row.message.data());
  return 0;
}

/// What the compiler says about the example: it shows the place and, where there is one, the fix.
std::string verdict(const DiagnosticInfo& row) {
  SourceManager sources;
  DiagnosticEngine diagnostics(sources);
  ast::AstContext tree;
  Program program = loadText(sources, tree, "example.cnn", std::string(row.example), diagnostics);
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  elaborate(program, context, {}, diagnostics);
  return toText(diagnostics);
}

void print(const DiagnosticInfo& row) {
  std::string page = std::string(row.id) + " " + std::string(row.name) + ": " + std::string(row.message) +
                     "\n\n" + wrapped(row.explanation);
  if (!row.example.empty())
    page += "\nExample:\n\n" + indented(visibleText(row.example)) + "\nwhich cnnc answers with\n\n" +
            indented(verdict(row));
  std::fputs(page.c_str(), stdout);
}

} // namespace

int explain(const std::string& id) {
  if (id.empty()) return list();
  llvm::StringRef wanted = id;
  std::vector<std::string_view> known;
  for (const DiagnosticInfo& row : allDiagnostics()) {
    if (wanted.equals_insensitive(row.id) || wanted.equals_insensitive(row.name)) return print(row), 0;
    known.push_back(row.id);
    known.push_back(row.name);
  }
  std::string_view meant = nearest(id, known);
  return fail("there is no diagnostic " + id +
              (meant.empty() ? "" : ", did you mean " + std::string(meant) + "?") +
              "; cnnc explain lists all");
}

} // namespace cnn::tools
