//===- verify_command.cpp - cnnc verify: a network's compiled code against the reference ---------------------------===//
//
// For each batch size, with random weights and inputs: predict's outputs, the loss and metrics, every gradient and
// every updated statistic against the interpreter's doubles; then the interpreter's gradients against central
// differences of its loss along random directions.
//
//===------------------------------------------------------------------------------------------------------===//

#include "in_process.h"
#include "tensors.h"

#include "dialect/reference/reference.h"
#include "dialect/transforms/passes.h"

#include "mlir/Pass/PassManager.h"

#include <cnn/cnn.hpp>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <random>

namespace cnn::tools {
namespace {

/// Relative errors (root mean square of the difference over that of the reference) that rounding explains: outputs
/// and losses; gradients and statistics, where a ReLU whose input rounds to the other side of zero counts in full;
/// differences against gradients, both in double precision.
constexpr double outputBound = 1e-4;
constexpr double gradientBound = 5e-3;
constexpr double differenceBound = 1e-4;

class Verification {
public:
  Verification(const VerifyOptions& options, NetworkOp reference, LinkedNetwork& linked)
      : options(options), network(reference), linked(linked), tables(*linked.inference->description),
        random(options.seed) {}

  Status run() {
    std::printf("%s\n", tables.name);
    for (int64_t batch : options.batches)
      if (Status bad = runBatch(batch); !bad) return bad;
    if (failures)
      return Status::error(CNN_ERROR_INTERNAL, "%s: %d of %d comparisons fail", tables.name, failures, comparisons);
    std::printf("  all %d comparisons hold\n", comparisons);
    return {};
  }

private:
  const VerifyOptions& options;
  NetworkOp network;
  LinkedNetwork& linked;
  const cnn_description& tables;
  std::mt19937_64 random;
  int failures = 0, comparisons = 0;

  struct Case {
    std::vector<Batch> inputs;                ///< the inputs, then the targets
    std::vector<reference::Tensor> arguments; ///< the same in double
    reference::State state;
  };

  Status runBatch(int64_t batch) {
    Options wanted;
    wanted.max_batch = batch;
    Result<Model> model = Model::create<Model>(*linked.inference, wanted);
    if (!model) return std::move(model).error();
    if (Status bad = model->initialise(options.seed); !bad) return bad;
    Case test;
    test.state.batch = batch;
    perturbStatistics(*model);
    copyParameters(*model, test.state);
    makeInputs(batch, test);
    if (Status bad = comparePredict(*model, batch, test); !bad) return bad;
    return linked.training ? compareTraining(*model, batch, test) : Status();
  }

  /// Not the 0 and 1 that they begin with, which would hide mistakes.
  void perturbStatistics(Model& model) {
    float* floats = cnn_model_parameters(model.handle());
    std::uniform_real_distribution<float> uniform(0.5f, 1.5f);
    for (uint32_t p = 0; p < tables.parameter_count; ++p) {
      const cnn_parameter& parameter = tables.parameters[p];
      bool constant = parameter.initialiser == CNN_INIT_CONSTANT;
      if (!constant) continue;
      for (int64_t i = 0; i < elementsOf(parameter); ++i) {
        float& value = floats[parameter.offset + static_cast<uint64_t>(i)];
        value = value == 0 ? 0.2f * (uniform(random) - 1) : value * uniform(random);
      }
    }
    cnn_model_parameters_changed(model.handle());
  }

  static int64_t elementsOf(const cnn_parameter& parameter) {
    int64_t elements = 1;
    for (int32_t i = 0; i < parameter.rank; ++i) elements *= parameter.shape[i];
    return elements;
  }

  void copyParameters(Model& model, reference::State& state) {
    const float* floats = cnn_model_parameters(model.handle());
    for (uint32_t p = 0; p < tables.parameter_count; ++p)
      state.parameters[tables.parameters[p].name] = tensorOf(tables.parameters[p], floats);
  }

  static reference::Tensor tensorOf(const cnn_parameter& parameter, const float* floats) {
    reference::Tensor tensor(std::vector<int64_t>(parameter.shape, parameter.shape + parameter.rank));
    for (int64_t i = 0; i < tensor.size(); ++i) tensor.data[size_t(i)] = double(floats[parameter.offset + uint64_t(i)]);
    return tensor;
  }

  /// Integers are labels: below the number of classes of the output that they are compared with.
  int64_t classesOf(size_t index) const {
    if (!linked.training) return 2;
    for (uint32_t m = 0; m < linked.training->results_count; ++m) {
      const cnn_metric& metric = linked.training->metrics[m];
      if (metric.target == int32_t(index) && metric.output >= 0 && tables.outputs[metric.output].rank > 1)
        return tables.outputs[metric.output].shape[1];
    }
    return 2;
  }

