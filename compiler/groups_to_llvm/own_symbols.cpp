//===- own_symbols.cpp - Symbols that no other library has --------------------------------------------===//

#include "groups_to_llvm/own_symbols.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/ObjCopy/ConfigManager.h"
#include "llvm/ObjCopy/ObjCopy.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Support/xxhash.h"

#include <iterator>
#include <map>
#include <optional>

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

bool renameIn(ArchiveMember& member, const std::map<std::string, std::string>& names, std::string& error) {
  auto failure = rename(member.bytes, names);
  if (failure) error = member.name + ": " + llvm::toString(std::move(failure));
  return error.empty();
}

/// The table that a program may ask for by its plain name.
std::optional<std::string> tableIn(const ArchiveMember& member) {
  for (const char* table : {"description", "inference", "training"})
    if (member.name == table + std::string(".o")) return table;
  return std::nullopt;
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
  for (const std::string table : {"description", "inference", "training", "weights"})
    names[plan.name + "_" + table] = "_" + versioned(plan.name + "_" + table, version);
  for (const KernelFacts& kernel : facts)
    names[kernel.symbol] = "_" + versioned(plan.name + "_" + kernel.symbol, version);
  std::vector<ArchiveMember> plain;
  for (ArchiveMember& member : members) {
    if (std::optional<std::string> table = tableIn(member)) {
      plain.push_back({"plain_" + member.name, member.bytes});
      auto own = names.extract(plan.name + "_" + *table);
      if (!renameIn(plain.back(), names, error)) return false;
      names.insert(std::move(own));
    }
    if (!renameIn(member, names, error)) return false;
  }
  members.insert(members.end(), std::make_move_iterator(plain.begin()), std::make_move_iterator(plain.end()));
  return true;
}

} // namespace cnn
