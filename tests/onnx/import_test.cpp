// What each ONNX operator becomes.
#include "onnx_to_dsl/import_network.h"

#include <catch2/catch.hpp>

#include <cmath>

using namespace cnn::onnx_import;

namespace {

Attribute whole(int64_t number) {
  Attribute attribute;
  attribute.number = number;
  return attribute;
}
Attribute real(float number) {
  Attribute attribute;
  attribute.real = number;
  return attribute;
}
Attribute wholes(std::vector<int64_t> numbers) {
  Attribute attribute;
  attribute.numbers = std::move(numbers);
  return attribute;
}
Attribute text(std::string text) {
  Attribute attribute;
  attribute.text = std::move(text);
  return attribute;
}

Constant floats(std::vector<int64_t> shape, std::vector<float> values = {}) {
  Constant constant{std::move(shape), std::move(values), {}};
  while (constant.floats.size() < static_cast<size_t>(constant.elements()))
    constant.floats.push_back(static_cast<float>(constant.floats.size()));
  return constant;
}
Constant numbers(std::vector<int64_t> values) {
  return {{static_cast<int64_t>(values.size())}, {}, std::move(values)};
}

/// Nodes from input x: f32[N, 4, 8, 8] to output y, which is the last node's result.
struct Model {
  Graph graph;
  explicit Model(std::vector<Dimension> shape = {{"batch", -1}, {"", 4}, {"", 8}, {"", 8}}) {
    graph.inputs = {{"x", "f32", std::move(shape)}};
    graph.outputs = {"y"};
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
  ImportedNetwork import() const { return importNetwork(graph, "Net"); }
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
    REQUIRE(imported.problems.size() == 1);
    return imported.problems[0];
  }
};

std::string stageOf(const std::string& op, std::map<std::string, Attribute> attributes = {}) {
  return Model().node(op, {"x"}, "y", std::move(attributes)).body();
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
  CHECK(stageOf("Gelu") == is("gelu"));
  CHECK(stageOf("Gelu", {{"approximate", text("tanh")}}) == is("gelu(tanh = true)"));
  CHECK(stageOf("Softmax", {{"axis", whole(1)}}) == is("softmax"));
  CHECK(stageOf("LogSoftmax", {{"axis", whole(-3)}}) == is("log_softmax"));
  CHECK(stageOf("GlobalAveragePool") == is("global_avg_pool(keep_dims = true)"));
  CHECK(stageOf("ReduceMean", {{"axes", wholes({-1, -2})}, {"keepdims", whole(0)}}) == is("global_avg_pool"));
  CHECK(stageOf("Flatten") == is("flatten"));
  CHECK(stageOf("Cast", {{"to", whole(1)}}) == is("cast(f32)"));
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
  CHECK(stageOf("Clip", {{"min", real(0)}, {"max", real(6)}}) == "  output y = x |> relu6\n");
  Model model;
  model.constant("low", floats({}, {0})).node("Clip", {"x", "low"});
  CHECK(model.body() == "  output y = x |> relu\n");
  CHECK(Model().constant("low", floats({}, {-1})).node("Clip", {"x", "low"}).problem() ==
        "Clip: expected the range 0 to 6");
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

  model.graph.nodes[0].attributes["pads"] = wholes({0, 0, 1, 1});
  CHECK(model.problem() == "Conv: pads [0, 0, 1, 1]: expected the same at both sides");
  model.graph.nodes[0].attributes["auto_pad"] = text("SAME_UPPER");
  CHECK(model.body() == "  output y = x |> conv(6, 3, stride = 2, padding = \"same\", groups = 2) @stem\n");
  model.graph.nodes[0].attributes["auto_pad"] = text("SAME_LOWER");
  CHECK(model.problem() == "Conv: auto_pad SAME_LOWER cannot be said");
  model.graph.nodes[0].inputs[1] = "computed";
  CHECK(model.problem() == "Conv: expected constant weights and bias");
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
        "MatMul: expected features [N, F]");
  Model scaled = features;
  scaled.node("Gemm", {"x", "w", "b"}, "y", {{"transB", whole(1)}, {"alpha", real(0.5f)}});
  CHECK(scaled.problem() == "Gemm: expected transA = 0 and factors of 1");
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
        "Div: expected a number to divide by");
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
  CHECK(Model().constant("to", numbers({0, -1})).node("Reshape", {"x", "to"}).body() ==
        "  output y = x |> flatten\n");
  Model computed;
  computed.node("Shape", {"x"}, "sizes").node("Gather", {"sizes"}, "batch").node("Concat", {"batch"}, "to");
  CHECK(computed.node("Reshape", {"x", "to"}).body() == "  output y = x |> flatten\n");
  CHECK(Model().constant("to", numbers({0, 2, 2, 8, 8})).node("Reshape", {"x", "to"}).problem() ==
        "Reshape: to [0, 2, 2, 8, 8]: expected [N, features]");
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
  CHECK(pooled.problem() == "GlobalAveragePool: expected the channels in dimension 1");
  Model turned = model;
  turned.graph.nodes.back().attributes["perm"] = wholes({0, 2, 1, 3});
  CHECK(turned.problem() == "Transpose: expected the channels moved to the last dimension, or back");
  Model unmoved;
  unmoved.constant("norm.weight", floats({8})).constant("norm.bias", floats({8}));
  CHECK(unmoved.node("LayerNormalization", {"x", "norm.weight", "norm.bias"}).problem() ==
        "LayerNormalization: expected the mean over the channels");
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
  CHECK(model.problem() == "ConvTranspose: expected pads, not the shape of the result");
}

TEST_CASE("parts of the channels are slices") {
  Model sliced;
  sliced.constant("from", numbers({1})).constant("to", numbers({3})).constant("axis", numbers({1}));
  CHECK(sliced.node("Slice", {"x", "from", "to", "axis"}).body() == "  output y = x |> slice(1, 3)\n");
  sliced.graph.constants["to"] = numbers({INT64_MAX});
  CHECK(sliced.body() == "  output y = x |> slice(1)\n");
  sliced.graph.constants["axis"] = numbers({2});
  CHECK(sliced.problem() == "Slice: expected a part of the channels, each of them");
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
  model.graph.outputs = {"output"};
  model.node("Relu", {"input"}, "output");
  ImportedNetwork imported = model.import();
  CHECK(imported.text == "/// Imported from an ONNX model.\nnetwork Net {\n"
                         "  input input1: f32[N, 3, Height, N3]\n  output output1 = input1 |> relu\n}\n");
  CHECK(imported.notes.size() == 2);
  model.graph.inputs[0].element = "DOUBLE";
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
