/// Completion and signature help.
#include "document.h"

#include "ast_to_dialect/names/names.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>

using namespace cnn::language_server;
using test::Document;

/// A network with one line, in which `^` marks the place.
static std::string inNetwork(const std::string& line) {
  return "let widths = [1, 2]\nblock Unit(x, width: int, act: block = relu) = x |> conv(width, 3) |> act\n"
         "network A(classes: int = 10) {\n  input image: f32[N, 3, 8, 8]\n" +
         line + "\n}\n";
}

static const lsp::CompletionItem* find(const lsp::CompletionList& list, const std::string& label) {
  auto found = std::ranges::find(list.items, label, &lsp::CompletionItem::label);
  return found == list.items.end() ? nullptr : &*found;
}

static lsp::CompletionList completed(const std::string& text, bool snippets = false) {
  Document document(text);
  return complete(*document.analysis, document.offset, snippets);
}

static bool offers(const std::string& text, const std::string& label) {
  return find(completed(text), label) != nullptr;
}

TEST_CASE("right of a pipe blocks and layers are offered, with documentation") {
  lsp::CompletionList list = completed(inNetwork("  output y = image |> co^"));
  const lsp::CompletionItem* conv = find(list, "conv");
  REQUIRE(conv);
  CHECK(conv->documentation->value.find("Cross-correlation") != std::string::npos);
  CHECK(conv->textEdit->newText == "conv");
  CHECK(conv->textEdit->range.end.character - conv->textEdit->range.start.character == 2);
  CHECK(find(list, "Unit"));
  CHECK_FALSE(find(list, "adam"));
  CHECK_FALSE(find(list, "image"));
  CHECK(offers(inNetwork("  output y = image\n    |> ^"), "relu"));
}

TEST_CASE("operators come with places for the arguments that they need") {
  lsp::CompletionList list = completed(inNetwork("  output y = image |> ^"), true);
  CHECK(find(list, "conv")->textEdit->newText == "conv(${1:out}, ${2:kernel})");
  CHECK(find(list, "relu")->textEdit->newText == "relu");
  CHECK(find(list, "Unit")->textEdit->newText == "Unit(${1:width})");
}

TEST_CASE("in a call the arguments that are not given yet are offered") {
  lsp::CompletionList list = completed(inNetwork("  output y = image |> conv(4, 3, stride = 2, ^"));
  const lsp::CompletionItem* padding = find(list, "padding");
  REQUIRE(padding);
  CHECK(padding->textEdit->newText == "padding = ");
  CHECK(padding->documentation->value.find("zeros at each side") != std::string::npos);
  CHECK_FALSE(find(list, "stride"));
  CHECK(find(list, "widths"));
  CHECK(offers(inNetwork("  output y = image |> Unit(^)"), "act"));
  CHECK_FALSE(offers(inNetwork("  output y = image |> Unit(^)"), "x"));
  CHECK_FALSE(offers(inNetwork("  output y = image |> conv(stride = ^)"), "padding"));
  CHECK(offers(inNetwork("  output y = image |> conv(4, Unit(^"), "act"));
}

TEST_CASE("a name is not offered in its own declaration") {
  CHECK_FALSE(offers(inNetwork("  let mid = image |> ^"), "mid"));
  CHECK_FALSE(offers(inNetwork("  let mid = image |> conv(8, 3)\n    |> ^"), "mid"));
  CHECK(offers(inNetwork("  let mid = image |> relu; let y = ^"), "mid"));
  CHECK(offers(inNetwork("  let mid = image |> relu\n  let y = ^"), "mid"));
}

TEST_CASE("names are offered where they are visible") {
  CHECK(offers(inNetwork("  let mid = 3\n  output y = image |> conv(^"), "mid"));
  CHECK(offers(inNetwork("  output y = image |> conv(cla^"), "classes"));
  CHECK_FALSE(offers(inNetwork("  output y = image |> conv(^\n  let later = 3"), "later"));
  CHECK_FALSE(offers(inNetwork("  output y = image") + "let z = ^\n", "image"));
  CHECK(offers(inNetwork("  for turn in 0..3 { let k = ^ }"), "turn"));
  CHECK_FALSE(offers(inNetwork("  for turn in 0..3 { }\n  let k = ^"), "turn"));
}

