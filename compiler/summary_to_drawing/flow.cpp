//===- flow.cpp - Where the parts of a block stand in a grid ------------------------------------------===//

#include "summary_to_drawing/flow.h"

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>

namespace cnn {
namespace {

/// Which rows of each column are taken.
class Columns {
public:
  bool isFree(int column, size_t first, size_t last) const {
    auto found = taken.find(column);
    if (found == taken.end() || first > last) return true;
    auto next = found->second.upper_bound(last); // the first that begins below
    return next == found->second.begin() || std::prev(next)->second < first;
  }

  void take(int column, size_t first, size_t last) {
    if (first > last) return;
    taken[column][first] = last;
    lowest = std::min(lowest, column);
    highest = std::max(highest, column);
  }

  /// The free column nearest to the spine on one side of it: 1 for right, -1 for left.
  int chooseBeside(int side, size_t first, size_t last) const {
    int column = side;
    while (!isFree(column, first, last)) column += side;
    return column;
  }

  /// One of the wished columns, or the free one nearest to the spine, right before left.
  int choose(std::initializer_list<int> wished, size_t first, size_t last) const {
    for (int column : wished)
      if (isFree(column, first, last)) return column;
    int distance = 1;
    while (!isFree(distance, first, last) && !isFree(-distance, first, last)) ++distance;
    return isFree(distance, first, last) ? distance : -distance;
  }

  int lowest = 0, highest = 0;

private:
  std::map<int, std::map<size_t, size_t>> taken; ///< first row -> last row
};

class FlowBuilder {
public:
  /// `uses` holds the layers that read each value; outputs of the network are read by the layer past the
  /// last.
  FlowBuilder(const NetworkSummary& network, const std::vector<std::vector<size_t>>& uses,
              const NetworkPart& block)
      : network(network), uses(uses), block(block), inputCount(network.inputs.size()) {}

  Flow build() {
    findPorts();
    connect();
    assignRows();
    placeChains();
    placeInputs();
    assignLanes();
    flow.firstColumn = columns.lowest;
    flow.lastColumn = columns.highest;
    return std::move(flow);
  }

private:
  const NetworkSummary& network;
  const std::vector<std::vector<size_t>>& uses;
  const NetworkPart& block;
  size_t inputCount;
  Flow flow;
  Columns columns;
  std::vector<std::vector<size_t>> successors; ///< of each part, parts only
  std::vector<size_t> partAt;                  ///< of each layer, counted from block.begin

  bool inside(const NetworkPart& part, size_t layer) const { return layer >= part.begin && layer < part.end; }
  bool isRoot() const { return block.path.empty(); }

  /// The values that come into a part from outside, in the order of their first use.
  std::vector<size_t> entering(const NetworkPart& part) const {
    std::vector<size_t> values;
    std::map<size_t, bool> seen;
    for (size_t layer = part.begin; layer < part.end; ++layer)
      for (size_t value : network.layers[layer].inputs)
        if (!(value >= inputCount && inside(part, value - inputCount)) && !std::exchange(seen[value], true))
          values.push_back(value);
    return values;
  }

  /// The values made in a part that are read outside it.
  std::vector<size_t> leaving(const NetworkPart& part) const {
    std::vector<size_t> values;
    for (size_t layer = part.begin; layer < part.end; ++layer)
      if (std::ranges::any_of(uses[inputCount + layer], [&](size_t user) { return !inside(part, user); }))
        values.push_back(inputCount + layer);
    return values;
  }

  void findPorts() {
    if (isRoot()) {
      for (const NamedValue& input : network.inputs) flow.inputs.push_back({input.value});
      for (const NamedValue& output : network.outputs) flow.outputs.push_back({output.value});
    } else {
      for (size_t value : entering(block)) flow.inputs.push_back({value});
      for (size_t value : leaving(block)) flow.outputs.push_back({value});
    }
  }

