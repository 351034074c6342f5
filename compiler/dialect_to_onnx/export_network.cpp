//===- export_network.cpp - A network of the dialect to an ONNX model -------------------------------===//
//
// Operators and their attributes: https://onnx.ai/onnx/operators/.
//
//===---------------------------------------------------------------------------------------------------===//

#include "dialect_to_onnx/export_network.h"

#include "dialect/composed.h"
#include "onnx_names.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/TypeSwitch.h"

#include <onnx/onnx_pb.h>

#include <cmath>

namespace cnn {
namespace {

constexpr int irVersion = 8, operatorSet = 17;
constexpr uint64_t mostBytes = uint64_t{2} << 30; // of a protobuf message

class Exporter {
public:
  Exporter(NetworkOp network, const ParameterValues& values, std::vector<std::string>& problems)
      : network(network), parameters(values), problems(problems) {}

  bool run(const std::string& version, std::string& bytes) {
    model.set_ir_version(irVersion);
    model.set_producer_name("cnnc");
    model.set_producer_version(version);
    model.add_opset_import()->set_version(operatorSet);
    graph.set_name(network.getSymName().str());
    auto predict = network.lookupSymbol<FunctionOp>("predict");
    mlir::Block& body = predict.getBody().front();
    reserveNames(predict);
    for (mlir::BlockArgument argument : body.getArguments()) {
      std::string name = predict.getArgName(argument.getArgNumber()).str();
      names[argument] = name;
      describe(*graph.add_input(), name, argument.getType());
    }
    auto outputs = body.getTerminator()->getOperands();
    for (auto [i, output] : llvm::enumerate(outputs))
      if (output.getDefiningOp() && !llvm::isa<GetOp>(output.getDefiningOp()))
        names.try_emplace(output, predict.getResultName(unsigned(i)).str());
    for (mlir::Operation& op : body.without_terminator()) findComposed(&op);
    for (mlir::Operation& op : body.without_terminator())
      if (!parts.contains(&op)) translate(&op);
    for (auto [i, output] : llvm::enumerate(outputs)) {
      std::string name = predict.getResultName(unsigned(i)).str();
      if (names[output] != name) add("Identity", {names[output]}, name);
      describe(*graph.add_output(), name, output.getType());
    }
    if (problems.empty() && model.ByteSizeLong() >= mostBytes)
      problems.push_back("the model has more than 2 GB, which ONNX keeps in several files");
    return problems.empty() && model.SerializeToString(&bytes);
  }

private:
  NetworkOp network;
  const ParameterValues& parameters;
  std::vector<std::string>& problems;
  onnx::ModelProto model;
  onnx::GraphProto& graph = *model.mutable_graph();
  llvm::DenseMap<mlir::Value, std::string> names;
  std::map<std::string, std::string> constants;       ///< by their bytes
  std::string path;                                   ///< of the layer that is being said
  llvm::StringSet<> nodeNames, taken;                 ///< the second: names of values
  llvm::StringMap<llvm::SmallVector<int64_t>> shapes; ///< of the parameters that are there
  int64_t next = 0;
  /// The last ops of what one operator of ONNX says, with that operator and its input; the ops before those.
  struct Composed {
    const OnnxName* row;
    mlir::Value input;
    mlir::DictionaryAttr arguments;
  };
  llvm::DenseMap<mlir::Operation*, Composed> composed;
  llvm::DenseSet<mlir::Operation*> parts;
  llvm::DenseMap<mlir::Value, std::string> booleans; ///< of comparisons, as ONNX has them

  static int elementOf(mlir::Type element) {
    return element.isF32()                ? onnx::TensorProto::FLOAT
           : element.isUnsignedInteger(8) ? onnx::TensorProto::UINT8
                                          : onnx::TensorProto::INT32;
  }

  void describe(onnx::ValueInfoProto& info, const std::string& name, mlir::Type type) {
    auto tensor = mlir::cast<TensorType>(type);
    info.set_name(name);
    onnx::TypeProto_Tensor& to = *info.mutable_type()->mutable_tensor_type();
    to.set_elem_type(elementOf(tensor.getElementType()));
    for (auto [i, extent] : llvm::enumerate(tensor.getShape())) {
      onnx::TensorShapeProto_Dimension& dimension = *to.mutable_shape()->add_dim();
      if (auto fixed = tensor.getFixed(i))
        dimension.set_dim_value(*fixed);
      else
        dimension.set_dim_param(dimensionText(network.getContext(), extent));
    }
  }

