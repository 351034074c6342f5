//===- drawing.h - A network as a picture -------------------------------------------------------------===//
#ifndef CNN_COMPILER_SUMMARY_TO_DRAWING_DRAWING_H
#define CNN_COMPILER_SUMMARY_TO_DRAWING_DRAWING_H

#include "dialect_to_summary/summary.h"

namespace cnn {

/// Blocks within so many blocks are open; -1: as many as stay readable.
struct DrawingOptions {
  int depth = -1;
};

/// A whole SVG file.
std::string drawSvg(const NetworkSummary& network, const DrawingOptions& options);

/// A whole HTML file that needs nothing else: the same picture, in which blocks fold and unfold, with zoom,
/// search and the numbers of the chosen part.
std::string drawPage(const NetworkSummary& network, const DrawingOptions& options);

} // namespace cnn

#endif