  void connect() {
    successors.resize(block.parts.size());
    std::map<size_t, std::pair<size_t, size_t>> source; // value -> part, its port
    for (size_t i = 0; i < flow.inputs.size(); ++i) source[flow.inputs[i].value] = {Flow::border, i};
    for (size_t part = 0; part < block.parts.size(); ++part) {
      std::vector<size_t> values = entering(block.parts[part]);
      for (size_t port = 0; port < values.size(); ++port) {
        auto [from, fromPort] = source.at(values[port]);
        flow.wires.push_back({from, fromPort, part, port, 0});
        if (from != Flow::border && (successors[from].empty() || successors[from].back() != part))
          successors[from].push_back(part);
      }
      std::vector<size_t> made = leaving(block.parts[part]);
      for (size_t port = 0; port < made.size(); ++port) source[made[port]] = {part, port};
    }
    for (size_t port = 0; port < flow.outputs.size(); ++port) {
      auto [from, fromPort] = source.at(flow.outputs[port].value);
      flow.wires.push_back({from, fromPort, Flow::border, port, 0});
    }
  }

  void assignRows() {
    flow.cells.assign(block.parts.size(), {1, 1, 0});
    for (size_t part = 0; part < block.parts.size(); ++part) { // parts are in topological order
      flow.rows = std::max(flow.rows, flow.cells[part].row + 2);
      for (size_t next : successors[part])
        flow.cells[next].row = std::max(flow.cells[next].row, flow.cells[part].row + 1);
    }
  }

  /// The longest chain is the spine. The others stand beside it in the order of the program: those that come
  /// before what the spine has there on its left, the nearest first, those after it on its right.
  void placeChains() {
    std::vector<std::vector<size_t>> chains = longestChains();
    if (chains.empty()) return;
    place(chains.front(), 0);
    std::map<size_t, size_t> spine; // row -> part
    for (size_t part : chains.front()) spine[flow.cells[part].row] = part;
    std::vector<std::vector<size_t>> left, right;
    for (size_t i = 1; i < chains.size(); ++i) {
      auto beside = spine.upper_bound(flow.cells[chains[i].front()].row);
      bool before = beside != spine.begin() && chains[i].front() < std::prev(beside)->second;
      (before ? left : right).push_back(std::move(chains[i]));
    }
    std::ranges::sort(left, std::greater<>(), [](auto& chain) { return chain.front(); });
    std::ranges::sort(right, std::less<>(), [](auto& chain) { return chain.front(); });
    for (const std::vector<size_t>& chain : left) place(chain, -1);
    for (const std::vector<size_t>& chain : right) place(chain, 1);
  }

  /// The longest chain, by layers, of parts that are in none yet, until all are in one.
  std::vector<std::vector<size_t>> longestChains() {
    std::vector<std::vector<size_t>> chains;
    size_t count = block.parts.size();
    std::vector<bool> placed(count);
    std::vector<size_t> length(count), next(count);
    std::vector<std::vector<size_t>> predecessors(count);
    for (size_t part = 0; part < count; ++part)
      for (size_t user : successors[part]) predecessors[user].push_back(part);
    // The chains that begin above a placed part change only where they led into it.
    auto measure = [&](size_t part) {
      size_t best = 0, follower = count;
      for (size_t user : successors[part])
        if (!placed[user] && length[user] > best) best = length[user], follower = user;
      size_t before = std::exchange(length[part], best + block.parts[part].end - block.parts[part].begin);
      next[part] = follower;
      return before != length[part];
    };
    for (size_t part = count; part-- > 0;) measure(part);
    using Candidate = std::pair<size_t, size_t>; // length, number from the end: the first of equals wins
    std::map<Candidate, size_t> longest;
    auto key = [&](size_t part) { return Candidate(length[part], count - part); };
    for (size_t part = 0; part < count; ++part) longest[key(part)] = part;
    while (!longest.empty()) {
      std::vector<size_t> chain;
      for (size_t part = std::prev(longest.end())->second; part < count; part = next[part]) {
        chain.push_back(part);
        placed[part] = true;
        longest.erase(key(part));
      }
      std::map<size_t, bool, std::greater<>> changed; // later parts first
      for (size_t part : chain)
        for (size_t before : predecessors[part]) changed[before] = true;
      while (!changed.empty()) {
        size_t part = changed.begin()->first;
        changed.erase(changed.begin());
        if (placed[part]) continue;
        longest.erase(key(part));
        if (measure(part))
          for (size_t before : predecessors[part]) changed[before] = true;
        longest[key(part)] = part;
      }
      chains.push_back(std::move(chain));
    }
    return chains;
  }

