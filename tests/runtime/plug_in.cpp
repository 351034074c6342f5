// A shared object with a library and the runtime in it, to be loaded and unloaded.
#include "linear_library.h"

#include <cnn/model.h>

/// Creates a model, predicts with `threads` threads and destroys it; a cnn_status.
extern "C" int32_t predict_once(int32_t threads) {
  static linear::Library<> library;
  static float images[64 * 16], logits[64 * 3];
  cnn_options options{};
  options.threads = threads;
  options.max_batch = 64;
  cnn_model* model;
  if (int32_t status = cnn_model_create(&library.inference, &options, &model, nullptr, 0)) return status;
  const void* inputs[] = {images};
  void* outputs[] = {logits};
  int32_t status = cnn_model_initialise(model, 1);
  for (int i = 0; i < 3 && !status; ++i) status = cnn_model_predict(model, inputs, outputs, 64);
  cnn_model_destroy(model);
  return status;
}
