// What each ONNX operator becomes.
#include "onnx_to_dsl/import_network.h"

#include <catch2/catch.hpp>

#include <cmath>

using namespace cnn::onnx_import;

namespace {

Attribute whole(int64_t number) {
  return {number, "INT"};
}
Attribute real(float number) {
  return {number, "FLOAT"};
}
Attribute wholes(std::vector<int64_t> numbers) {
  return {std::move(numbers), "INTS"};
}
Attribute text(std::string text) {
  return {std::move(text), "STRING"};
}

Constant floats(std::vector<int64_t> shape, std::vector<float> values = {}) {
  Constant constant{Element::f32, std::move(shape), std::move(values), {}, ""};
  while (constant.floats.size() < static_cast<size_t>(constant.elements()))
    constant.floats.push_back(static_cast<float>(constant.floats.size()));
  return constant;
}
Constant numbers(std::vector<int64_t> values) {
  return {Element::i64, {static_cast<int64_t>(values.size())}, {}, std::move(values), ""};
}
Constant truth(bool value) {
  return {Element::boolean, {}, {}, {value}, ""};
}

/// Nodes from input x: f32[N, 4, 8, 8] to output y, which is the last node's result.
struct Model {
  Graph graph;
  explicit Model(std::vector<Dimension> shape = {{"batch", -1}, {"", 4}, {"", 8}, {"", 8}},
                 int64_t operatorSet = 17) {
    graph.inputs = {{"x", Element::f32, std::move(shape)}};
    graph.outputs = {{"y", Element::f32, {}, false}};
    graph.operatorSet = operatorSet;
  }
  Model& node(std::string op, std::vector<std::string> inputs, std::string output = "y",
              std::map<std::string, Attribute> attributes = {}, std::string name = "") {
    graph.nodes.push_back(
        {std::move(op), "", std::move(name), std::move(inputs), {std::move(output)}, std::move(attributes)});
    return *this;
  }
  Model& constant(const std::string& name, Constant value) {
    graph.constants[name] = std::move(value);
    return *this;
  }
  ImportedNetwork import() const { return importNetwork(graph, "Net", {"input", "output", "relu"}); }
  /// The network's lines after its input.
  std::string body() const {
    ImportedNetwork imported = import();
    for (const std::string& problem : imported.problems) UNSCOPED_INFO(problem);
    REQUIRE(imported.problems.empty());
    size_t begin = imported.text.find('\n', imported.text.find("  input ")) + 1;
    return imported.text.substr(begin, imported.text.rfind('}') - begin);
  }
  std::string problem() const {
    ImportedNetwork imported = import();
    for (const std::string& problem : imported.problems) UNSCOPED_INFO(problem);
    REQUIRE(imported.problems.size() == 1);
    return imported.problems[0];
  }
};

Model one(const std::string& op, std::map<std::string, Attribute> attributes = {}, int64_t operatorSet = 17) {
  Model model;
  model.graph.operatorSet = operatorSet;
  return model.node(op, {"x"}, "y", std::move(attributes));
}
std::string stageOf(const std::string& op, std::map<std::string, Attribute> attributes = {},
                    int64_t operatorSet = 17) {
  return one(op, std::move(attributes), operatorSet).body();
}

} // namespace

