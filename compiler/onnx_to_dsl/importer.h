//===- importer.h - What the translations of ONNX's operators share ---------------------------------===//
#ifndef CNN_COMPILER_ONNX_TO_DSL_IMPORTER_H
#define CNN_COMPILER_ONNX_TO_DSL_IMPORTER_H

#include "import_network.h"

#include <deque>
#include <optional>
#include <set>

namespace cnn::onnx_import {

/// The extent of a dimension: a number, or the name of one that is free. What is computed of free ones has a
/// name that nothing else has.
struct Size {
  int64_t value = -1;
  std::string name = "";

  bool isKnown() const { return value >= 0; }
  bool operator==(const Size&) const = default;
};
using Shape = std::vector<Size>;
/// [N, 3, 32, 32]
std::string describe(const Shape& shape);

/// Whole numbers that the model computes from shapes: known but for the free ones.
struct Sizes {
  Shape list;
  bool isScalar = false;
};

/// A value of the graph as text of the language.
struct Expression {
  enum class Form { name, chain, sum }; ///< how it may be continued
  std::string text;
  Form form = Form::name;
  Shape shape = {}; ///< in ONNX's order; the batch is first
  Element element = Element::f32;
  bool channelsLast = false; ///< ONNX has the channels in the last dimension, the text in the second
  bool failed = false;       ///< why has been said; what reads it keeps silent
  std::string flat = "";     ///< of a mean [N, C, 1, 1]: the text of the same as [N, C]

  size_t rank() const { return shape.size(); }
};

/// Why a node cannot be imported. Thrown by whatever reads it, caught where nodes are gone through.
struct Refusal {
  std::string what, expected, found;
};

class Importer {
public:
  Importer(const Graph& graph, const std::set<std::string>& reserved, ImportedNetwork& result);
  void run(const std::string& networkName);

  const Graph& graph;
  std::optional<int64_t> fixedBatch; ///< the batch that the model was exported with, where it is no free one

  // ---- Values by their names in the graph ----

  /// Null for what is not computed from the inputs; likewise the others.
  const Expression* value(const std::string& name) const;
  const Constant* constant(const std::string& name) const;
  const Sizes* sizes(const std::string& name) const;
  /// The value, ready to stand left of |>.
  Expression subject(const std::string& name);
  /// The value as a name.
  std::string named(const std::string& name);
  void define(const std::string& name, Expression value);
  /// The constant stays where it is.
  void define(const std::string& name, const Constant* constant) { constants[name] = constant; }
  void define(const std::string& name, Sizes sizes) { computedSizes[name] = std::move(sizes); }
  /// A constant that was computed here.
  void keep(const std::string& name, Constant constant);

  // ---- Names and parameters ----

  /// A size that is unlike all others.
  Size freshSize();
  /// The path of a layer: that of its weights in the model, or of the node; unlike all others.
  std::string layerPath(const Node& node, const std::string& weight, const std::string& kind);
  void parameter(const std::string& path, std::vector<int64_t> shape, std::vector<float> values);
  /// `param name: f32[…]` for a constant that is no layer's, in this shape; gives its name.
  std::string bareParameter(const std::string& constant, const std::vector<int64_t>& shape);

  // ---- Neighbours ----

  /// The one node that reads a value, where it is well formed; or null.
  const Node* onlyReader(const std::string& value) const;
  bool isUsed(const std::string& value) const;
  bool hasOneReader(const std::string& value) const;
  /// It has been said together with another.
  void skip(const Node& node) { done.insert(&node); }

private:
  ImportedNetwork& result;
  std::string body;
  std::map<std::string, Expression> values;
  std::map<std::string, const Constant*> constants;
  std::map<std::string, Sizes> computedSizes;
  std::deque<Constant> computed;
  int64_t computedElements = 0;
  size_t parameterElements = 0, mostParameterElements = size_t{1} << 20;
  /// Who reads a value; null: it is an output. Shape reads no value, and only keeps others from being the
  /// only reader.
  std::map<std::string, std::vector<const Node*>> readers;
  std::set<std::string> shapesRead, needed;
  std::set<const Node*> wellFormed, done;
  std::set<std::string> names, paths, usedWeights, sharedWeights;
  std::map<std::string, int64_t> nextOfName, nextOfPath;
  std::map<std::pair<std::string, std::vector<int64_t>>, std::string> bareParameters;
  std::map<std::string, Size> freeSizes; ///< by their names in the model
  std::map<size_t, std::string> nodeProblems;
  int64_t counter = 0, unknownSizes = 0;

  bool isNeeded(const Node& node) const;
  void findReaders();
  void checkNodes();
  void checkBatch();
  void declareInputs();
  std::string inputProblem(const Tensor& input) const;
  std::string dimensionText(const Tensor& input, size_t i);
  void translateNodes();
  void translate(const Node& node);
  void fail(const Node& node, const Refusal& refusal);
  void failSilently(const Node& node);
  void writeOutputs();
  std::string outputProblem(const Tensor& output) const;
  std::string freshName(const std::string& wanted);
  /// Says where an input or output has another name than in the model.
  void noteName(const char* what, const std::string& inModel, const std::string& here);
  void bind(const std::string& value);
};

/// `value |> stage`, on a line of its own where it begins a layer or the line is full.
std::string continued(const std::string& value, const std::string& stage);
/// Writes a number as the language reads it.
std::string numberText(float number);
/// 3, or [3, 5] where they differ.
std::string listText(const std::vector<int64_t>& numbers);
/// [3, 5] always.
std::string bracketed(const std::vector<int64_t>& numbers);

} // namespace cnn::onnx_import

#endif
