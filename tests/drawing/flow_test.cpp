//===- flow_test.cpp - Blocks, grids and coordinates of random networks -------------------------------===//

#include "summary_to_drawing/drawing.h"
#include "summary_to_drawing/placement.h"
#include "summary_to_drawing/text.h"

#include <catch2/catch.hpp>

#include <functional>
#include <map>
#include <random>
#include <set>

using namespace cnn;

namespace {

Layer layer(std::string path, std::vector<size_t> inputs) {
  Layer result;
  result.path = std::move(path);
  result.operation = "relu";
  result.inputs = std::move(inputs);
  result.shape = {{"N", -1}, {"8", 8}};
  return result;
}

NetworkSummary chain(const std::vector<std::string>& paths) {
  NetworkSummary network;
  network.name = "Net";
  network.inputs = {{"x", 0, {{"N", -1}, {"8", 8}}}};
  for (const std::string& path : paths) network.layers.push_back(layer(path, {network.layers.size()}));
  network.outputs = {{"y", paths.size(), {{"N", -1}, {"8", 8}}}};
  return network;
}

/// (a b (c d)): labels, blocks in parentheses.
std::string tree(const NetworkPart& part) {
  if (!part.isBlock()) return part.label;
  std::string text = part.label + "(";
  for (const NetworkPart& inner : part.parts)
    text += (&inner == &part.parts.front() ? "" : " ") + tree(inner);
  return text + ")";
}
std::string treeOf(const std::vector<std::string>& paths) {
  return tree(partsOf(chain(paths)));
}

NetworkSummary randomNetwork(std::mt19937& random) {
  auto below = [&](size_t n) { return size_t(random() % n); };
  NetworkSummary network;
  network.name = "Random";
  size_t inputs = 1 + below(3), layers = 1 + below(60);
  for (size_t i = 0; i < inputs; ++i)
    network.inputs.push_back({"in" + std::to_string(i), i, {{"N", -1}, {"8", 8}}});
  std::string path;
  for (size_t i = 0; i < layers; ++i) {
    if (i == 0 || below(3) == 0)
      path = "b" + std::to_string(below(4)) + (below(2) ? ".c" + std::to_string(below(3)) : "");
    std::vector<size_t> reads;
    for (size_t k = 0, count = 1 + below(3); k < count; ++k) {
      size_t values = inputs + i;
      reads.push_back(below(2) ? values - 1 : below(values));
    }
    network.layers.push_back(
        layer(below(5) ? path + ".l" + std::to_string(i) : "l" + std::to_string(i), reads));
  }
  std::set<size_t> unread; // every value goes somewhere, as in the dialect
  for (size_t value = 0; value < inputs + layers; ++value) unread.insert(value);
  for (const Layer& each : network.layers)
    for (size_t value : each.inputs) unread.erase(value);
  for (size_t value : unread)
    network.outputs.push_back({"out" + std::to_string(value), value, {{"N", -1}, {"8", 8}}});
  return network;
}

/// Nothing lies on anything else, and every value comes from above.
void checkFlow(const NetworkPart& block, const Flow& flow) {
  std::map<std::pair<int, size_t>, std::string> cells;
  auto take = [&](int column, size_t first, size_t last, const std::string& by) {
    for (size_t row = first; row <= last; ++row) {
      auto [found, isNew] = cells.try_emplace({column, row}, by);
      INFO("row " << row << ", column " << column << ": " << by << " and " << found->second);
      REQUIRE((isNew || found->second == by));
    }
  };
  REQUIRE(flow.cells.size() == block.parts.size());
  for (size_t part = 0; part < flow.cells.size(); ++part) {
    const Cell& cell = flow.cells[part];
    REQUIRE(cell.row >= 1);
    REQUIRE(cell.lastRow >= cell.row);
    REQUIRE(cell.lastRow + 1 < flow.rows);
    REQUIRE(cell.column >= flow.firstColumn);
    REQUIRE(cell.column <= flow.lastColumn);
    take(cell.column, cell.row, cell.lastRow, "part " + std::to_string(part));
  }
  for (size_t i = 0; i < flow.inputs.size(); ++i)
    take(flow.inputs[i].column, 0, 0, "input " + std::to_string(i));
  for (size_t i = 0; i < flow.outputs.size(); ++i)
    take(flow.outputs[i].column, flow.rows - 1, flow.rows - 1, "output " + std::to_string(i));
  for (const Wire& wire : flow.wires) {
    size_t first = flow.firstRow(wire), last = flow.lastRow(wire);
    REQUIRE(first < last);
    if (last > first + 1)
      take(wire.lane, first + 1, last - 1,
           "value " + std::to_string(wire.from) + "/" + std::to_string(wire.fromPort));
  }
  for (size_t part = 0; part < block.parts.size(); ++part)
    if (block.parts[part].isBlock()) checkFlow(block.parts[part], flow.flows[part]);
}

void checkPlacement(const Flow& flow, const Placement& block) {
  for (size_t i = 0; i < block.parts.size(); ++i) {
    const Placement& a = block.parts[i];
    CHECK(a.x >= 0);
    CHECK(a.x + a.width <= block.width);
    CHECK(a.y + a.height <= block.height);
    for (size_t k = 0; k < i; ++k) {
      const Placement& b = block.parts[k];
      CHECK((a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y));
    }
    if (a.open) checkPlacement(flow.flows[i], a);
  }
}

} // namespace