  // ---- Parts of the graph ----

  std::string nodeName(const std::string& wanted) {
    std::string name = wanted;
    for (int other = 1; !nodeNames.insert(name).second; ++other) name = wanted + "_" + std::to_string(other);
    return name;
  }

  /// The names that the user gave, to inputs, outputs and parameters: values in between are called otherwise.
  void reserveNames(FunctionOp predict) {
    for (unsigned i = 0; i < predict.getArgumentTypes().size(); ++i) taken.insert(predict.getArgName(i));
    for (unsigned i = 0; i < predict.getResultTypes().size(); ++i) taken.insert(predict.getResultName(i));
    predict.walk([&](GetOp get) { taken.insert(get.getParameter()); });
  }

  /// A name with this initial that nothing else has.
  std::string fresh(const char* initial = "v") {
    std::string name;
    do name = initial + std::to_string(next++);
    while (!taken.insert(name).second);
    return name;
  }

  onnx::NodeProto& add(llvm::StringRef op, llvm::ArrayRef<std::string> inputs, const std::string& output) {
    onnx::NodeProto& node = *graph.add_node();
    node.set_op_type(op.str());
    node.set_name(nodeName(path.empty() ? output : path + "/" + op.str()));
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return node;
  }
  /// A node in the middle of what one operator becomes.
  std::string inner(llvm::StringRef op, llvm::ArrayRef<std::string> inputs) {
    std::string output = fresh();
    add(op, inputs, output);
    return output;
  }

  static onnx::AttributeProto& attribute(onnx::NodeProto& node, const char* name,
                                         onnx::AttributeProto_AttributeType type) {
    onnx::AttributeProto& added = *node.add_attribute();
    added.set_name(name);
    added.set_type(type);
    return added;
  }
  static void set(onnx::NodeProto& node, const char* name, int64_t number) {
    attribute(node, name, onnx::AttributeProto::INT).set_i(number);
  }
  static void set(onnx::NodeProto& node, const char* name, double number) {
    attribute(node, name, onnx::AttributeProto::FLOAT).set_f(static_cast<float>(number));
  }
  static void set(onnx::NodeProto& node, const char* name, llvm::ArrayRef<int64_t> numbers) {
    onnx::AttributeProto& added = attribute(node, name, onnx::AttributeProto::INTS);
    for (int64_t number : numbers) added.add_ints(number);
  }

  void initialiser(const std::string& name, llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<float> numbers) {
    onnx::TensorProto& tensor = *graph.add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    for (int64_t extent : shape) tensor.add_dims(extent);
    tensor.set_raw_data(numbers.data(), numbers.size() * sizeof(float));
  }

  std::string constant(llvm::ArrayRef<float> numbers, llvm::ArrayRef<int64_t> shape = {}) {
    std::string key(reinterpret_cast<const char*>(numbers.data()), numbers.size() * sizeof(float));
    key += std::to_string(shape.size());
    auto [found, isNew] = constants.try_emplace(key);
    if (isNew) initialiser(found->second = fresh("c"), shape, numbers);
    return found->second;
  }

  std::string wholes(llvm::ArrayRef<int64_t> numbers) {
    std::string name = fresh();
    onnx::TensorProto& tensor = *graph.add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::INT64);
    tensor.add_dims(int64_t(numbers.size()));
    tensor.set_raw_data(numbers.data(), numbers.size() * sizeof(int64_t));
    return name;
  }

  /// A number for each channel, of a shape that broadcasts to a value of this rank.
  std::string channels(llvm::ArrayRef<double> numbers, size_t rank) {
    llvm::SmallVector<int64_t> shape(rank - 1, 1);
    shape[0] = int64_t(numbers.size());
    llvm::SmallVector<float> floats(numbers.begin(), numbers.end());
    return constant(floats, shape);
  }

  // ---- Operators ----

  static const OnnxName* rowOf(llvm::StringRef word) {
    const std::vector<OnnxName>& rows = onnxPointwise();
    auto found = llvm::find_if(
        rows, [&](const OnnxName& row) { return word == row.word && row.since <= operatorSet; });
    return found == rows.end() ? nullptr : &*found;
  }

