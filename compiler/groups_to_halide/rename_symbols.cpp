//===- rename_symbols.cpp ------------------------------------------------------------------------------===//

#include "rename_symbols.h"

#include "llvm/ObjCopy/ConfigManager.h"
#include "llvm/ObjCopy/ObjCopy.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/raw_ostream.h"

namespace cnn::kernel {

namespace {

bool fail(llvm::Error failure, std::string& error) {
  error = llvm::toString(std::move(failure));
  return false;
}

bool isAllowed(llvm::StringRef name, bool checked) {
  name.consume_front("_"); // Mach-O's
  if (checked && name.starts_with("halide_error")) return true;
  for (const char* allowed : {"", "memcpy", "memset", "memmove", "cnn_scratch_allocate", "cnn_scratch_free",
                              "GLOBAL_OFFSET_TABLE_"}) {
    if (name == allowed) return true;
  }
  return false;
}

} // namespace

bool useWorkerScratch(std::vector<char>& object, bool checked, std::string& error) {
  llvm::MemoryBufferRef buffer(llvm::StringRef(object.data(), object.size()), "kernel");
  auto file = llvm::object::ObjectFile::createObjectFile(buffer);
  if (!file) return fail(file.takeError(), error);

  llvm::objcopy::ConfigManager config;
  config.Common.SymbolsToRename["halide_malloc"] = "cnn_scratch_allocate";
  config.Common.SymbolsToRename["halide_free"] = "cnn_scratch_free";
  llvm::SmallVector<char, 0> renamed;
  llvm::raw_svector_ostream stream(renamed);
  if (auto failure = llvm::objcopy::executeObjcopyOnBinary(config, **file, stream)) {
    return fail(std::move(failure), error);
  }
  object.assign(renamed.begin(), renamed.end());

  auto written = llvm::object::ObjectFile::createObjectFile(
      llvm::MemoryBufferRef(llvm::StringRef(object.data(), object.size()), "kernel"));
  if (!written) return fail(written.takeError(), error);
  for (const llvm::object::SymbolRef& symbol : (*written)->symbols()) {
    auto flags = symbol.getFlags();
    if (!flags) return fail(flags.takeError(), error);
    if (!(*flags & llvm::object::SymbolRef::SF_Undefined)) continue;
    auto name = symbol.getName();
    if (!name) return fail(name.takeError(), error);
    if (isAllowed(*name, checked)) continue;
    error = "the kernel's object refers to '" + name->str() + "', which nothing provides";
    return false;
  }
  return true;
}

} // namespace cnn::kernel