TEST_CASE("statements and declarations begin with their keywords") {
  CHECK(offers(inNetwork("  ^"), "output"));
  CHECK(offers("^", "network"));
  CHECK_FALSE(offers("^", "output"));
  CHECK(offers("block B(x) {\n  ^\n}\n", "return"));
  CHECK_FALSE(offers("block B(x) {\n  ^\n}\n", "input"));
  CHECK(offers(inNetwork("  output y = image") + "train ^", "A"));
  CHECK(offers("let a: ^", "f32"));
}

TEST_CASE("a train section offers its settings and what each may be") {
  std::string text =
      inNetwork("  output y = image |> flatten |> linear(10)") + "train A {\n  input label: i32[N]\n  ";
  CHECK(offers(text + "^\n}\n", "optimizer"));
  CHECK(offers(text + "^\n}\n", "metric"));
  CHECK(offers(text + "optimizer = ^\n}\n", "adam"));
  CHECK_FALSE(offers(text + "optimizer = ^\n}\n", "conv"));
  CHECK(offers(text + "schedule = ^\n}\n", "one_cycle"));
  CHECK(offers(text + "loss = ^\n}\n", "cross_entropy"));
  CHECK(offers(text + "loss = cross_entropy(^\n}\n", "label"));
  CHECK(offers(text + "loss = cross_entropy(^\n}\n", "y"));
  CHECK(offers(text + "augment image = ^\n}\n", "random_hflip"));
  CHECK(offers(text + "augment image = random_crop(28) |> ^\n}\n", "random_hflip"));
  CHECK(offers(text + "group [\"*\"] { ^ }\n}\n", "weight_decay"));
}

TEST_CASE("a kernels section offers the algorithms of convolutions") {
  std::string text = inNetwork("  output y = image |> conv(8, 3)") + "kernels A { ";
  CHECK(offers(text + "\"conv1\" = ^ }\n", "winograd"));
  CHECK(offers(text + "conv = ^ }\n", "direct"));
  CHECK_FALSE(offers(text + "conv = ^ }\n", "relu"));
}

TEST_CASE("members of tensors and networks are offered after a dot") {
  CHECK(offers(inNetwork("  let c = image.^\n  output y = image"), "channels"));
  std::string body = inNetwork("  let features = image |> relu\n  output y = features");
  CHECK(offers(
      body + "network B {\n  input image: f32[N, 3, 8, 8]\n  let body = image |> A\n  output z = body.^\n}\n",
      "features"));
}

TEST_CASE("values of arguments that are one of a few are offered, as in quotes") {
  std::string text = inNetwork("  output y = image |> relu\n  init [conv] = kaiming_normal(mode = ^)");
  const lsp::CompletionList list = completed(text);
  const lsp::CompletionItem* item = find(list, "\"fan_out\"");
  REQUIRE(item);
  CHECK(item->textEdit->newText == "\"fan_out\"");
  CHECK(offers(inNetwork("  output y = image |> relu\n  init [conv] = kaiming_normal(mode = \"fa^\")"),
               "fan_in"));
  CHECK(offers(inNetwork("  output y = image |> relu\n  init [conv] = kaiming_normal(\"^"), "fan_in"));
  CHECK(offers(inNetwork("  output y = image |> conv(4, 3, padding = ^"), "\"same\""));
  CHECK(offers(inNetwork("  output y = image |> conv(4, 3, padding = \"^"), "valid"));
  CHECK(offers(inNetwork("  output y = image |> conv(4, 3, 1, ^"), "\"same\""));
  CHECK_FALSE(offers(inNetwork("  output y = image |> conv(4, 3, ^"), "\"same\""));
  CHECK(offers(inNetwork("  output y = image |> conv(4, 3, bias = ^)"), "false"));
  CHECK(offers(inNetwork("  output y = image |> cast(^)"), "f32"));
  CHECK_FALSE(offers(inNetwork("  output y = image |> relu |> probe(\"^\")"), "same"));
}

