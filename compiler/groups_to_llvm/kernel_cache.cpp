//===- kernel_cache.cpp - Compiled kernels, from the cache on disk or from Halide ----------------------===//

#include "groups_to_llvm/kernel_cache.h"

#include "groups_to_llvm/hide_symbol.h"
#include "groups_to_llvm/tables.h"
#include "runtime/files/replacement.h"

#include <execution/cpu.h>

#include "llvm/Support/xxhash.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <elf.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <link.h>
#include <mutex>
#include <thread>

namespace cnn {
namespace {

namespace fs = std::filesystem;

/// The linker's hash of the code that compiles kernels: a changed compiler never takes an old entry.
struct BuildId {
  uintptr_t address;
  std::string id;
};

void findBuildId(const dl_phdr_info& object, BuildId& found) {
  for (int i = 0; i < object.dlpi_phnum; ++i) {
    const ElfW(Phdr) & header = object.dlpi_phdr[i];
    if (header.p_type != PT_NOTE) continue;
    auto* at = reinterpret_cast<const char*>(object.dlpi_addr + header.p_vaddr);
    const char* end = at + header.p_memsz;
    while (at + sizeof(ElfW(Nhdr)) <= end) {
      ElfW(Nhdr) note;
      std::memcpy(&note, at, sizeof note);
      const char* name = at + sizeof note;
      const char* bytes = name + (note.n_namesz + 3) / 4 * 4;
      if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 && !std::memcmp(name, "GNU", 4))
        found.id.assign(bytes, note.n_descsz);
      at = bytes + (note.n_descsz + 3) / 4 * 4;
    }
  }
}

int visitObject(dl_phdr_info* object, size_t, void* data) {
  auto& found = *static_cast<BuildId*>(data);
  for (int i = 0; i < object->dlpi_phnum; ++i) {
    const ElfW(Phdr) & header = object->dlpi_phdr[i];
    uintptr_t begin = object->dlpi_addr + header.p_vaddr;
    if (header.p_type != PT_LOAD || found.address < begin || found.address >= begin + header.p_memsz)
      continue;
    findBuildId(*object, found);
    return 1;
  }
  return 0;
}

std::string compilerIdentity() {
  BuildId found{reinterpret_cast<uintptr_t>(&compileKernels), {}};
  dl_iterate_phdr(visitObject, &found);
  return std::string("cnnc ") + cnncVersion + "\n" + found.id + "\n";
}

/// magic, then the lengths of key and object, scratchBytes, then key, symbol and object, then a hash of all
/// before.
struct EntryHeader {
  char magic[8] = {'c', 'n', 'n', 'c', 'k', '0', '0', '1'};
  uint64_t keyBytes = 0, symbolBytes = 0, objectBytes = 0, scratchBytes = 0;
};

std::string entryName(const std::string& key) {
  llvm::XXH128_hash_t hash =
      llvm::xxh3_128bits(llvm::ArrayRef(reinterpret_cast<const uint8_t*>(key.data()), key.size()));
  char name[40];
  std::snprintf(name, sizeof name, "%016llx%016llx", static_cast<unsigned long long>(hash.high64),
                static_cast<unsigned long long>(hash.low64));
  return name;
}

bool readEntry(const fs::path& path, const std::string& key, kernel::CompiledKernel& compiled) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return false;
  std::string bytes(std::istreambuf_iterator<char>(file), {});
  EntryHeader header, expected;
  uint64_t checksum;
  if (bytes.size() < sizeof header + sizeof checksum) return false;
  std::memcpy(&header, bytes.data(), sizeof header);
  size_t payload = bytes.size() - sizeof header - sizeof checksum;
  if (std::memcmp(header.magic, expected.magic, sizeof header.magic) || header.keyBytes != key.size())
    return false;
  if (header.keyBytes > payload || header.symbolBytes > payload - header.keyBytes) return false;
  if (header.objectBytes != payload - header.keyBytes - header.symbolBytes) return false;
  std::memcpy(&checksum, bytes.data() + bytes.size() - sizeof checksum, sizeof checksum);
  if (checksum != llvm::xxHash64(llvm::StringRef(bytes).drop_back(sizeof checksum))) return false;
  if (bytes.compare(sizeof header, key.size(), key)) return false;
  const char* symbol = bytes.data() + sizeof header + key.size();
  compiled.symbol.assign(symbol, header.symbolBytes);
  compiled.object.assign(symbol + header.symbolBytes, symbol + header.symbolBytes + header.objectBytes);
  compiled.scratchBytes = header.scratchBytes;
  return true;
}

