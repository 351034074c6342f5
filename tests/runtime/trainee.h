// A small problem that softmax regression learns, and training runs on it.
#pragma once

#include "handles.h"
#include "linear_library.h"

#include <cnn/cnn.hpp>

using Small = linear::Library<>;

// Three classes of 4 x 4 pictures, each bright in another row.
inline cnn::Dataset rows(std::int64_t count, std::uint64_t seed) {
  cnn::Dataset data;
  data.source = "rows";
  data.count = count;
  data.columns.push_back({"image", CNN_U8, {1, 4, 4}, {}});
  data.columns.push_back({"label", CNN_U8, {}, {}});
  for (std::int64_t n = 0; n < count; ++n) {
    auto label = static_cast<std::uint8_t>(n % 3);
    for (std::uint64_t p = 0; p < 16; ++p) {
      auto noise = cnn::philox(seed, static_cast<std::uint64_t>(n), p)[0] % 120;
      data.columns[0].bytes.push_back(static_cast<std::uint8_t>(noise + (p / 4 == label ? 100 : 0)));
    }
    data.columns[1].bytes.push_back(label);
  }
  return data;
}

inline cnn::DataSplits splits(std::int64_t train = 100) {
  return {rows(train, 1), rows(60, 2)};
}

inline cnn::Model makeTrainee(Small& library, int threads = 1) {
  return cnn::Model::create(library.inference, {.max_batch = 8, .threads = threads}).or_exit();
}

inline std::vector<float> parametersOf(const cnn::Model& model) {
  float* parameters = cnn_model_parameters(model.handle());
  return {parameters, parameters + model.description().parameter_floats};
}

inline std::vector<float> train(Small& library, cnn::TrainerOptions options, int threads = 1,
                                std::int64_t samples = 100) {
  cnn::Model model = makeTrainee(library, threads);
  options.quiet = true;
  cnn::Trainer trainer(model, library.training, options);
  trainer.use(splits(samples));
  cnn::Status status = trainer.run();
  INFO(status.message());
  REQUIRE(status.ok());
  return parametersOf(model);
}

inline std::string failure(Small& library, cnn::DataSplits data, cnn::TrainerOptions options = {}) {
  cnn::Model model = makeTrainee(library);
  options.quiet = true;
  cnn::Trainer trainer(model, library.training, options);
  trainer.use(std::move(data));
  cnn::Status status = trainer.run();
  REQUIRE(!status.ok());
  return status.message();
}

/// Trains until the forward pass number `stopAt` fails, which stands for the end of the process: nothing
/// after it is saved. All phases of the library run the same code.
inline void trainUntil(std::int64_t stopAt, Small& library, std::vector<cnn_phase>& phases,
                       cnn::TrainerOptions options) {
  static std::int64_t left;
  left = stopAt;
  for (cnn_phase& phase : phases)
    phase.forward_backward = [](const cnn_run* run) -> int32_t {
      return left-- == 0 ? 1 : Small::C::forwardBackward(run);
    };
  cnn::Model model = makeTrainee(library);
  options.quiet = true;
  cnn::Trainer trainer(model, library.training, options);
  trainer.use(splits());
  REQUIRE(!trainer.run().ok());
  for (cnn_phase& phase : phases) phase.forward_backward = Small::C::forwardBackward;
}