  void makeInputs(int64_t batch, Case& test) {
    std::vector<const cnn_tensor*> tensors;
    for (uint32_t i = 0; i < tables.input_count; ++i) tensors.push_back(&tables.inputs[i]);
    for (uint32_t i = 0; linked.training && i < linked.training->target_count; ++i)
      tensors.push_back(&linked.training->targets[i]);
    for (size_t i = 0; i < tensors.size(); ++i) {
      const cnn_tensor& tensor = *tensors[i];
      Batch& given = test.inputs.emplace_back(allocate(tensor, batch));
      reference::Tensor& argument = test.arguments.emplace_back(shapeOf(tensor, batch));
      for (int64_t k = 0; k < argument.size(); ++k)
        argument.data[size_t(k)] = fill(given, size_t(k), tensor.element == CNN_U8 ? 256 : classesOf(i));
    }
  }

  double fill(Batch& batch, size_t index, int64_t bound) {
    uint8_t* bytes = batch.bytes.data();
    if (batch.tensor->element == CNN_F32) {
      float value = std::normal_distribution<float>()(random);
      std::memcpy(bytes + 4 * index, &value, 4);
      return double(value);
    }
    int64_t value = std::uniform_int_distribution<int64_t>(0, bound - 1)(random);
    size_t each = batch.tensor->element == CNN_U8 ? 1 : batch.tensor->element == CNN_I64 ? 8 : 4;
    std::memcpy(bytes + each * index, &value, each); // little-endian
    return double(value);
  }

  Status comparePredict(Model& model, int64_t batch, Case& test) {
    std::vector<const void*> from;
    std::vector<void*> to;
    std::vector<Batch> outputs;
    for (uint32_t i = 0; i < tables.input_count; ++i) from.push_back(test.inputs[i].bytes.data());
    for (uint32_t i = 0; i < tables.output_count; ++i) outputs.push_back(allocate(tables.outputs[i], batch));
    for (Batch& output : outputs) to.push_back(output.bytes.data());
    if (Status bad = model.check(cnn_model_predict(model.handle(), from.data(), to.data(), batch)); !bad) return bad;
    std::vector<reference::Tensor> arguments(test.arguments.begin(), test.arguments.begin() + tables.input_count);
    auto expected = reference::run(network.lookupSymbol<FunctionOp>("predict"), arguments, test.state);
    if (mlir::failed(expected)) return Status::error(CNN_ERROR_INTERNAL, "the reference cannot run @predict");
    for (uint32_t i = 0; i < tables.output_count; ++i)
      compare("predict", tables.outputs[i].name, batch, reinterpret_cast<const float*>(outputs[i].bytes.data()),
              (*expected)[i].data, outputBound);
    return {};
  }

  Status compareTraining(Model& model, int64_t batch, Case& test) {
    auto train = network.lookupSymbol<FunctionOp>("train");
    if (Status bad = model.check(cnn_training_attach(model.handle(), linked.training, batch)); !bad) return bad;
    cnn_training_state state;
    if (Status bad = model.check(cnn_training_get_state(model.handle(), &state)); !bad) return bad;
    test.state.seed = *state.seed;
    test.state.step = *state.iterations;
    reference::State before = test.state;
    std::vector<const void*> from;
    for (const Batch& input : test.inputs) from.push_back(input.bytes.data());
    std::vector<float> results(linked.training->results_count);
    if (Status bad = model.check(
            cnn_training_forward_backward(model.handle(), from.data(), batch, results.data()));
        !bad)
      return bad;
    auto expected = reference::run(train, test.arguments, test.state);
    if (mlir::failed(expected)) return Status::error(CNN_ERROR_INTERNAL, "the reference cannot run @train");
    for (size_t i = 0; i < results.size(); ++i)
      compare("result", linked.training->metrics[i].name, batch, &results[i], (*expected)[i].data, outputBound);
    compareGradients(model, batch, test.state);
    return compareDifferences(train, batch, test, before);
  }

  void compareGradients(Model& model, int64_t batch, const reference::State& state) {
    const float* gradients = cnn_training_gradients(model.handle());
    const float* floats = cnn_model_parameters(model.handle());
    // One whose gradient is zero but for rounding (a bias before batch norm) is measured against all others.
    double largest = 0;
    for (const auto& [name, gradient] : state.gradients)
      for (double value : gradient.data) largest = std::max(largest, std::abs(value));
    for (uint32_t p = 0; p < tables.parameter_count; ++p) {
      const cnn_parameter& parameter = tables.parameters[p];
      if (parameter.flags & CNN_STATISTIC)
        compare("statistic", parameter.name, batch, floats + parameter.offset,
                state.parameters.at(parameter.name).data, gradientBound);
      if (!(parameter.flags & CNN_TRAINABLE)) continue;
      auto found = state.gradients.find(parameter.name);
      std::vector<double> zeros(size_t(elementsOf(parameter)), 0.0);
      compare("gradient", parameter.name, batch, gradients + parameter.offset,
              found == state.gradients.end() ? zeros : found->second.data, gradientBound, 1e-3 * largest);
    }
  }