TEST_CASE("in a string that selects, the parts of the network are offered level by level") {
  std::string text = "block Unit(x) = x |> conv(4, 3) |> relu\n" +
                     inNetwork("  output y = image |> (Unit |> Unit) @body |> flatten |> linear(10) @fc");
  std::string train = text + "train A {\n  input label: i32[N]\n";
  for (const char* line : {"  freeze = except(\"^\")\n}\n", "  group [\"^\"] { lr_scale = 0.1 }\n}\n",
                           "  weights = load(\"a.safetensors\", into = \"^\")\n}\n"}) {
    lsp::CompletionList list = completed(train + line);
    CHECK(find(list, "body"));
    REQUIRE(find(list, "fc"));
    CHECK(find(list, "fc")->detail == "linear");
    CHECK_FALSE(find(list, "body.0"));
  }
  CHECK(offers(train + "  freeze = [\"body.^\n}\n", "body.1"));
  CHECK(offers(train + "  freeze = [\"body.0.^\"]\n}\n", "body.0.conv1"));
  CHECK(offers(text + "kernels A {\n  \"^\" = auto\n}\n", "fc"));
  CHECK_FALSE(offers(train + "  data = npy(\"^\")\n}\n", "fc"));
  CHECK(offers(text + "budget A for \"^\" {\n}\n", "x86-64-avx2"));
}

TEST_CASE("in the holes of strings values are offered") {
  CHECK(offers(inNetwork("  let mid = 1\n  output y = image |> relu @\"a{mi^}\""), "mid"));
  CHECK_FALSE(offers(inNetwork("  let mid = 1\n  output y = image |> relu @\"a{mid}b^\""), "mid"));
  CHECK_FALSE(offers(inNetwork("  let mid = 1\n  output y = image |> relu @\"a\\{^\""), "mid"));
}

TEST_CASE("statements about inputs and outputs offer these") {
  std::string text = inNetwork("  output y = image |> flatten |> linear(10)\n  labels ^");
  CHECK(offers(text, "y"));
  CHECK_FALSE(offers(text, "image"));
  CHECK(offers(inNetwork("  output y = image") + "train A {\n  augment ^\n}\n", "image"));
  CHECK(offers(inNetwork("  output y = image\n  preprocess image = resize(8) |> ^"), "center_crop"));
  CHECK_FALSE(offers(inNetwork("  output y = image\n  preprocess image = resize(8) |> ^"), "conv"));
}

TEST_CASE("a phase offers only what may stand in it") {
  std::string text = inNetwork("  output y = image") + "train A {\n  phase head {\n    ^\n  }\n}\n";
  CHECK(offers(text, "epochs"));
  CHECK(offers(text, "metric"));
  CHECK_FALSE(offers(text, "augment"));
  CHECK_FALSE(offers(text, "phase"));
}

TEST_CASE("a recipe offers the parameters of its network") {
  std::string text = inNetwork("  output y = image") + "network B = A(classes = 3)\n";
  CHECK(offers(text + "train A(^) as small {\n}\n", "classes"));
  CHECK(offers(text + "train B(^) as small {\n}\n", "classes"));
}

TEST_CASE("nothing is offered in comments, strings, paths and new names") {
  CHECK(completed(inNetwork("  // conv ^")).items.empty());
  CHECK(completed(inNetwork("  let ^")).items.empty());
  CHECK(completed(inNetwork("  output y = image |> conv(4, 3) @co^")).items.empty());
  CHECK(completed("let a = \"te^xt\"\n").items.empty());
}

TEST_CASE("files are offered after use") {
  AnalysisOptions options;
  options.libraryPath = CNN_SOURCES "/examples";
  Document document("use \"zo^\"\n", options);
  lsp::CompletionList list = complete(*document.analysis, document.offset, false);
  CHECK(find(list, "zoo/resnet.cnn"));
  Document open("use \"zoo/^", options);
  CHECK(find(complete(*open.analysis, open.offset, false), "zoo/resnet.cnn"));
}

