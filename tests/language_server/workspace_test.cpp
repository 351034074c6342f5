/// Documents that use each other, in the editor and on the disk.
#include "document.h"
#include "language_server/workspace.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace cnn::language_server;
namespace fs = std::filesystem;

namespace {

const std::string up = "block Up(x) = x |> linear(3)\n", down = "block Down(x) = x |> linear(3)\n";
const std::string user = "use \"./used.cnn\"\nnetwork A {\n  input x: f32[N, 4]\n  output y = x |> Up\n}\n";

struct Folder {
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
  lsp::URIForFile address(const std::string& name) const {
    return llvm::cantFail(lsp::URIForFile::fromFile((path / name).string()));
  }
  void write(const std::string& name, const std::string& text) const { std::ofstream(path / name) << text; }

  fs::path path = fs::temp_directory_path() / ("cnnc_workspace_" + std::to_string(getpid()));
};

/// Names and numbers of diagnostics of documents that were analysed: "user.cnn 0".
std::string shown(const std::vector<const Document*>& changed) {
  std::string text;
  for (const Document* document : changed)
    text += (text.empty() ? "" : ", ") + fs::path(document->address.file().str()).filename().string() + " " +
            std::to_string(diagnostics(*document->analysis).size());
  return text;
}

} // namespace

TEST_CASE("a file that is closed unsaved is read from the disk again") {
  Folder folder;
  folder.write("used.cnn", up);
  Workspace workspace{""};
  CHECK(shown(workspace.update(folder.address("user.cnn"), 1, user)) == "user.cnn 0");
  CHECK(shown(workspace.update(folder.address("used.cnn"), 1, up)) == "used.cnn 0, user.cnn 0");
  CHECK(shown(workspace.update(folder.address("used.cnn"), 2, down)) == "used.cnn 0, user.cnn 1");
  CHECK(shown(workspace.close(folder.address("used.cnn"))) == "user.cnn 0");
  CHECK(shown(workspace.close(folder.address("user.cnn"))) == "");
}

TEST_CASE("a file that is only in the editor is missing before it is opened and after it is closed") {
  Folder folder;
  Workspace workspace{""};
  CHECK(shown(workspace.update(folder.address("user.cnn"), 1, user)) == "user.cnn 1");
  CHECK(shown(workspace.update(folder.address("used.cnn"), 1, up)) == "used.cnn 0, user.cnn 0");
  CHECK(shown(workspace.close(folder.address("used.cnn"))) == "user.cnn 1");
}
