/// References and renaming, within a document and across files.
#include "language_server/workspace.h"

#include "document.h"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>

using namespace cnn::language_server;
namespace fs = std::filesystem;

namespace {

/// Open documents, by path; `^` marks the place in one of them.
struct Open {
  Workspace workspace{""};
  std::map<std::string, std::string> texts;
  const Analysis* analysis = nullptr;
  uint32_t offset = 0;

  void add(const std::string& path, std::string text) {
    size_t mark = text.find('^');
    if (mark != std::string::npos) text.erase(mark, 1);
    texts[path] = text;
    lsp::URIForFile address = *addressOf(path);
    workspace.update(address, 1, text);
    if (mark == std::string::npos) return;
    marked = path;
    offset = uint32_t(mark);
  }

  const Analysis& at() { return *workspace.find(*addressOf(marked))->analysis; }

  /// The texts after a rename; or the refusal.
  std::string rename(const std::string& name) {
    auto edit = workspace.rename(at(), offset, name);
    if (!edit) return llvm::toString(edit.takeError());
    std::string result;
    for (auto& [path, text] : texts) {
      std::string changed = text;
      auto edits = edit->changes.find(addressOf(path)->uri().str());
      if (edits != edit->changes.end()) {
        cnn::SourceManager sources;
        const cnn::SourceFile& file = sources.file(sources.addText(path, text));
        for (auto one = edits->second.rbegin(); one != edits->second.rend(); ++one) {
          uint32_t begin = offsetOf(file, one->range.start), end = offsetOf(file, one->range.end);
          changed.replace(begin, end - begin, one->newText);
        }
      }
      result += changed;
    }
    return result;
  }

  std::string marked;
};

std::string renamed(const std::string& text, const std::string& name) {
  Open open;
  open.add("/test/a.cnn", text);
  return open.rename(name);
}

} // namespace

TEST_CASE("a name is renamed where it is declared and wherever it is used") {
  CHECK(renamed("let a = 1\nlet b = ^a + a\n", "first") == "let first = 1\nlet b = first + first\n");
  CHECK(renamed("let ^a = 1\nlet b = \"{a}\"\n", "z") == "let z = 1\nlet b = \"{z}\"\n");
  CHECK(renamed("block B(x, ^w: int) = x |> conv(w, 3)\nlet b = B(w = 3)\n", "width") ==
        "block B(x, width: int) = x |> conv(width, 3)\nlet b = B(width = 3)\n");
}

TEST_CASE("what a network declares is renamed in its train section and after a dot") {
  CHECK(renamed("network A {\n  input x: f32[N, 2]\n  let ^mid = x |> relu\n  output y = mid\n}\n"
                "network B {\n  input x: f32[N, 2]\n  let a = x |> A\n  output z = a.mid\n}\n",
                "stem") == "network A {\n  input x: f32[N, 2]\n  let stem = x |> relu\n  output y = stem\n}\n"
                           "network B {\n  input x: f32[N, 2]\n  let a = x |> A\n  output z = a.stem\n}\n");
  CHECK(renamed("network A {\n  input x: f32[N, 2]\n  output ^y = x |> linear(2)\n}\n"
                "train A {\n  input t: f32[N, 2]\n  loss = mse(y, t)\n  optimizer = adam()\n}\n",
                "z") == "network A {\n  input x: f32[N, 2]\n  output z = x |> linear(2)\n}\n"
                        "train A {\n  input t: f32[N, 2]\n  loss = mse(z, t)\n  optimizer = adam()\n}\n");
}

TEST_CASE("a name that would be a mistake is refused") {
  using Catch::Matchers::Contains;
  CHECK_THAT(renamed("let ^a = 1\nlet b = a\n", "b"), Contains("would be a mistake"));
  CHECK_THAT(renamed("let ^a = 1\n", "for"), Contains("is a keyword"));
  CHECK_THAT(renamed("let ^a = 1\n", "1a"), Contains("is not a name"));
  CHECK_THAT(renamed("let ^a = 1\n", ""), Contains("is not a name"));
  CHECK_THAT(renamed("let a = re^lu\n", "other"), Contains("no name of this program"));
}

TEST_CASE("a name that would take another's place is refused") {
  CHECK(renamed("let ^a = identity\nblock B(x) = x |> a |> relu\n", "relu") ==
        "-32803: 'relu' means something else already where this is used");
}

TEST_CASE("a declaration of another open document is renamed in both") {
  Open open;
  open.add("/test/layers.cnn", "block ^Unit(x) = x |> relu\n");
  open.add("/test/main.cnn", "use \"./layers.cnn\"\nblock Two(x) = x |> Unit |> Unit\n");
  CHECK(open.workspace.references(open.at(), open.offset, true).size() == 3);
  CHECK(open.workspace.references(open.at(), open.offset, false).size() == 2);
  CHECK(open.rename("Step") == "block Step(x) = x |> relu\n"
                               "use \"./layers.cnn\"\nblock Two(x) = x |> Step |> Step\n");
}

TEST_CASE("uses in files of the workspace that are not open are found") {
  std::string folder = (fs::temp_directory_path() / "cnn-workspace-XXXXXX").string();
  REQUIRE(mkdtemp(folder.data()));
  fs::path root(folder);
  std::ofstream(root / "layers.cnn") << "block Unit(x) = x |> relu\n";
  std::ofstream(root / "user.cnn") << "use \"./layers.cnn\" as l\nblock Two(x) = x |> l.Unit\n";
  Open open;
  open.workspace.setFolders({folder});
  open.add((root / "layers.cnn").string(), "block ^Unit(x) = x |> relu\n");
  CHECK(open.workspace.references(open.at(), open.offset, false).size() == 1);
  auto edit = open.workspace.rename(open.at(), open.offset, "Step");
  REQUIRE(bool(edit));
  CHECK(edit->changes.size() == 2);
  fs::remove_all(root);
}

TEST_CASE("a change in a used document is seen in those that use it") {
  Open open;
  open.add("/test/layers.cnn", "block Unit(x) = x |> relu\n");
  open.add("/test/main.cnn", "use \"./layers.cnn\"\nblock Two(x) = x |> Unit\n");
  auto changed = open.workspace.update(*addressOf("/test/layers.cnn"), 2, "block Other(x) = x |> relu\n");
  REQUIRE(changed.size() == 2);
  CHECK(changed[0]->analysis->diagnostics.count() == 0);
  CHECK(changed[1]->analysis->diagnostics.count() == 1);
}
