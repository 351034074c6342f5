#include "random_graph.h"

#include <cmath>
#include <cstring>

namespace cnn::test {
namespace {

using Shape = std::vector<int64_t>;
constexpr int f32 = onnx::TensorProto::FLOAT, i64 = onnx::TensorProto::INT64;

class Generator {
public:
  explicit Generator(Choices& choices) : choices(choices), graph(*result.model.mutable_graph()) {}

  RandomGraph run() {
    set = choices.oneIn(3) ? 17 : 7 + static_cast<int64_t>(choices.below(17));
    result.model.set_ir_version(8);
    result.model.set_producer_name("a test");
    result.model.add_opset_import()->set_version(set);
    graph.set_name("graph");
    makeInputs();
    for (size_t left = 1 + choices.below(6); left; --left) makeNode();
    makeOutputs();
    if (choices.oneIn(4)) breakModel();
    return std::move(result);
  }

private:
  Choices& choices;
  RandomGraph result;
  onnx::GraphProto& graph;
  int64_t set = 0, batch = 1, next = 0;
  bool fixedBatch = false;
  Arrays values;
  std::vector<std::string> computed; ///< names of what depends on an input and is f32

  // ---- Parts ----

  std::string fresh(const char* initial) {
    // Names that the language has for itself, and one path.
    static const std::vector<std::string> odd = {"relu",
                                                 "input",
                                                 "a.b",
                                                 "x",
                                                 "N",
                                                 "1st",
                                                 "v0",
                                                 "conv1.weight",
                                                 "\xc3\xa9",
                                                 "relu1.weight",
                                                 "in.weight",
                                                 "block.0.weight",
                                                 "a.weight",
                                                 "a.weight.weight",
                                                 "x1",
                                                 "linear1.weight",
                                                 "identity1.weight",
                                                 "add1.weight",
                                                 "7.weight",
                                                 "_.weight",
                                                 "a.bias",
                                                 "softmax",
                                                 "Net",
                                                 "Net.weight"};
    if (choices.oneIn(12)) {
      const std::string& name = choices.of(odd);
      if (!values.count(name)) return name;
    }
    return initial + std::to_string(next++);
  }

  double number() { return (static_cast<double>(choices.below(257)) - 128) / 64; }

  onnx::TensorProto tensor(int type, const Shape& shape, const std::vector<double>& data) {
    onnx::TensorProto to;
    to.set_data_type(type);
    for (int64_t extent : shape) to.add_dims(extent);
    std::string raw;
    for (double value : data) {
      if (type == f32) {
        auto element = static_cast<float>(value);
        raw.append(reinterpret_cast<const char*>(&element), sizeof(element));
      } else if (type == onnx::TensorProto::DOUBLE) {
        raw.append(reinterpret_cast<const char*>(&value), sizeof(value));
      } else if (type == i64) {
        auto element = static_cast<int64_t>(value);
        raw.append(reinterpret_cast<const char*>(&element), sizeof(element));
      } else if (type == onnx::TensorProto::INT32) {
        auto element = static_cast<int32_t>(value);
        raw.append(reinterpret_cast<const char*>(&element), sizeof(element));
      } else {
        raw += static_cast<char>(value);
      }
    }
    to.set_raw_data(raw);
    return to;
  }

  /// An initialiser, a Constant node, or either behind Identity.
  std::string constant(int type, const Shape& shape, const std::vector<double>& data) {
    std::string name = fresh("c");
    onnx::TensorProto value = tensor(type, shape, data);
    if (choices.oneIn(4)) {
      onnx::NodeProto& node = *graph.add_node();
      node.set_op_type("Constant");
      node.add_output(name);
      onnx::AttributeProto& attribute = *node.add_attribute();
      attribute.set_name("value");
      attribute.set_type(onnx::AttributeProto::TENSOR);
      *attribute.mutable_t() = value;
    } else {
      onnx::TensorProto& added = *graph.add_initializer();
      added = value;
      added.set_name(name);
    }
    values[name] = arrayOf(value);
    if (choices.oneIn(10)) return node("Identity", {name});
    if (type == f32 && choices.oneIn(20) && set >= 9) {
      onnx::TensorProto& doubles = *graph.add_initializer();
      doubles = tensor(onnx::TensorProto::DOUBLE, shape, data);
      doubles.set_name(fresh("d"));
      values[doubles.name()] = arrayOf(doubles);
      return node("Cast", {doubles.name()}, {whole("to", f32)});
    }
    return name;
  }
  std::string wholes(const Shape& numbers) {
    return constant(i64, {static_cast<int64_t>(numbers.size())}, {numbers.begin(), numbers.end()});
  }
  std::string weights(const Shape& shape, double least = -2) {
    int64_t count = 1;
    for (int64_t extent : shape) count *= extent;
    std::vector<double> data;
    for (int64_t i = 0; i < count; ++i) data.push_back(std::max(least, number()));
    return constant(f32, shape, data);
  }

