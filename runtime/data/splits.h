// The parts of a data set in a folder: train, and beside it test and validation, as far as they are there.
#ifndef CNN_DATA_SPLITS_H
#define CNN_DATA_SPLITS_H

#include <cnn/data.hpp>

#include <functional>

namespace cnn {

/// Reads folder/train, which must be there, folder/test, and folder/val, which may also be called valid or
/// validation. `read` gets a part's name.
Result<DataSplits> readSplits(const std::string& folder,
                              const std::function<Result<Dataset>(const char*)>& read);

} // namespace cnn
#endif
