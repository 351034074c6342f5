//===- composed.h - Ops that together are one operator of the language --------------------------------===//
#ifndef CNN_COMPILER_DIALECT_COMPOSED_H
#define CNN_COMPILER_DIALECT_COMPOSED_H

#include "llvm/ADT/StringRef.h"

namespace cnn {

/// On the last of the ops that an operator is composed of: a dictionary of the operator's name, "operator",
/// and of its arguments. It says how the user wrote it; what is computed is what the ops say.
inline constexpr llvm::StringLiteral composedAttribute = "cnn.composed";

} // namespace cnn

#endif
