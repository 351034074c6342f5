#include "dsl/source_to_ast/lexer.h"
#include "parsed.h"

#include <catch2/catch.hpp>

using namespace cnn;
using test::Parsed;

static std::string kinds(const std::string& text) {
  SourceManager sources;
  DiagnosticEngine diagnostics(sources);
  FileId file = sources.addText("test.cnn", text);
  std::string result;
  for (const Token& token : lex(sources, wholeFile(sources, file), diagnostics).tokens)
    result += std::string(describe(token.kind)) + " ";
  return result;
}

TEST_CASE("a path is one token even where it looks like a number") {
  CHECK(kinds("x @0.5 @a.b.0") == "a name a path a path the end of the file ");
  CHECK(kinds("@\"a{i}\"") == "'@' a string the end of the file ");
}

TEST_CASE("ranges of whole numbers are not fractions") {
  CHECK(kinds("0..5") == "a number '..' a number the end of the file ");
  CHECK(kinds("xs[1..]") == "a name '[' a number '..' ']' the end of the file ");
}

TEST_CASE("units multiply whole numbers") {
  Parsed parsed("let a = [100k, 2M, 1G, 256KiB, 1MiB, 2GiB]\n");
  CHECK(parsed.errors() == "");
  std::string tree = toText(parsed.file, parsed.sources);
  for (const char* value :
       {"int 100000 ", "int 2000000 ", "int 1000000000 ", "int 262144 ", "int 1048576 ", "int 2147483648 "})
    CHECK(tree.find(value) != std::string::npos);
}

TEST_CASE("a byte order mark and CRLF line ends change nothing") {
  std::string unix = "network A {\n  input x: f32[N, 3]\n  output y = x\n}\n", dos = "\xEF\xBB\xBF";
  for (char c : unix) dos += c == '\n' ? "\r\n" : std::string(1, c);
  Parsed a(unix), b(dos);
  CHECK(b.errors() == "");
  CHECK(toText(a.file, a.sources) == toText(b.file, b.sources));
}

TEST_CASE("a run of bad bytes is one mistake") {
  CHECK(Parsed("let a = 1 \xFF\xFE\xFD\nlet b = 2\n").errors() == "E0003 1:11");
  CHECK(Parsed(std::string("let a = 1 \0\0\0\nlet b = 2\n", 24)).errors() == "E0004 1:11");
  CHECK(Parsed("// \xC3\n").errors() == "E0003 1:4");
  CHECK(Parsed(std::string("\xFF\xFEl\0e\0t\0", 8)).errors() == "E0003 1:1");
}

TEST_CASE("overlong forms, surrogates and code points above the last are not UTF-8") {
  CHECK(utf8SequenceLength("\xC0\x80") == 0);
  CHECK(utf8SequenceLength("\xE0\x80\x80") == 0);
  CHECK(utf8SequenceLength("\xED\xA0\x80") == 0);
  CHECK(utf8SequenceLength("\xF4\x90\x80\x80") == 0);
  CHECK(utf8SequenceLength("\xF4\x8F\xBF\xBF") == 4);
  CHECK(utf8SequenceLength("\xE2\x82") == 0);
}

TEST_CASE("columns count code points") {
  Parsed parsed("let a = [\"größer 数\", $]\n");
  CHECK(parsed.errors() == "E0005 1:22");
}