TEST_CASE("activations and pooling become operators of the language") {
  auto is = [](const std::string& stage) { return "  output y = x |> " + stage + "\n"; };
  CHECK(stageOf("Relu") == is("relu"));
  CHECK(stageOf("Sigmoid") == is("sigmoid"));
  CHECK(stageOf("Tanh") == is("tanh"));
  CHECK(stageOf("HardSwish") == is("hardswish"));
  CHECK(stageOf("Identity") == is("identity"));
  CHECK(stageOf("LeakyRelu", {{"alpha", real(0.2f)}}) == is("leaky_relu(0.2)"));
  CHECK(stageOf("HardSigmoid", {{"alpha", real(1.0f / 6)}}) == is("hardsigmoid"));
  CHECK(stageOf("Gelu", {}, 20) == is("gelu"));
  CHECK(stageOf("Gelu", {{"approximate", text("tanh")}}, 20) == is("gelu(tanh = true)"));
  CHECK(stageOf("Softmax", {{"axis", whole(1)}}) == is("softmax"));
  CHECK(stageOf("LogSoftmax", {{"axis", whole(-3)}}) == is("log_softmax"));
  CHECK(stageOf("GlobalAveragePool") == is("global_avg_pool(keep_dims = true)"));
  CHECK(stageOf("ReduceMean", {{"axes", wholes({-1, -2})}, {"keepdims", whole(0)}}) == is("global_avg_pool"));
  CHECK(stageOf("Flatten") == is("flatten"));
  CHECK(stageOf("Cast", {{"to", whole(1)}}) == is("identity"));
  CHECK(stageOf("MaxPool", {{"kernel_shape", wholes({2, 2})}, {"strides", wholes({2, 2})}}) ==
        is("max_pool(2)"));
  CHECK(stageOf("MaxPool", {{"kernel_shape", wholes({3, 3})}}) == is("max_pool(3, stride = 1)"));
  CHECK(stageOf("MaxPool", {{"kernel_shape", wholes({3, 2})},
                            {"strides", wholes({2, 1})},
                            {"pads", wholes({1, 0, 1, 0})},
                            {"dilations", wholes({1, 2})},
                            {"ceil_mode", whole(1)}}) ==
        is("max_pool([3, 2], stride = [2, 1], padding = [1, 0], dilation = [1, 2], ceil_mode = true)"));
  CHECK(stageOf("AveragePool", {{"kernel_shape", wholes({2, 2})}, {"strides", wholes({2, 2})}}) ==
        is("avg_pool(2)"));
  CHECK(stageOf("AveragePool", {{"kernel_shape", wholes({3, 3})}, {"pads", wholes({1, 1, 1, 1})}}) ==
        is("avg_pool(3, stride = 1, padding = 1, count_include_pad = false)"));
  CHECK(stageOf("AveragePool", {{"kernel_shape", wholes({3, 3})},
                                {"pads", wholes({1, 1, 1, 1})},
                                {"count_include_pad", whole(1)}}) ==
        is("avg_pool(3, stride = 1, padding = 1)"));
}

TEST_CASE("Clip is relu or relu6, by inputs or attributes") {
  CHECK(stageOf("Clip", {{"min", real(0)}, {"max", real(6)}}, 10) == "  output y = x |> relu6\n");
  Model model;
  model.constant("low", floats({}, {0})).node("Clip", {"x", "low"});
  CHECK(model.body() == "  output y = x |> relu\n");
  CHECK(Model().constant("low", floats({}, {-1})).node("Clip", {"x", "low"}).problem() ==
        "Clip: min: expected a range from 0 to 6 or without an upper end, found -1 to any");
}

TEST_CASE("a convolution takes its path and parameters along") {
  Model model;
  model.constant("stem.weight", floats({6, 2, 3, 3}))
      .constant("stem.bias", floats({6}))
      .node("Conv", {"x", "stem.weight", "stem.bias"}, "y",
            {{"group", whole(2)}, {"strides", wholes({2, 2})}, {"pads", wholes({1, 1, 1, 1})}});
  CHECK(model.body() == "  output y = x |> conv(6, 3, stride = 2, padding = 1, groups = 2) @stem\n");
  std::vector<Parameter> parameters = model.import().parameters;
  REQUIRE(parameters.size() == 2);
  CHECK(parameters[0].path == "stem.weight");
  CHECK(parameters[0].shape == std::vector<int64_t>{6, 2, 3, 3});
  CHECK(parameters[0].values == model.graph.constants["stem.weight"].floats);
  CHECK(parameters[1].path == "stem.bias");

  model.graph.nodes[0].attributes["pads"] = wholes({0, 1, 1, 1});
  CHECK(model.problem() == "Conv: pads: expected the same at both sides, found [0, 1, 1, 1]");
  model.graph.nodes[0].attributes["pads"] = wholes({0, 0, 1, 1}); // as SAME_UPPER has them over 8 x 8
  CHECK(model.body() == "  output y = x |> conv(6, 3, stride = 2, padding = \"same\", groups = 2) @stem\n");
  model.graph.nodes[0].attributes["auto_pad"] = text("SAME_UPPER");
  CHECK(model.problem() == "Conv: pads: expected none beside auto_pad SAME_UPPER, found [0, 0, 1, 1]");
  model.graph.nodes[0].attributes.erase("pads");
  CHECK(model.body() == "  output y = x |> conv(6, 3, stride = 2, padding = \"same\", groups = 2) @stem\n");
  model.graph.nodes[0].attributes["auto_pad"] = text("SAME_LOWER");
  CHECK(model.problem() ==
        "Conv: auto_pad: expected pads that are the same at both sides, or SAME_UPPER, found SAME_LOWER");
  model.graph.nodes[0].inputs[1] = "x";
  CHECK(model.problem() == "Conv: W: expected a constant, found the computed value x [N, 4, 8, 8]");
}