TEST_CASE("blocks are runs of layers with a common path") {
  CHECK(treeOf({"conv1", "relu1"}) == "Net(conv1 relu1)");
  CHECK(treeOf({"a.x", "a.y", "b"}) == "Net(a(x y) b)");
  CHECK(treeOf({"a.b.x", "a.b.y", "a.c"}) == "Net(a(b(x y) c))");
  CHECK(treeOf({"a.b.x", "a.b.y"}) == "Net(a.b(x y))"); // one block inside another and nothing else: one box
  CHECK(treeOf({"a.x", "z", "a.y"}) == "Net(a.x z a.y)"); // a layer alone is no block
  CHECK(treeOf({"ab.x", "a.y", "a.z"}) == "Net(ab.x a(y z))");
}

TEST_CASE("a further application of a shared block is a block of its own") {
  CHECK(treeOf({"e.0", "e.1", "e.0", "e.1", "sub"}) == "Net(e(0 1) e(0 1) sub)");
}

TEST_CASE("the ops of a composed operator are a block") {
  CHECK(treeOf({"conv1", "swish", "swish", "swish"}) == "Net(conv1 swish(relu relu relu))");
  CHECK(treeOf({"a.s", "a.s", "a.conv"}) == "Net(a(s(relu relu) conv))");
}

TEST_CASE("blocks are nested so deep that a recursion over them is safe, and no deeper") {
  std::vector<std::string> paths;
  std::string path = "a";
  for (int i = 0; i < 3000; ++i, path += ".a") paths.push_back(path + ".l" + std::to_string(i));
  NetworkPart root = partsOf(chain(paths));
  int depth = 0;
  for (const NetworkPart* part = &root; part->isBlock(); part = &part->parts.back()) ++depth;
  CHECK(depth == 65);
  CHECK(root.end == 3000);
  CHECK_FALSE(drawSvg(chain(paths), {}).empty());
}

TEST_CASE("a residual stands on the spine, and its shortcut passes in a lane beside it") {
  NetworkSummary network = chain({"conv", "bn", "add"});
  network.layers[2].inputs.push_back(0);
  NetworkPart root = partsOf(network);
  Flow flow = flowOf(network, root);
  for (const Cell& cell : flow.cells) CHECK(cell.column == 0);
  REQUIRE(flow.wires.size() == 5);
  int lanes = 0;
  for (const Wire& wire : flow.wires) lanes += wire.from == Flow::border && wire.to == 2 && wire.lane == 1;
  CHECK(lanes == 1);
}

TEST_CASE("random networks are drawn without overlaps, for any folding") {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    NetworkSummary network = randomNetwork(random);
    INFO("round " << round);
    NetworkPart root = partsOf(network);
    Flow flow = flowOf(network, root);
    checkFlow(root, flow);
    for (int depth = 0; depth < 4; ++depth)
      checkPlacement(flow, place(network, root, flow, Measures(), Folding{depth}));
    CHECK(drawPage(network, {}) == drawPage(network, {}));
  }
}