  /// Whether ONNX's operator has each argument as it is written, and no other.
  static bool says(const OnnxName& row, mlir::DictionaryAttr written) {
    size_t said = 1; // "operator"
    for (const OnnxArgument& argument : row.arguments) {
      if (!*argument.argument) continue;
      auto number = written.getAs<mlir::FloatAttr>(argument.argument);
      bool fixed = !*argument.attribute; // the language's alone: ONNX's operator is the one of this value
      if (!number || (fixed && number.getValueAsDouble() != double(argument.otherwise))) return false;
      ++said;
    }
    return said == written.size();
  }

  /// Notes an operator that the user wrote by one name, where ONNX has it by one name and its ops still are
  /// what they were: those of its path, with one value that comes in, and none but the last that goes out.
  void findComposed(mlir::Operation* last) {
    auto written = last->getAttrOfType<mlir::DictionaryAttr>(composedAttribute);
    if (!written) return;
    const OnnxName* row = rowOf(written.getAs<mlir::StringAttr>("operator").getValue());
    auto path = mlir::dyn_cast<mlir::NameLoc>(last->getLoc());
    if (!row || !path) return;
    llvm::SmallSetVector<mlir::Operation*, 16> inside;
    inside.insert(last);
    mlir::Value input;
    for (size_t i = 0; i < inside.size(); ++i)
      for (mlir::Value operand : inside[i]->getOperands()) {
        mlir::Operation* from = operand.getDefiningOp();
        auto place = from ? mlir::dyn_cast<mlir::NameLoc>(from->getLoc()) : mlir::NameLoc();
        // A shared part that is applied to its own result has the path twice.
        bool isInside = place && place.getName() == path.getName() && !from->hasAttr(composedAttribute);
        if (isInside && !llvm::isa<GetOp>(from))
          inside.insert(from);
        else if (input && input != operand)
          return;
        else
          input = operand;
      }
    for (mlir::Operation* op : inside)
      if (op != last &&
          !llvm::all_of(op->getUsers(), [&](mlir::Operation* user) { return inside.contains(user); }))
        return;
    if (!says(*row, written)) return;
    composed[last] = {row, input, written};
    for (mlir::Operation* op : inside)
      if (op != last) parts.insert(op);
  }

  template <typename Op> static void window(onnx::NodeProto& node, Op op) {
    set(node, "strides", op.getStride());
    set(node, "pads", op.getPadding()); // begins, then ends, as in the dialect
  }

