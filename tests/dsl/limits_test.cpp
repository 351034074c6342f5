/// Programs that are too large, too deep or no text at all end with an error, and large ones that are right
/// do not.
#include "elaborated.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace cnn;
using test::Elaborated;

static std::string network(const std::string& body) {
  return "network A {\n  input x: f32[N, 8, 8, 8]\n" + body + "\n}\n";
}

static std::string repeated(const std::string& text, size_t count) {
  std::string result;
  for (size_t i = 0; i < count; ++i) result += text;
  return result;
}

TEST_CASE("nesting without end is an error") {
  size_t many = 100'000;
  std::string open = repeated("(", many), close = repeated(")", many);
  CHECK(Elaborated("let a = " + open + "1" + close + "\n").errors().starts_with("E0108"));
  CHECK(Elaborated("let a = " + open).errors().starts_with("E0108"));
  CHECK(Elaborated("let a = " + repeated("[", many)).errors().starts_with("E0108"));
  CHECK(Elaborated("func f() -> int " + repeated("{", many)).diagnostics.hasErrors());
  CHECK(Elaborated("let a = " + repeated("-", many) + "1\n").errors().starts_with("E0108"));
  CHECK(Elaborated("let a = " + repeated("not ", many) + "true\n").errors().starts_with("E0108"));
  CHECK(Elaborated("let a = 1" + repeated(" + 1", many) + "\n").errors().starts_with("E0108"));
  CHECK(Elaborated("let a = f" + repeated("(1)", many) + "\n").errors().starts_with("E0108"));
  CHECK(Elaborated("let a = \"" + repeated("{\"", many) + "\n").diagnostics.hasErrors());
  CHECK(Elaborated("let a = if true { 1 } " + repeated("else if true { 1 } ", many) + "else { 2 }\n")
            .errors()
            .starts_with("E0108"));
}

TEST_CASE("layers and loops without end are errors") {
  CHECK(Elaborated(network("  var y = x\n  for i in 0..1000000000 { y = y |> relu }\n  output z = y"))
            .errors() == "E0308 4:12");
  CHECK(Elaborated(network("  var y = x\n  for i in 0..1000000 { y = y |> relu }\n  output z = y"))
            .errors()
            .starts_with("E0308"));
  CHECK(Elaborated("block B(x) = x |> relu |> B\n" + network("  output z = x |> B"))
            .errors()
            .starts_with("E0309"));
}

/// `let a0 = BASE`, and so many lets that each hold the one before it twice.
static std::string doubled(const std::string& base, const std::string& step, int times = 60) {
  std::string text = "  let a0 = " + base + "\n";
  for (int i = 1; i <= times; ++i) {
    std::string line = "  let a" + std::to_string(i) + " = " + step + "\n";
    for (size_t at; (at = line.find('$')) != std::string::npos;)
      line.replace(at, 1, "a" + std::to_string(i - 1));
    text += line;
  }
  return text;
}

TEST_CASE("what doubles again and again ends with an error, or is never written out") {
  std::string functions = "func f0(n: int) -> int = n + 1\n", blocks = "block B0(x) = x |> relu\n";
  for (int i = 1; i <= 50; ++i) {
    std::string name = std::to_string(i), before = std::to_string(i - 1);
    functions += "func f" + name + "(n: int) -> int = f" + before + "(f" + before + "(n))\n";
    blocks += "block B" + name + "(x) = x |> B" + before + " |> B" + before + "\n";
  }
  CHECK(Elaborated(functions + "let a = f50(0)\n").errors().starts_with("E0308"));
  CHECK(Elaborated(functions + network("  output z = x |> conv(f50(0), 3)")).errors().starts_with("E0308"));
  CHECK(Elaborated(blocks + network("  output z = x |> B50")).errors().starts_with("E0308"));
  // Every function by itself is tried as well, and all trials together end.
  CHECK(Elaborated(functions).errors() == "");

  auto inNetwork = [](const std::string& lets, const std::string& output) {
    return Elaborated("network A {\n  input x: f32[N, 8, H, W]\n" + lets + "  output z = " + output + "\n}\n")
        .errors();
  };
  CHECK(inNetwork(doubled("[1, 2]", "$ + $"), "x").starts_with("E0308"));
  CHECK(inNetwork(doubled("\"ab\"", "$ + $"), "x").starts_with("E0308"));
  CHECK(inNetwork(doubled("\"ab\"", "\"{$}{$}\""), "x").starts_with("E0308"));
  CHECK(inNetwork(doubled("[1, 2]", "[$, $]"), "x") == "");
  CHECK(inNetwork(doubled("[x, x]", "[$, $]"), "x |> concat(a60)").starts_with("E"));
  CHECK(inNetwork(doubled("conv(8, 1)", "($ |> $)"), "x") == "");
  CHECK(inNetwork(doubled("conv(8, 1)", "($ |> $)"), "x |> a60").starts_with("E0308"));
  CHECK(inNetwork(doubled("H", "$ % 7 + $ / 2"), "x").starts_with("E0308"));
  CHECK(inNetwork(doubled("H", "$ * 1000"), "x").starts_with("E0303"));
  CHECK(inNetwork(doubled("H > 8", "$ and not $"), "x").starts_with("E0308"));
  CHECK(inNetwork(doubled("x", "concat([$, $])"), "a60").starts_with("E0500"));
}

