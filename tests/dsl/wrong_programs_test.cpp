#include "expected.h"
#include "parsed.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace cnn;
using test::Parsed;

static std::string read(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  REQUIRE(stream.good());
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// Each wrong/NAME.cnn has its diagnostics, all of them, in wrong/NAME.expected.
TEST_CASE("wrong programs give exactly the expected diagnostics") {
  std::vector<std::filesystem::path> programs;
  for (auto& entry : std::filesystem::directory_iterator(CNN_TEST_PROGRAMS "/wrong"))
    if (entry.path().extension() == ".cnn") programs.push_back(entry.path());
  std::sort(programs.begin(), programs.end());
  REQUIRE(programs.size() >= 7);
  for (const auto& path : programs) {
    INFO(path.filename().string());
    Parsed parsed(read(path), path.filename().string());
    std::filesystem::path expected = path;
    test::checkExpected(expected.replace_extension(".expected").string(), toText(parsed.diagnostics));
  }
}