  void translate(mlir::Operation* op) {
    if (auto get = llvm::dyn_cast<GetOp>(op)) return parameter(get);
    auto location = mlir::dyn_cast<mlir::NameLoc>(op->getLoc());
    path = location ? location.getName().str() : "";
    mlir::Value value = op->getResult(0);
    std::string& result = names[value];
    if (result.empty()) result = fresh();
    std::string to = result; // names may move when more is added
    llvm::SmallVector<std::string> from;
    for (mlir::Value operand : op->getOperands()) from.push_back(names[operand]);
    if (auto found = composed.find(op); found != composed.end()) {
      const Composed& said = found->second;
      onnx::NodeProto& node = add(said.row->name, {names[said.input]}, to);
      for (const OnnxArgument& argument : said.row->arguments)
        if (*argument.attribute)
          set(node, argument.attribute,
              *argument.argument ? said.arguments.getAs<mlir::FloatAttr>(argument.argument).getValueAsDouble()
                                 : double(argument.otherwise));
      return;
    }
    if (translateByName(op, from, to)) return;
    llvm::TypeSwitch<mlir::Operation*>(op)
        .Case([&](ConvOp conv) {
          onnx::NodeProto& node = add("Conv", from, to);
          window(node, conv);
          set(node, "dilations", conv.getDilation());
          set(node, "group", int64_t(conv.getGroups()));
        })
        .Case([&](ConvTransposeOp conv) {
          onnx::NodeProto& node = add("ConvTranspose", from, to);
          window(node, conv);
          set(node, "output_padding", conv.getOutputPadding());
          set(node, "dilations", conv.getDilation());
          set(node, "group", int64_t(conv.getGroups()));
        })
        .Case([&](LinearOp) { set(add("Gemm", from, to), "transB", int64_t{1}); })
        .Case([&](MaxPoolOp pool) {
          onnx::NodeProto& node = add("MaxPool", from, to);
          window(node, pool);
          set(node, "kernel_shape", pool.getKernel());
          set(node, "dilations", pool.getDilation());
          set(node, "ceil_mode", int64_t(pool.getCeilMode()));
        })
        .Case([&](AvgPoolOp pool) {
          onnx::NodeProto& node = add("AveragePool", from, to);
          window(node, pool);
          set(node, "kernel_shape", pool.getKernel());
          set(node, "ceil_mode", int64_t(pool.getCeilMode()));
          set(node, "count_include_pad", int64_t(pool.getCountIncludePad()));
        })
        .Case([&](GlobalAvgPoolOp pool) {
          if (pool.getKeepDims()) return void(add("GlobalAveragePool", from, to));
          add("Flatten", {inner("GlobalAveragePool", from)}, to);
        })
        .Case([&](BatchNormOp norm) {
          onnx::NodeProto& node = add("BatchNormalization", from, to);
          set(node, "epsilon", norm.getEps().convertToDouble());
          set(node, "momentum", 1 - norm.getMomentum().convertToDouble());
        })
        .Case([&](LayerNormOp norm) { translateLayerNorm(norm, from, to); })
        .Case([&](Relu6Op) { add("Clip", {from[0], constant(0.0f), constant(6.0f)}, to); })
        .Case([&](SigmoidOp) { add("Sigmoid", from, to); })
        .Case([&](SiluOp) { add("Mul", {from[0], inner("Sigmoid", from)}, to); })
        .Case([&](GeluOp gelu) { translateGelu(gelu, from[0], to); })
        .Case([&](ScaleOp scale) {
          float factor = scale.getFactor().convertToDouble(), offset = scale.getOffset().convertToDouble();
          if (offset == 0) return void(add("Mul", {from[0], constant(factor)}, to));
          std::string scaled = factor == 1 ? from[0] : inner("Mul", {from[0], constant(factor)});
          add("Add", {scaled, constant(offset)}, to);
        })
        .Case([&](Expm1Op) { add("Sub", {inner("Exp", from), constant(1.0f)}, to); })
        .Case([&](Log1pOp) { add("Log", {inner("Add", {from[0], constant(1.0f)})}, to); })
        .Case([&](PowOp pow) {
          add("Pow", {from[0], constant(static_cast<float>(pow.getExponent().convertToDouble()))}, to);
        })
        .Case([&](LessOp) { translateComparison(value, "Less", from, to); })
        .Case([&](EqualOp) { translateComparison(value, "Equal", from, to); })
        .Case([&](SelectOp select) {
          std::string& condition = booleans[select.getCondition()];
          if (condition.empty())
            set(add("Cast", {from[0]}, condition = fresh()), "to", int64_t{onnx::TensorProto::BOOL});
          add("Where", {condition, from[1], from[2]}, to);
        })
        .Case([&](SplatOp splat) {
          names[value] = constant(static_cast<float>(splat.getValue().convertToDouble()));
        })
        .Case([&](CastOp) { set(add("Cast", from, to), "to", int64_t{onnx::TensorProto::FLOAT}); })
        .Case([&](NormalizeOp normalize) {
          auto rank = size_t(mlir::cast<TensorType>(value.getType()).getRank());
          std::string centred = inner("Sub", {from[0], channels(normalize.getMean(), rank)});
          add("Div", {centred, channels(normalize.getDeviation(), rank)}, to);
        })
        .Case([&](ConcatOp) { set(add("Concat", from, to), "axis", int64_t{1}); })
        .Case([&](SliceOp slice) {
          add("Slice", {from[0], wholes(slice.getBegin()), wholes(slice.getEnd()), wholes(int64_t{1})}, to);
        })
        .Case([&](ReshapeOp) {
          auto type = mlir::cast<TensorType>(value.getType());
          if (type.getRank() == 2) return void(add("Flatten", from, to));
          llvm::SmallVector<int64_t> shape{0};
          llvm::append_range(shape, type.getFixedFrom(1));
          add("Reshape", {from[0], wholes(shape)}, to);
        })
        .Case<DropoutOp, StochasticDepthOp>([&](auto) { names[value] = from[0]; }) // nothing in inference
        .Case([&](SoftmaxOp) { set(add("Softmax", from, to), "axis", int64_t{1}); })
        .Case([&](LogSoftmaxOp) { set(add("LogSoftmax", from, to), "axis", int64_t{1}); })
        .Default([&](mlir::Operation* other) {
          problems.push_back((path.empty() ? "" : path + ": ") + other->getName().stripDialect().str() +
                             " has no translation to ONNX yet");
        });
  }