TEST_CASE("lists and chains within each other have a greatest depth") {
  auto loop = [](const std::string& first, const std::string& step) {
    return Elaborated(
               network("  var a = " + first + "\n  for i in 0..100000 { a = " + step + " }\n  output z = x"))
        .errors();
  };
  CHECK(loop("[1]", "[a]") == "E0108 4:28");
  CHECK(loop("relu", "(a |> relu)") == "E0108 4:29");
  CHECK(loop("relu", "(relu |> a)") == "E0108 4:29");
  CHECK(Elaborated("block T(x, b: block) = x |> b\n" +
                   network("  var a = T(relu)\n  for i in 0..100000 { a = T(a) }\n  output z = x"))
            .errors() == "E0108 5:28");
  // As deep as a deep network is written step by step.
  CHECK(Elaborated(
            network("  var a = (relu |> relu)\n  for i in 0..400 { a = (a |> relu) }\n  output z = x |> a"))
            .errors() == "");
}

TEST_CASE("values are looked at, copied and written within limits") {
  CHECK(Elaborated("let a = for i in 0..3000 { for j in 0..3000 { i } }\n").errors().starts_with("E0308"));
  CHECK(Elaborated("let n = 0..900000\nlet a = for i in 0..1000 { sum(n) }\n").errors().starts_with("E0308"));
  CHECK(Elaborated("func f(m: [int]) -> int = 1\nlet n = 0..900000\nlet a = for i in 0..1000 { f(n) }\n")
            .errors()
            .starts_with("E0308"));
  std::string longest = repeated("a", 9000);
  CHECK(Elaborated("let s = \"" + longest + "\"\nlet a = for i in 0..900000 { s }\n")
            .errors()
            .starts_with("E0308"));
  CHECK(Elaborated("let s = \"" + longest + "{1}" + longest + "\"\n").errors() == "E0308 1:9");
  CHECK(Elaborated("block B(x) = x |> relu @\"" + longest + "\"\n" +
                   network("  output z = x |> B @\"" + longest + "\""))
            .errors()
            .starts_with("E0308"));
  // After the end of evaluation nothing else is wrong for lack of it.
  Elaborated ended("func f(n: int) -> int = if n == 0 { 1 } else { f(n - 1) + f(n - 1) }\n"
                   "network A {\n  input x: f32[N, f(50)]\n  output y = x\n}\n"
                   "network B {\n  input x: f32[N, 3]\n  output y = x |> linear(3)\n}\n"
                   "train B {\n  input t: f32[N, 3]\n  loss = mse(y, t)\n  optimizer = sgd(lr = 0.1)\n}\n");
  CHECK(ended.diagnostics.count() == 1);
}

TEST_CASE("sizes that no tensor can have are errors") {
  CHECK(Elaborated(network("  param w: f32[2147483647, 2147483647, 2147483647] = zeros\n  output z = x"))
            .errors() == "E0500 3:12");
  CHECK(Elaborated(network("  output z = x |> conv(2147483647, [2147483647, 2147483647])"))
            .errors()
            .starts_with("E0500"));
  CHECK(Elaborated("network A {\n  input x: f32[N, 2000000, 2000000, 2000000]\n  output y = x |> relu\n}\n")
            .errors()
            .starts_with("E0500"));
  CHECK(Elaborated("network A {\n  input x: f32[N, 65536, 65536]\n  output y = x |> flatten\n}\n").errors() ==
        "E0500 3:19");
}

