/// Hover, inlay hints, symbols, formatting, definitions, diagnostics and actions of single documents.
#include "document.h"

#include <catch2/catch.hpp>

using namespace cnn::language_server;
using Catch::Matchers::Contains;
using test::Document;

static const std::string lenet = R"(/// LeNet-5 with ReLU.
network LeNet(classes: int = 10) {
  input image: f32[N, 1, 28, 28]
  output logits = image
    |> conv(6, 5, padding = 2) |> relu |> max_pool(2)
    |> flatten |> linear(classes)
}
)";

static std::string marked(std::string text, const std::string& before, const std::string& after) {
  size_t at = text.find(before + after);
  REQUIRE(at != std::string::npos);
  return text.insert(at + before.size(), "^");
}

TEST_CASE("hover on an operator shows its documentation, shape, parameters, work and path") {
  std::string text = Document(marked(lenet, "|> co", "nv(6")).hover();
  CHECK_THAT(text, Contains("conv(out, kernel, stride = 1"));
  CHECK_THAT(text, Contains("Cross-correlation"));
  CHECK_THAT(text, Contains("`f32[N, 6, 28, 28]`"));
  CHECK_THAT(text, Contains("156 parameters"));
  CHECK_THAT(text, Contains("117,600 MACs a picture"));
  CHECK_THAT(text, Contains("path `conv1`"));
}

TEST_CASE("hover on an operator that has a path says it") {
  Document document("network A {\n  input x: f32[N, 3, 8, 8]\n  output y = x |> co^nv(4, 3) @stem\n}\n");
  CHECK_THAT(document.hover(), Contains("path `stem`"));
}

TEST_CASE("hover on a network shows its declaration and documentation") {
  std::string text = Document(marked(lenet, "network Le", "Net")).hover();
  CHECK_THAT(text, Contains("network LeNet(classes: int = 10)"));
  CHECK_THAT(text, Contains("LeNet-5 with ReLU."));
}

TEST_CASE("hover on names shows values and shapes") {
  CHECK_THAT(Document(marked(lenet, "linear(cla", "sses)")).hover(), Contains("`10`"));
  CHECK_THAT(Document(marked(lenet, "input im", "age")).hover(), Contains("`f32[N, 1, 28, 28]`"));
  CHECK_THAT(Document(marked(lenet, "logits = ima", "ge")).hover(), Contains("`f32[N, 1, 28, 28]`"));
  CHECK_THAT(Document(marked(lenet, "output log", "its")).hover(), Contains("`f32[N, 10]`"));
}

TEST_CASE("hover on an argument's name shows what it means") {
  CHECK_THAT(Document(marked(lenet, "padd", "ing = 2")).hover(), Contains("zeros at each side"));
}

TEST_CASE("hover in a setting with arguments shows what kind of thing it is") {
  std::string text = lenet;
  text.insert(text.find("  output"), "  preprocess image = resize( 28)\n");
  text += "train LeNet {\n  input label: i32[N]\n  loss = cross_entropy(logits, label)\n"
          "  metric top1 = accuracy(logits, label)\n  optimizer = adam( lr = 1e-3)\n"
          "  schedule = one_cycle( max_lr = 0.1)\n  stop = patience( top1, 5)\n"
          "  augment image = random_crop( 28)\n  data = folder( \"a\")\n  init [conv] = full( 0.5)\n}\n"
          "kernels LeNet {\n  \"conv1\" = winograd( 4)\n}\n";
  for (auto [name, kind] : {std::pair("resize", "preprocessing"), std::pair("adam", "optimizer"),
                            std::pair("one_cycle", "schedule"), std::pair("patience", "setting"),
                            std::pair("random_crop", "augmentation"), std::pair("folder", "data"),
                            std::pair("full", "initialiser"), std::pair("winograd", "algorithm")}) {
    std::string hover = Document(marked(text, std::string(name) + "(", " ")).hover();
    CHECK(hover == "`the " + std::string(kind) + " " + name + "`");
  }
}

TEST_CASE("hover on a pipe shows what flows through it") {
  CHECK(Document(marked(lenet, "relu |", "> max")).hover() == "`[N, 6, 28, 28]`");
}

static const std::string twice = R"(block Unit(x, width: int) = x |> conv(width, 3, padding = 1) |> relu
network A {
  input image: f32[N, 3, 32, 32]
  output y = image |> Unit(8) |> Unit(16)
}
)";

