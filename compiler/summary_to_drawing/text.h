//===- text.h - Texts of a drawing --------------------------------------------------------------------===//
#ifndef CNN_COMPILER_SUMMARY_TO_DRAWING_TEXT_H
#define CNN_COMPILER_SUMMARY_TO_DRAWING_TEXT_H

#include "dialect_to_summary/summary.h"

#include <string_view>

namespace cnn {

/// For XML text and attributes; characters that XML cannot hold become U+FFFD.
std::string escaped(std::string_view text);

/// 950, 25.6 k, 4.09 G: three digits.
std::string shortNumber(int64_t number);

/// 950 B, 97.5 KiB, 1.5 MiB
std::string shortBytes(int64_t bytes);

/// At most so many characters, the first or the last ones, with an ellipsis for the others.
enum class Keep { front, back };
std::string fitted(std::string_view text, size_t characters, Keep keep);

size_t charactersOf(std::string_view text);

/// 64 × 56 × 56: without the batch.
std::string sampleShape(const Shape& shape);

/// The label, or the whole path where the label begins with a number.
std::string nameOf(const NetworkPart& part);

/// 3×3, stride 2: as many settings as fit.
std::string shortSettings(const Layer& layer, size_t characters);

/// Whether a layer's settings do not fit between its name and its shape, and take a line of their own.
bool hasSettingsLine(const Layer& layer);
constexpr size_t lineCharacters = 36; ///< of a box, right of the glyph
std::string shortShape(const Shape& shape);

/// 9,408 params · 118 M MACs: what is not 0, shortened. Of weights that an earlier layer has read it says
/// that they are shared.
std::string shortCost(const LayerCost& cost, bool sharesWeights);

/// Whether all layers of a part that read weights read those of earlier layers.
bool sharesWeights(const NetworkSummary& network, const NetworkPart& part);

/// One fact a line, the path first: what a part's tooltip shows.
std::string factsOf(const NetworkSummary& network, const NetworkPart& part);

/// 1 layer, 2 layers
std::string counted(size_t number, std::string_view noun);

/// The network's numbers and what they are: 25.6 M, parameters.
std::vector<std::pair<std::string, std::string>> totalsOf(const NetworkSummary& network);

} // namespace cnn

#endif
