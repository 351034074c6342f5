/// Runs a fuzz target over files and folders of files, without libFuzzer: what it once found stays found.
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

static void replay(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(stream)), std::istreambuf_iterator<char>());
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
}

int main(int count, char** paths) {
  size_t files = 0;
  for (int i = 1; i < count; ++i) {
    if (!std::filesystem::is_directory(paths[i])) {
      replay(paths[i]), ++files;
      continue;
    }
    for (auto& entry : std::filesystem::recursive_directory_iterator(paths[i]))
      if (entry.is_regular_file()) replay(entry.path()), ++files;
  }
  std::printf("%zu files\n", files);
  return files > 0 ? 0 : 1;
}