void writeEntry(const fs::path& path, const std::string& key, const kernel::CompiledKernel& compiled) {
  EntryHeader header;
  header.keyBytes = key.size();
  header.symbolBytes = compiled.symbol.size();
  header.objectBytes = compiled.object.size();
  header.scratchBytes = compiled.scratchBytes;
  std::string bytes(reinterpret_cast<const char*>(&header), sizeof header);
  bytes.append(key).append(compiled.symbol);
  bytes.append(compiled.object.begin(), compiled.object.end());
  uint64_t checksum = llvm::xxHash64(bytes);
  bytes.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);

  std::error_code ignored;
  fs::create_directories(path.parent_path(), ignored);
  Text unsaid;
  FileReplacement file; // what a crash of the machine spoils is told by the hash
  if (file.open(path.c_str(), unsaid, FileReplacement::Existing::replace,
                FileReplacement::Durability::left_to_system))
    return;
  file.write(bytes.data(), bytes.size());
  if (!file.finish(unsaid)) file.publish(unsaid);
}

/// Runs work(0 … count - 1) on several threads, the caller's among them.
template <typename Work> void onThreads(unsigned threads, size_t count, Work work) {
  std::atomic<size_t> next{0};
  auto loop = [&] {
    for (size_t i; (i = next++) < count;) work(i);
  };
  std::vector<std::thread> others;
  for (size_t i = 1; i < std::min<size_t>(threads, count); ++i) others.emplace_back(loop);
  loop();
  for (std::thread& thread : others) thread.join();
}

} // namespace

std::string defaultCacheFolder() {
  const char* cache = std::getenv("XDG_CACHE_HOME");
  if (cache && cache[0] == '/') return std::string(cache) + "/cnnc";
  const char* home = std::getenv("HOME");
  return home && home[0] == '/' ? std::string(home) + "/.cache/cnnc" : "";
}

bool compileKernels(const std::vector<kernel::Kernel>& kernels, const KernelCacheOptions& options,
                    std::vector<kernel::CompiledKernel>& compiled, KernelFailure& failure) {
  const std::string identity = compilerIdentity();
  compiled.assign(kernels.size(), {});
  std::vector<std::string> keys;
  std::vector<size_t> missing;
  auto path = [&](size_t i) { return fs::path(options.folder) / entryName(keys[i]); };
  for (size_t i = 0; i < kernels.size(); ++i) {
    keys.push_back(identity + print(kernels[i]));
    if (options.folder.empty() || !readEntry(path(i), keys[i], compiled[i])) missing.push_back(i);
  }
  if (missing.empty()) return true;
  if (options.beforeCompiling) options.beforeCompiling(missing.size(), kernels.size());

  std::vector<std::string> errors(kernels.size());
  std::vector<char> ofMachine(kernels.size()); // a byte each: threads write side by side
  unsigned threads = options.threads ? options.threads : static_cast<unsigned>(availableProcessors());
  onThreads(threads, missing.size(), [&](size_t m) {
    size_t i = missing[m];
    bool machine = false;
    bool done = kernel::compile(kernels[i], compiled[i], errors[i], &machine);
    ofMachine[i] = machine;
    if (!done || !hideSymbol(compiled[i].object, compiled[i].symbol, errors[i])) {
      if (errors[i].empty()) errors[i] = "the kernel cannot be compiled";
    } else if (!options.folder.empty()) {
      writeEntry(path(i), keys[i], compiled[i]);
    }
  });
  for (size_t i : missing) {
    if (errors[i].empty()) continue;
    failure = {i, errors[i] + (ofMachine[i] ? "" : "\n" + print(kernels[i])), ofMachine[i] != 0};
    return false;
  }
  return true;
}

} // namespace cnn
