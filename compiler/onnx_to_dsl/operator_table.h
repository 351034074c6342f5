//===- operator_table.h - What ONNX says of each operator that is known ------------------------------===//
//
// One entry an operator: names, types and defaults of its inputs and attributes, from which operator set on
// and up to which, https://onnx.ai/onnx/operators/. A node is held against its entry before anything is
// read; a translation gets only what the entry has.
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_ONNX_TO_DSL_OPERATOR_TABLE_H
#define CNN_COMPILER_ONNX_TO_DSL_OPERATOR_TABLE_H

#include "onnx_graph.h"

#include <span>

namespace cnn {
struct OnnxName;
}

namespace cnn::onnx_import {

class NodeReader;

/// The operator sets whose operators the table describes. Before 7 arithmetic broadcasts by attributes.
constexpr int64_t oldestSet = 7, newestSet = 28;

/// Operator sets, both ends included.
struct Sets {
  int64_t since = oldestSet, until = newestSet;
  bool contains(int64_t set) const { return set >= since && set <= until; }
};

/// An attribute's type is that of its default; the empty text, and the empty list, stand for none.
struct AttributeSchema {
  const char* name;
  std::variant<int64_t, float, const char*, std::vector<int64_t>> otherwise;
  Sets sets = {};
  bool required = false;
};

/// What an input may be.
enum class InputKind : uint8_t {
  value,    ///< numbers of f32 that are computed, or constant
  moved,    ///< the same of any elements: what only moves
  constant, ///< known now: parameters, bounds, sizes
};

struct InputSchema {
  const char* name;
  InputKind kind = InputKind::value;
  bool optional = false;
  Sets sets = {};
};

struct OperatorSchema {
  const char* name;
  std::vector<InputSchema> inputs;
  std::vector<AttributeSchema> attributes = {};
  /// Says a node in the language; null for operators of which only constants are computed.
  void (*translate)(NodeReader& node) = nullptr;
  /// Computes the results now, where all inputs are constants or sizes; null: not done.
  void (*fold)(NodeReader& node) = nullptr;
  /// The translation holds also where a transpose has moved the channels to the last dimension.
  bool channelsLast = false;
  const char* word = ""; ///< the language's operator without arguments that computes just this
  int64_t since = oldestSet;
  bool variadicInputs = false, variadicOutputs = false;
  size_t outputs = 1;            ///< at most, optional ones included
  const OnnxName* row = nullptr; ///< of onnx_names.def
};

std::span<const OperatorSchema> allOperators();
/// Null for operators that are not known.
const OperatorSchema* findOperator(const std::string& name);

} // namespace cnn::onnx_import

#endif