TEST_CASE("numbers that overflow are errors") {
  CHECK(Elaborated(network("  output z = x |> conv(2 ** 63, 3)")).errors() == "E0303 3:24");
  CHECK(Elaborated(network("  output z = x |> conv(9223372036854775807 + 1, 3)")).errors() == "E0303 3:24");
  CHECK(Elaborated(network("  output z = x |> conv(9223372036854775808, 3)")).errors() == "E0009 3:24");
  CHECK(Elaborated(network("  output z = x |> conv(9G * 9G, 3)")).errors() == "E0303 3:24");
  CHECK(Elaborated(network("  output z = x |> conv(1 + 1e999, 3)")).errors() == "E0009 3:28");
  CHECK(Elaborated(network("  output z = x |> conv(8, 2147483648)")).errors() == "E0406 3:27");
  CHECK(Elaborated(network("  output z = x |> linear(2147483647)")).errors().starts_with("E0500"));
}

TEST_CASE("bytes that are no text are errors") {
  CHECK(Elaborated(network("  output z = x") + std::string(1, '\0')).errors() == "E0004 5:1");
  CHECK(Elaborated(network("  output z = x") + "\xFF\xFE").errors() == "E0003 5:1");
  CHECK(Elaborated(network("  output z = x // \xC3\n")).errors() == "E0003 3:19");
  CHECK(Elaborated(network("  output z = x |> relu @\"\xED\xA0\x80\"")).errors() == "E0003 3:26");
}

TEST_CASE("a byte order mark and CRLF change neither meaning nor places") {
  std::string text = network("  output z = x |> rleu"), windows = "\xEF\xBB\xBF";
  for (char c : text) windows += c == '\n' ? "\r\n" : std::string(1, c);
  CHECK(Elaborated(text).errors() == "E0200 3:19");
  CHECK(Elaborated(windows).errors() == "E0200 3:19");
  CHECK(Elaborated("\xEF\xBB\xBF" + network("  output z = x |> relu\r")).errors() == "");
}

TEST_CASE("a file of 100 MB is read and one byte more is refused") {
  std::string path =
      (std::filesystem::temp_directory_path() / ("cnnc_limit_" + std::to_string(getpid()) + ".cnn"));
  std::ofstream(path, std::ios::binary) << "let a = 1\n";
  auto ids = [&](uintmax_t size) {
    std::filesystem::resize_file(path, size); // zeros, which take no room on the disk
    SourceManager sources;
    DiagnosticEngine diagnostics(sources);
    ast::AstContext syntax;
    loadProgram(sources, syntax, path, diagnostics);
    std::string list;
    for (const Diagnostic* one : diagnostics.sorted()) list += std::string(info(one->diag).id) + " ";
    return list;
  };
  CHECK(ids(SourceManager::defaultMaxBytes) == "E0004 ");
  CHECK(ids(SourceManager::defaultMaxBytes + 1) == "E0002 ");
  std::filesystem::remove(path);
}

TEST_CASE("a selector of many stars is matched in reasonable time") {
  std::string stars = repeated("*a", 40);
  CHECK(Elaborated(network("  output z = x |> conv(8, 3) @" + repeated("a", 200) + "\n  init [\"" + stars +
                           "b\"] = zeros"))
            .errors()
            .starts_with("E0602"));
  CHECK(Elaborated(network("  output z = x |> conv(8, 3) @" + repeated("a", 200) + "\n  init [\"" + stars +
                           "\"] = zeros"))
            .errors() == "");
}

TEST_CASE("twenty thousand layers and two thousand networks are elaborated") {
  std::string layers =
      network("  var y = x\n" + repeated("  y = y |> conv(8, 3, padding = 1)\n", 20'000) + "  output z = y");
  Elaborated deep(layers);
  CHECK(deep.errors() == "");
  CHECK(deep.parameterNames("A").size() == 40'000);
  std::string networks;
  for (int i = 0; i < 2000; ++i)
    networks +=
        "network N" + std::to_string(i) + " {\n  input x: f32[N, 8]\n  output y = x |> linear(8)\n}\n";
  Elaborated wide(networks);
  CHECK(wide.errors() == "");
  CHECK(wide.parameterCount("N1999") == 72);
}
