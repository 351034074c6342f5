/// Parameters, their first values, and the paths that name them.
#pragma once

#include "ast_to_dialect/elaborator.h"

namespace cnn {

/// Whether a parameter, or a tensor for one sample, can have so many elements: at most 2^40.
bool isTensorSize(llvm::ArrayRef<int64_t> shape);

std::string nextPath(Elaborator& e, std::string_view name, const Frame& frame);
bool claimPath(Elaborator& e, const std::string& path, std::string_view owner, Span span, const Frame& frame);
mlir::Value addParameter(Elaborator& e, const std::string& ownerPath, std::string_view owner,
                         std::string_view name, llvm::ArrayRef<int64_t> shape, InitAttr init, bool statistic,
                         Span span, const Frame& frame);
void applyInits(Elaborator& e);
InitAttr initialiser(Elaborator& e, const Value& value, llvm::ArrayRef<int64_t> shape, Span span,
                     const Frame& frame);

} // namespace cnn
