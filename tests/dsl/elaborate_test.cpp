#include "elaborated.h"

#include "ast_to_dialect/operators/reference.h"

#include <catch2/catch.hpp>

#include <set>

using namespace cnn;
using test::Elaborated;

TEST_CASE("the example of every diagnostic of meaning triggers that diagnostic and no other") {
  for (const DiagnosticInfo& row : allDiagnostics()) {
    if (row.id < "E0200" || row.example.empty()) continue;
    INFO(row.id << "\n" << row.example);
    Elaborated elaborated{std::string(row.example)};
    std::set<std::string_view> ids;
    for (const Diagnostic* diagnostic : elaborated.diagnostics.sorted())
      ids.insert(info(diagnostic->diag).id);
    INFO(toText(elaborated.diagnostics));
    CHECK(ids == std::set<std::string_view>{row.id});
  }
}

static Elaborated zoo(const std::string& name,
                      std::vector<std::pair<std::string, std::string>> settings = {}) {
  return Elaborated(test::readFile(CNN_TEST_PROGRAMS "/programs/" + name), {std::move(settings), ""}, name);
}

TEST_CASE("parameters are as many as torchvision's networks have") {
  Elaborated resnet = zoo("resnet.cnn");
  CHECK(resnet.parameterCount("ResNet18") == 11'689'512);
  CHECK(resnet.parameterCount("ResNet50") == 25'557'032);
  CHECK(resnet.result.skipped == std::vector<std::string>{"ResNet: unit, depths"});
  Elaborated mobile = zoo("mobilenetv3.cnn");
  CHECK(mobile.parameterCount("MobileNetV3Small") == 2'542'856);
  CHECK(mobile.parameterCount("MobileNetV3Large") == 5'483'032);
  CHECK(zoo("convnext.cnn").parameterCount("ConvNeXtTiny") == 28'589'128);
  CHECK(zoo("mnist1d.cnn").parameterCount("MNIST1D") == 5'210);
}

TEST_CASE("parameters have torchvision's names in its order") {
  std::vector<std::string> names = zoo("resnet.cnn").parameterNames("ResNet18");
  REQUIRE(names.size() == 102);
  CHECK(std::vector<std::string>(names.begin(), names.begin() + 7) ==
        std::vector<std::string>{"conv1.weight", "bn1.weight", "bn1.bias", "bn1.running_mean",
                                 "bn1.running_var", "layer1.0.conv1.weight", "layer1.0.bn1.weight"});
  CHECK(std::count(names.begin(), names.end(), "layer2.0.downsample.0.weight") == 1);
  CHECK(std::count(names.begin(), names.end(), "layer2.0.downsample.1.running_var") == 1);
  CHECK(names.back() == "fc.bias");
  names = zoo("mobilenetv3.cnn").parameterNames("MobileNetV3Small");
  CHECK(std::count(names.begin(), names.end(), "features.1.block.1.fc1.weight") == 1);
  CHECK(std::count(names.begin(), names.end(), "features.12.0.weight") == 1);
  CHECK(names.back() == "classifier.3.bias");
  names = zoo("convnext.cnn").parameterNames("ConvNeXtTiny");
  REQUIRE(names.size() == 182);
  CHECK(std::vector<std::string>(names.begin() + 2, names.begin() + 9) ==
        std::vector<std::string>{"features.0.1.weight", "features.0.1.bias", "features.1.0.layer_scale",
                                 "features.1.0.block.0.weight", "features.1.0.block.0.bias",
                                 "features.1.0.block.2.weight", "features.1.0.block.2.bias"});
  CHECK(std::count(names.begin(), names.end(), "features.2.1.weight") == 1);
  CHECK(std::count(names.begin(), names.end(), "features.7.2.block.5.bias") == 1);
  CHECK(names.back() == "classifier.2.bias");
}

TEST_CASE("the parts of a chain go on counting after one whose path is a number") {
  auto names = [](const std::string& chain) {
    return Elaborated("network A {\n  input x: f32[N, 3, 8, 8]\n  output y = " + chain + "\n}\n")
        .parameterNames("A");
  };
  auto path = [](const std::string& part) { return part + ".weight"; };
  auto expected = [&](std::initializer_list<const char*> parts) {
    std::vector<std::string> all;
    for (const char* part : parts) all.push_back(path(part));
    return all;
  };
  std::string conv = "conv(3, 1, bias = false)";
  for (auto [head, start] : {std::pair("x |> (", ""), {"(", "x |> "}}) {
    auto chain = [&, head = head, start = start](const std::string& parts) { return head + (start + parts); };
    CHECK(names(chain(conv + " @2 |> relu |> " + conv + ") @a")) == expected({"a.2", "a.4"}));
    CHECK(names(chain(conv + " @0 |> " + conv + " @3 |> relu |> " + conv + " @5) @a")) ==
          expected({"a.0", "a.3", "a.5"}));
    CHECK(names(chain(conv + " @first |> " + conv + ") @a")) == expected({"a.first", "a.1"}));
  }
}

TEST_CASE("values that --set gives are those of open parameters") {
  Elaborated small = zoo("resnet.cnn", {{"classes", "10"}});
  CHECK(small.parameterCount("ResNet18") == 11'689'512 - 990 * 513);
  CHECK(zoo("resnet.cnn", {{"clases", "10"}}).errors() == "E0605 --set clases:1:1");
  CHECK(zoo("resnet.cnn", {{"classes", "\"ten\""}}).errors() == "E0300 --set classes:1:1");
}

TEST_CASE("a network as a block keeps its members, and what only the rest needs does not exist") {
  Elaborated tuned(test::readFile(CNN_TEST_PROGRAMS "/programs/resnet.cnn") + R"(
network Pets(breeds: int = 37) {
  input photo: f32[N, 3, 224, 224]
  let body = photo |> ResNet18 @body
  output logits = body.features |> dropout(0.2) |> linear(breeds) @head
}
)");
  CHECK(tuned.errors() == "");
  std::vector<std::string> names = tuned.parameterNames("Pets");
  CHECK(names.front() == "body.conv1.weight");
  CHECK(names.back() == "head.bias");
  CHECK(std::count(names.begin(), names.end(), "body.fc.weight") == 0);
  CHECK(tuned.parameterCount("Pets") == 11'689'512 - 513'000 + 513 * 37);
}

TEST_CASE("what a network leaves open of another is given where it is applied") {
  std::string text =
      "network Base(width: int, classes: int = 10, bias: bool = true) {\n  input x: f32[N, 4]\n"
      "  output y = x |> linear(width) |> linear(classes, bias)\n}\n"
      "network Narrow = Base(2)\nnetwork Plain = Narrow(bias = false)\n";
  auto count = [&](const std::string& call) {
    Elaborated net(text + "network A {\n  input x: f32[N, 4]\n  output z = x |> " + call + "\n}\n");
    INFO(call << "\n" << toText(net.diagnostics));
    CHECK(net.errors() == "");
    return net.parameterCount("A");
  };
  CHECK(count("Narrow") == 10 + 30);
  CHECK(count("Narrow(classes = 5)") == 10 + 15);
  CHECK(count("Narrow(5)") == 10 + 15);
  CHECK(count("Narrow(5, false)") == 10 + 10);
  CHECK(count("Plain(5)") == 10 + 10);
  CHECK(count("Plain(classes = 3)") == 10 + 6);
  auto errors = [&](const std::string& rest) { return Elaborated(text + rest).errors(); };
  CHECK(errors("network A = Narrow(width = 3)\n") == "E0403 7:20");
  CHECK(errors("network A = Narrow(frob = 3)\n") == "E0400 7:20");
  CHECK(errors("network A = Plain(5, false)\n").starts_with("E"));
  Elaborated further(text + "network Wide = Plain(classes = 7)\n", {{{"width", "3"}}, ""});
  CHECK(further.parameterCount("Wide") == 10 + 14);
}

TEST_CASE("a block takes further tensors by place and by name") {
  std::string text = "block Merge(x, near: f32, width: int = 2) = concat([x, near]) |> conv(width, 1)\n";
  auto errors = [&](const std::string& value) {
    return Elaborated(text + "network A {\n  input x: f32[N, 3, 8, 8]\n  let y = x |> relu\n  output z = " +
                      value + "\n}\n")
        .errors();
  };
  CHECK(errors("x |> Merge(near = y)") == "");
  CHECK(errors("x |> Merge(y)") == "");
  CHECK(errors("x |> Merge(y, 4)") == "");
  CHECK(errors("Merge(x, y)") == "");
  CHECK(errors("Merge(x, y, width = 4)") == "");
  CHECK(errors("Merge(x)").starts_with("E"));
  CHECK(errors("x |> Merge(3)").starts_with("E0300"));
  CHECK(errors("x |> Merge(y, y)").starts_with("E0300"));
}

TEST_CASE("free sizes that differ by what is rounded name the multiple for which they do not") {
  auto text = [](const std::string& sizes) {
    Elaborated net(
        "network A {\n  input x: f32[N, 4, " + sizes +
        "]\n"
        "  let up = x |> max_pool(2) |> max_pool(2) |> max_pool(2) |> conv_transpose(4, 8, stride = 8)\n"
        "  output y = concat([x, up])\n}\n");
    return toText(net.diagnostics);
  };
  CHECK(text("H, 64").find("for multiples of 8: assert H % 8 == 0\n") != std::string::npos);
  CHECK(text("H, W").find("for multiples of 8: assert H % 8 == 0 and W % 8 == 0\n") != std::string::npos);
  CHECK(text("60, 64").find("multiples") == std::string::npos);
  CHECK(text("64, 64") == "");
}

TEST_CASE("shared parts have one set of parameters") {
  Elaborated twins(R"(
block Encoder(x, dims: int) = x |> conv(4, 5) |> relu |> flatten |> linear(dims)
network Twins {
  input a: f32[N, 1, 28, 28]
  input b: f32[N, 1, 28, 28]
  shared encoder = Encoder(8)
  output gap = (a |> encoder) - (b |> encoder)
}
)");
  CHECK(twins.errors() == "");
  CHECK(twins.parameterNames("Twins") ==
        std::vector<std::string>{"encoder.conv1.weight", "encoder.conv1.bias", "encoder.linear1.weight",
                                 "encoder.linear1.bias"});
}

TEST_CASE("init lines set first values, later ones win") {
  Elaborated net(R"(
network A {
  input x: f32[N, 3, 8, 8]
  init [conv] = kaiming_normal(mode = "fan_out")
  init ["conv2"] = zeros
  init [conv.bias] = full(0.5)
  output y = x |> conv(8, 3) |> conv(4, 1)
}
)");
  CHECK(net.errors() == "");
  CHECK(net.init("A", "conv1.weight") == "#cnn.init<normal, 0.000000e+00 : f64, 0.16666666666666666 : f64>");
  CHECK(net.init("A", "conv2.weight") == "#cnn.init<constant, 0.000000e+00 : f64, 0.000000e+00 : f64>");
  CHECK(net.init("A", "conv2.bias") == "#cnn.init<constant, 5.000000e-01 : f64, 0.000000e+00 : f64>");
}

TEST_CASE("compile-time values: arithmetic, lists, loops, functions") {
  auto width = [](const std::string& text) {
    Elaborated net("func twice(a: int) -> int { return 2 * a }\nfunc fib(n: int) -> int = if n < 2 { n } "
                   "else { fib(n - 1) + fib(n - 2) }\n"
                   "network A(w: int = " +
                   text + ") {\n  input x: f32[N, w]\n  output y = x\n}\n");
    INFO(text << "\n" << toText(net.diagnostics));
    CHECK(net.errors() == "");
    return net.inputShape("A");
  };
  CHECK(width("2 + 3 * 4") == "[N, 14]");
  CHECK(width("2 ** 10 / 4 % 100") == "[N, 56]");
  CHECK(width("-7 % 4") == "[N, 1]");
  CHECK(width("sum([1, 2, 3][1..])") == "[N, 5]");
  CHECK(width("max([4, 9, 2]) + min(3, 1) + len([1, 2])") == "[N, 12]");
  CHECK(width("floor(7 / 2.0) + ceil(2.1) + round(2.5)") == "[N, 8]");
  CHECK(width("10 * floor(5 / 2) + ceil(5 / 2)") == "[N, 23]");
  CHECK(width("floor(-5 / 2) + 10") == "[N, 7]");
  CHECK(width("ceil(5 / -2) + 10") == "[N, 8]");
  CHECK(width("10 * round((5 / 2)) + round(7 / 2)") == "[N, 24]");
  CHECK(width("floor(9223372036854775807 / 9223372036854775806)") == "[N, 1]");
  CHECK(width("floor(6 / 2) + floor(1 / 2.0)") == "[N, 3]");
  CHECK(width("twice(fib(10))") == "[N, 110]");
  CHECK(width("sum(for [i, v] in enumerate([5, 6, 7]) { i * v })") == "[N, 20]");
  CHECK(width("sum(for [a, b] in zip([1, 2], reversed([3, 4])) { a * b })") == "[N, 10]");
  CHECK(width("[1, 2, 3][-1]") == "[N, 3]");
  CHECK(width("if true and not (1 > 2) or false { 1 } else { 2 }") == "[N, 1]");
}

TEST_CASE("free dimensions go into shapes") {
  Elaborated net("network A {\n  input x: f32[N, 3, H, W]\n"
                 "  output y = x |> conv(8, 3, stride = 2, padding = 1)\n}\n");
  CHECK(net.errors() == "");
  CHECK(net.inputShape("A") == "[N, 3, H, W]");
}

static const std::string anySize = "network A {\n  input x: f32[N, 3, H, W]\n"
                                   "  assert H % 4 == 0 and W % 4 == 0, \"multiples of 4\"\n"
                                   "  output y = x |> max_pool(2)\n}\n";

TEST_CASE("what a size is a multiple of makes sizes comparable") {
  auto net = [](const std::string& condition) {
    return Elaborated("network A {\n  input x: f32[N, 3, H, 8]\n  assert " + condition +
                      "\n  let low = x |> max_pool(2) |> conv(3, 3, stride = 2, padding = 1)\n"
                      "  let up = low |> conv_transpose(5, 2, stride = 2) |> conv_transpose(3, 4, stride = "
                      "2, padding = 1)\n"
                      "  output y = x + up\n}\n")
        .errors();
  };
  CHECK(net("H % 4 == 0") == "");
  CHECK(net("H % 2 == 0 and H % 8 == 0") == "");
  CHECK(net("H % 2 == 0") == "E0500 6:14");
  CHECK(net("H % 4 == 0 or H == 3") == "E0500 6:14");
  CHECK(net("H >= 4") == "E0500 6:14");
  CHECK(zoo("unet.cnn").errors() == "");
  CHECK(zoo("unet.cnn").parameterCount("UNet") == 31'037'698); // as milesial's
  // As in PyTorch's example: those of the generator and of the discriminator, which is the train section's.
  CHECK(zoo("dcgan.cnn").parameterCount("Generator") == 3'576'704 + 2'765'568);
}

TEST_CASE("sizes that --set gives are those of free dimensions, and asserts about them are decided") {
  Elaborated fixed(anySize, {{{"H", "8"}, {"W", "16"}}, "", true});
  CHECK(fixed.errors() == "");
  CHECK(fixed.inputShape("A") == "[N, 3, 8, 16]");
  CHECK(Elaborated(anySize, {{{"H", "8"}, {"W", "10"}}, ""}).errors() == "E0310 3:10");
  CHECK(Elaborated(anySize, {{{"H", "0"}}, ""}).errors() == "E0501 --set H:1:1");
  CHECK(Elaborated(anySize, {{{"H", "\"8\""}}, ""}).errors() == "E0501 --set H:1:1");
  CHECK(Elaborated(anySize, {{{"N", "8"}}, ""}).errors() == "E0502 2:16");
  CHECK(Elaborated(anySize, {{{"K", "8"}}, ""}).errors() == "E0605 --set K:1:1");
}

TEST_CASE("a network is compiled only for sizes that are known") {
  CHECK(Elaborated(anySize, {{}, "", true}).errors() == "E0503 2:22, E0503 2:25");
  CHECK(Elaborated(anySize, {{{"H", "8"}}, "", true}).errors() == "E0503 2:25");
  CHECK(Elaborated(anySize, {{}, "", false}).errors() == "");
}

TEST_CASE("asserts about free dimensions are kept for when the network runs") {
  Elaborated net("network A {\n  input x: f32[N, 3, H, W]\n"
                 "  assert not (N < 2 or H != 2 * W), \"pairs\"\n  assert N <= 64\n  assert N <= 64\n"
                 "  output y = x\n}\n");
  CHECK(net.errors() == "");
  CHECK(net.asserts("A") == std::vector<std::string>{"not (N < 2 or H != 2 * W): pairs", "N <= 64"});
}

TEST_CASE("broken programs of every size end with errors and no crash") {
  CHECK(Elaborated("network A = A\n").errors() == "E0209 1:9");
  CHECK(Elaborated("network A = B\nnetwork B = A\n").diagnostics.hasErrors());
  CHECK(Elaborated("let a = nn.\n").diagnostics.hasErrors());
  CHECK(Elaborated("block A(x) = x |> A\nnetwork B {\n  input x: f32[N, 3]\n  output y = x |> A\n}\n")
            .errors() == "E0309 1:19");
  CHECK(Elaborated("network A {\n  input x: f32[N, 3]\n  output y = x |> linear(2147483647) |> "
                   "linear(2147483647)\n}\n")
            .errors() == "E0500 3:41");
  CHECK(Elaborated(
            "network A {\n  input x: f32[N, 3, 8, 8]\n  output y = x |> conv(9223372036854775807, 3)\n}\n")
            .errors() == "E0406 3:24");
  CHECK(Elaborated(
            "network A {\n  input x: f32[N, 3]\n  for i in 0..100000 { for j in 0..100000 { let a = 1 } }\n"
            "  output y = x\n}\n")
            .errors() == "E0308 3:53");
}

TEST_CASE("lists, strings and layers that double without end are errors") {
  std::string head = "network A {\n  input x: f32[N, 3]\n  var a = ", tail = "\n  output y = x\n}\n";
  CHECK(Elaborated(head + "[1]\n  for i in 0..60 { a = a + a }" + tail).errors() == "E0308 4:24");
  CHECK(Elaborated(head + "\"s\"\n  for i in 0..60 { a = a + a }" + tail).errors() == "E0308 4:24");
  CHECK(Elaborated(head + "\"s\"\n  for i in 0..60 { a = \"{a}{a}\" }" + tail).errors() == "E0308 4:24");
  std::string blocks = "block B0(x) = x |> relu |> relu\n";
  for (int i = 1; i < 40; ++i)
    blocks += "block B" + std::to_string(i) + "(x) = x |> B" + std::to_string(i - 1) + " |> B" +
              std::to_string(i - 1) + "\n";
  CHECK(Elaborated(blocks + "network A {\n  input x: f32[N, 3]\n  output y = x |> B39\n}\n")
            .errors()
            .starts_with("E0308"));
}

TEST_CASE("a probe may have the name of the layer before it") {
  CHECK(Elaborated("network A {\n  input x: f32[N, 3, 8, 8]\n"
                   "  output y = x |> conv(4, 3) @stem |> probe(\"stem\") |> relu\n}\n")
            .errors() == "");
}

TEST_CASE("deep recursion within deep expressions is an error") {
  std::string deep = "f(a + 1)";
  for (int i = 0; i < 300; ++i) deep = "1 + " + deep;
  CHECK(Elaborated("func f(a: int) -> int = " + deep +
                   "\nnetwork A(w: int = f(1)) {\n  input x: f32[N, w]\n  output y = x\n}\n")
            .diagnostics.hasErrors());
}

TEST_CASE("every prefix of a program is elaborated without a crash") {
  std::string text = test::readFile(CNN_TEST_PROGRAMS "/programs/resnet.cnn");
  for (size_t length = 0; length < text.size(); length += 7) Elaborated(text.substr(0, length));
}

TEST_CASE("every example of the language reference is elaborated") {
  std::string text = test::readFile(CNN_TEST_PROGRAMS "/../../dsl/README.md");
  size_t count = 0;
  for (size_t at = text.find("```cnn\n"); at != std::string::npos; at = text.find("```cnn\n", at)) {
    at += sizeof("```cnn\n") - 1;
    std::string program = text.substr(at, text.find("```", at) - at);
    Elaborated elaborated(program);
    INFO(program << "\n" << toText(elaborated.diagnostics));
    CHECK(elaborated.errors() == "");
    ++count;
  }
  CHECK(count >= 6);
}

TEST_CASE("the language reference holds the table of operators") {
  std::string text = test::readFile(CNN_TEST_PROGRAMS "/../../dsl/README.md");
  CHECK(text.find(operatorReference()) != std::string::npos);
}

TEST_CASE("every operator's example is elaborated") {
  for (const Operator& op : allOperators()) {
    std::string program = operatorExample(op);
    Elaborated elaborated(program);
    INFO(program << "\n" << toText(elaborated.diagnostics));
    CHECK(elaborated.errors() == "");
    CHECK(program.find(op.name) != std::string::npos);
  }
}

TEST_CASE("a file with thirty independent mistakes gives thirty diagnostics") {
  Elaborated thirty(test::readFile(CNN_TEST_PROGRAMS "/wrong_meaning/thirty.cnn"));
  CHECK(thirty.diagnostics.sorted().size() == 30);
}

TEST_CASE("a note names what made a shape, whatever it was made by") {
  auto text = [](const std::string& made) {
    Elaborated net("network A {\n  input x: f32[N, 3, 16, 16]\n  let s = " + made +
                   "\n  output y = s |> linear(10, bias = 3)\n  output z = s |> max_pool(64)\n}\n");
    return toText(net.diagnostics);
  };
  for (const char* sign : {"+", "-", "*"})
    CHECK(
        text("(x |> relu) " + std::string(sign) + " x").find("comes from '" + std::string(sign) + "' here") !=
        std::string::npos);
  CHECK(text("x / 2").find("comes from '/' here") != std::string::npos);
  CHECK(text("-x").find("comes from '*' here") != std::string::npos);
  CHECK(text("x |> relu").find("comes from relu here") != std::string::npos);
}
