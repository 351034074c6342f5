//===- flow.h - Where the parts of a block stand in a grid, and how values get from one to the other --===//
//
// Values flow from the top row, where they enter the block, down to the bottom row, where they leave. A part
// stands one row below the last of the parts that it reads. Column 0 is the spine: the longest chain;
// branches stand in the columns beside it. A value that passes by other parts does so in a lane: cells of one
// column that hold nothing else. All of this is independent of which blocks are folded.
//
//===--------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_SUMMARY_TO_DRAWING_FLOW_H
#define CNN_COMPILER_SUMMARY_TO_DRAWING_FLOW_H

#include "dialect_to_summary/summary.h"

namespace cnn {

struct Cell {
  size_t row = 0, lastRow = 0; ///< a tall part may reach down beside others, as far as nobody reads it
  int column = 0;
};

/// A value on a border of the block.
struct Port {
  size_t value = 0;
  int column = 0;
};

/// From a part, or from the top (`Flow::border`), to a part, or to the bottom.
struct Wire {
  size_t from = 0, fromPort = 0; ///< which of the part's outputs, or of the block's inputs
  size_t to = 0, toPort = 0;
  int lane = 0; ///< column, where the wire passes rows
};

struct Flow {
  static constexpr size_t border = size_t(-1);
  size_t rows = 2; ///< with top and bottom
  int firstColumn = 0, lastColumn = 0;
  std::vector<Cell> cells; ///< of each part
  std::vector<Port> inputs, outputs;
  std::vector<Wire> wires;
  std::vector<Flow> flows; ///< of each part; empty ones for layers

  /// The row below which the wire begins, and the row above which it ends.
  size_t firstRow(const Wire& wire) const { return wire.from == border ? 0 : cells[wire.from].lastRow; }
  size_t lastRow(const Wire& wire) const { return wire.to == border ? rows - 1 : cells[wire.to].row; }
};

Flow flowOf(const NetworkSummary& network, const NetworkPart& root);

} // namespace cnn

#endif
