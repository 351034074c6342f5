//===- placement.cpp - Coordinates of a drawing in which some blocks are folded -----------------------===//

#include "summary_to_drawing/placement.h"

#include "summary_to_drawing/text.h"

#include <algorithm>

namespace cnn {
namespace {

size_t boxesOf(const NetworkPart& part, int depth) {
  if (!part.isBlock() || depth < 0) return 1;
  size_t boxes = 0;
  for (const NetworkPart& inner : part.parts) boxes += boxesOf(inner, depth - 1);
  return boxes;
}

int levelsOf(const NetworkPart& part) {
  int levels = 0;
  for (const NetworkPart& inner : part.parts)
    if (inner.isBlock()) levels = std::max(levels, 1 + levelsOf(inner));
  return levels;
}

class Placer {
public:
  Placer(const NetworkSummary& network, const Measures& measures, const Folding& folding)
      : network(network), measures(measures), folding(folding) {}

  /// The network itself is level -1: open, without border, with boxes for its inputs and outputs.
  Placement place(const NetworkPart& part, const Flow& flow, int level) const {
    if (level >= 0 && (!part.isBlock() || !folding.isOpen(level))) return closed(part);
    bool root = level < 0;
    Placement block;
    block.open = true;
    for (size_t i = 0; i < part.parts.size(); ++i)
      block.parts.push_back(place(part.parts[i], flow.flows[i], level + 1));
    placeColumns(flow, block, root);
    placeRows(flow, block, root);
    for (size_t i = 0; i < part.parts.size(); ++i) {
      const Cell& cell = flow.cells[i];
      block.parts[i].x = block.columnAxis[size_t(cell.column - flow.firstColumn)] - block.parts[i].axis;
      block.parts[i].y = block.rowTop[cell.row];
    }
    return block;
  }

private:
  const NetworkSummary& network;
  const Measures& measures;
  const Folding& folding;

  Placement closed(const NetworkPart& part) const {
    Placement box;
    box.width = measures.boxWidth;
    box.axis = box.width / 2;
    box.height = heightOf(network, part, measures);
    return box;
  }

  void placeColumns(const Flow& flow, Placement& block, bool root) const {
    size_t count = size_t(flow.lastColumn - flow.firstColumn + 1);
    std::vector<int> left(count, measures.laneWidth / 2), right = left;
    auto widen = [&](int column, int toLeft, int toRight) {
      size_t at = size_t(column - flow.firstColumn);
      left[at] = std::max(left[at], toLeft);
      right[at] = std::max(right[at], toRight);
    };
    for (size_t i = 0; i < block.parts.size(); ++i)
      widen(flow.cells[i].column, block.parts[i].axis, block.parts[i].width - block.parts[i].axis);
    if (root)
      for (const std::vector<Port>* ports : {&flow.inputs, &flow.outputs})
        for (const Port& port : *ports) widen(port.column, measures.portWidth / 2, measures.portWidth / 2);
    int x = measures.padding;
    for (size_t i = 0; i < count; ++i) {
      block.columnAxis.push_back(x + left[i]);
      x += left[i] + right[i] + (i + 1 < count ? measures.columnGap : measures.padding);
    }
    int missing = std::max(0, measures.boxWidth - x) / 2; // so that the header fits
    for (int& axis : block.columnAxis) axis += missing;
    block.width = x + 2 * missing;
    block.axis = block.columnAxis[size_t(-flow.firstColumn)];
  }

