//===- predict_command.cpp - cnnc predict: arrays or pictures in, arrays or the likeliest classes out ---===//

#include "in_process.h"
#include "load_weights.h"
#include "tensor_statistics.h"
#include "tensors.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <numeric>

namespace cnn::tools {
namespace {

class Prediction {
public:
  Prediction(const PredictOptions& options, LinkedNetwork& linked)
      : options(options), linked(linked), tables(*linked.inference->description) {
    for (std::uint32_t i = 0; i < tables.input_count; ++i) inputTensors.push_back(&tables.inputs[i]);
    for (std::uint32_t i = 0; i < tables.output_count; ++i) outputTensors.push_back(&tables.outputs[i]);
    if (!linked.training || !linked.training->data || !isPicture(*inputTensors.front())) return;
    Result<Normalisation> given = data_normalisation(*linked.training->data);
    if (!given || given->mean.size() != static_cast<std::size_t>(inputTensors.front()->shape[1])) return;
    mean = std::move(given->mean);
    deviation = std::move(given->deviation);
  }

  Status run() {
    inputs.resize(inputTensors.size());
    if (Status bad = readInputs(); !bad) return bad;
    if (Status bad = readPictures(); !bad) return bad;
    for (std::size_t i = 0; i < inputs.size(); ++i)
      if (!inputs[i].tensor)
        return Status::error(CNN_ERROR_ARGUMENT,
                             "input '%s' is missing: give --input %s=FILE.npy, or a picture",
                             inputTensors[i]->name, inputTensors[i]->name);
    Options wanted;
    wanted.max_batch = std::min<std::int64_t>(batch, 64);
    wanted.threads = options.threads;
    Result<Model> model = Model::create<Model>(*linked.inference, wanted);
    if (!model) return std::move(model).error();
    if (Status bad = loadWeights(*model, options.weights); !bad) return bad;
    while (const char* name = model->class_name(static_cast<std::int64_t>(classNames.size())))
      classNames.push_back(name);
    std::vector<const void*> from;
    std::vector<void*> to;
    for (const Batch& input : inputs) from.push_back(input.bytes.data());
    for (const cnn_tensor* tensor : outputTensors) outputs.push_back(allocate(*tensor, batch));
    for (Batch& output : outputs) to.push_back(output.bytes.data());
    if (Status bad = model->check(cnn_model_predict(model->handle(), from.data(), to.data(), batch)); !bad)
      return bad;
    if (options.outputs.empty()) {
      for (std::size_t i = 0; i < outputs.size(); ++i) print(i);
      return {};
    }
    return writeOutputs();
  }

private:
  const PredictOptions& options;
  LinkedNetwork& linked;
  const cnn_description& tables;
  std::vector<const cnn_tensor*> inputTensors, outputTensors;
  std::vector<Batch> inputs, outputs;
  std::int64_t batch = 0;
  std::vector<std::string> classNames; ///< the network's own, or those that came with the weights
  std::vector<float> mean, deviation; ///< of the first input's channels, as the train section's data has them

  static bool isPicture(const cnn_tensor& tensor) { return tensor.rank == 4; }

  Status readInputs() {
    for (std::size_t i = 0; i < options.inputs.size(); ++i) {
      std::string file;
      Result<std::size_t> which = whichTensor(options.inputs[i], inputTensors, i, file);
      if (!which) return std::move(which).error();
      Result<Batch> read = readBatch(file, *inputTensors[*which], batch);
      if (!read) return std::move(read).error();
      inputs[*which] = *std::move(read);
      if (*which == 0) normalise(inputs.front());
    }
    return {};
  }

  /// Arrays are normalised as pictures are, and as both are in training.
  void normalise(Batch& input) const {
    if (mean.empty() || input.tensor->element != CNN_F32) return;
    auto* values = reinterpret_cast<float*>(input.bytes.data());
    std::size_t count = input.bytes.size() / sizeof(float);
    auto plane = static_cast<std::size_t>(input.tensor->shape[2] * input.tensor->shape[3]);
    for (std::size_t i = 0; i < count; ++i) {
      std::size_t channel = i / plane % mean.size();
      values[i] = (values[i] - mean[channel]) / deviation[channel];
    }
  }

  /// Pictures fill the first input, scaled and cut to its size, and normalised as in training.
  Status readPictures() {
    if (options.pictures.empty()) return {};
    const cnn_tensor& tensor = *inputTensors.front();
    if (!isPicture(tensor) || (tensor.element != CNN_F32 && tensor.element != CNN_U8))
      return Status::error(CNN_ERROR_ARGUMENT, "the network's first input '%s' is not a picture",
                           tensor.name);
    if (inputs.front().tensor || (batch && batch != static_cast<std::int64_t>(options.pictures.size())))
      return Status::error(CNN_ERROR_ARGUMENT, "%zu pictures do not go with the other inputs",
                           options.pictures.size());
    batch = static_cast<std::int64_t>(options.pictures.size());
    inputs.front() = allocate(tensor, batch);
    for (std::size_t i = 0; i < options.pictures.size(); ++i) {
      Result<Image> read = read_image(options.pictures[i], static_cast<int>(tensor.shape[1]));
      if (!read) return std::move(read).error();
      Result<Image> image = preprocess_image(tables, 0, *std::move(read));
      if (!image) return Status::error(image.code(), "%s: %s", options.pictures[i].c_str(), image.message());
      std::uint8_t* to = inputs.front().bytes.data() + i * sampleBytes(tensor);
      if (tensor.element == CNN_U8) {
        std::memcpy(to, image->pixels.data(), image->pixels.size());
        continue;
      }
      image_to_floats(*image, {reinterpret_cast<float*>(to), image->pixels.size()});
    }
    normalise(inputs.front());
    return {};
  }