TEST_CASE("weights without a usable name have the node's path, or a number") {
  Model model;
  model.constant("onnx::Conv_12", floats({4, 4, 1, 1}))
      .constant("onnx::Conv_13", floats({4, 4, 1, 1}))
      .node("Conv", {"x", "onnx::Conv_12"}, "a", {}, "/layer1/layer1.0/conv1/Conv")
      .node("Conv", {"a", "onnx::Conv_13"});
  CHECK(model.body() == "  output y = x |> conv(4, 1, bias = false) @layer1.0.conv1\n"
                        "    |> conv(4, 1, bias = false) @conv1\n");
  model.graph.nodes[1].inputs[1] = "onnx::Conv_12";
  model.graph.nodes[1].name = "/layer1/layer1.0/conv1/Conv";
  CHECK(model.body().find("@layer1.0.conv1_1") != std::string::npos);
  CHECK(
      model.import().notes ==
      std::vector<std::string>{
          "1 of the model's weights serve several layers (onnx::Conv_12); each layer has its own copy here"});
}

TEST_CASE("batch norm's momentum counts the other way") {
  Model model;
  for (const char* part : {"bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"})
    model.constant(part, floats({4}));
  model.node("BatchNormalization", {"x", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var"});
  CHECK(model.body() == "  output y = x |> batch_norm @bn\n");
  CHECK(model.import().parameters.size() == 4);
  CHECK(model.import().parameters[3].path == "bn.running_var");
  model.graph.nodes[0].attributes = {{"epsilon", real(1e-3f)}, {"momentum", real(0.99f)}};
  CHECK(model.body() == "  output y = x |> batch_norm(eps = 0.001, momentum = 0.01) @bn\n");
}

TEST_CASE("matrix products are linear layers") {
  Model features({{"batch", -1}, {"", 3}});
  features.constant("w", floats({2, 3}, {1, 2, 3, 4, 5, 6})).constant("b", floats({2}, {7, 8}));
  Model gemm = features;
  gemm.node("Gemm", {"x", "w", "b"}, "y", {{"transB", whole(1)}});
  CHECK(gemm.body() == "  output y = x |> linear(2) @linear1\n");
  CHECK(gemm.import().parameters[0].values == std::vector<float>{1, 2, 3, 4, 5, 6});
  Model turned = features;
  turned.constant("w", floats({3, 2}, {1, 4, 2, 5, 3, 6})).node("Gemm", {"x", "w"});
  CHECK(turned.body() == "  output y = x |> linear(2, bias = false) @linear1\n");
  CHECK(turned.import().parameters[0].values == std::vector<float>{1, 2, 3, 4, 5, 6});
  for (bool biasFirst : {false, true}) {
    Model product = features;
    product.constant("w", floats({3, 2}, {1, 4, 2, 5, 3, 6})).node("MatMul", {"x", "w"}, "m");
    product.node("Add", biasFirst ? std::vector<std::string>{"b", "m"} : std::vector<std::string>{"m", "b"},
                 "s");
    product.node("Relu", {"s"});
    CHECK(product.body() == "  output y = x |> linear(2) @linear1 |> relu\n");
    CHECK(product.import().parameters[0].values == std::vector<float>{1, 2, 3, 4, 5, 6});
    CHECK(product.import().parameters[1].values == std::vector<float>{7, 8});
  }
  CHECK(Model().constant("w", floats({8, 2})).node("MatMul", {"x", "w"}).problem() ==
        "MatMul: A: expected features [N, F], found [N, 4, 8, 8]");
  Model scaled = features;
  scaled.node("Gemm", {"x", "w", "b"}, "y", {{"transB", whole(1)}, {"alpha", real(0.5f)}, {"beta", real(2)}});
  CHECK(scaled.body() == "  output y = x |> linear(2) @linear1\n");
  CHECK(scaled.import().parameters[0].values == std::vector<float>{0.5, 1, 1.5, 2, 2.5, 3});
  CHECK(scaled.import().parameters[1].values == std::vector<float>{14, 16});
  scaled.graph.nodes[0].attributes["transA"] = whole(1);
  CHECK(scaled.problem() == "Gemm: transA: expected 0, found 1");
}

TEST_CASE("values that several nodes read get names, in the order of the graph") {
  Model model;
  model.node("Relu", {"x"}, "a").node("Tanh", {"a"}, "b").node("Sigmoid", {"a"}, "c");
  model.node("Add", {"b", "c"}, "d").node("Concat", {"d", "a"}, "y", {{"axis", whole(1)}});
  CHECK(model.body() == "  let x1 = x |> relu\n  let x2 = x1 |> tanh\n  let x3 = x1 |> sigmoid\n"
                        "  let x4 = x2 + x3\n  output y = concat([x4, x1])\n");
}

TEST_CASE("numbers and constant tensors take part in arithmetic") {
  Model model;
  model.constant("half", floats({}, {0.5})).constant("scale-1", floats({4, 1, 1}));
  model.node("Mul", {"x", "half"}, "a").node("Add", {"a", "scale-1"}, "b").node("Relu", {"b"});
  CHECK(model.body() == "  let x1 = x * 0.5\n  param scale_1: f32[4, 1, 1] = zeros\n"
                        "  output y = (x1 + scale_1) |> relu\n");
  CHECK(model.import().parameters[0].path == "scale_1");
  CHECK(Model().node("Relu", {"x"}, "a").node("Div", {"x", "a"}).problem() ==
        "Div: B: expected a number other than 0 to divide by, found a tensor");
}

TEST_CASE("what exporters spell with several nodes is one operator again") {
  Model silu;
  silu.node("Sigmoid", {"x"}, "s").node("Mul", {"x", "s"});
  CHECK(silu.body() == "  output y = x |> silu\n");
  for (bool divides : {true, false}) {
    Model gelu;
    gelu.constant("root", floats({}, {divides ? std::sqrt(2.0f) : std::sqrt(0.5f)}));
    gelu.constant("one", floats({}, {1})).constant("half", floats({}, {0.5}));
    gelu.node(divides ? "Div" : "Mul", {"x", "root"}, "a")
        .node("Erf", {"a"}, "b")
        .node("Add", {"b", "one"}, "c");
    gelu.node("Mul", {"x", "c"}, "d").node("Mul", {"d", "half"});
    CHECK(gelu.body() == "  output y = x |> gelu\n");
  }
  Model normal;
  normal.constant("mean", floats({4, 1, 1}, {0.5, 0, 1, 0.25}))
      .constant("deviation", floats({4, 1, 1}, {1, 2, 3, 4}));
  normal.node("Sub", {"x", "mean"}, "a").node("Div", {"a", "deviation"});
  CHECK(normal.body() == "  output y = x |> normalize(mean = [0.5, 0, 1, 0.25], std = [1, 2, 3, 4])\n");
  Model pooled;
  pooled.node("GlobalAveragePool", {"x"}, "a").node("Flatten", {"a"}, "b").node("Relu", {"b"});
  CHECK(pooled.body() == "  output y = x |> global_avg_pool |> relu\n");
}

TEST_CASE("a reshape to features is flatten, whatever computes its sizes") {
  auto to = [](std::vector<int64_t> sizes,
               std::vector<Dimension> shape = {{"batch", -1}, {"", 4}, {"", 8}, {"", 8}}) {
    return Model(std::move(shape)).constant("to", numbers(std::move(sizes))).node("Reshape", {"x", "to"});
  };
  for (std::vector<int64_t> features : {std::vector<int64_t>{0, -1}, {-1, 256}, {0, 256}})
    CHECK(to(features).body() == "  output y = x |> flatten\n");
  CHECK(to({0, 4, 8, -1}).body() == "  output y = x |> identity\n");
  CHECK(to({2, -1}, {{"", 2}, {"", 4}, {"", 8}, {"", 8}}).body() == "  output y = x |> flatten\n");
  CHECK(to({0, 2, 2, 8, 8}).problem() ==
        "Reshape: shape: expected [N, features], found [0, 2, 2, 8, 8] of [N, 4, 8, 8]");
  for (std::vector<int64_t> batch : {std::vector<int64_t>{-1, 128}, {1, -1}, {4, -1}})
    CHECK(to(batch).problem() ==
          "Reshape: shape: expected the batch to stay in dimension 0 of [N, 4, 8, 8], found " +
              std::string(batch[0] < 0    ? "[-1, 128]"
                          : batch[0] == 1 ? "[1, -1]"
                                          : "[4, -1]"));
  CHECK(to({4, -1}, {{"", 2}, {"", 4}, {"", 8}, {"", 8}}).import().problems.size() == 1);
  CHECK(to({0, 255}).problem() ==
        "Reshape: shape: expected as many elements as [N, 4, 8, 8], found [0, 255]");
  CHECK(to({-1, -1}).problem() ==
        "Reshape: shape: expected possible extents for [N, 4, 8, 8], found [-1, -1]");

  auto computed = [](int64_t rest) {
    Model model;
    model.constant("first", numbers({0})).constant("rest", numbers({rest, -1}));
    model.graph.constants["first"].shape = {};
    model.constant("axes", numbers({0}));
    model.node("Shape", {"x"}, "sizes").node("Gather", {"sizes", "first"}, "size");
    model.node("Unsqueeze", {"size", "axes"}, "batch");
    return model.node("Concat", {"batch", "rest"}, "to", {{"axis", whole(0)}}).node("Reshape", {"x", "to"});
  };
  CHECK(computed(256).problem() ==
        "Reshape: shape: expected [N, features], found [N, 256, -1] of [N, 4, 8, 8]");
  Model flat = computed(256);
  flat.graph.constants["rest"] = numbers({-1});
  CHECK(flat.body() == "  output y = x |> flatten\n");
  flat.graph.constants["rest"] = numbers({256});
  CHECK(flat.body() == "  output y = x |> flatten\n");
}

TEST_CASE("what stands behind a global pooling is flattened only where the model says so") {
  auto behind = [](const std::string& op, std::map<std::string, Attribute> attributes,
                   std::vector<std::string> more = {}) {
    Model model;
    model.constant("features", numbers({0, -1})).constant("groups", numbers({0, 2, 2}));
    model.node("GlobalAveragePool", {"x"}, "a");
    more.insert(more.begin(), "a");
    return model.node(op, more, "y", std::move(attributes));
  };
  CHECK(behind("Flatten", {}).body() == "  output y = x |> global_avg_pool\n");
  CHECK(behind("Reshape", {}, {"features"}).body() == "  output y = x |> global_avg_pool\n");
  CHECK(behind("Flatten", {{"axis", whole(2)}}).problem() ==
        "Flatten: axis: expected 1, which keeps the batch, found 2 of [N, 4, 1, 1]");
  CHECK(behind("Reshape", {}, {"groups"}).problem() ==
        "Reshape: shape: expected [N, features], found [0, 2, 2] of [N, 4, 1, 1]");
  Model twice = behind("Flatten", {});
  twice.graph.outputs.push_back({"a", Element::f32, {}, false});
  CHECK(twice.body() == "  let x1 = x |> global_avg_pool(keep_dims = true)\n  output y = x1 |> flatten\n"
                        "  output a = x1\n");
}

TEST_CASE("softmax means what it meant in the model's operator set") {
  std::vector<Dimension> features = {{"batch", -1}, {"", 4}};
  auto softmax = [](std::vector<Dimension> shape, int64_t operatorSet,
                    std::map<std::string, Attribute> attributes) {
    return Model(std::move(shape), operatorSet).node("Softmax", {"x"}, "y", std::move(attributes));
  };
  CHECK(softmax(features, 11, {}).body() == "  output y = x |> softmax\n");
  CHECK(softmax(features, 13, {}).body() == "  output y = x |> softmax\n");
  CHECK(softmax({{"batch", -1}, {"", 4}, {"", 1}, {"", 1}}, 11, {}).body() == "  output y = x |> softmax\n");
  std::vector<Dimension> picture = {{"batch", -1}, {"", 4}, {"", 8}, {"", 8}};
  CHECK(softmax(picture, 13, {{"axis", whole(1)}}).body() == "  output y = x |> softmax\n");
  CHECK(softmax(picture, 11, {{"axis", whole(1)}}).problem() ==
        "Softmax: axis: expected 1, of [N, C]: before operator set 13 all dimensions from there on count as "
        "one, found "
        "1 of [N, 4, 8, 8]");
  CHECK(softmax(picture, 13, {}).problem() ==
        "Softmax: axis: expected the channels, found 3 of [N, 4, 8, 8]");
}

TEST_CASE("what only training computes is refused") {
  auto norm = [](int64_t operatorSet, std::map<std::string, Attribute> attributes,
                 std::vector<std::string> more) {
    Model model;
    model.graph.operatorSet = operatorSet;
    for (const char* part : {"w", "b", "m", "v"}) model.constant(part, floats({4}));
    model.node("BatchNormalization", {"x", "w", "b", "m", "v"}, "y", std::move(attributes));
    for (std::string& name : more) model.graph.nodes[0].outputs.push_back(name);
    return model;
  };
  CHECK(norm(15, {{"training_mode", whole(1)}}, {}).problem() ==
        "BatchNormalization: training_mode: expected 0, found 1");
  CHECK(norm(9, {}, {"mean", "var", "saved_mean", "saved_var"}).problem() ==
        "BatchNormalization: outputs: expected one, of a normalisation by running statistics, found 5");
  CHECK(norm(7, {{"spatial", whole(0)}}, {}).problem() == "BatchNormalization: spatial: expected 1, found 0");
  CHECK(norm(9, {{"spatial", whole(1)}}, {}).problem() ==
        "BatchNormalization: spatial: expected one of the attributes epsilon, momentum, found an attribute "
        "that this "
        "operator does not have in operator set 9");
  Model dropout;
  dropout.constant("ratio", floats({}, {0.25f})).constant("training", truth(true));
  dropout.node("Dropout", {"x", "ratio", "training"});
  CHECK(dropout.problem() == "Dropout: training_mode: expected false, found a value that is not");
  dropout.constant("training", truth(false));
  CHECK(dropout.body() == "  output y = x |> dropout(0.25)\n");
  dropout.graph.nodes[0].outputs.push_back("mask");
  CHECK(dropout.body() == "  output y = x |> dropout(0.25)\n");
  dropout.graph.outputs.push_back({"mask", Element::boolean, {}, false});
  CHECK(dropout.import().problems[0] ==
        "Dropout: output mask: expected not to be used, found a reader of it");
}

TEST_CASE("a node is held against what its operator has in the model's operator set") {
  CHECK(one("Relu", {{"alpha", real(1)}}).problem() ==
        "Relu: alpha: expected no attribute, found an attribute that this operator does not have in operator "
        "set 17");
  CHECK(one("LeakyRelu", {{"alpha", whole(1)}}).problem() == "LeakyRelu: alpha: expected FLOAT, found INT");
  CHECK(one("LeakyRelu", {{"alpha", real(INFINITY)}}).problem() ==
        "LeakyRelu: alpha: expected a finite number, found inf");
  CHECK(one("Concat").problem() == "Concat: axis: expected the attribute to be given, found none");
  CHECK(one("Gelu").problem() == "Gelu: operator set: expected 20 or later for this operator, found 17");
  CHECK(one("Add").problem() == "Add: inputs: expected 2, found 1");
  CHECK(Model().node("Relu", {"x", "x"}).problem() == "Relu: inputs: expected 1, found 2");
  CHECK(Model().node("Relu", {"z"}).problem() ==
        "Relu: X: expected a value computed from an input, found z, which nothing gives before");
  CHECK(one("MaxPool", {{"kernel_shape", wholes({2, 2})}, {"strides", wholes({2})}}).problem() ==
        "MaxPool: strides: expected 2 numbers of at least 1, found [2]");
  CHECK(one("MaxPool", {{"kernel_shape", wholes({2, 2})}, {"pads", wholes({0, 0, -1, 0})}}).problem() ==
        "MaxPool: pads: expected 4 numbers of at least 0, found [0, 0, -1, 0]");
  CHECK(one("AveragePool", {{"kernel_shape", wholes({2, 2})}, {"dilations", wholes({2, 2})}}, 19).problem() ==
        "AveragePool: dilations: expected 1, found [2, 2]");
  CHECK(
      one("MaxPool",
          {{"kernel_shape", wholes({2, 2})}, {"dilations", wholes({2, 2})}, {"auto_pad", text("SAME_UPPER")}})
          .problem() ==
      "MaxPool: auto_pad: expected pads in numbers beside dilations [2, 2], found SAME_UPPER");
  CHECK(one("MaxPool",
            {{"kernel_shape", wholes({2, 2})}, {"pads", wholes({0, 0, 0, 0})}, {"auto_pad", text("VALID")}})
            .problem() == "MaxPool: pads: expected none beside auto_pad VALID, found [0, 0, 0, 0]");
  Model bytes = one("Flatten", {}, 8);
  bytes.graph.inputs[0].element = Element::u8;
  CHECK(bytes.import().problems[0] ==
        "Flatten: input: expected elements of f32 before operator set 9, found u8");
  Model conv;
  conv.constant("w", floats({6, 4, 3, 3}));
  conv.node("Conv", {"x", "w"}, "y", {{"kernel_shape", wholes({5, 5})}});
  CHECK(conv.problem() == "Conv: kernel_shape: expected [3, 3] as the weights have, found [5, 5]");
  conv.graph.nodes[0].attributes = {{"group", whole(2)}};
  CHECK(conv.problem() == "Conv: W: expected weights for 4 channels in 2 groups, found [6, 4, 3, 3]");
  conv.graph.nodes[0].attributes = {};
  conv.graph.constants["w"].element = Element::f64;
  CHECK(conv.problem() == "Conv: W: expected elements of f32, found DOUBLE");
  for (int64_t set : {0, 6, 29}) {
    Model model = one("Relu", {}, set);
    CHECK(model.problem() ==
          "opset_import: expected operator set 7 to 28, found " + (set ? std::to_string(set) : "none"));
  }
}

TEST_CASE("bounds, slopes and shares are taken as they are or refused") {
  Model computed;
  computed.constant("zero", floats({}, {0})).node("Relu", {"x"}, "a").node("Clip", {"x", "zero", "a"});
  CHECK(computed.problem() == "Clip: max: expected a constant, found the computed value a [N, 4, 8, 8]");
  CHECK(stageOf("HardSigmoid", {{"alpha", real(0.1667f)}}) ==
        "  output y = ((x * 1.0002 + 3) |> relu6) / 6\n");
  CHECK(stageOf("HardSigmoid") == "  output y = ((x * 1.2 + 3) |> relu6) / 6\n");
  Model pentagon;
  pentagon.constant("half", floats({1, 1, 1, 1, 1}, {0.5})).node("Mul", {"x", "half"});
  CHECK(pentagon.problem() ==
        "Mul: B: expected at most the 4 dimensions of the other side, found [1, 1, 1, 1, 1]");
  Model batched;
  batched.constant("shift", floats({2, 1, 1, 1})).node("Add", {"x", "shift"});
  CHECK(batched.problem() == "Add: B: expected 1 in the first dimension, the batch, found [2, 1, 1, 1]");
  Model cast;
  cast.constant("zero", floats({}, {0})).constant("six", floats({}, {6}));
  cast.graph.constants["six"].element = Element::f64;
  cast.node("Cast", {"six"}, "most", {{"to", whole(1)}}).node("Clip", {"x", "zero", "most"});
  CHECK(cast.body() == "  output y = x |> relu6\n");
}

TEST_CASE("bytes and whole numbers become floats by a cast only") {
  Model bytes;
  bytes.graph.inputs[0].element = Element::u8;
  Model cast = bytes;
  cast.node("Cast", {"x"}, "a", {{"to", whole(1)}}).node("Relu", {"a"});
  CHECK(cast.body() == "  output y = x |> cast(f32) |> relu\n");
  CHECK(bytes.node("Relu", {"x"}).problem() == "Relu: X: expected elements of f32, found u8");
}

TEST_CASE("outputs are what the model says, or refused") {
  Model moved = one("Transpose", {{"perm", wholes({0, 2, 3, 1})}});
  CHECK(
      moved.problem() ==
      "output y: expected the channels in dimension 1, found them moved to the last dimension: [N, 8, 8, 4]");
  Model constant = one("Relu");
  constant.constant("k", floats({3})).node("Identity", {"k"}, "z");
  constant.graph.outputs.push_back({"z", Element::f32, {}, false});
  CHECK(constant.problem() == "output z: expected a value computed from an input, found a constant");
  Model declared = one("Relu");
  declared.graph.outputs[0] = {"y", Element::f32, {{"batch", -1}, {"", 4}, {"", 8}, {"", 9}}};
  CHECK(declared.problem() ==
        "output y: expected the shape [batch, 4, 8, 9] as the model says, found [N, 4, 8, 8]");
  declared.graph.outputs[0] = {"y", Element::i64, {}, false};
  CHECK(declared.problem() == "output y: expected elements of INT64 as the model says, found f32");
  Model none = one("Relu");
  none.graph.outputs.clear();
  CHECK(none.problem() == "the model has no output");
}

TEST_CASE("names of the model meet neither the language nor the lines around them") {
  Model model;
  model.graph.outputs = {{"relu", Element::f32, {}, false}};
  model.graph.producer = "a\nnetwork Evil {\n}\x1b[2J\xff";
  model.node("Relu", {"x"}, "relu");
  ImportedNetwork imported = model.import();
  CHECK(imported.text ==
        "/// Imported from an ONNX model that a?network Evil {?}?[2J? wrote.\nnetwork Net {\n"
        "  input x: f32[N, 4, 8, 8]\n  output relu1 = x |> relu\n}\n");
  CHECK(imported.notes == std::vector<std::string>{"output 'relu' is called relu1 here"});
  CHECK(printable(std::string(300, 'a')) == std::string(100, 'a') + "...");
  CHECK(printable("\xc3\xa9t\xc3\xa9 \xe0\xe0\xe0 \xed\xa0\x80 \xe2\x80\xae \xc2\x85") ==
        "\xc3\xa9t\xc3\xa9 ??? ??? ? ?");
}

TEST_CASE("layers over channels that were moved to the end are layers over dimension 1") {
  Model model;
  model.constant("norm.weight", floats({4})).constant("norm.bias", floats({4})).constant("w", floats({4, 6}));
  model.node("Transpose", {"x"}, "a", {{"perm", wholes({0, 2, 3, 1})}});
  model.node("LayerNormalization", {"a", "norm.weight", "norm.bias"}, "b", {{"epsilon", real(1e-6f)}});
  model.node("MatMul", {"b", "w"}, "c").node("Relu", {"c"}, "d");
  model.node("Transpose", {"d"}, "y", {{"perm", wholes({0, 3, 1, 2})}});
  CHECK(model.body() == "  output y = x |> layer_norm(eps = 1e-06) @norm\n"
                        "    |> linear(6, bias = false, axis = 1) @linear1 |> relu\n");
  Model pooled = model;
  pooled.graph.nodes.back() = {"GlobalAveragePool", "", "", {"d"}, {"y"}, {}};
  CHECK(pooled.problem() ==
        "GlobalAveragePool: inputs: expected the channels in dimension 1, found them in the last dimension");
  Model turned = model;
  turned.graph.nodes.back().attributes["perm"] = wholes({0, 2, 1, 3});
  CHECK(turned.problem() == "Transpose: perm: expected the channels moved to the last dimension, or back, "
                            "found [0, 2, 1, 3] of [N, 8, 8, 6]");
  Model unmoved;
  unmoved.constant("norm.weight", floats({8})).constant("norm.bias", floats({8}));
  CHECK(unmoved.node("LayerNormalization", {"x", "norm.weight", "norm.bias"}).problem() ==
        "LayerNormalization: axis: expected the mean over the channels, found [N, 4, 8, 8]");
}

TEST_CASE("a transposed convolution keeps its attributes") {
  Model model;
  model.constant("up.weight", floats({4, 3, 2, 2})).constant("up.bias", floats({6}));
  model.node("ConvTranspose", {"x", "up.weight", "up.bias"}, "y",
             {{"strides", wholes({2, 2})}, {"group", whole(2)}, {"output_padding", wholes({1, 1})}});
  CHECK(model.body() ==
        "  output y = x |> conv_transpose(6, 2, stride = 2, output_padding = 1, groups = 2) @up\n");
  CHECK(model.import().parameters[0].shape == std::vector<int64_t>{4, 3, 2, 2});
  model.graph.nodes[0].attributes["output_shape"] = wholes({1, 1});
  CHECK(model.problem() ==
        "ConvTranspose: output_shape: expected pads, not the shape of the result, found [1, 1]");
}

TEST_CASE("parts of the channels are slices") {
  Model sliced;
  sliced.constant("from", numbers({1})).constant("to", numbers({3})).constant("axis", numbers({1}));
  CHECK(sliced.node("Slice", {"x", "from", "to", "axis"}).body() == "  output y = x |> slice(1, 3)\n");
  sliced.graph.constants["to"] = numbers({INT64_MAX});
  CHECK(sliced.body() == "  output y = x |> slice(1)\n");
  sliced.graph.constants["axis"] = numbers({2});
  CHECK(sliced.problem() == "Slice: axes: expected a part of the channels, found 2 of [N, 4, 8, 8]");
  Model parts;
  parts.constant("sizes", numbers({1, 3}));
  parts.graph.nodes.push_back({"Split", "", "", {"x", "sizes"}, {"a", "b"}, {{"axis", whole(1)}}});
  parts.node("Concat", {"b", "a"}, "y", {{"axis", whole(1)}});
  CHECK(parts.body() == "  let x1 = x |> slice(1, 4)\n  let x2 = x |> slice(0, 1)\n"
                        "  output y = concat([x1, x2])\n");
}

TEST_CASE("inputs have the batch first, and free sizes by name") {
  Model model({{"", 1}, {"", 3}, {"height", -1}, {"n", -1}});
  model.graph.inputs[0].name = "input";
  model.graph.outputs[0].name = "output";
  model.node("Relu", {"input"}, "output");
  ImportedNetwork imported = model.import();
  CHECK(imported.text == "/// Imported from an ONNX model.\nnetwork Net {\n"
                         "  input input1: f32[N, 3, Height, N1]\n  output output1 = input1 |> relu\n}\n");
  CHECK(imported.notes.size() == 4);
  model.graph.inputs[0].element = Element::f64;
  CHECK(model.problem() == "input input: expected elements of f32, u8 or i32, found DOUBLE");
}

TEST_CASE("everything that cannot be said is reported at once, and what nobody needs is left out") {
  Model model;
  model.node("LSTM", {"x"}, "unused").node("Einsum", {"x"}, "a", {}, "first").node("Relu", {"a"}, "b");
  model.node("TopK", {"b"}, "y");
  CHECK(model.import().problems ==
        std::vector<std::string>{"first: Einsum: there is no such operator in the language",
                                 "TopK: there is no such operator in the language"});
}
