// Pictures and their masks, in two folders with files of the same names.
#ifndef CNN_DATA_PAIRS_H
#define CNN_DATA_PAIRS_H

#include <cnn/data.hpp>

namespace cnn {

/// `pictures`/train and `masks`/train, likewise test and val where they are: for each picture a mask (PNG)
/// with its name but for the ending, and of its size. Both stay in their files, as a column each, named as
/// their folders.
Result<DataSplits> list_pairs(const std::string& pictures, const std::string& masks, int channels);

} // namespace cnn
#endif
