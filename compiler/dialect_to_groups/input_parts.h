//===- input_parts.h - What a chunk of a layer reads ------------------------------------------------===//
#ifndef CNN_COMPILER_DIALECT_TO_GROUPS_INPUT_PARTS_H
#define CNN_COMPILER_DIALECT_TO_GROUPS_INPUT_PARTS_H

#include "dialect_to_groups/plan.h"

namespace cnn {

/// For an inference kernel that is called on chunks of its range: what such a call reads of input `index`.
/// Nothing where it is more than is worth fetching before the work begins.
std::optional<InputPart> inputPart(const kernel::Kernel& kernel, size_t index, int64_t rangeChunk);

} // namespace cnn

#endif
