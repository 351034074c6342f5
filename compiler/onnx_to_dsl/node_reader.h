//===- node_reader.h - Reads all of a node, or refuses it --------------------------------------------===//
//
// A translation sees a node through its reader only. The reader holds the node against its entry in the
// table of operators, gives attributes and inputs by their names there, and takes note of what was read:
// what is left at the end is a refusal, so that nothing a model says is passed over.
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_ONNX_TO_DSL_NODE_READER_H
#define CNN_COMPILER_ONNX_TO_DSL_NODE_READER_H

#include "importer.h"
#include "operator_table.h"

namespace cnn::onnx_import {

class NodeReader {
public:
  /// Refuses a node with attributes, inputs or outputs that its operator does not have in this operator set.
  NodeReader(Importer& importer, const Node& node, const OperatorSchema& schema);

  Importer& importer;
  const Node& node;
  const OperatorSchema& schema;
  const int64_t operatorSet;

  [[noreturn]] void refuse(const std::string& what, const std::string& expected,
                           const std::string& found = "") const;

  // ---- By name. What moved from an attribute to an input of that name is read by the same call. ----

  /// Whether the node has an attribute or input of this name.
  bool given(const std::string& name) const;
  int64_t whole(const std::string& name);
  bool flag(const std::string& name);  ///< 0 or 1
  float real(const std::string& name); ///< finite
  std::string text(const std::string& name);
  /// Empty where it is not given.
  std::vector<int64_t> wholes(const std::string& name);
  /// One number for each of `count` dimensions, at least `least`; `otherwise` for all where none are given.
  std::vector<int64_t> wholes(const std::string& name, size_t count, int64_t least, int64_t otherwise);
  /// A dimension of a value of this rank; negative ones count from the end.
  size_t axis(const std::string& name, size_t rank);
  size_t dimension(const std::string& name, int64_t axis, size_t rank) const;
  /// Refuses any other value.
  void expect(const std::string& name, int64_t value);
  /// For what changes nothing here, whatever its value.
  void ignore(const std::string& name);

  /// Names of the graph.
  std::string inputName(const std::string& name);
  const std::string& output(size_t i = 0) const { return node.outputs[i]; }
  bool isUsed(size_t output) const;

  /// A computed value, with elements that the operator takes.
  const Expression& value(const std::string& name);
  /// The same at a place in a list of inputs.
  const Expression& valueAt(size_t index);
  /// A known constant; refuses computed ones.
  const Constant& constant(const std::string& name);
  /// A constant of f32 with this shape.
  const Constant& weights(const std::string& name, const std::vector<int64_t>& shape);
  /// A constant of f32 with this rank.
  const Constant& weights(const std::string& name, size_t rank);
  /// Whole numbers of a constant, or computed from shapes.
  Sizes sizes(const std::string& name);
  /// The channels of a value; refuses those that are free.
  int64_t channels(const std::string& name);

  // ---- Results ----

  void define(Expression value, size_t output = 0);
  /// The value at an input, continued by a stage of the language.
  void stage(const std::string& input, const std::string& text, Shape shape);
  /// The same with the shape that the value has.
  void stage(const std::string& input, const std::string& text);

  /// Refuses what has not been read, and results that are used and not there.
  void finish();

private:
  std::map<std::string, size_t> inputs; ///< by name; of a list of inputs the first
  std::set<std::string> unread;
  std::set<size_t> defined;

  void checkAttributes();
  void checkInputs();
  const AttributeSchema* attribute(const std::string& name) const;
  template <typename T> const T* stored(const std::string& name);
  std::vector<int64_t> inputWholes(const std::string& name);
};

/// The dimension of the text that a dimension of ONNX's value is.
size_t textDimension(const Expression& value, size_t dimension);
/// The same for a shape: [N, H, W, C] gives [N, C, H, W] where the channels are last.
template <typename List> List textOrder(const List& list, bool channelsLast) {
  List ordered = list;
  if (channelsLast && list.size() > 2) {
    for (size_t i = 1; i + 1 < list.size(); ++i) ordered[i + 1] = list[i];
    ordered[1] = list.back();
  }
  return ordered;
}

} // namespace cnn::onnx_import

#endif
