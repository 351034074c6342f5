// What each ONNX operator becomes.
#include "import_model.h"

#include <catch2/catch.hpp>

#include <cmath>

using namespace cnn::onnx_import;
using namespace imported;

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
