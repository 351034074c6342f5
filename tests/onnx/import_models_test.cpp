// What becomes of several nodes together: shapes, names, outputs, and what is refused.
#include "import_model.h"

#include <catch2/catch.hpp>

#include <cmath>

using namespace cnn::onnx_import;
using namespace imported;

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
  Model others;
  others.constant("two", floats({}, {2})).node("Relu", {"x"}, "a").node("Div", {"x", "a"}, "b");
  others.node("Max", {"b", "half"}, "c").node("Min", {"x", "c"}, "d").node("Pow", {"d", "two"}, "e");
  others.constant("half", floats({}, {0.5})).node("Exp", {"e"}, "f").node("Log", {"f"}, "g");
  others.node("Sqrt", {"g"}, "h").node("Abs", {"h"});
  CHECK(others.body() == "  let x1 = x |> relu\n  let x2 = x / x1\n  let x3 = max(x2, 0.5)\n"
                         "  output y = min(x, x3) |> pow(2) |> exp |> log |> sqrt |> abs\n");
  CHECK(Model().constant("zero", floats({}, {0})).node("Div", {"x", "zero"}).problem() ==
        "Div: B: expected a number other than 0 to divide by, found 0");
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
