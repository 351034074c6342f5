//===- picture.h - The SVG element of a drawing -------------------------------------------------------===//
#ifndef CNN_COMPILER_SUMMARY_TO_DRAWING_PICTURE_H
#define CNN_COMPILER_SUMMARY_TO_DRAWING_PICTURE_H

#include "summary_to_drawing/placement.h"

#include "llvm/Support/raw_ostream.h"

namespace cnn {

/// still: what the folding shows. folding: all parts of all blocks, with what the page's script needs to
/// place them.
enum class PictureKind { still, folding };

struct DrawnPicture {
  const NetworkSummary& network;
  NetworkPart root;
  Flow flow;
  Measures measures;
  Placement placement;

  DrawnPicture(const NetworkSummary& network, int depth);
};

/// `style` is CSS; empty where the page has it.
void writePicture(llvm::raw_ostream& out, const DrawnPicture& picture, PictureKind kind,
                  llvm::StringRef style);

/// A box in perspective, as high and wide as the result's pictures and as deep as its channels, within 34
/// x 34.
void writeShapeGlyph(llvm::raw_ostream& out, const Shape& shape, int64_t largestExtent);

} // namespace cnn

#endif
