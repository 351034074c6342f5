// What a stranger's file is read by. Each target takes any bytes, and only a crash, a sanitizer's finding or
// a hang is a fault: libFuzzer drives one (fuzz_file), and replay_test drives all with the corpus.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace fuzz {

/// A file of the process, whose bytes are replaced for each input.
class File {
public:
  explicit File(const char* ending);
  ~File();
  File(const File&) = delete;
  const std::string& write(const std::uint8_t* data, std::size_t size) const;

private:
  std::string path;
};

struct Target {
  const char* name; // of the folder in the corpus as well
  void (*read)(const std::uint8_t* data, std::size_t size);
};
inline constexpr std::size_t targetCount = 8;
extern const Target targets[targetCount];

} // namespace fuzz
