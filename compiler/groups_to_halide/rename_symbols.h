//===- rename_symbols.h - Symbols of an object file --------------------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_HALIDE_RENAME_SYMBOLS_H
#define CNN_COMPILER_GROUPS_TO_HALIDE_RENAME_SYMBOLS_H

#include <string>
#include <vector>

namespace cnn::kernel {

/// Renames halide_malloc and halide_free to cnn_scratch_allocate and cnn_scratch_free (cnn/abi.h), which take
/// the same arguments, and checks that the object refers to nothing else but memcpy and memset; a `checked`
/// one may also call Halide's error handlers, halide_error_*.
bool useWorkerScratch(std::vector<char>& object, bool checked, std::string& error);

} // namespace cnn::kernel

#endif
