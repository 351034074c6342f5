//===- placement.h - Coordinates of a drawing in which some blocks are folded -------------------------===//
//
// The page's script places blocks in the same way when they are folded and unfolded (page.js, `place`); a
// test compares the two. All numbers are whole pixels.
//
//===--------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_SUMMARY_TO_DRAWING_PLACEMENT_H
#define CNN_COMPILER_SUMMARY_TO_DRAWING_PLACEMENT_H

#include "summary_to_drawing/flow.h"

namespace cnn {

/// Sizes that all drawings share; the page's script reads them from the picture.
struct Measures {
  int boxWidth = 330, layerHeight = 46, smallHeight = 28, blockHeight = 48;
  int settingsHeight = 16;              ///< of a further line, for settings that do not fit beside the name
  int portWidth = 200, portHeight = 30; ///< the network's inputs and outputs
  int header = 28;                      ///< of an open block
  int padding = 18;                     ///< between an open block's border and its parts
  int laneWidth = 20;
  int rowGap = 26, columnGap = 24;
};

/// A part with all that is in it. `x` and `y` count from the part around it; the axis, on which the parts of
/// a column stand and on which wires arrive, from the part's left border.
struct Placement {
  int x = 0, y = 0, width = 0, height = 0, axis = 0;
  bool open = false;
  std::vector<int> columnAxis;        ///< from Flow::firstColumn on
  std::vector<int> rowTop, rowBottom; ///< of an open block
  std::vector<Placement> parts;
};

/// Which blocks are open.
struct Folding {
  int depth = 1; ///< blocks within so many blocks are open; 0: all are folded
  bool isOpen(int level) const { return level < depth; }
};

/// As deep as a picture stays below `mostBoxes`.
Folding foldingFor(const NetworkPart& root, size_t mostBoxes);

Placement place(const NetworkSummary& network, const NetworkPart& root, const Flow& flow,
                const Measures& measures, const Folding& folding);

/// The wire's SVG path, in the coordinates of the open block.
std::string wirePath(const Flow& flow, const Placement& block, const Wire& wire);

/// A layer that leaves the shape and has no parameters takes one line: relu.
bool isSmall(const NetworkSummary& network, const NetworkPart& part);

/// Of the box of a layer or a folded block.
int heightOf(const NetworkSummary& network, const NetworkPart& part, const Measures& measures);

const Shape& shapeOfValue(const NetworkSummary& network, size_t value);

} // namespace cnn

#endif
