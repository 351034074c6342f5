/// Each kind of mistake, made again and again in one file, is answered in time that grows with the file:
/// nothing is looked at once for each of the others.
#include "elaborated.h"

#include "dsl/source_to_ast/lexer.h"
#include "dsl/source_to_ast/parser.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <set>

using namespace cnn;
using test::Elaborated;

namespace {

/// Names that a program declares at its top level.
std::set<std::string> declared(const std::string& text) {
  SourceManager sources;
  DiagnosticEngine diagnostics(sources);
  ast::AstContext context;
  FileId file = sources.addText("", text);
  ast::File tree = parse(sources, file, context, diagnostics);
  std::set<std::string> names;
  for (const ast::Decl* decl : tree.declarations) {
    if (auto* callable = ast::as<ast::CallableDecl>(decl)) names.insert(std::string(callable->name.text));
    if (auto* let = ast::as<ast::LetDecl>(decl))
      if (auto* name = ast::as<ast::NamePattern>(let->pattern)) names.insert(std::string(name->name));
  }
  names.erase("");
  return names;
}

/// The text with a number after each of the names.
std::string numbered(const std::string& text, const std::set<std::string>& names, size_t number) {
  SourceManager sources;
  DiagnosticEngine diagnostics(sources);
  FileId file = sources.addText("", text);
  std::string result;
  uint32_t copied = 0;
  for (const Token& token : lex(sources, wholeFile(sources, file), diagnostics).tokens) {
    if (token.kind != TokenKind::Identifier || !names.count(std::string(sources.text(token.span)))) continue;
    result += text.substr(copied, token.span.end - copied) + "_" + std::to_string(number);
    copied = token.span.end;
  }
  return result + text.substr(copied) + "\n";
}

/// Ways to make the mistakes of a program again.
enum class Manner {
  programs,   ///< the whole text, with names of its own
  lines,      ///< the line of the first mistake, as it stands
  otherLines, ///< that line, with another name for each that the first mistake marks or the line declares
};

std::string lineOf(const std::string& text, size_t number) {
  size_t begin = 0;
  for (size_t line = 1; line < number && begin != std::string::npos; ++line) {
    begin = text.find('\n', begin);
    if (begin != std::string::npos) ++begin;
  }
  return begin == std::string::npos ? "" : text.substr(begin, text.find('\n', begin) - begin);
}

std::string repeated(const std::string& text, Manner manner, size_t count) {
  std::string result;
  if (manner == Manner::programs) {
    std::set<std::string> names = declared(text);
    for (size_t i = 0; i < count; ++i) result += numbered(text, names, i);
    return result;
  }
  Elaborated elaborated(text);
  std::vector<const Diagnostic*> found = elaborated.diagnostics.sorted();
  auto inText = std::find_if(found.begin(), found.end(), [](auto* d) { return d->span.file == 0; });
  if (inText == found.end()) return "";
  Span span = (*inText)->span;
  uint32_t number = elaborated.sources.lineColumn(span).line;
  std::string line = lineOf(text, number);
  size_t begin = elaborated.sources.file(0).lineStarts[number - 1];
  std::set<std::string> names{std::string(elaborated.sources.text(span))};
  if (manner == Manner::otherLines) {
    size_t at = line.find_first_not_of(' ');
    for (const char* keyword : {"let ", "var ", "output ", "input ", "param ", "shared ", "metric "})
      if (at != std::string::npos && line.compare(at, std::string(keyword).size(), keyword) == 0) {
        size_t name = at + std::string(keyword).size(), end = name;
        while (end < line.size() && isIdentifierPart(line[end])) ++end;
        names.insert(line.substr(name, end - name));
      }
  }
  for (size_t i = 0; i < count; ++i)
    result += manner == Manner::lines ? line + "\n" : numbered(line, names, i);
  return text.substr(0, begin) + result + text.substr(std::min(text.size(), begin + line.size() + 1));
}

/// Seconds of processor time until all is printed.
double secondsFor(const std::string& text) {
  std::clock_t begin = std::clock();
  Elaborated elaborated(text);
  size_t printed = toText(elaborated.diagnostics).size() + toJson(elaborated.diagnostics).size();
  CHECK(printed > 0);
  return double(std::clock() - begin) / CLOCKS_PER_SEC;
}

/// Four times as much takes about four times as long, and no sixteen times: measured anew where it seems to.
bool growsWithTheText(const std::string& text, Manner manner, size_t count) {
  std::string few = repeated(text, manner, count), many = repeated(text, manner, 4 * count);
  double first = 0, second = 0;
  for (int attempt = 0; attempt < 4; ++attempt) {
    first = secondsFor(few), second = secondsFor(many);
    if (second <= 8 * first + 0.05) return true;
  }
  UNSCOPED_INFO(count << " times takes " << first << " s, " << 4 * count << " times " << second << " s");
  return false;
}

/// CNN_EVERY_MISTAKE=1 takes all programs, ten thousand times; else one of each kind, some hundred times.
void check(const std::string& folder) {
  const char* every = std::getenv("CNN_EVERY_MISTAKE");
  bool all = every && *every == '1';
  std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(std::string(CNN_TEST_PROGRAMS "/") + folder);
  std::set<std::string> seen;
  for (const std::string& path : test::filesIn(".", ".cnn")) {
    std::string text = test::readFile(path);
    Elaborated elaborated(text);
    std::string kinds;
    for (const Diagnostic* one : elaborated.diagnostics.sorted()) kinds += std::string(info(one->diag).id);
    if (!all && !seen.insert(kinds).second) continue;
    for (Manner manner : {Manner::programs, Manner::lines, Manner::otherLines}) {
      INFO(folder << "/" << path << ", in manner " << int(manner));
      CHECK(growsWithTheText(text, manner, all ? 2500 : 150));
    }
  }
  CHECK((all || seen.size() > 20));
  std::filesystem::current_path(before);
}

} // namespace

TEST_CASE("a mistake that is made again and again takes time for each, not for each pair") {
  check("wrong_programs");
}

TEST_CASE("thousands of names that are nearly each other's take time for each") {
  auto names = [](size_t count) {
    std::string text;
    for (size_t i = 0; i < count; ++i)
      text += "let value" + std::to_string(i) + " = " + std::to_string(i) + "\n";
    for (size_t i = 0; i < count; ++i)
      text += "let w" + std::to_string(i) + " = vaule" + std::to_string(i) + "\n";
    return text;
  };
  CHECK(secondsFor(names(10'000)) < 20); // quadratic it takes minutes; sanitizers take ten times as long
}