TEST_CASE("in a block that is applied several times the first shape is shown, and that it varies") {
  std::string text = Document(marked(twice, "|> co", "nv(width")).hover();
  CHECK_THAT(text, Contains("`f32[N, 8, 32, 32]`"));
  CHECK_THAT(text, Contains("varies: evaluated 2 times, this is the first, in `unit1` of A"));
  CHECK_THAT(Document(marked(twice, "|> Un", "it(16)")).hover(), Contains("1,168 parameters"));
  CHECK_THAT(Document(marked(twice, "Unit(x, wi", "dth")).hover(), Contains("varies"));
}

static std::string hints(const Document& document) {
  std::string text;
  for (const lsp::InlayHint& hint : inlayHints(*document.analysis, {document.analysis->file(), 0, ~0u}))
    text += document.line(hint.position) + " " + hint.label + "\n";
  return text;
}

TEST_CASE("inlay hints show the shape after each step of a pipeline") {
  CHECK(hints(Document(lenet)) == "5:31 [N, 6, 28, 28]\n"
                                  "5:39 [N, 6, 28, 28]\n"
                                  "5:54 [N, 6, 14, 14]\n"
                                  "6:15 [N, 1176]\n"
                                  "6:34 [N, 10]\n");
  CHECK(hints(Document(twice)) == "1:61 [N, 8, 32, 32], varies\n"
                                  "1:69 [N, 8, 32, 32], varies\n"
                                  "4:30 [N, 8, 32, 32]\n"
                                  "4:42 [N, 16, 32, 32]\n");
}

TEST_CASE("the steps of a chain that is named as a whole have shapes and paths") {
  std::string text =
      "network A {\n  input x: f32[N, 3, 8, 8]\n  output y = x |> (conv(4, 3) |> relu) @stem\n}\n";
  CHECK(hints(Document(text)) == "3:30 [N, 4, 6, 6]\n3:38 [N, 4, 6, 6]\n3:45 [N, 4, 6, 6]\n");
  CHECK_THAT(Document(marked(text, "(co", "nv")).hover(), Contains("path `stem.0`"));
  CHECK_THAT(Document(marked(text, "|> re", "lu")).hover(), Contains("path `stem.1`"));
}

TEST_CASE("inlay hints end at a mistake and go on where nothing depends on it") {
  Document document("network A {\n  input x: f32[N, 3, 8, 8]\n  let a = x |> relu |> cnv(3) |> relu\n"
                    "  output y = x |> conv(4, 3)\n}\n");
  CHECK(hints(document) == "3:20 [N, 3, 8, 8]\n4:29 [N, 4, 6, 6]\n");
}

TEST_CASE("inlay hints stay within the range that is asked for") {
  Document document(lenet);
  uint32_t line = uint32_t(document.text().find("    |> flatten"));
  CHECK(inlayHints(*document.analysis, {document.analysis->file(), line, ~0u}).size() == 2);
}

TEST_CASE("symbols are the declarations with what they hold") {
  Document document(lenet + "train LeNet {\n  input label: i32[N]\n  loss = cross_entropy(logits, label)\n"
                            "  optimizer = adam()\n}\nlet [a, b] = [1, 2]\n");
  std::vector<lsp::DocumentSymbol> list = symbols(*document.analysis);
  REQUIRE(list.size() == 4);
  CHECK(list[0].name == "LeNet");
  REQUIRE(list[0].children.size() == 2);
  CHECK(list[0].children[0].name == "image");
  CHECK(list[0].children[1].detail == "[N, 10]");
  CHECK(list[1].name == "train LeNet");
  CHECK(list[1].children[0].name == "label");
  CHECK(list[2].name == "a");
  for (const lsp::DocumentSymbol& symbol : list) CHECK(symbol.range.contains(symbol.selectionRange));
}

TEST_CASE("formatting changes only the lines that differ") {
  Document document("let a = 1\nlet b =2\nlet c = 3\n");
  std::vector<lsp::TextEdit> edits = formatting(*document.analysis);
  REQUIRE(edits.size() == 1);
  CHECK(document.at(edits[0].range) == "let b =2\n");
  CHECK(edits[0].newText == "let b = 2\n");
  CHECK(formatting(*Document("let a = 1\n").analysis).empty());
  CHECK(formatting(*Document("let a = (1\n").analysis).empty());
}

