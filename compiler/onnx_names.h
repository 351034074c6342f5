//===- onnx_names.h - The rows of onnx_names.def ------------------------------------------------------===//
#ifndef CNN_COMPILER_ONNX_NAMES_H
#define CNN_COMPILER_ONNX_NAMES_H

#include <cstdint>
#include <string_view>
#include <vector>

namespace cnn {

/// An attribute of ONNX's operator and the argument of the language's that it is.
struct OnnxArgument {
  const char* argument;  ///< empty: the language's operator has none, and the attribute is the default
  const char* attribute; ///< empty: ONNX's operator has none, and is the language's of this number
  float otherwise;       ///< ONNX's default
};

struct OnnxName {
  const char *word, *name;
  const char* input;
  int64_t since;
  std::vector<OnnxArgument> arguments = {};
};

/// The rows of one tensor.
inline const std::vector<OnnxName>& onnxPointwise() {
  static const std::vector<OnnxName> rows = {
#define ONNX_POINTWISE(WORD, NAME, INPUT, SINCE, ...) {WORD, NAME, INPUT, SINCE, {__VA_ARGS__}},
#include "onnx_names.def"
  };
  return rows;
}

/// ONNX's name of the language's operation on two tensors, or an empty text.
inline std::string_view onnxBinary(std::string_view word) {
#define ONNX_POINTWISE(...)
#define ONNX_BINARY(WORD, NAME)                                                                              \
  if (word == WORD) return NAME;
#include "onnx_names.def"
  return {};
}

} // namespace cnn

#endif
