//===- hide_symbol.cpp - Keeps a kernel's symbol out of shared libraries' exports ----------------------===//

#include "groups_to_llvm/hide_symbol.h"

#include "llvm/BinaryFormat/ELF.h"
#include "llvm/ObjCopy/ConfigManager.h"
#include "llvm/ObjCopy/ObjCopy.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/raw_ostream.h"

namespace cnn {
namespace {

llvm::Error hide(std::vector<char>& object, llvm::StringRef symbol) {
  using namespace llvm::objcopy;
  llvm::MemoryBufferRef buffer(llvm::StringRef(object.data(), object.size()), "kernel");
  auto file = llvm::object::ObjectFile::createObjectFile(buffer);
  if (!file) return file.takeError();
  if (!(*file)->isELF()) return llvm::Error::success();
  ConfigManager config;
  NameMatcher name;
  auto pattern =
      NameOrPattern::create(symbol, MatchStyle::Literal, [](llvm::Error failure) { return failure; });
  if (auto failure = name.addMatcher(std::move(pattern))) return failure;
  config.ELF.SymbolsToSetVisibility.emplace_back(std::move(name), llvm::ELF::STV_HIDDEN);
  llvm::SmallVector<char, 0> changed;
  llvm::raw_svector_ostream stream(changed);
  if (auto failure = executeObjcopyOnBinary(config, **file, stream)) return failure;
  object.assign(changed.begin(), changed.end());
  return llvm::Error::success();
}

} // namespace

bool hideSymbol(std::vector<char>& object, const std::string& symbol, std::string& error) {
  if (auto failure = hide(object, symbol)) {
    error = llvm::toString(std::move(failure));
    return false;
  }
  return true;
}

} // namespace cnn
