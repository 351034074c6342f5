//===- own_symbols.cpp - Symbols that no other library has --------------------------------------------===//

#include "groups_to_llvm/own_symbols.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ObjCopy/ConfigManager.h"
#include "llvm/ObjCopy/ObjCopy.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"

#include <map>

namespace cnn {
namespace {

std::string hashOf(const LibraryPlan& plan, const std::vector<ArchiveMember>& members) {
  std::string text = plan.name + '\0';
  for (const ArchiveMember& member : members) {
    llvm::ArrayRef bytes(reinterpret_cast<const uint8_t*>(member.bytes.data()), member.bytes.size());
    text += member.name + '\0' + llvm::utohexstr(llvm::xxh3_64bits(bytes)) + '\0';
  }
  std::string digits = llvm::utohexstr(llvm::xxh3_64bits(text), /*LowerCase=*/true);
  return std::string(16 - digits.size(), '0') + digits;
}

llvm::Error rename(std::vector<char>& object, const std::map<std::string, std::string>& names) {
  llvm::MemoryBufferRef buffer(llvm::StringRef(object.data(), object.size()), "member");
  auto file = llvm::object::ObjectFile::createObjectFile(buffer);
  if (!file) return file.takeError();
  llvm::objcopy::ConfigManager config;
  for (const llvm::object::SymbolRef& symbol : (*file)->symbols()) {
    auto name = symbol.getName();
    if (!name) return name.takeError();
    llvm::StringRef plain = *name;
    bool prefixed = (*file)->isMachO() && plain.consume_front("_");
    auto found = names.find(plain.str());
    if (found == names.end()) continue;
    // The map keeps its keys, not its values.
    config.Common.SymbolsToRename[*name] =
        prefixed ? found->second : llvm::StringRef(found->second).drop_front();
  }
  if (config.Common.SymbolsToRename.empty()) return llvm::Error::success();
  llvm::SmallVector<char, 0> renamed;
  llvm::raw_svector_ostream stream(renamed);
  if (auto failure = llvm::objcopy::executeObjcopyOnBinary(config, **file, stream)) return failure;
  object.assign(renamed.begin(), renamed.end());
  return llvm::Error::success();
}

} // namespace

std::string versioned(const std::string& symbol, const std::string& version) {
  return symbol + "_" + version;
}

bool makeSymbolsOwn(const LibraryPlan& plan, const std::vector<KernelFacts>& facts,
                    std::vector<ArchiveMember>& members, std::string& version, std::string& error) {
  version = hashOf(plan, members);
  // With Mach-O's underscore in front, so that both forms are parts of one text.
  std::map<std::string, std::string> names;
  for (const char* table : {"_description", "_inference", "_training", "_weights"})
    names[plan.name + table] = "_" + versioned(plan.name + table, version);
  for (const KernelFacts& kernel : facts)
    names[kernel.symbol] = "_" + versioned(plan.name + "_" + kernel.symbol, version);
  for (ArchiveMember& member : members) {
    if (auto failure = rename(member.bytes, names)) {
      error = member.name + ": " + llvm::toString(std::move(failure));
      return false;
    }
  }
  return true;
}

} // namespace cnn
