#include "dsl/fmt/fmt.h"
#include "dsl/source_to_ast/lexer.h"

#include <catch2/catch.hpp>

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

TEST_CASE("formatting keeps every token and comment, and formatting again changes nothing") {
  size_t count = 0;
  for (auto& entry : std::filesystem::directory_iterator(CNN_TEST_PROGRAMS "/programs")) {
    INFO(entry.path().string());
    std::ifstream stream(entry.path());
    std::ostringstream buffer;
    buffer << stream.rdbuf();
    std::string text = buffer.str(), once = formatted(text);
    CHECK(content(once) == content(text));
    CHECK(formatted(once) == once);
    ++count;
  }
  CHECK(count >= 9);
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
}