  Status writeOutputs() {
    for (std::size_t i = 0; i < options.outputs.size(); ++i) {
      std::string file;
      Result<std::size_t> which = whichTensor(options.outputs[i], outputTensors, i, file);
      if (!which) return std::move(which).error();
      if (Status bad = writeBatch(file, outputs[*which]); !bad) return bad;
    }
    return {};
  }

  /// Whether the train section compares an output with something by this operator.
  bool isMeasuredBy(std::size_t output, const char* kind) const {
    for (std::uint32_t i = 0; linked.training && i < linked.training->results_count; ++i) {
      const cnn_metric& metric = linked.training->metrics[i];
      if (static_cast<std::size_t>(metric.output) == output && !std::strcmp(metric.kind, kind)) return true;
    }
    return false;
  }

  /// Whether it compares the output with labels of classes.
  bool hasClasses(std::size_t output) const {
    for (std::uint32_t i = 0; linked.training && i < linked.training->results_count; ++i) {
      const cnn_metric& metric = linked.training->metrics[i];
      if (static_cast<std::size_t>(metric.output) != output) continue;
      for (std::uint32_t k = 0; k < linked.training->label_count; ++k)
        if (static_cast<std::int32_t>(linked.training->labels[k].input) == metric.target) return true;
    }
    return false;
  }

  /// Scores of classes: the likeliest with their shares; anything else: its statistics.
  void print(std::size_t which) const {
    const Batch& output = outputs[which];
    auto size = static_cast<std::size_t>(sampleElements(*output.tensor));
    if (output.tensor->element != CNN_F32) {
      std::printf("%s: not f32, write it with --output %s=FILE.npy\n", output.tensor->name,
                  output.tensor->name);
      return;
    }
    bool isProbe = which + linked.probes >= outputs.size();
    bool isNumber = isMeasuredBy(which, "mse") && !hasClasses(which);
    if (isProbe || isNumber || output.tensor->rank != 2) {
      TensorStatistics statistics;
      statistics.add(reinterpret_cast<const float*>(output.bytes.data()),
                     size * static_cast<std::size_t>(batch));
      std::printf("%s\n", statistics.line(*output.tensor).c_str());
      return;
    }
    for (std::size_t n = 0; n < static_cast<std::size_t>(batch); ++n) {
      auto* scores = reinterpret_cast<const float*>(output.bytes.data()) + n * size;
      if (n < options.pictures.size())
        std::printf("%s\n", options.pictures[n].c_str());
      else
        std::printf("%s of sample %zu\n", output.tensor->name, n);
      printClasses(which, {scores, size});
    }
  }

  /// Of scores that are probabilities already, themselves; of others the softmax, or, where each is for or
  /// against one class, the sigmoid.
  std::vector<double> sharesOf(std::size_t output, std::span<const float> scores) const {
    std::vector<double> shares(scores.begin(), scores.end());
    ScoreForm form = linked.forms[output];
    if (form == ScoreForm::probability || form == ScoreForm::separateProbability) return shares;
    if (form == ScoreForm::any && isMeasuredBy(output, "bce_with_logits")) {
      for (double& share : shares) share = 1 / (1 + std::exp(-share));
      return shares;
    }
    double most = *std::max_element(shares.begin(), shares.end()), sum = 0;
    for (double& share : shares) sum += share = std::exp(share - most);
    for (double& share : shares) share /= sum;
    return shares;
  }

  void printClasses(std::size_t output, std::span<const float> scores) const {
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), 0);
    auto shown = std::min(scores.size(), static_cast<std::size_t>(std::max(1, options.top)));
    std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(shown), order.end(),
                      [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    std::vector<double> shares = sharesOf(output, scores);
    for (std::size_t i = 0; i < shown; ++i) {
      std::string label =
          order[i] < classNames.size() ? classNames[order[i]] : "class " + std::to_string(order[i]);
      std::printf("  %5.1f %%  %s  (%g)\n", 100 * shares[order[i]], label.c_str(),
                  static_cast<double>(scores[order[i]]));
    }
  }
};

} // namespace

int predict(const CompileOptions& compile, const PredictOptions& options) {
  LinkedNetwork linked;
  if (!compileAndLink(compile, linked)) return 1;
  Status done = Prediction(options, linked).run();
  return done.ok() ? 0 : fail(done.message());
}

} // namespace cnn::tools
