/// Warnings are for what is surely not meant: no program of this repository has one.
#include "elaborated.h"

#include "mlir/IR/MLIRContext.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>

using namespace cnn;

static std::vector<std::string> programs() {
  std::filesystem::path root = std::filesystem::path(CNN_TEST_PROGRAMS).parent_path().parent_path();
  std::vector<std::string> paths;
  for (const char* folder : {"examples", "tests"})
    for (auto& entry : std::filesystem::recursive_directory_iterator(root / folder)) {
      bool wrong = entry.path().parent_path().filename().string().starts_with("wrong");
      if (entry.path().extension() == ".cnn" && !wrong) paths.push_back(entry.path().string());
    }
  std::ranges::sort(paths);
  return paths;
}

TEST_CASE("no program of the repository gives a warning") {
  std::string library =
      std::filesystem::path(CNN_TEST_PROGRAMS "/../../examples").lexically_normal().string();
  int right = 0;
  for (const std::string& path : programs()) {
    SourceManager sources;
    DiagnosticEngine diagnostics(sources);
    ast::AstContext tree;
    Program program = loadProgram(sources, tree, path, diagnostics, {library});
    mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
    Elaboration result = elaborate(program, context, {}, diagnostics);
    INFO(toText(diagnostics));
    bool warned = std::ranges::any_of(diagnostics.sorted(), [](const Diagnostic* diagnostic) {
      return info(diagnostic->diag).severity() == Severity::Warning;
    });
    CHECK_FALSE(warned);
    right += result.module ? 1 : 0;
  }
  CHECK(right >= 18);
}

TEST_CASE("a warning leaves a program right") {
  test::Elaborated elaborated("network A {\n  input x: f32[N, 3, 8, 8]\n  let dead = x |> conv(8, 3)\n"
                              "  output y = x |> relu\n}\n");
  CHECK(elaborated.errors() == "W0600 3:19");
  CHECK_FALSE(elaborated.diagnostics.hasErrors());
  CHECK(elaborated.result.module);
  CHECK(elaborated.parameterNames("A").empty());
}

TEST_CASE("what only training, a train output or another network needs is used") {
  auto errors = [](const char* text) { return test::Elaborated(text).errors(); };
  CHECK(errors("network A {\n  input x: f32[N, 3, 8, 8]\n  let hidden = x |> flatten |> linear(4)\n"
               "  output y = hidden |> relu\n  let side = x |> flatten |> linear(10)\n"
               "  train output extra = x |> flatten |> linear(3)\n}\n"
               "train A {\n  input label: i32[N]\n  loss = cross_entropy(side, label)\n"
               "  optimizer = adam()\n}\n")
            .empty());
  CHECK(errors("network Base {\n  input x: f32[N, 3, 8, 8]\n  let features = x |> conv(4, 3) |> flatten\n"
               "  output y = features |> linear(10)\n}\n"
               "network Tuned {\n  input x: f32[N, 3, 8, 8]\n  let base = x |> Base\n"
               "  output y = base.features |> linear(5)\n}\n")
            .empty());
}

TEST_CASE("functions that nothing calls are wrong only where no values make them right") {
  auto errors = [](const char* text) { return test::Elaborated(text).errors(); };
  CHECK(errors("func half(a: int) -> int = a / 2\nfunc last(list: [int]) -> int = list[7]\n"
               "func pick(wide: bool, names: [string]) -> string = if wide { names[0] } else { \"narrow\" }\n"
               "func even(a: int) -> int {\n  assert a > 100\n  return a % 2\n}\n"
               "func deep(a: int) -> int = deep(a + 1)\n")
            .empty());
  CHECK(errors("func wrong(a: int) -> string = a\n") == "E0300 1:32");
}