TEST_CASE("a dense network of a thousand layers, each reading all before it, is drawn") {
  NetworkSummary network = chain(std::vector<std::string>(1, "l0"));
  for (size_t i = 1; i < 1000; ++i) {
    std::vector<size_t> all(i + 1);
    for (size_t k = 0; k <= i; ++k) all[k] = k;
    network.layers.push_back(layer("l" + std::to_string(i), all));
  }
  network.outputs[0].value = 1000;
  NetworkPart root = partsOf(network);
  Flow flow = flowOf(network, root);
  CHECK(flow.lastColumn - flow.firstColumn >= 998); // a lane for each value
}

TEST_CASE("numbers and texts are shortened") {
  CHECK(shortNumber(0) == "0");
  CHECK(shortNumber(999) == "999");
  CHECK(shortNumber(1000) == "1.00 k");
  CHECK(shortNumber(25557032) == "25.6 M");
  CHECK(shortNumber(4089184256) == "4.09 G");
  CHECK(shortNumber(999999) == "1.00 M");
  CHECK(shortBytes(1536) == "1.50 KiB");
  CHECK(fitted("denselayer12", 6, Keep::back) == "…yer12");
  CHECK(fitted("denselayer12", 6, Keep::front) == "dense…");
  CHECK(fitted("ääää", 4, Keep::back) == "ääää");
  CHECK(fitted("ääääb", 3, Keep::back) == "…äb");
  CHECK(escaped("a<&\">'\x01") == "a&lt;&amp;&quot;&gt;&apos;\xEF\xBF\xBD");
}

TEST_CASE("branches stand beside the spine in the order of the program") {
  NetworkSummary network = chain({});
  std::vector<size_t> ends;
  for (const auto& [name, length] :
       std::vector<std::pair<std::string, size_t>>{{"a", 1}, {"b", 2}, {"c", 4}, {"d", 2}, {"e", 1}}) {
    size_t value = 0;
    for (size_t i = 0; i < length; ++i) {
      network.layers.push_back(layer(name + std::to_string(i), {value}));
      value = network.layers.size();
    }
    ends.push_back(value);
  }
  network.layers.push_back(layer("join", ends));
  network.outputs[0].value = network.layers.size();
  NetworkPart root = partsOf(network);
  Flow flow = flowOf(network, root);
  checkFlow(root, flow);
  std::vector<int> columns;
  for (size_t end : ends) columns.push_back(flow.cells[end - 1].column);
  CHECK(columns == std::vector<int>{-2, -1, 0, 1, 2});
}

TEST_CASE("settings that do not fit beside the name have a line of their own") {
  Layer conv = layer("up", {0});
  conv.operation = "conv";
  conv.settings = {{"kernel", "3x3"}, {"stride", "2"}};
  conv.shape = {{"N", -1}, {"64", 64}, {"112", 112}, {"112", 112}};
  CHECK_FALSE(hasSettingsLine(conv));
  conv.operation = "conv_transpose";
  CHECK(hasSettingsLine(conv));
  NetworkSummary network = chain({"up"});
  network.layers[0] = conv;
  network.layers[0].cost.parameters = 100;
  Measures measures;
  NetworkPart root = partsOf(network);
  CHECK(heightOf(network, root.parts[0], measures) == measures.layerHeight + measures.settingsHeight);
}

TEST_CASE("layers that read the weights of earlier ones say so") {
  NetworkSummary network = chain({"tower.conv", "tower.relu", "tower.conv", "tower.relu"});
  network.layers[0].cost.parameters = 100;
  network.layers[2].weightsOf = "tower.conv";
  NetworkPart root = partsOf(network);
  REQUIRE(root.parts.size() == 2);
  CHECK_FALSE(sharesWeights(network, root.parts[0]));
  CHECK(sharesWeights(network, root.parts[1]));
  CHECK(factsOf(network, {"tower.conv", "conv", 2, 3, {}}).find("weights: those of tower.conv") !=
        std::string::npos);
  CHECK(shortCost({}, true) == "shared weights");
}
