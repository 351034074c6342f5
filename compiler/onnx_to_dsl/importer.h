//===- importer.h - What the translations of ONNX's operators share ---------------------------------===//
#ifndef CNN_COMPILER_ONNX_TO_DSL_IMPORTER_H
#define CNN_COMPILER_ONNX_TO_DSL_IMPORTER_H

#include "import_network.h"

#include <set>

namespace cnn::onnx_import {

/// A value of the graph as text of the language.
struct Expression {
  enum class Form { name, chain, sum }; ///< how it may be continued
  std::string text;
  Form form = Form::name;
  int64_t rank = 0;
  bool channelsLast = false; ///< ONNX has the channels in the last dimension, the text in the second
};

class Importer {
public:
  Importer(const Graph& graph, ImportedNetwork& result);
  void run(const std::string& networkName);

  // For the operators.
  const Graph& graph;
  /// Notes why the node cannot be imported.
  void problem(const Node& node, const std::string& why);
  bool hasInput(const Node& node, size_t index) const;
  /// The constant at an input; null where it is computed or missing.
  const Constant* constant(const Node& node, size_t index) const;
  /// The single number at an input or, in older models, in an attribute.
  std::optional<double> scalar(const Node& node, size_t index, const std::string& attribute = "") const;
  /// Whole numbers at an input or, in older models, in an attribute; empty where there are none.
  std::vector<int64_t> wholes(const Node& node, size_t index, const std::string& attribute) const;
  /// The value at an input, ready to stand left of |>.
  Expression subject(const Node& node, size_t index);
  /// The value at an input as a name.
  std::string named(const Node& node, size_t index);
  int64_t rank(const Node& node, size_t index) const;
  bool channelsLast(const Node& node, size_t index) const;
  /// The node's result: its subject, continued by a stage.
  void stage(const Node& node, size_t input, const std::string& text, int64_t rank);
  void define(const Node& node, Expression value, size_t output = 0);

  /// The path of a layer: that of its weights in the model, or of the node; unlike all others.
  std::string layerPath(const Node& node, size_t weightInput, const std::string& kind);
  void parameter(const std::string& path, std::vector<int64_t> shape, std::vector<float> values);
  /// `param name: f32[…]` for a constant that is no layer's; gives its name.
  std::string bareParameter(const Node& node, size_t index);

  /// The one node that reads the node's first result, or null.
  const Node* onlyReader(const Node& node) const;
  /// It has been said together with another.
  void skip(const Node& node) { done.insert(&node); }

private:
  ImportedNetwork& result;
  std::string body;
  std::map<std::string, Expression> values;
  std::map<std::string, std::vector<const Node*>> readers; ///< of reachable nodes
  std::map<std::string, const Node*> makers;
  std::set<const Node*> reachable, done;
  std::set<std::string> names, paths, usedWeights, sharedWeights;
  int64_t counter = 0;

  void findReachable();
  void declareInputs();
  void writeOutputs();
  std::string freshName(const std::string& wanted);
  void bind(const std::string& value);
};

/// Writes a number as the language reads it.
std::string numberText(double number);
/// 3, or [3, 5] where they differ.
std::string listText(const std::vector<int64_t>& numbers);

using Translate = void (*)(Importer& importer, const Node& node);
/// Whether the operator's translation holds also where the channels are last.
bool knowsChannelsLast(const std::string& op);
/// Null for operators that are not known.
Translate translationOf(const std::string& op);

} // namespace cnn::onnx_import

#endif
