#include "dsl/fmt/diff.h"
#include "dsl/fmt/fmt.h"
#include "dsl/source_to_ast/lexer.h"
#include "parsed.h"

#include <catch2/catch.hpp>
#include <rapidcheck.h>
#include <rapidcheck/catch.h>

#include <filesystem>
#include <fstream>
#include <sstream>

using namespace cnn;

static std::string formatted(const std::string& text) {
  SourceManager sources;
  DiagnosticEngine diagnostics(sources);
  auto result = format(sources, sources.addText("test.cnn", text), diagnostics);
  INFO(toText(diagnostics));
  REQUIRE(result.has_value());
  return *result;
}

/// Tokens and comments in order, without semicolons: what formatting must not change.
static std::string content(const std::string& text) {
  SourceManager sources;
  DiagnosticEngine diagnostics(sources);
  FileId file = sources.addText("test.cnn", text);
  TokenStream stream = lex(sources, wholeFile(sources, file), diagnostics);
  std::string result;
  for (const Token& token : stream.tokens)
    if (token.kind != TokenKind::Semicolon) result += std::string(sources.text(token.span)) + " ";
  for (const Comment& comment : stream.comments) {
    std::string_view words = sources.text(comment.span);
    while (words.ends_with(' ')) words.remove_suffix(1);
    result += "\n" + std::string(words);
  }
  return result;
}

TEST_CASE("formatting normalises white space and keeps line breaks") {
  CHECK(formatted("let a=1+2*-3 ;\n\n\n\nlet  b = f( x,y = -1 ) [ 0 ] . c\n") ==
        "let a = 1 + 2 * -3\n\nlet b = f(x, y = -1)[0].c\n");
  CHECK(formatted("network A{\n\n input x:f32[N,3]\n   output y=x\n|>relu@act\n// last\n\n}\n") ==
        "network A {\n  input x: f32[N, 3]\n  output y = x\n    |> relu @act\n  // last\n}\n");
  CHECK(formatted("network A {\n  input x: f32[N]; output y = x;\n}") ==
        "network A {\n  input x: f32[N]; output y = x\n}\n");
  CHECK(formatted("let a = [\n1,\n  2,\n   ]\nlet b = f(\n[1,\n2])\n") ==
        "let a = [\n  1,\n  2,\n]\nlet b = f(\n  [1,\n    2])\n");
  CHECK(formatted("func f(a:int)->int{return if a>1{a-1}else{-a}}\n") ==
        "func f(a: int) -> int { return if a > 1 { a - 1 } else { -a } }\n");
  CHECK(formatted("network A {\n  init[conv]=zeros\n  input x: f32[N]\n  let y = 0 .. 3\n  output z = "
                  "x@\"p\"\n}\n") ==
        "network A {\n  init [conv] = zeros\n  input x: f32[N]\n  let y = 0..3\n  output z = x @\"p\"\n}\n");
}

TEST_CASE("columns aligned with spaces stay") {
  std::string text =
      "network A {\n  input x: f32[N, 3]   // batch\n  let short   = 1\n  let longer2 = [3,  16, 1]\n"
      "  output y = x |> relu      @a |> relu\n}\n";
  CHECK(formatted(text) == text);
}

TEST_CASE("a byte order mark and CRLF are dropped") {
  CHECK(formatted("\xEF\xBB\xBFlet a = 1\r\n\r\nlet b = 2 // c\r\n") == "let a = 1\n\nlet b = 2 // c\n");
  CHECK(formatted("") == "");
  CHECK(formatted("\n\n// only\n\n") == "// only\n");
}

static std::string read(const std::filesystem::path& path) {
  std::ifstream stream(path);
  std::ostringstream buffer;
  buffer << stream.rdbuf();
  return buffer.str();
}

/// The syntax tree without places; empty where the text has mistakes.
static std::string tree(const std::string& text) {
  test::Parsed parsed(text);
  if (parsed.diagnostics.hasErrors()) return "";
  std::string printed = toText(parsed.file, parsed.sources), result;
  std::istringstream lines(printed);
  for (std::string line; std::getline(lines, line);) result += line.substr(0, line.rfind(" <")) + "\n";
  return result;
}