TEST_CASE("definitions are found for every kind of name") {
  auto defined = [](const std::string& text) {
    Document document(text);
    auto place = definition(*document.analysis, document.offset);
    return place ? document.line(place->range.start) + " " + document.at(place->range) : "";
  };
  CHECK(defined(marked(lenet, "linear(", "classes)")) == "2:15 classes");
  CHECK(defined(marked(lenet, "logits = ", "image")) == "3:9 image");
  CHECK(defined(marked(twice, "|> ", "Unit(8)")) == "1:7 Unit");
  CHECK(defined(marked(twice, "= ", "x |>")) == "1:12 x");
  CHECK(defined("func f(v: int) -> int = v\nlet a = f(^v = 2)\n") == "1:8 v");
  CHECK(
      defined("network A {\n  input x: f32[N, 2]\n  output y = x\n}\ntrain A {\n  loss = mse(^y, y)\n}\n") ==
      "3:10 y");
  CHECK(defined("network A {\n  input x: f32[N, 2]\n  input z: f32[^N, 2]\n  output y = x\n}\n") == "2:16 N");
  CHECK(defined("let a = [1]\nlet b = \"{^a[0]}\"\n") == "1:5 a");
  CHECK(defined("network A {\n  input x: f32[N, 2]\n  let mid = x\n  output y = x\n}\nnetwork B {\n"
                "  input x: f32[N, 2]\n  let a = x |> A\n  output z = a.^mid\n}\n") == "3:7 mid");
  CHECK(defined(marked(lenet, "|> ", "relu")) == "");
}

TEST_CASE("mistakes have a place, an id, notes and places that belong to them") {
  Document document("let a = 1\nlet a = 2\nlet é = 3\nlet b = nme\n");
  llvm::json::Array list = diagnostics(*document.analysis);
  REQUIRE(list.size() >= 2);
  const llvm::json::Object& first = *list[0].getAsObject();
  CHECK(first.getString("code") == llvm::StringRef("E0201"));
  CHECK(first.getInteger("severity") == 1);
  CHECK(first.getArray("relatedInformation")->size() == 1);
}

TEST_CASE("places count UTF-16 units") {
  Document document("let a = \"é😀\" + nme\n");
  llvm::json::Array list = diagnostics(*document.analysis);
  REQUIRE(list.size() == 1);
  const llvm::json::Object* start = list[0].getAsObject()->getObject("range")->getObject("start");
  CHECK(start->getInteger("character") == 16);
  CHECK(offsetOf(document.analysis->source(), {0, 16}) == document.text().find("nme"));
  CHECK(offsetOf(document.analysis->source(), {0, 1000}) == document.text().size() - 1);
  CHECK(offsetOf(document.analysis->source(), {1000, 0}) == document.text().size());
}

TEST_CASE("fix-its are actions") {
  Document document("network A {\n  input x: f32[N, 3, 8, 8]\n  output y = x |> ^conw(4, 3)\n}\n");
  llvm::json::Array actions =
      codeActions(*document.analysis, {document.analysis->file(), document.offset, document.offset});
  REQUIRE(actions.size() == 2);
  const llvm::json::Object& fix = *actions[0].getAsObject();
  CHECK(fix.getString("kind") == llvm::StringRef("quickfix"));
  const llvm::json::Array* edits =
      fix.getObject("edit")->getObject("changes")->getArray("file:///test/test.cnn");
  REQUIRE(edits);
  CHECK((*edits)[0].getAsObject()->getString("newText") == llvm::StringRef("conv"));
  CHECK(actions[1].getAsObject()->getString("kind") == llvm::StringRef("source.fixAll.cnnc"));
  CHECK(fix.getBoolean("isPreferred") == true);
  CHECK(codeActions(*document.analysis, {document.analysis->file(), 0, 0}).size() == 1);
}

TEST_CASE("what is not sure is an action, and no part of fixing all") {
  Document document("network A {\n  input x: f32[N, 3, 8, 8]\n  output y = x ^+ x |> relu\n}\n");
  llvm::json::Array actions =
      codeActions(*document.analysis, {document.analysis->file(), document.offset, document.offset});
  REQUIRE(actions.size() == 2);
  for (const llvm::json::Value& action : actions) {
    CHECK(action.getAsObject()->getString("kind") == llvm::StringRef("quickfix"));
    CHECK_FALSE(action.getAsObject()->getBoolean("isPreferred"));
  }
}

TEST_CASE("warnings are shown as warnings") {
  Document document("network A {\n  input x: f32[N, 3, 8, 8]\n  input ^z: f32[N, 3]\n  output y = x\n}\n");
  llvm::json::Array list = diagnostics(*document.analysis);
  REQUIRE(list.size() == 1);
  CHECK(list[0].getAsObject()->getString("code") == llvm::StringRef("W0601"));
  CHECK(list[0].getAsObject()->getInteger("severity") == 2);
}
