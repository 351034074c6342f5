// What a reader of a data set is asked for, and the readers that readers.def lists.
#ifndef CNN_DATA_READERS_H
#define CNN_DATA_READERS_H

#include <cnn/data.hpp>

namespace cnn {

struct ReaderRequest {
  std::vector<std::string>
      arguments;             // as readers.def names them, paths as the user replaced them; "": left out
  const cnn_tensor* picture; // the network's input that pictures must fit; may be null
  bool ofAnySize;            // pictures are cut to size later

  const std::string& path() const { return arguments.front(); }
};

#define CNN_READER(name, paths, ...) Result<DataSplits> load_##name(const ReaderRequest& request);
#include "readers.def"
#undef CNN_READER

} // namespace cnn
#endif
