//===- module_to_object.h - From an LLVM dialect module to object code ---------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_LLVM_MODULE_TO_OBJECT_H
#define CNN_COMPILER_GROUPS_TO_LLVM_MODULE_TO_OBJECT_H

#include "mlir/IR/BuiltinOps.h"

#include <string>
#include <vector>

namespace cnn {

enum class CodeForm { object, assembly, llvm };

/// Position-independent code, one section a function, for the processor family of a Halide target string.
/// False, with a message, where this LLVM does not know the target.
bool translateModule(mlir::ModuleOp module, const std::string& halideTarget, CodeForm form,
                     std::vector<char>& code, std::string& error);

} // namespace cnn

#endif