  /// The derivative along a random direction, by the gradient and by differences. Where a ReLU or a maximum
  /// switches within the step, the difference is not the derivative, but then that of a smaller step is.
  Status compareDifferences(FunctionOp train, int64_t batch, const Case& test, const reference::State& before) {
    std::map<std::string, reference::Tensor> direction;
    double derivative = 0, norm = 0;
    std::normal_distribution<double> normal;
    for (const auto& [name, gradient] : test.state.gradients) {
      reference::Tensor& along = direction.emplace(name, gradient).first->second;
      for (size_t i = 0; i < along.data.size(); ++i) {
        along.data[i] = normal(random);
        derivative += along.data[i] * gradient.data[i];
        norm += gradient.data[i] * gradient.data[i];
      }
    }
    double error = std::numeric_limits<double>::infinity();
    // The derivative along a random direction is about as large as the gradient, but may happen to be small.
    double scale = std::max({std::abs(derivative), std::sqrt(norm), 1e-6});
    for (double step : {1e-6, 1e-7, 1e-8, 1e-9}) {
      double loss[2];
      for (int side = 0; side < 2; ++side) {
        reference::State moved = before;
        for (const auto& [name, along] : direction)
          for (size_t i = 0; i < along.data.size(); ++i)
            moved.parameters.at(name).data[i] += (side ? step : -step) * along.data[i];
        auto results = reference::run(train, test.arguments, moved);
        if (mlir::failed(results)) return Status::error(CNN_ERROR_INTERNAL, "the reference cannot run @train");
        loss[side] = (*results)[0].data[0];
      }
      double difference = (loss[1] - loss[0]) / (2 * step);
      error = std::min(error, std::abs(difference - derivative) / scale);
      if (error <= differenceBound) break;
    }
    judge("difference", "directional derivative", batch, error, differenceBound);
    return {};
  }

  void compare(const char* what, const char* name, int64_t batch, const float* found,
               const std::vector<double>& expected, double bound, double least = 0) {
    double error = 0, norm = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      double difference = double(found[i]) - expected[i];
      error += difference * difference;
      norm += expected[i] * expected[i];
    }
    double scale = std::max({std::sqrt(norm), least * std::sqrt(double(expected.size())), 1e-30});
    judge(what, name, batch, std::sqrt(error) / scale, bound);
  }

  void judge(const char* what, const char* name, int64_t batch, double error, double bound) {
    ++comparisons;
    bool holds = error <= bound; // false for NaN
    failures += !holds;
    if (!holds || std::strcmp(what, "predict") == 0 || std::strcmp(what, "difference") == 0)
      std::printf("  batch %-4lld %-10s %-32s relative error %.1e %s\n", static_cast<long long>(batch), what, name, error,
                  holds ? "" : "FAILS");
  }
};

int verifyNetwork(Frontend& frontend, const CompileOptions& compile, const VerifyOptions& options,
                  NetworkOp network, NetworkOp reference) {
  CompiledNetwork compiled;
  if (!planLibrary(frontend, compile, network, compiled.plan) || !compilePlan(frontend, compile, compiled)) return 1;
  LinkedNetwork linked;
  std::string error;
  if (!linked.link(compiled, error)) return fail(error);
  Status done = Verification(options, reference, linked).run();
  return done.ok() ? 0 : fail(done.message());
}

} // namespace

int verify(const CompileOptions& compile, const VerifyOptions& options) {
  Frontend frontend;
  if (!frontend.load(compile)) return 1;
  // The reference runs what the front end built, with its gradients and nothing else done to it.
  mlir::OwningOpRef<mlir::ModuleOp> reference(mlir::cast<mlir::ModuleOp>(frontend.module->getOperation()->clone()));
  mlir::PassManager passes(&frontend.context);
  passes.nest<NetworkOp>().addPass(createCnnAutodiff());
  passes.nest<NetworkOp>().addPass(createCnnFreeze());
  if (mlir::failed(passes.run(*reference)) || !formGroups(frontend, compile)) return 1;
  int status = 0;
  for (NetworkOp network : frontend.networks())
    status |= verifyNetwork(frontend, compile, options, network,
                            reference->lookupSymbol<NetworkOp>(network.getSymName()));
  return status;
}

} // namespace cnn::tools
