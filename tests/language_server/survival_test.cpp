/// Every state of a text while it is typed is answered.
#include "document.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace cnn::language_server;
namespace fs = std::filesystem;

std::string cnn::language_server::test::readFile(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

static std::vector<fs::path> programs() {
  std::vector<fs::path> paths;
  for (const char* folder : {CNN_SOURCES "/examples", CNN_SOURCES "/tests/dsl/programs",
                             CNN_SOURCES "/tests/dsl/wrong", CNN_SOURCES "/tests/dsl/wrong_meaning"})
    for (auto& entry : fs::recursive_directory_iterator(folder))
      if (entry.path().extension() == ".cnn") paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// Asks everything at the end of a text, and gives how much was answered.
static size_t askAll(const fs::path& path, std::string text) {
  uint32_t end = uint32_t(text.size());
  auto analysis = analyse(path.string(), std::move(text), {CNN_SOURCES "/examples", nullptr});
  cnn::Span all{analysis->file(), 0, end};
  size_t answers = diagnostics(*analysis).size() + codeActions(*analysis, all).size();
  answers += hover(*analysis, end) ? 1 : 0;
  answers += complete(*analysis, end, true).items.size();
  answers += signatureHelp(*analysis, end).signatures.size();
  answers += definition(*analysis, end) ? 1 : 0;
  answers += occurrences(*analysis, end) ? 1 : 0;
  answers += symbols(*analysis).size() + inlayHints(*analysis, all).size() + formatting(*analysis).size();
  return answers;
}

/// CNN_EVERY_PREFIX=1 takes all prefixes; else every seventh, beginning elsewhere in each file.
TEST_CASE("every prefix of every program is answered") {
  const char* every = std::getenv("CNN_EVERY_PREFIX");
  size_t step = every && *every == '1' ? 1 : 7;
  std::vector<fs::path> paths = programs();
  REQUIRE(paths.size() >= 15);
  size_t first = 0, answers = 0, prefixes = 0;
  for (const fs::path& path : paths) {
    std::string text = test::readFile(path.string());
    INFO(path.string());
    REQUIRE(!text.empty());
    for (size_t length = first++ % step; length <= text.size(); length += step, ++prefixes)
      answers += askAll(path, text.substr(0, length));
  }
  CHECK(answers > prefixes);
}

TEST_CASE("a text without its middle is answered") {
  for (const fs::path& path : programs()) {
    std::string text = test::readFile(path.string());
    for (size_t begin = 0; begin + 40 < text.size(); begin += 97)
      askAll(path, text.substr(0, begin) + text.substr(begin + 40));
  }
  CHECK(askAll("/test/empty.cnn", "") > 0);
  CHECK(askAll("/test/nul.cnn", std::string("let a = \0\xff\xc3", 11)) > 0);
}
