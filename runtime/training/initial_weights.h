// First values from a file, as a train section's `weights` asks for them.
#ifndef CNN_TRAINING_INITIAL_WEIGHTS_H
#define CNN_TRAINING_INITIAL_WEIGHTS_H

#include <cnn/model.hpp>

#include <string>

namespace cnn {

/// load(file, into, except): the file's weights into the part of the network at the path `into`, by names
/// relative to it; `except` are patterns over the file's names. A relative file counts from `folder`. Where
/// names or shapes differ nothing is changed, and one message lists all differences.
Status loadInitialWeights(Model& model, const cnn_setting& setting, const std::string& folder);

} // namespace cnn
#endif
