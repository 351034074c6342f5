// A generated library as cnnc would emit it, written by hand: softmax regression on one-channel pictures.
// With it the runtime is tested without the compiler.
#pragma once

#include <cnn/recipe.h>

#include "../../runtime/model/philox.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <string_view>
#include <vector>

namespace linear {

inline constexpr int64_t chunkSamples = 8;

struct Optimizer {
  int32_t kind = CNN_SGD;
  bool nesterov = false;
};

// PyTorch's rules: torch.optim.SGD, Adam and AdamW, one float at a time.
template <int Kind, bool Nesterov>
int32_t update(cnn_worker*, float* parameters, const float* gradients, float* const* states, int64_t count,
               const float* scalars) {
  auto scalar = [&](std::string_view name) {
    const auto& names = cnn::optimizerKinds[Kind].scalars;
    return scalars[std::find(names.begin(), names.end(), name) - names.begin()];
  };
  const float lr = scalar("lr"), decay = scalar("weight_decay");
  for (int64_t i = 0; i < count; ++i) {
    float g = gradients[i];
    if constexpr (Kind == CNN_SGD) {
      const float momentum = scalar("momentum");
      g += decay * parameters[i];
      if (states[0]) {
        float& velocity = states[0][i];
        velocity = scalar("first_step") != 0 ? g : momentum * velocity + (1 - scalar("dampening")) * g;
        g = Nesterov ? g + momentum * velocity : velocity;
      }
      parameters[i] -= lr * g;
    } else {
      if (Kind == CNN_ADAMW)
        parameters[i] *= 1 - lr * decay;
      else
        g += decay * parameters[i];
      float &mean = states[0][i], &square = states[1][i];
      mean = (1 - scalar("rate1")) * mean + scalar("rate1") * g;
      square = (1 - scalar("rate2")) * square + scalar("rate2") * g * g;
      parameters[i] -=
          lr / scalar("correction1") * mean / (std::sqrt(square) / scalar("correction2") + scalar("eps"));
    }
  }
  return 0;
}

/// Pictures of Side x Side, Classes classes. Parameters fc.weight, fc.bias, bn.running_mean (the mean
/// logits). Training drops a tenth of the pixels, so that it depends on the step as dropout does.
template <int Side, int Classes> struct Code {
  static constexpr int64_t pixels = Side * Side;
  static constexpr uint64_t weightFloats = (uint64_t{Classes} * pixels + 15) / 16 * 16;
  static constexpr uint64_t biasOffset = weightFloats, meanOffset = weightFloats + (Classes + 15) / 16 * 16;

  // prepared: the weight transposed, then the bias
  static int32_t prepare(const cnn_run* run) {
    auto* to = reinterpret_cast<float*>(run->prepared);
    for (int64_t p = 0; p < pixels; ++p)
      for (int64_t c = 0; c < Classes; ++c) to[p * Classes + c] = run->parameters[c * pixels + p];
    std::memcpy(to + pixels * Classes, run->parameters + biasOffset, Classes * sizeof(float));
    return 0;
  }

  static void predictChunk(void* closure, int64_t chunk, cnn_worker* worker) {
    auto* run = static_cast<const cnn_run*>(closure);
    auto* weight = reinterpret_cast<const float*>(run->prepared);
    auto* sums = static_cast<float*>(cnn_scratch_allocate(worker, Classes * sizeof(float)));
    for (int64_t n = chunk * chunkSamples; n < std::min((chunk + 1) * chunkSamples, run->batch); ++n) {
      auto* image = static_cast<const float*>(run->inputs[0]) + n * pixels;
      std::memcpy(sums, weight + pixels * Classes, Classes * sizeof(float));
      for (int64_t p = 0; p < pixels; ++p)
        for (int64_t c = 0; c < Classes; ++c) sums[c] += image[p] * weight[p * Classes + c];
      std::memcpy(static_cast<float*>(run->outputs[0]) + n * Classes, sums, Classes * sizeof(float));
    }
    cnn_scratch_free(worker, sums);
  }

  static int64_t chunks(int64_t batch) { return (batch + chunkSamples - 1) / chunkSamples; }

  static int32_t predict(const cnn_run* run) {
    run->parallel_for(run->pool, predictChunk, const_cast<cnn_run*>(run), chunks(run->batch));
    return 0;
  }

  // The arena in training, a sample: the dropped picture, the logits, then their gradient, the loss, right or
  // not.
  static constexpr int64_t sampleFloats = (pixels + 2 * Classes + 2 + 15) / 16 * 16;
  static float* sample(const cnn_run* run, int64_t n) {
    return reinterpret_cast<float*>(run->arena) + n * sampleFloats;
  }

  static void forwardChunk(void* closure, int64_t chunk, cnn_worker*) {
    auto* run = static_cast<const cnn_run*>(closure);
    for (int64_t n = chunk * chunkSamples; n < std::min((chunk + 1) * chunkSamples, run->batch); ++n)
      forward(run, n);
  }

  static void forward(const cnn_run* run, int64_t n) {
    auto* image = static_cast<const float*>(run->inputs[0]) + n * pixels;
    // What is no class is not seen here, but for labels that do not count.
    int32_t label = std::clamp(static_cast<const int32_t*>(run->inputs[1])[n], 0, Classes - 1);
    float *dropped = sample(run, n), *logits = dropped + pixels, *gradient = logits + Classes;
    for (int64_t p = 0; p < pixels; ++p) {
      auto words = cnn::philox(run->seed, run->step, static_cast<uint64_t>(n * pixels + p));
      dropped[p] = cnn::unitInterval(words[0]) < 0.1 ? 0 : image[p] / 0.9f;
    }
    int64_t best = 0;
    for (int64_t c = 0; c < Classes; ++c) {
      float sum = run->parameters[biasOffset + static_cast<uint64_t>(c)];
      for (int64_t p = 0; p < pixels; ++p) sum += dropped[p] * run->parameters[c * pixels + p];
      logits[c] = sum;
      if (sum > logits[best]) best = c;
    }
    float total = 0;
    for (int64_t c = 0; c < Classes; ++c) total += gradient[c] = std::exp(logits[c] - logits[best]);
    for (int64_t c = 0; c < Classes; ++c)
      gradient[c] = (gradient[c] / total - (c == label ? 1.0f : 0.0f)) / static_cast<float>(run->batch);
    gradient[Classes] = std::log(total) + logits[best] - logits[label];
    gradient[Classes + 1] = best == label ? 1 : 0;
  }

  static void gradientOfClass(void* closure, int64_t c, cnn_worker*) {
    auto* run = static_cast<const cnn_run*>(closure);
    float *weight = run->gradients + c * pixels, bias = 0, mean = 0;
    std::fill(weight, weight + pixels, 0.0f);
    for (int64_t n = 0; n < run->batch; ++n) {
      const float *dropped = sample(run, n), *logits = dropped + pixels, *gradient = logits + Classes;
      for (int64_t p = 0; p < pixels; ++p) weight[p] += gradient[c] * dropped[p];
      bias += gradient[c];
      mean += logits[c] / static_cast<float>(run->batch);
    }
    run->gradients[biasOffset + static_cast<uint64_t>(c)] = bias;
    float& running = run->parameters[meanOffset + static_cast<uint64_t>(c)];
    running = 0.9f * running + 0.1f * mean;
  }

  /// The logits, then the loss and whether it is right.
  static int32_t evaluate(const cnn_run* run) {
    for (int64_t n = 0; n < run->batch; ++n) {
      auto* image = static_cast<const float*>(run->inputs[0]) + n * pixels;
      float* logits = static_cast<float*>(run->outputs[0]) + n * Classes;
      int32_t label = static_cast<const int32_t*>(run->inputs[1])[n];
      int64_t best = 0;
      float total = 0;
      for (int64_t c = 0; c < Classes; ++c) {
        logits[c] = run->parameters[biasOffset + static_cast<uint64_t>(c)];
        for (int64_t p = 0; p < pixels; ++p) logits[c] += image[p] * run->parameters[c * pixels + p];
        if (logits[c] > logits[best]) best = c;
      }
      for (int64_t c = 0; c < Classes; ++c) total += std::exp(logits[c] - logits[best]);
      static_cast<float*>(run->outputs[1])[n] = std::log(total) + logits[best] - logits[std::max(label, 0)];
      static_cast<float*>(run->outputs[2])[n] = best == label && !std::isnan(logits[best]) ? 1 : 0;
    }
    return 0;
  }

  static int32_t forwardBackward(const cnn_run* run) {
    run->parallel_for(run->pool, forwardChunk, const_cast<cnn_run*>(run), chunks(run->batch));
    run->parallel_for(run->pool, gradientOfClass, const_cast<cnn_run*>(run), Classes);
    run->results[0] = run->results[1] = 0;
    for (int64_t n = 0; n < run->batch; ++n)
      for (int r = 0; r < 2; ++r)
        run->results[r] += sample(run, n)[pixels + 2 * Classes + r] / static_cast<float>(run->batch);
    return 0;
  }
};

/// The tables. Change them before a model is made from them.
template <int Side = 4, int Classes = 3> struct Library {
  using C = Code<Side, Classes>;
  cnn_tensor image{"image", CNN_F32, 4, {-1, 1, Side, Side}};
  cnn_tensor logits{"logits", CNN_F32, 2, {-1, Classes}};
  cnn_tensor label{"label", CNN_I32, 1, {-1}};
  cnn_parameter parameters[3] = {
      {"fc.weight", 2, CNN_TRAINABLE, {Classes, C::pixels}, 0, CNN_INIT_UNIFORM, 0, -0.1, 0.1, 1},
      {"fc.bias", 1, CNN_TRAINABLE, {Classes}, C::biasOffset, CNN_INIT_UNIFORM, 0, -0.1, 0.1, 2},
      {"bn.running_mean", 1, CNN_STATISTIC, {Classes}, C::meanOffset, CNN_INIT_CONSTANT, 0, 0, 0, 3}};
  cnn_description description{};
  cnn_inference inference{};
  cnn_metric metrics[2] = {{"loss", "cross_entropy", 0, 1, CNN_PLAIN, 0},
                           {"top1", "accuracy", 0, 1, CNN_PERCENT, 1}};
  cnn_term terms[2] = {{0, 1, -1, 0}, {1, 2, -1, 0}};
  cnn_labels labels = {1, Classes, 0, 0};
  cnn_phase phase{};
  cnn_training training{};

  explicit Library(Optimizer optimizer = {}) {
    description.size = sizeof(description);
    description.version = CNN_ABI_VERSION;
    description.name = "Linear";
    description.cnnc_version = "0.1.0";
    description.target = "any processor";
    description.precision = "f32";
    description.parameter_hash = 0x1234abcd00000000 + uint64_t{Side} * 1000 + Classes;
    description.source_hash = 42;
    description.inputs = &image;
    description.outputs = &logits;
    description.parameters = parameters;
    description.input_count = description.output_count = 1;
    description.parameter_count = 3;
    description.trainable_floats = C::meanOffset;
    description.parameter_floats = C::meanOffset + (Classes + 15) / 16 * 16;
    description.parameter_elements = uint64_t{Classes} * C::pixels + Classes;
    description.max_batch = 1 << 20;

    inference.size = sizeof(inference);
    inference.version = CNN_ABI_VERSION;
    inference.description = &description;
    inference.prepared_bytes = (C::pixels * Classes + Classes) * sizeof(float);
    inference.scratch_bytes = 256;
    inference.prepare = C::prepare;
    inference.predict = C::predict;

    training.size = sizeof(training);
    training.version = CNN_ABI_VERSION;
    training.description = &description;
    training.arena_block_bytes = C::sampleFloats * sizeof(float);
    training.block = 1;
    training.results_count = 2;
    training.scratch_bytes = 64;
    training.targets = &label;
    training.labels = &labels;
    training.label_count = 1;
    training.metrics = metrics;
    training.evaluate = C::evaluate;
    training.terms = terms;
    training.term_count = 2;
    training.evaluation_output_count = 3;
    training.target_count = training.metric_count = 1;
    phase.forward_backward = C::forwardBackward;
    phase.optimizer = optimizer.kind;
    phase.update = optimizer.kind == CNN_ADAM    ? update<CNN_ADAM, false>
                   : optimizer.kind == CNN_ADAMW ? update<CNN_ADAMW, false>
                   : optimizer.nesterov          ? update<CNN_SGD, true>
                                                 : update<CNN_SGD, false>;
    phase.hyper = cnn::defaultsOf(cnn::optimizerKinds[optimizer.kind]);
    phase.hyper.lr = 0.1;
    phase.hyper.weight_decay = 0;
    phase.hyper.nesterov = optimizer.nesterov;
    phase.schedule = CNN_CONSTANT;
    phase.batch = 16;
    phase.epochs = 2;
    training.seed = 7;
    phase.name = "";
    training.phases = &phase;
    training.phase_count = 1;
  }
  Library(const Library&) = delete;
};

} // namespace linear
