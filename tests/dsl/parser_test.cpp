#include "parsed.h"

#include <catch2/catch.hpp>

#include <chrono>
#include <filesystem>

using namespace cnn;
using test::Parsed;

static std::string tree(const std::string& text) {
  Parsed parsed(text);
  CHECK(parsed.errors() == "");
  return toText(parsed.file, parsed.sources);
}

TEST_CASE("all complete programs parse") {
  size_t count = 0;
  for (auto& entry : std::filesystem::directory_iterator(CNN_TEST_PROGRAMS "/programs")) {
    SourceManager sources;
    DiagnosticEngine diagnostics(sources);
    ast::AstContext context;
    FileId id = sources.addFile(entry.path().string(), diagnostics);
    ast::File file = parse(sources, id, context, diagnostics);
    INFO(toText(diagnostics));
    CHECK_FALSE(diagnostics.hasErrors());
    CHECK(file.declarations.size() > 0);
    ++count;
  }
  CHECK(count >= 9);
}

TEST_CASE("multiplication binds tighter than addition, and powers tighter than signs") {
  CHECK(tree("let a = 1 + 2 * 3\n") ==
        "let <1:1>\n  name_pattern a <1:5>\n  binary + <1:9>\n    int 1 <1:9>\n"
        "    binary * <1:13>\n      int 2 <1:13>\n      int 3 <1:17>\n");
  CHECK(tree("let a = -2 ** 2\n") ==
        "let <1:1>\n  name_pattern a <1:5>\n  unary - <1:9>\n    binary ** <1:10>\n"
        "      int 2 <1:10>\n      int 2 <1:15>\n");
}

TEST_CASE("an operator at the start of a line does not continue the line before, a pipe does") {
  Parsed parsed("network A {\n  input x: f32[N]\n  let a = x\n    |> relu\n  let b = 1\n  -2\n}\n");
  CHECK(parsed.errors() == "E0117 6:3");
}

TEST_CASE("newlines are white space inside parentheses and brackets, and not inside braces there") {
  CHECK_FALSE(tree("let a = max(1\n  + 2,\n  3)\n").empty());
  CHECK(Parsed("let a = max(if true { 1\n + 2 } else { 3 })\n").errors() == "E0100 2:2");
}

TEST_CASE("strings hold expressions") {
  std::string text = tree("let a = \"x{i + 1}.{j}\\{\"\n");
  CHECK(text.find("    \"x\"\n    binary + <1:12>\n") != std::string::npos);
  CHECK(text.find("    \".\"\n    name j <1:20>\n    \"{\"\n") != std::string::npos);
}

TEST_CASE("a label names the application on its left") {
  std::string text = tree("network A {\n  input x: f32[N]\n  output y = (x |> relu @a) @b.0\n}\n");
  CHECK(text.find("labeled <3:14>\n        paren <3:14>\n          chain <3:15>\n            name x") !=
        std::string::npos);
  CHECK(text.find("string \"b.0\" <3:30>") != std::string::npos);
}

TEST_CASE("words that are keywords only at the start of a statement are names elsewhere") {
  CHECK_FALSE(tree("func f(step: int, group: int) -> int {\n  let metric = step + group\n  var init = 1\n"
                   "  init = metric\n  return init\n}\n")
                  .empty());
}

TEST_CASE("documentation belongs to what follows it") {
  Parsed parsed(
      "// not this\n/// First line.\n/// Second.\nnetwork A {\n  input x: f32[N] // batch\n}\nlet b = 1\n");
  REQUIRE(parsed.file.declarations.size() == 2);
  CHECK(parsed.file.declarations[0]->doc == "/// First line.\n/// Second.");
  CHECK(parsed.file.declarations[1]->doc == "");
}

TEST_CASE("slices have open ends") {
  CHECK_FALSE(tree("let a = [xs[1..], xs[..2], xs[1..2], xs[-1]]\n").empty());
}

TEST_CASE("depth is limited with one error and no crash") {
  auto repeat = [](const std::string& piece, size_t times) {
    std::string result;
    for (size_t i = 0; i < times; ++i) result += piece;
    return result;
  };
  size_t deep = 100'000;
  CHECK(Parsed("let a = " + std::string(deep, '(') + "1" + std::string(deep, ')') + "\n").errors() ==
        "E0108 1:265");
  CHECK(Parsed("let a = " + repeat("f(", deep) + "\n").diagnostics.sorted().size() == 1);
  CHECK(
      Parsed("let a = " + repeat("a[", deep) + "1" + repeat("] == 1", deep) + "\n").diagnostics.hasErrors());
  CHECK(Parsed("let a = " + std::string(deep, '-') + "1\n").diagnostics.sorted().size() == 1);
  CHECK(Parsed("let a = " + repeat("not ", deep) + "1\n").diagnostics.sorted().size() == 1);
  CHECK(Parsed("let a = 1" + repeat(" ** 1", deep) + "\n").diagnostics.sorted().size() == 1);
  CHECK(Parsed("let a = 1" + repeat(" + 1", deep) + "\n").diagnostics.hasErrors());
  CHECK(Parsed("let a = b" + repeat(".c", deep) + "\n").diagnostics.hasErrors());
  CHECK(Parsed("let a = b" + repeat("(1)", deep) + "\n").diagnostics.hasErrors());
  CHECK(Parsed("func f(a: " + std::string(deep, '[') + "int) -> int = 1\n").diagnostics.hasErrors());
  CHECK(Parsed("let " + std::string(deep, '[') + " = 1\n").diagnostics.hasErrors());
  CHECK(Parsed("func f() -> int {" + repeat("if true {", deep) + "\n").diagnostics.hasErrors());
  CHECK(Parsed("func f() -> int { if true { }" + repeat(" else if true { }", deep) + " }\n")
            .diagnostics.hasErrors());
  CHECK(Parsed("let a = " + std::string(deep, '(') + "\n").diagnostics.hasErrors());
}

TEST_CASE("a chain of twenty thousand stages is flat") {
  std::string text = "network A {\n  input x: f32[N, 3]\n  output y = x";
  for (int i = 0; i < 20'000; ++i) text += "\n    |> relu";
  CHECK(Parsed(text + "\n}\n").errors() == "");
}

TEST_CASE("every prefix of every program parses without a crash") {
  for (auto& entry : std::filesystem::directory_iterator(CNN_TEST_PROGRAMS "/programs")) {
    SourceManager sources;
    DiagnosticEngine diagnostics(sources);
    std::string text = sources.file(sources.addFile(entry.path().string(), diagnostics)).text;
    for (size_t length = 0; length < text.size(); ++length) {
      Parsed parsed(text.substr(0, length));
      toText(parsed.diagnostics);
    }
  }
}
