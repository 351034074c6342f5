/// What statistics over a batch demand of its size.
#pragma once

#include "ast_to_dialect/elaborator.h"

namespace cnn {

/// A batch norm that training moves takes the variance of each channel over the batch's samples and pixels:
/// where each sample has one pixel, a batch of one has none. The network then asserts a batch of two in
/// training, as if the user had written so; training's own batch sizes are checked at once. After the train
/// section's parameters are frozen.
void assertBatchStatistics(Elaborator& elaborator, FunctionOp loss, const std::vector<int64_t>& batches,
                           const Frame& frame);

} // namespace cnn
