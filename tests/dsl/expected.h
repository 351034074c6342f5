/// Texts that a test expects, each in a file beside the program that it is about.
#pragma once

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace cnn::test {

/// The text must be what the file says. With CNN_UPDATE_EXPECTED=1 in the environment the file is written
/// instead: look at what changed before it is committed.
inline void checkExpected(const std::string& path, const std::string& text) {
  if (const char* update = std::getenv("CNN_UPDATE_EXPECTED"); update && *update == '1') {
    std::ofstream(path, std::ios::binary) << text;
    return;
  }
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream expected;
  expected << stream.rdbuf();
  INFO("in " << path << "; CNN_UPDATE_EXPECTED=1 writes it");
  CHECK(text == expected.str());
}

} // namespace cnn::test
