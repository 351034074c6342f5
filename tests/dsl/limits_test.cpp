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