  void placeRows(const Flow& flow, Placement& block, bool root) const {
    std::vector<std::vector<size_t>> ending(flow.rows);
    for (size_t i = 0; i < block.parts.size(); ++i) ending[flow.cells[i].lastRow].push_back(i);
    int y = root ? measures.padding : measures.header;
    for (size_t row = 0; row < flow.rows; ++row) {
      block.rowTop.push_back(y);
      if (root && (row == 0 || row + 1 == flow.rows)) y += measures.portHeight;
      for (size_t i : ending[row]) y = std::max(y, block.rowTop[flow.cells[i].row] + block.parts[i].height);
      block.rowBottom.push_back(y);
      y += measures.rowGap;
    }
    block.height = y - measures.rowGap + (root ? measures.padding : 0);
  }
};

std::string point(int x, int y) {
  return std::to_string(x) + " " + std::to_string(y);
}

/// Where the value leaves the part, or enters the open block that the wire belongs to.
std::pair<int, int> startOf(const Flow& flow, const Placement& block, const Wire& wire) {
  if (wire.from == Flow::border)
    return {block.columnAxis[size_t(flow.inputs[wire.fromPort].column - flow.firstColumn)],
            block.rowBottom.front()};
  const Placement& part = block.parts[wire.from];
  const Flow& inner = flow.flows[wire.from];
  int x = part.open ? part.columnAxis[size_t(inner.outputs[wire.fromPort].column - inner.firstColumn)]
                    : part.axis;
  return {part.x + x, part.y + part.height};
}

std::pair<int, int> endOf(const Flow& flow, const Placement& block, const Wire& wire) {
  if (wire.to == Flow::border)
    return {block.columnAxis[size_t(flow.outputs[wire.toPort].column - flow.firstColumn)],
            block.rowTop.back()};
  const Placement& part = block.parts[wire.to];
  const Flow& inner = flow.flows[wire.to];
  int x =
      part.open ? part.columnAxis[size_t(inner.inputs[wire.toPort].column - inner.firstColumn)] : part.axis;
  return {part.x + x, part.y};
}

} // namespace

int heightOf(const NetworkSummary& network, const NetworkPart& part, const Measures& measures) {
  if (part.isBlock()) return measures.blockHeight;
  if (isSmall(network, part)) return measures.smallHeight;
  bool further = hasSettingsLine(network.layers[part.begin]);
  return measures.layerHeight + (further ? measures.settingsHeight : 0);
}

bool isSmall(const NetworkSummary& network, const NetworkPart& part) {
  const Layer& layer = network.layers[part.begin];
  return layer.cost.parameters == 0 && layer.cost.macs == 0 && !layer.inputs.empty() &&
         std::ranges::all_of(layer.inputs,
                             [&](size_t value) { return shapeOfValue(network, value) == layer.shape; });
}

const Shape& shapeOfValue(const NetworkSummary& network, size_t value) {
  size_t inputs = network.inputs.size();
  return value < inputs ? network.inputs[value].shape : network.layers[value - inputs].shape;
}

Folding foldingFor(const NetworkPart& root, size_t mostBoxes) {
  int levels = levelsOf(root);
  for (int depth = levels; depth > 0; --depth)
    if (boxesOf(root, depth) <= mostBoxes) return {depth};
  return {0};
}

Placement place(const NetworkSummary& network, const NetworkPart& root, const Flow& flow,
                const Measures& measures, const Folding& folding) {
  return Placer(network, measures, folding).place(root, flow, -1);
}

std::string wirePath(const Flow& flow, const Placement& block, const Wire& wire) {
  auto [x, y] = startOf(flow, block, wire);
  auto [endX, endY] = endOf(flow, block, wire);
  std::string path = "M" + point(x, y);
  auto curveTo = [&](int toX, int toY) {
    int middle = (y + toY) / 2;
    if (x == toX)
      path += "V" + std::to_string(toY);
    else
      path += "C" + point(x, middle + (toY - y) / 4) + " " + point(toX, middle - (toY - y) / 4) + " " +
              point(toX, toY);
    x = toX;
    y = toY;
  };
  size_t row = flow.firstRow(wire), last = flow.lastRow(wire);
  if (y != block.rowBottom[row]) curveTo(x, block.rowBottom[row]);
  if (last > row + 1) {
    int lane = block.columnAxis[size_t(wire.lane - flow.firstColumn)];
    curveTo(lane, block.rowTop[row + 1]);
    curveTo(lane, block.rowBottom[last - 1]);
  }
  curveTo(endX, endY);
  return path;
}

} // namespace cnn