TEST_CASE(
    "the .cnn files of the project are formatted, and formatting keeps every token, comment and meaning") {
  size_t count = 0;
  for (const char* folder : {"/programs", "/../../examples"})
    for (auto& entry :
         std::filesystem::recursive_directory_iterator(std::string(CNN_TEST_PROGRAMS) + folder)) {
      if (entry.path().extension() != ".cnn") continue;
      INFO(entry.path().string());
      std::string text = read(entry.path());
      CHECK(formatted(text) == text);
      // Without its white space, where that can be.
      std::string loose;
      for (size_t i = 0; i < text.size(); ++i)
        loose += text[i] == ','                  ? " ,   "
                 : text[i] == '\n' && i % 3 == 0 ? " \n     "
                                                 : std::string(1, text[i]);
      std::string once = formatted(loose);
      CHECK(content(once) == content(loose));
      CHECK(formatted(once) == once);
      CHECK_FALSE(tree(text).empty());
      CHECK(tree(once) == tree(loose));
      ++count;
    }
  CHECK(count >= 15);
}

TEST_CASE("a comment survives at every place between two tokens") {
  std::string text = read(CNN_TEST_PROGRAMS "/programs/siamese.cnn");
  SourceManager sources;
  DiagnosticEngine diagnostics(sources);
  FileId file = sources.addText("test.cnn", text);
  size_t kept = 0;
  for (const Token& token : lex(sources, wholeFile(sources, file), diagnostics).tokens) {
    std::string changed = text;
    changed.insert(token.span.end, " // here\n");
    if (tree(changed).empty()) continue; // a statement ends with its line
    INFO(changed);
    std::string once = formatted(changed);
    CHECK(content(once) == content(changed));
    CHECK(formatted(once) == once);
    CHECK(tree(once) == tree(changed));
    ++kept;
  }
  CHECK(kept > 50);
}

TEST_CASE("what parses keeps its tree when it is formatted, and formatting again changes nothing") {
  static constexpr const char* pieces[] = {"let",  "a",     "=",  "1",      "2.5",  "(",   ")",  "[",  "]",
                                           ",",    "\n",    "if", "{",      "}",    "+",   "-",  "**", "|>",
                                           "@p",   "\"s\"", "..", ".",      "else", "for", "in", "or", "not",
                                           "true", ";",     "f",  "// c\n", " ",    "=="};
  rc::prop("soup of tokens", [](const std::vector<uint8_t>& picks) {
    std::string text = "func g() -> int {\n  let b = ";
    for (uint8_t pick : picks) text += std::string(pieces[pick % std::size(pieces)]) + (pick & 64 ? " " : "");
    text += "\n  return 1\n}\n";
    std::string before = tree(text);
    if (before.empty()) return;
    std::string once = formatted(text);
    RC_ASSERT(tree(once) == before);
    RC_ASSERT(formatted(once) == once);
  });
}

TEST_CASE("a file with mistakes is not formatted") {
  SourceManager sources;
  DiagnosticEngine diagnostics(sources);
  CHECK_FALSE(format(sources, sources.addText("test.cnn", "let = 1\n"), diagnostics).has_value());
  CHECK(diagnostics.count() == 1);
}

TEST_CASE("the difference shows the lines that change") {
  CHECK(unifiedDiff("a.cnn", "x\ny\n", "x\ny\n") == "");
  CHECK(unifiedDiff("a.cnn", "1\n2\n3\n4\n5\n6\n", "1\n2\n3\n4\nfive\n6\n") ==
        "--- a.cnn\n+++ a.cnn\n@@ -2,5 +2,5 @@\n 2\n 3\n 4\n-5\n+five\n 6\n");
  CHECK(unifiedDiff("a.cnn", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "one\n2\n3\n4\n5\n6\n7\n8\n") ==
        "--- a.cnn\n+++ a.cnn\n@@ -1,4 +1,4 @@\n-1\n+one\n 2\n 3\n 4\n@@ -6,4 +6,3 @@\n 6\n 7\n 8\n-9\n");
  CHECK(unifiedDiff("a.cnn", "1", "1\n") ==
        "--- a.cnn\n+++ a.cnn\n@@ -1,1 +1,1 @@\n-1\n\\ No newline at end of file\n+1\n");
  CHECK(unifiedDiff("a.cnn", "", "1\n") == "--- a.cnn\n+++ a.cnn\n@@ -0,0 +1,1 @@\n+1\n");
}
