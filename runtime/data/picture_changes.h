// What happens to the pictures of a data set on their way to a network, from its tables.
#ifndef CNN_DATA_PICTURE_CHANGES_H
#define CNN_DATA_PICTURE_CHANGES_H

#include "augment.h"
#include "binding.h"

namespace cnn {

/// The changes of one kind of pass over the data, in order.
struct ChangePlan {
  std::vector<const cnn_augment*> changes;

  /// In training the augments, and preprocess for what they leave alone; else preprocess alone.
  static ChangePlan make(const cnn_training& table, bool training);
  /// For each of `count` inputs whether anything changes it, so that its pictures may have any size.
  std::vector<bool> changed(std::size_t count) const;
};

/// Whether the network's input number `input` has a preprocess.
bool hasPreprocess(const cnn_description& network, std::uint32_t input);

/// The changes for each column; every picture must become what the network takes.
Result<std::vector<ColumnChanges>> makeChanges(const ChangePlan& plan, const Dataset& dataset,
                                               const std::vector<BoundColumn>& columns);

} // namespace cnn
#endif