  static onnx::AttributeProto whole(const char* name, int64_t number) {
    onnx::AttributeProto attribute;
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(number);
    return attribute;
  }
  static onnx::AttributeProto real(const char* name, double number) {
    onnx::AttributeProto attribute;
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::FLOAT);
    attribute.set_f(static_cast<float>(number));
    return attribute;
  }
  static onnx::AttributeProto text(const char* name, const std::string& value) {
    onnx::AttributeProto attribute;
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::STRING);
    attribute.set_s(value);
    return attribute;
  }
  static onnx::AttributeProto list(const char* name, const Shape& numbers) {
    onnx::AttributeProto attribute;
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INTS);
    for (int64_t number : numbers) attribute.add_ints(number);
    return attribute;
  }
  using Attributes = std::vector<onnx::AttributeProto>;

  /// Adds a node; its first output's name. What cannot be evaluated has no value and is not read again.
  std::string node(const std::string& op, const std::vector<std::string>& inputs,
                   const Attributes& attributes = {}, size_t outputs = 1) {
    onnx::NodeProto& added = *graph.add_node();
    added.set_op_type(op);
    if (choices.oneIn(3)) added.set_name("/part/part.0/" + op + "_" + std::to_string(graph.node_size()));
    for (const std::string& input : inputs) added.add_input(input);
    for (size_t i = 0; i < outputs; ++i) added.add_output(fresh("y"));
    for (const onnx::AttributeProto& attribute : attributes) *added.add_attribute() = attribute;
    std::string first = added.output(0);
    onnx::NodeProto copy = added; // the graph may grow
    try {
      evaluate(copy, set, values);
    } catch (const std::runtime_error&) {
      broken.push_back(first);
    }
    return first;
  }
  std::vector<std::string> broken;

  void use(const std::string& name) {
    auto found = values.find(name);
    bool finite = found != values.end() && found->second.type == f32 && found->second.data.size() <= 4096;
    for (double value : finite ? found->second.data : std::vector<double>())
      finite = finite && std::abs(value) < 1e6;
    if (finite) computed.push_back(name);
  }

  const std::string& any() {
    return computed[computed.size() - 1 - choices.below(std::min<size_t>(computed.size(), 3))];
  }

  // ---- Inputs and outputs ----

  void makeInputs() {
    batch = 1 + static_cast<int64_t>(choices.below(3));
    fixedBatch = choices.oneIn(3);
    size_t count = 1 + choices.oneIn(4);
    for (size_t i = 0; i < count; ++i) {
      static const std::vector<Shape> shapes = {{4, 6, 6}, {4, 8, 8}, {4},    {6},      {4, 8},
                                                {1, 6, 6}, {4, 1, 1}, {2, 2}, {3, 5, 7}};
      Shape shape = choices.of(shapes);
      std::string name = fresh("x");
      onnx::ValueInfoProto& input = *graph.add_input();
      input.set_name(name);
      onnx::TypeProto_Tensor& type = *input.mutable_type()->mutable_tensor_type();
      type.set_elem_type(f32);
      onnx::TensorShapeProto_Dimension& first = *type.mutable_shape()->add_dim();
      if (fixedBatch)
        first.set_dim_value(batch);
      else
        first.set_dim_param("batch");
      for (size_t d = 0; d < shape.size(); ++d) {
        onnx::TensorShapeProto_Dimension& added = *type.mutable_shape()->add_dim();
        if (d > 0 && choices.oneIn(12))
          added.set_dim_param((d == 1 ? "height" : "w-") + std::to_string(shape[d]));
        else
          added.set_dim_value(shape[d]);
      }
      shape.insert(shape.begin(), batch);
      int element =
          choices.oneIn(8) ? choices.of<int>({onnx::TensorProto::UINT8, onnx::TensorProto::INT32}) : f32;
      type.set_elem_type(element);
      Array array(element, shape);
      for (double& value : array.data)
        value = element == f32 ? number() : static_cast<double>(choices.below(256));
      values[name] = result.inputs[name] = std::move(array);
      if (element == f32)
        computed.push_back(name);
      else
        castInput(name, shape);
    }
    if (computed.empty()) computed.push_back(graph.input(0).name());
  }

  /// What moves elements that are no floats, then their cast; or none.
  void castInput(const std::string& name, const Shape& shape) {
    std::string x = name;
    if (choices.oneIn(3)) x = node("Identity", {x});
    if (choices.oneIn(3)) x = node("Concat", {x, x}, {whole("axis", 1)});
    if (choices.oneIn(3) && set >= 10) x = node("Slice", {x, wholes({0}), wholes({shape[1]}), wholes({1})});
    if (choices.oneIn(3)) x = node("Flatten", {x});
    use(choices.oneIn(6) ? node("Relu", {x}) : node("Cast", {x}, {whole("to", f32)}));
    if (choices.oneIn(12)) computed.push_back(x);
  }

  void makeOutputs() {
    size_t count = 1 + choices.below(2) * choices.below(3);
    std::vector<std::string> names;
    for (size_t i = 0; i < count; ++i) {
      std::string name = i == 0 ? computed.back() : any();
      if (choices.oneIn(10) && !broken.empty()) name = choices.of(broken);
      if (choices.oneIn(40)) name = values.begin()->first;
      if (std::find(names.begin(), names.end(), name) != names.end()) continue;
      names.push_back(name);
      onnx::ValueInfoProto& output = *graph.add_output();
      output.set_name(name);
      onnx::TypeProto_Tensor& type = *output.mutable_type()->mutable_tensor_type();
      auto found = values.find(name);
      type.set_elem_type(found == values.end() ? f32 : found->second.type);
      type.mutable_shape(); // ONNX's checker wants it
      if (found == values.end()) continue;
      for (size_t d = 0; d < found->second.shape.size(); ++d)
        if (d == 0 && !fixedBatch)
          type.mutable_shape()->add_dim()->set_dim_param("batch");
        else if (choices.oneIn(3))
          type.mutable_shape()->add_dim()->set_dim_param("d" + std::to_string(d));
        else
          type.mutable_shape()->add_dim()->set_dim_value(found->second.shape[d]);
    }
    if (choices.oneIn(4)) {
      onnx::TensorProto& unused = *graph.add_initializer();
      unused = tensor(onnx::TensorProto::INT8, {1}, {1});
      unused.set_name("unused");
    }
  }

  // ---- Nodes ----

  Attributes window(size_t spatial, bool dilates) {
    Attributes all;
    auto each = [&](size_t count, std::vector<int64_t> numbers, bool equal) {
      Shape list;
      for (size_t i = 0; i < count; ++i) list.push_back(i && equal ? list[0] : choices.of(numbers));
      return list;
    };
    if (choices.below(2)) all.push_back(list("strides", each(spatial, {1, 2, 3}, choices.below(3))));
    if (choices.oneIn(3)) {
      static const std::vector<std::string> modes = {"SAME_UPPER", "SAME_LOWER", "VALID", "NOTSET"};
      all.push_back(text("auto_pad", choices.of(modes)));
    }
    if (all.empty() || all.back().name() != "auto_pad" || choices.oneIn(8))
      if (choices.below(3)) all.push_back(list("pads", each(2 * spatial, {0, 1, 2}, choices.below(4))));
    if (dilates && choices.oneIn(4)) all.push_back(list("dilations", each(spatial, {1, 2}, true)));
    return all;
  }

  Shape kernelOf(const Array& x) {
    Shape kernel;
    for (int64_t d = 2; d < x.rank(); ++d) kernel.push_back(1 + static_cast<int64_t>(choices.below(3)));
    return kernel;
  }

  void makeNode() {
    const std::string x = any();
    const Array value = values[x];
    using Make = void (Generator::*)(const std::string&, const Array&);
    static const std::vector<Make> onPictures = {
        &Generator::conv,      &Generator::conv,       &Generator::pool,          &Generator::pool,
        &Generator::batchNorm, &Generator::global,     &Generator::transpose,     &Generator::concat,
        &Generator::slice,     &Generator::split,      &Generator::convTranspose, &Generator::softmax,
        &Generator::reshape,   &Generator::arithmetic, &Generator::pointwise,     &Generator::moved,
        &Generator::reduce};
    static const std::vector<Make> onFeatures = {
        &Generator::gemm,       &Generator::matMul,    &Generator::softmax,   &Generator::reshape,
        &Generator::arithmetic, &Generator::pointwise, &Generator::concat,    &Generator::slice,
        &Generator::split,      &Generator::layerNorm, &Generator::batchNorm, &Generator::transpose};
    Make make = choices.oneIn(4)    ? (choices.below(2) ? &Generator::arithmetic : &Generator::pointwise)
                : value.rank() >= 3 ? choices.of(onPictures)
                                    : choices.of(onFeatures);
    (this->*make)(x, value);
  }

  void pointwise(const std::string& x, const Array&) {
    switch (choices.below(14)) {
    case 0:
      return use(node("Relu", {x}));
    case 1:
      return use(node("Tanh", {x}));
    case 2:
      return use(node("Sigmoid", {x}));
    case 3:
      return use(
          node("LeakyRelu", {x}, choices.below(2) ? Attributes{real("alpha", number())} : Attributes{}));
    case 4:
      return use(node("HardSigmoid", {x},
                      choices.below(2) ? Attributes{real("alpha", choices.below(2) ? 1.0 / 6 : number())}
                                       : Attributes{}));
    case 5:
      return use(node(set >= 14 ? "HardSwish" : "Identity", {x}));
    case 6:
      return use(set >= 20 ? node("Gelu", {x},
                                  choices.below(2)
                                      ? Attributes{text("approximate", choices.below(2) ? "tanh" : "none")}
                                      : Attributes{})
                           : node("Relu", {x}));
    case 7: {
      static const std::vector<double> least = {0, 0, 0, -1}, most = {6, 6, 1, 3e38};
      double low = choices.of(least), high = choices.of(most);
      if (set < 11) return use(node("Clip", {x}, {real("min", low), real("max", high)}));
      std::vector<std::string> inputs = {x, constant(f32, {}, {low})};
      if (choices.below(4)) inputs.push_back(constant(f32, {}, {high}));
      return use(node("Clip", inputs));
    }
    case 8:
      if (set < 12)
        return use(node("Dropout", {x}, choices.below(2) ? Attributes{real("ratio", 0.25)} : Attributes{},
                        1 + choices.below(2)));
      if (choices.below(2))
        return use(node("Dropout", {x, constant(f32, {}, {0.25}),
                                    constant(onnx::TensorProto::BOOL, {}, {choices.oneIn(6) ? 1.0 : 0.0})}));
      return use(node("Dropout", {x}));
    case 9: {
      std::string s = node("Sigmoid", {x});
      return use(
          node("Mul", choices.below(2) ? std::vector<std::string>{x, s} : std::vector<std::string>{s, x}));
    }
    case 10: {
      if (set < 9) return use(node("Relu", {x}));
      std::string e =
          node("Erf", {node("Div", {x, constant(f32, {}, {choices.oneIn(5) ? 1.5 : std::sqrt(2.0)})})});
      std::string p =
          node("Mul", {x, node("Add", {e, constant(f32, choices.below(2) ? Shape{} : Shape{1}, {1})})});
      return use(node("Mul", {p, constant(f32, {}, {choices.oneIn(6) ? 2.0 : 0.5})}));
    }
    case 11:
      return use(node("Exp", {x}));
    case 12:
      return use(node("Cast", {x}, {whole("to", f32)}));
    default: {
      std::string y = x;
      for (size_t i = 1 + choices.below(3); i; --i) y = node("Identity", {y});
      return use(y);
    }
    }
  }

  /// A shape that broadcasts to `full`, or nearly.
  Shape partOf(const Shape& full) {
    Shape part(full.begin() + static_cast<std::ptrdiff_t>(choices.below(full.size())), full.end());
    for (int64_t& extent : part)
      if (choices.below(2)) extent = 1;
    if (choices.oneIn(8)) part.insert(part.begin(), 1);
    if (choices.oneIn(4)) return full.size() >= 3 ? Shape{full[1], 1, 1} : Shape{1};
    return choices.oneIn(3) ? Shape{} : part;
  }

  void arithmetic(const std::string& x, const Array& value) {
    static const std::vector<std::string> ops = {"Add", "Mul", "Sub", "Div"};
    std::string op = choices.of(ops), other;
    if (choices.below(2)) {
      other = any();
    } else {
      other = weights(partOf(value.shape), op == "Div" ? 0.25 : -2);
    }
    if (op == "Sub" && value.rank() >= 3 && choices.below(2)) {
      std::string centred = node("Sub", {x, weights({value.shape[1], 1, 1})});
      return use(node("Div", {centred, weights({value.shape[1], 1, 1}, 0.25)}));
    }
    use(choices.below(3) ? node(op, {x, other}) : node(op, {other, x}));
  }

  void conv(const std::string& x, const Array& value) {
    int64_t channels = value.shape[1], groups = choices.oneIn(3) ? (choices.below(2) ? channels : 2) : 1;
    if (channels % groups) groups = 1;
    int64_t out = groups * (1 + static_cast<int64_t>(choices.below(groups > 1 ? 2 : 6)));
    Shape kernel = kernelOf(value), shape = {out, channels / groups};
    shape.insert(shape.end(), kernel.begin(), kernel.end());
    Attributes all = window(kernel.size(), true);
    if (choices.below(2))
      all.push_back(list("kernel_shape", choices.oneIn(12) ? Shape(kernel.size(), 2) : kernel));
    if (groups > 1) all.push_back(whole("group", groups));
    std::vector<std::string> inputs = {x, weights(shape)};
    if (choices.below(2)) inputs.push_back(weights({choices.oneIn(15) ? 1 : out}));
    use(node("Conv", inputs, all));
  }

  void convTranspose(const std::string& x, const Array& value) {
    int64_t channels = value.shape[1], groups = choices.oneIn(3) && channels % 2 == 0 ? 2 : 1;
    int64_t out = 1 + static_cast<int64_t>(choices.below(3));
    Shape kernel = kernelOf(value), shape = {channels, out};
    shape.insert(shape.end(), kernel.begin(), kernel.end());
    Attributes all = window(kernel.size(), true);
    if (groups > 1) all.push_back(whole("group", groups));
    if (choices.oneIn(4)) all.push_back(list("output_padding", Shape(kernel.size(), 1)));
    std::vector<std::string> inputs = {x, weights(shape)};
    if (choices.below(2)) inputs.push_back(weights({out * groups}));
    use(node("ConvTranspose", inputs, all));
  }

  void pool(const std::string& x, const Array& value) {
    bool isMax = choices.below(2);
    Shape kernel = kernelOf(value);
    Attributes all = window(kernel.size(), isMax ? set >= 10 : set >= 19);
    all.push_back(list("kernel_shape", kernel));
    if (set >= 10 && choices.oneIn(3)) all.push_back(whole("ceil_mode", 1));
    if (!isMax && choices.below(2)) all.push_back(whole("count_include_pad", 1));
    use(node(isMax ? "MaxPool" : "AveragePool", {x}, all, isMax && set >= 8 && choices.oneIn(6) ? 2 : 1));
  }

  void batchNorm(const std::string& x, const Array& value) {
    int64_t c = value.shape.size() > 1 ? value.shape[1] : 1;
    Attributes all;
    if (choices.oneIn(3)) all.push_back(real("epsilon", choices.below(2) ? 1e-3 : 1.1e-5));
    if (set < 9 && choices.oneIn(3)) all.push_back(whole("spatial", choices.below(4) ? 1 : 0));
    if (set >= 14 && choices.oneIn(4)) all.push_back(whole("training_mode", choices.oneIn(4)));
    use(node("BatchNormalization", {x, weights({c}), weights({c}), weights({c}), weights({c}, 0.25)}, all,
             set < 14 && choices.oneIn(8) ? 5 : 1));
  }

  void layerNorm(const std::string& x, const Array& value) {
    if (set < 17) return use(node("Relu", {x}));
    std::vector<std::string> inputs = {x, weights({value.shape.back()})};
    if (choices.below(3)) inputs.push_back(weights({value.shape.back()}));
    use(node("LayerNormalization", inputs,
             choices.below(2) ? Attributes{whole("axis", choices.below(2) ? -1 : 1)} : Attributes{}));
  }

  /// To the pixels' channels and back, with what exporters do there.
  void moved(const std::string& x, const Array& value) {
    if (value.rank() < 3) return;
    Shape there = {0}, back = {0, value.rank() - 1};
    for (int64_t d = 2; d < value.rank(); ++d) there.push_back(d), back.push_back(d - 1);
    there.push_back(1);
    std::string y = node("Transpose", {x}, {list("perm", there)});
    if (choices.below(2) && set >= 17)
      y = node("LayerNormalization", {y, weights({value.shape[1]}), weights({value.shape[1]})});
    if (choices.below(2)) y = node("MatMul", {y, weights({value.shape[1], 4})});
    if (choices.below(2)) y = node("Add", {y, weights({4})});
    if (choices.oneIn(3)) y = node("Mul", {y, weights({1, 1})});
    if (choices.oneIn(3)) y = node("Concat", {y, y}, {whole("axis", choices.below(2) ? -1 : 1)});
    if (choices.oneIn(4)) y = node("Softmax", {y}, {whole("axis", choices.below(2) ? value.rank() - 1 : 1)});
    if (choices.oneIn(8)) return use(y);
    use(node("Transpose", {y}, {list("perm", choices.oneIn(8) ? there : back)}));
  }

  void transpose(const std::string& x, const Array& value) {
    Shape order;
    for (int64_t d = 0; d < value.rank(); ++d) order.push_back(d);
    if (choices.below(2)) std::swap(order.back(), order[choices.below(order.size())]);
    use(node("Transpose", {x}, choices.oneIn(6) ? Attributes{} : Attributes{list("perm", order)}));
  }

  void global(const std::string& x, const Array& value) {
    std::string y = choices.below(2) ? node("GlobalAveragePool", {x}) : mean(x, value);
    if (choices.oneIn(3)) return use(y);
    if (!values.count(y)) return;
    if (choices.below(2))
      return use(node("Flatten", {y},
                      choices.oneIn(3) ? Attributes{whole("axis", static_cast<int64_t>(choices.below(4)))}
                                       : Attributes{}));
    reshape(y, values[y]);
  }

  std::string mean(const std::string& x, const Array& value) {
    Shape axes;
    bool fromEnd = choices.below(2);
    for (int64_t d = 2; d < value.rank(); ++d) axes.push_back(fromEnd ? d - value.rank() : d);
    if (choices.oneIn(8)) axes = {1};
    Attributes all;
    if (choices.below(2)) all.push_back(whole("keepdims", static_cast<int64_t>(choices.below(2))));
    if (set < 18) all.push_back(list("axes", axes));
    return set < 18 ? node("ReduceMean", {x}, all) : node("ReduceMean", {x, wholes(axes)}, all);
  }
  void reduce(const std::string& x, const Array& value) { use(mean(x, value)); }

  void gemm(const std::string& x, const Array& value) {
    if (value.rank() != 2) return;
    int64_t in = value.shape[1], out = 1 + static_cast<int64_t>(choices.below(6));
    bool turned = choices.below(2);
    Attributes all;
    if (turned) all.push_back(whole("transB", 1));
    if (choices.oneIn(8)) all.push_back(whole("transA", 1));
    if (choices.oneIn(4)) all.push_back(real("alpha", number()));
    if (choices.oneIn(4)) all.push_back(real("beta", number()));
    std::vector<std::string> inputs = {x, weights(turned ? Shape{out, in} : Shape{in, out})};
    static const std::vector<int> forms = {0, 0, 1, 2, 3, 4, 5};
    int form = choices.of(forms);
    if (form < 5 || set < 11)
      inputs.push_back(weights(form == 1   ? Shape{1, out}
                               : form == 2 ? Shape{1}
                               : form == 3 ? Shape{}
                               : form == 4 ? Shape{batch, out}
                                           : Shape{out}));
    use(node("Gemm", inputs, all));
  }

  void matMul(const std::string& x, const Array& value) {
    int64_t out = 1 + static_cast<int64_t>(choices.below(6));
    std::string w = weights({value.shape.back(), out});
    if (choices.oneIn(4)) w = node("Transpose", {weights({out, value.shape.back()})}, {list("perm", {1, 0})});
    std::string y = node("MatMul", {x, w});
    if (choices.below(2)) {
      static const std::vector<int> forms = {0, 0, 1, 2, 3};
      int form = choices.of(forms);
      std::string bias = weights(form == 0   ? Shape{out}
                                 : form == 1 ? Shape{1, out}
                                 : form == 2 ? Shape{1, 1, out}
                                             : Shape{1});
      y = choices.below(2) ? node("Add", {y, bias}) : node("Add", {bias, y});
    }
    use(y);
  }

  void softmax(const std::string& x, const Array& value) {
    Attributes all;
    if (choices.below(3))
      all.push_back(whole("axis", static_cast<int64_t>(choices.below(static_cast<size_t>(value.rank()) + 1)) -
                                      (choices.oneIn(3) && set >= 11 ? value.rank() : 0)));
    if (choices.below(2)) all = {whole("axis", 1)};
    use(node(choices.below(3) ? "Softmax" : "LogSoftmax", {x}, all));
  }

  void reshape(const std::string& x, const Array& value) {
    int64_t features = static_cast<int64_t>(value.data.size()) / value.shape[0];
    if (choices.oneIn(4))
      return use(node("Flatten", {x},
                      choices.below(2)
                          ? Attributes{}
                          : Attributes{whole("axis", static_cast<int64_t>(choices.below(
                                                         static_cast<size_t>(value.rank()) + 1)))}));
    std::vector<Shape> shapes = {{0, -1},           {-1, features}, {batch, -1},     {0, features},
                                 {batch, features}, value.shape,    {0, 2, -1},      {-1, 2},
                                 {1, -1},           {0, -1, 1},     {2 * batch, -1}, {-1, features * 2}};
    Shape kept(value.shape.size(), 0);
    kept.back() = -1;
    shapes.push_back(kept);
    Shape shape = choices.of(shapes);
    std::string to;
    if (choices.oneIn(3) && shape.size() > 1) {
      std::string first =
          choices.below(2) && set < 13
              ? node("Unsqueeze", {node("Gather", {node("Shape", {x}), constant(i64, {}, {0})})},
                     {list("axes", {0})})
          : set >= 10 ? node("Slice", {node("Shape", {x}), wholes({0}), wholes({1}), wholes({0})})
                      : node("Slice", {node("Shape", {x})}, {list("starts", {0}), list("ends", {1})});
      if (choices.oneIn(4)) first = node("Mul", {first, wholes({choices.below(2) ? 1 : 2})});
      to = node("Concat", {first, wholes({shape.begin() + 1, shape.end()})}, {whole("axis", 0)});
    } else {
      to = wholes(shape);
    }
    use(node("Reshape", {x, to},
             set >= 14 && choices.oneIn(6)
                 ? Attributes{whole("allowzero", static_cast<int64_t>(choices.below(2)))}
                 : Attributes{}));
  }

  void concat(const std::string& x, const Array& value) {
    std::vector<std::string> parts = {x, choices.below(2) ? x : any()};
    if (choices.oneIn(3)) parts.push_back(any());
    use(node("Concat", parts,
             {whole("axis", choices.oneIn(5)   ? static_cast<int64_t>(choices.below(4))
                            : choices.below(2) ? 1
                                               : 1 - value.rank())}));
  }

  void slice(const std::string& x, const Array& value) {
    size_t axis =
        choices.oneIn(5) ? choices.below(value.shape.size()) : std::min<size_t>(1, value.shape.size() - 1);
    auto size = static_cast<size_t>(value.shape[axis]);
    int64_t begin = static_cast<int64_t>(choices.below(size)),
            end = begin + 1 + static_cast<int64_t>(choices.below(size));
    if (choices.oneIn(4)) begin -= static_cast<int64_t>(size);
    if (choices.oneIn(4)) end = INT64_MAX;
    if (choices.oneIn(6)) end = -1;
    auto at = static_cast<int64_t>(axis) - (choices.oneIn(4) ? value.rank() : 0);
    if (set < 10)
      return use(node("Slice", {x}, {list("starts", {begin}), list("ends", {end}), list("axes", {at})}));
    std::vector<std::string> inputs = {x, wholes({begin}), wholes({end})};
    if (choices.below(6)) inputs.push_back(wholes({at}));
    if (inputs.size() == 4 && choices.oneIn(3)) inputs.push_back(wholes({choices.oneIn(4) ? 2 : 1}));
    use(node("Slice", inputs));
  }

  void split(const std::string& x, const Array& value) {
    int64_t c = value.shape.size() > 1 ? value.shape[1] : 1,
            first = 1 + static_cast<int64_t>(choices.below(static_cast<size_t>(c)));
    Attributes all = {whole("axis", choices.oneIn(6) ? 0 : choices.below(2) ? 1 : 1 - value.rank())};
    std::vector<std::string> inputs = {x};
    Shape sizes = {first, c - first + (choices.oneIn(12) ? 1 : 0)};
    if (choices.below(2)) {
      if (set < 13)
        all.push_back(list("split", sizes));
      else
        inputs.push_back(wholes(sizes));
    } else if (set >= 18 && choices.below(4)) {
      all.push_back(whole("num_outputs", 2));
    }
    std::string one = node("Split", inputs, all, 2), two = graph.node(graph.node_size() - 1).output(1);
    use(one);
    use(two);
  }

  // ---- Broken models ----

  void breakModel() {
    if (!graph.node_size()) return;
    onnx::NodeProto& node =
        *graph.mutable_node(static_cast<int>(choices.below(static_cast<size_t>(graph.node_size()))));
    auto anyAttribute = [&]() -> onnx::AttributeProto* {
      if (!node.attribute_size()) return nullptr;
      return node.mutable_attribute(
          static_cast<int>(choices.below(static_cast<size_t>(node.attribute_size()))));
    };
    static const std::vector<int64_t> odd = {0, -1, 1, 2, 3, 7, -2, 1000, INT64_MAX, INT64_MIN};
    switch (choices.below(14)) {
    case 0:
      *node.add_attribute() = whole(choices.below(2) ? "axis" : "broadcast", choices.of(odd));
      break;
    case 1:
      if (onnx::AttributeProto* attribute = anyAttribute();
          attribute && attribute->type() == onnx::AttributeProto::INT)
        attribute->set_i(choices.of(odd));
      break;
    case 2:
      if (onnx::AttributeProto* attribute = anyAttribute(); attribute && attribute->ints_size())
        attribute->set_ints(0, choices.of(odd));
      break;
    case 3:
      if (onnx::AttributeProto* attribute = anyAttribute(); attribute && attribute->ints_size())
        attribute->add_ints(choices.of(odd));
      break;
    case 4:
      if (onnx::AttributeProto* attribute = anyAttribute())
        attribute->set_type(choices.below(2) ? onnx::AttributeProto::FLOAT : onnx::AttributeProto::INTS);
      break;
    case 5:
      if (node.attribute_size()) node.mutable_attribute()->RemoveLast();
      break;
    case 6:
      if (node.input_size()) node.mutable_input()->RemoveLast();
      break;
    case 7:
      node.add_input(choices.below(2) ? computed[0] : "");
      break;
    case 8:
      if (graph.node_size() > 1) node.set_output(0, graph.node(0).output(0));
      break;
    case 9:
      result.model.mutable_opset_import(0)->set_version(choices.below(2)
                                                            ? static_cast<int64_t>(choices.below(31))
                                                            : 7 + static_cast<int64_t>(choices.below(17)));
      break;
    case 10:
      if (node.input_size()) node.set_input(0, choices.below(2) ? "nothing" : computed.back());
      break;
    case 11:
      if (graph.node_size() > 1) graph.mutable_node()->SwapElements(0, graph.node_size() - 1);
      break;
    case 12:
      if (graph.initializer_size()) {
        onnx::TensorProto& tensor = *graph.mutable_initializer(
            static_cast<int>(choices.below(static_cast<size_t>(graph.initializer_size()))));
        if (choices.below(2) && tensor.dims_size())
          tensor.set_dims(0, choices.of(odd));
        else
          tensor.set_data_type(static_cast<int>(choices.below(14)));
      }
      break;
    default:
      node.set_op_type(choices.below(2) ? "Relu" : "Add");
      break;
    }
  }
};

} // namespace

RandomGraph randomGraph(Choices& choices) {
  return Generator(choices).run();
}

} // namespace cnn::test