TEST_CASE("every setting has a meaning, in completion and hover") {
  std::set<std::string_view> named;
  auto add = [&](auto& names) { named.insert(names.begin(), names.end()); };
  add(cnn::trainSettings), add(cnn::phaseSettings), add(cnn::stepSettings), add(cnn::groupSettings);
  add(cnn::budgetSettings);
  CHECK(named.size() == cnn::settingMeanings.size());
  for (std::string_view name : named) CHECK(!cnn::settingMeaning(name).empty());
  std::string text = inNetwork("  output y = image |> flatten |> linear(10)") + "train A {\n  ";
  lsp::CompletionList list = completed(text + "^\n}\n");
  CHECK(find(list, "epochs")->documentation->value == "passes over the training data");
  CHECK(Document(text + "epo^chs = 3\n}\n").hover().find("passes over") != std::string::npos);
}

static std::string signature(const std::string& text, AnalysisOptions options = {}) {
  Document document(text, options);
  lsp::SignatureHelp help = signatureHelp(*document.analysis, document.offset);
  if (help.signatures.empty()) return "";
  const lsp::SignatureInformation& shown = help.signatures[0];
  std::string active = size_t(help.activeParameter) < shown.parameters.size()
                           ? shown.parameters[help.activeParameter].labelString
                           : "none";
  return shown.label + " / " + active;
}

TEST_CASE("signature help shows the arguments and which one is being written") {
  std::string conv = "conv(out, kernel, stride = 1, padding = 0, dilation = 1, groups = 1, bias = true)";
  CHECK(signature(inNetwork("  output y = image |> conv(^")) == conv + " / out");
  CHECK(signature(inNetwork("  output y = image |> conv(4, ^)")) == conv + " / kernel");
  CHECK(signature(inNetwork("  output y = image |> conv(4, 3, groups = ^)")) == conv + " / groups = 1");
  CHECK(signature(inNetwork("  output y = image |> conv(4, 3)^")) == "");
  CHECK(signature(inNetwork("  output y = conv(image, 4, ^3)")) == conv + " / kernel");
  CHECK(signature(inNetwork("  output y = image |> Unit(^3)")) ==
        "Unit(width: int, act: block = relu) / width: int");
  CHECK(signature("func f(v: int, w: int) -> int = v\nlet a = f(1, f(2, ^") == "f(v: int, w: int) / w: int");
}

TEST_CASE("signature help of a loss begins with its tensors") {
  std::string text = inNetwork("  output y = image |> flatten |> linear(10)") +
                     "train A {\n  input label: i32[N]\n  loss = ";
  std::string loss = "cross_entropy(tensor, tensor, label_smoothing = 0.0, ignore_index = …)";
  CHECK(signature(text + "cross_entropy(^\n}\n") == loss + " / tensor");
  CHECK(signature(text + "cross_entropy(y, label, ^)\n}\n") == loss + " / label_smoothing = 0.0");
  CHECK(signature(text + "cross_entropy(y, label, label_smoothing = ^\n}\n") ==
        loss + " / label_smoothing = 0.0");
}

TEST_CASE("a call without its closing bracket is known as well") {
  std::string conv = "conv(out, kernel, stride = 1, padding = 0, dilation = 1, groups = 1, bias = true)";
  std::string unit = "Unit(width: int, act: block = relu)";
  CHECK(signature(inNetwork("  output y = conv(image, 4, ^")) == conv + " / kernel");
  CHECK(signature(inNetwork("  output y = add(image, Unit(image, ^")) == unit + " / width: int");
  CHECK(signature(inNetwork("  output y = add(image, Unit(4, ^")) == unit + " / act: block = relu");
  CHECK(signature(inNetwork("  output y = add(image, later(^\n  let later = 3")) == "");
  AnalysisOptions options;
  std::map<std::string, std::string> files = {{"/test/parts.cnn", "func g(v: int, w: int) -> int = v\n"}};
  options.buffers = &files;
  std::string call = "use \"./parts.cnn\" as parts\nlet a = parts.g(1, parts.g(2, ^";
  CHECK(signature(call, options) == "g(v: int, w: int) / w: int");
  CHECK(signature("use \"./parts.cnn\" as parts\nlet a = parts.g(1, parts.h(2, ^", options) == "");
}