  /// `side`: -1 for left of the spine, 1 for right, 0 for the spine itself.
  void place(const std::vector<size_t>& chain, int side) {
    size_t first = flow.cells[chain.front()].row, last = flow.cells[chain.back()].row;
    int column = side == 0 ? 0 : columns.chooseBeside(side, first, last);
    size_t longest = lastRowOf(chain.back());
    if (columns.isFree(column, last + 1, longest)) last = longest;
    columns.take(column, first, last);
    for (size_t part : chain) {
      flow.cells[part].column = column;
      flow.cells[part].lastRow = std::min(last, lastRowOf(part));
    }
  }

  size_t lastRowOf(size_t part) const {
    size_t row = flow.rows - 1;
    for (size_t user : successors[part]) row = std::min(row, flow.cells[user].row);
    return row - 1;
  }

  /// Above the spine where the spine reads the input, else above the first part that does.
  void placeInputs() {
    std::vector<std::vector<int>> readers(flow.inputs.size());
    for (const Wire& wire : flow.wires)
      if (wire.from == Flow::border && wire.to != Flow::border && flow.cells[wire.to].row == 1)
        readers[wire.fromPort].push_back(flow.cells[wire.to].column);
    for (size_t input = 0; input < flow.inputs.size(); ++input) {
      bool feedsSpine = readers[input].empty() || std::ranges::count(readers[input], 0) > 0;
      int column = columns.choose({feedsSpine ? 0 : readers[input].front()}, 0, 0);
      columns.take(column, 0, 0);
      flow.inputs[input].column = column;
    }
  }

  /// One lane for all wires of a value; values that begin higher choose first.
  void assignLanes() {
    std::map<std::tuple<size_t, size_t, size_t>, std::vector<Wire*>> values; // row, part, port
    for (Wire& wire : flow.wires) values[{flow.firstRow(wire), wire.from, wire.fromPort}].push_back(&wire);
    size_t bottom = flow.rows - 1;
    for (auto& [source, wires] : values) {
      auto [row, part, port] = source;
      int own = part == Flow::border ? flow.inputs[port].column : flow.cells[part].column;
      size_t end = 0;
      for (const Wire* wire : wires) end = std::max(end, flow.lastRow(*wire));
      int lane = own;
      if (end > row + 1) {
        lane = columns.choose({own}, row + 1, end - 1);
        columns.take(lane, row + 1, end - 1);
      }
      for (Wire* wire : wires) {
        wire->lane = lane;
        if (wire->to != Flow::border) continue;
        flow.outputs[wire->toPort].column = columns.choose({lane, own}, bottom, bottom);
        columns.take(flow.outputs[wire->toPort].column, bottom, bottom);
      }
    }
  }
};

Flow build(const NetworkSummary& network, const std::vector<std::vector<size_t>>& uses,
           const NetworkPart& block) {
  Flow flow = FlowBuilder(network, uses, block).build();
  for (const NetworkPart& part : block.parts)
    flow.flows.push_back(part.isBlock() ? build(network, uses, part) : Flow());
  return flow;
}

} // namespace

Flow flowOf(const NetworkSummary& network, const NetworkPart& root) {
  std::vector<std::vector<size_t>> uses(network.inputs.size() + network.layers.size());
  for (size_t layer = 0; layer < network.layers.size(); ++layer)
    for (size_t value : network.layers[layer].inputs) uses[value].push_back(layer);
  for (const NamedValue& output : network.outputs) uses[output.value].push_back(network.layers.size());
  return build(network, uses, root);
}

} // namespace cnn