  /// What ONNX has by one name.
  bool translateByName(mlir::Operation* op, llvm::ArrayRef<std::string> from, const std::string& to) {
    llvm::StringRef word = mnemonic(op);
    if (std::string_view binary = onnxBinary(std::string_view(word)); !binary.empty()) {
      add(binary, from, to);
      return true;
    }
    const OnnxName* row = rowOf(word);
    if (!row) return false;
    onnx::NodeProto& node = add(row->name, from, to);
    for (const OnnxArgument& argument : row->arguments)
      set(node, argument.attribute, op->getAttrOfType<mlir::FloatAttr>(argument.argument).getValueAsDouble());
    return true;
  }

  /// A comparison's booleans, and numbers where something other than a choice reads it.
  void translateComparison(mlir::Value value, llvm::StringRef name, llvm::ArrayRef<std::string> from,
                           const std::string& to) {
    std::string boolean = inner(name, from);
    booleans[value] = boolean;
    bool onlyChooses = llvm::all_of(value.getUses(), [](mlir::OpOperand& use) {
      return llvm::isa<SelectOp>(use.getOwner()) && use.getOperandNumber() == 0;
    });
    if (!onlyChooses) set(add("Cast", {boolean}, to), "to", int64_t{onnx::TensorProto::FLOAT});
  }

  void parameter(GetOp get) {
    std::string name = get.getParameter().str();
    names[get.getResult()] = name;
    auto shape = mlir::cast<TensorType>(get.getType()).getFixedFrom(0);
    auto [first, isNew] = shapes.try_emplace(name, shape);
    if (isNew) return initialiser(name, shape, parameters.lookup(name));
    // A part that is applied several times, to features and to pixels.
    if (first->second != shape) names[get.getResult()] = inner("Reshape", {name, wholes(shape)});
  }

  /// ONNX normalises the last dimensions, so the channels go there and back.
  void translateLayerNorm(LayerNormOp norm, llvm::ArrayRef<std::string> from, const std::string& to) {
    int64_t rank = mlir::cast<TensorType>(norm.getType()).getRank();
    llvm::SmallVector<int64_t> there{0}, back{0, rank - 1};
    for (int64_t i = 2; i < rank; ++i) there.push_back(i), back.push_back(i - 1);
    there.push_back(1);
    std::string x = from[0];
    if (rank > 2) {
      x = fresh();
      set(add("Transpose", {from[0]}, x), "perm", llvm::ArrayRef(there));
    }
    std::string normalised = rank > 2 ? fresh() : to;
    onnx::NodeProto& node = add("LayerNormalization", {x, from[1], from[2]}, normalised);
    set(node, "axis", int64_t{-1});
    set(node, "epsilon", norm.getEps().convertToDouble());
    if (rank > 2) set(add("Transpose", {normalised}, to), "perm", llvm::ArrayRef(back));
  }

  /// Operator set 20 has it as one operator; 17, which more programs read, does not.
  void translateGelu(GeluOp gelu, const std::string& x, const std::string& to) {
    if (!gelu.getTanh()) {
      std::string erf = inner("Erf", {inner("Div", {x, constant(std::sqrt(2.0f))})});
      std::string product = inner("Mul", {x, inner("Add", {erf, constant(1.0f)})});
      return void(add("Mul", {product, constant(0.5f)}, to));
    }
    std::string cube = inner("Mul", {inner("Mul", {x, x}), x});
    std::string sum = inner("Add", {x, inner("Mul", {cube, constant(0.044715f)})});
    std::string tanh = inner("Tanh", {inner("Mul", {sum, constant(std::sqrt(2 / 3.14159265f))})});
    std::string product = inner("Mul", {x, inner("Add", {tanh, constant(1.0f)})});
    add("Mul", {product, constant(0.5f)}, to);
  }
};

} // namespace

bool exportNetwork(NetworkOp network, const ParameterValues& values, const std::string& version,
                   std::string& model, std::vector<std::string>& problems) {
  return Exporter(network, values, problems).run(version, model);
}

} // namespace cnn
