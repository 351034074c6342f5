// Every file of the corpus is read by the target that its folder names, once: what was found stays mended.
#include "targets.h"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <vector>

namespace fs = std::filesystem;

TEST_CASE("the corpus of each fuzz target is read without a crash") {
  for (const fuzz::Target& target : fuzz::targets) {
    std::vector<fs::path> files;
    for (const fs::directory_entry& entry : fs::directory_iterator(fs::path(CNN_FUZZ_CORPUS) / target.name))
      files.push_back(entry.path());
    REQUIRE(!files.empty());
    for (const fs::path& path : files) {
      INFO(path);
      std::ifstream file(path, std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
      const auto* data = reinterpret_cast<const std::uint8_t*>(bytes.data());
      target.read(data, bytes.size());
      // Cut and changed as well, here and there.
      for (std::size_t at = 0; at < bytes.size(); at += 1 + bytes.size() / 40) {
        std::vector<std::uint8_t> cut(data, data + at), changed(data, data + bytes.size());
        target.read(cut.data(), cut.size());
        changed[at] ^= static_cast<std::uint8_t>(1 << at % 8);
        target.read(changed.data(), changed.size());
      }
    }
  }
}

TEST_CASE("the corpus has no folder without a target") {
  std::size_t folders = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(CNN_FUZZ_CORPUS))
    folders += entry.is_directory();
  REQUIRE(folders == fuzz::targetCount);
}
