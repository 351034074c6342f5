//===- verification.cpp - One network's compiled code against the reference ----------------------------===//

#include "verification.h"

#include "dialect/transforms/passes.h"
#include "poison.h"
#include "runtime/model/model_state.h"

#include "mlir/IR/Visitors.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <set>

namespace cnn::tools {
namespace {

constexpr float notANumber = std::numeric_limits<float>::quiet_NaN();

bool sameBits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && !std::memcmp(a.data(), b.data(), 4 * a.size());
}

/// Other numbers, and neither a factor nor a shift, which a later batch norm would take out again.
void spoil(mlir::Operation* op, std::vector<reference::Tensor>& results) {
  bool places = mlir::isa<MaxPoolIndexOp>(op); // whole numbers: another place in the window
  for (reference::Tensor& result : results)
    for (size_t i = 0; i < result.data.size(); ++i) {
      double& value = result.data[i];
      value = places ? value + 1 : value * (1.1 + 0.1 * double(i % 3)) + 0.05 * double(1 + i % 2);
    }
}

/// The names of the ops that the interpreter runs.
std::set<std::string> operatorsOf(FunctionOp function) {
  std::set<std::string> names;
  if (function) function.walk([&](ReferenceOpInterface op) { names.insert(mnemonic(op).str()); });
  return names;
}

} // namespace

Verification::Verification(const VerifyOptions& options, NetworkOp reference, NetworkOp apart, Subject whole,
                           Subject calls)
    : options(options), network(reference), apart(apart), whole(whole), calls(calls),
      inference(*whole.linked.inference), training(whole.linked.training), tables(*inference.description),
      random(options.seed) {
  findVariants();
}

const FunctionPlan& Verification::Variant::function(const NetworkPlan& plan) const {
  return *std::find_if(plan.train.begin(), plan.train.end(),
                       [&](const FunctionPlan& function) { return function.name == name; });
}

/// The plan has the functions in the order in which the phases need them.
void Verification::findVariants() {
  std::set<decltype(cnn_phase::forward_backward)> seen;
  for (uint32_t phase = 0; training && phase < training->phase_count; ++phase)
    if (seen.insert(training->phases[phase].forward_backward).second)
      variants.push_back({phase, whole.plan.train[variants.size()].name});
}

bool Verification::Computed::operator==(const Computed& other) const {
  for (size_t i = 0; i < outputs.size(); ++i)
    if (outputs[i].bytes != other.outputs[i].bytes) return false;
  for (size_t i = 0; i < evaluated.size(); ++i)
    if (evaluated[i].bytes != other.evaluated[i].bytes) return false;
  return std::equal(trained.begin(), trained.end(), other.trained.begin(), other.trained.end(),
                    [](const Trained& a, const Trained& b) {
                      return sameBits(a.results, b.results) && sameBits(a.gradients, b.gradients) &&
                             sameBits(a.parameters, b.parameters);
                    });
}

Status Verification::run() {
  std::printf("%s\n", tables.name);
  for (int64_t wanted : options.batches) {
    int64_t batch = nearestBatch(tables, wanted, training);
    if (batch == 0)
      return Status::error(CNN_ERROR_ARGUMENT, "%s: no batch near %lld keeps what the network asserts",
                           tables.name, static_cast<long long>(wanted));
    if (batch != wanted)
      std::printf("  batch %-4lld is taken for %lld, which the network's asserts rule out\n",
                  static_cast<long long>(batch), static_cast<long long>(wanted));
    if (Status bad = runBatch(batch); !bad) return bad;
  }
  if (failures)
    return Status::error(CNN_ERROR_INTERNAL, "%s: %d of %d comparisons fail", tables.name, failures,
                         comparisons);
  std::printf("  all %d comparisons hold\n", comparisons);
  return {};
}

Status Verification::compareAll(const Case& test, const Computed& computed, std::vector<Comparison>& list) {
  if (Status bad = comparePredict(network, test, computed, {}, list); !bad) return bad;
  if (training)
    if (Status bad = compareEvaluation(network, test, computed, {}, list); !bad) return bad;
  for (size_t variant = 0; variant < variants.size(); ++variant) {
    reference::State after;
    if (Status bad = compareTraining(network, test, variant, computed, {}, list, &after); !bad) return bad;
    if (Status bad = compareDifferences(test, variant, after, list); !bad) return bad;
  }
  return {};
}

/// An activation that lies within rounding of a ReLU's or a maximum's edge falls on either side of it, and
/// all gradients before it follow. Such a case says nothing of the gradients; a mistake shows in every other
/// one as well. So where gradients, and nothing else, are off, the next of a few random cases decides.
static bool onlyGradientsFail(const std::vector<Comparison>& list) {
  return std::ranges::all_of(list, [](const Comparison& comparison) {
    return comparison.holds() || std::strcmp(comparison.what, "gradient") == 0;
  });
}

Status Verification::runBatch(int64_t batch) {
  constexpr int cases = 3;
  Case test;
  Computed computed;
  std::vector<Comparison> list;
  for (int i = 0; i < cases; ++i) {
    test = {}, computed = {};
    Computed again;
    if (Status bad = makeCase(batch, test); !bad) return bad;
    if (Status bad = compute(whole, test, computed); !bad) return bad;
    if (Status bad = compute(calls, test, again); !bad) return bad;
    list = {{"calls", "the same bits call by call", computed == again ? 0.0 : 1.0, 0}};
    if (Status bad = compareAll(test, computed, list); !bad) return bad;
    bool allHold = std::ranges::all_of(list, &Comparison::holds);
    if (allHold || !onlyGradientsFail(list)) break;
  }
  judge(batch, list);
  if (!options.mutate) return {};
  std::vector<std::optional<size_t>> functions = {std::nullopt};
  for (size_t variant = 0; variant < variants.size(); ++variant) functions.push_back(variant);
  for (std::optional<size_t> function : functions)
    for (NetworkOp form : {network, apart})
      if (Status bad = mutate(form, function, test, computed); !bad) return bad;
  return {};
}

//===-- Making a case ----------------------------------------------------------------------------------===//

Status Verification::makeCase(int64_t batch, Case& test) {
  Result<Model> model = Model::create<Model>(inference, {});
  if (!model) return std::move(model).error();
  if (Status bad = model->initialise(options.seed); !bad) return bad;
  float* floats = cnn_model_parameters(model->handle());
  perturbStatistics(floats);
  test.batch = test.state.batch = batch;
  test.parameters.assign(floats, floats + tables.parameter_floats);
  for (uint32_t p = 0; p < tables.parameter_count; ++p)
    test.state.parameters[tables.parameters[p].name] = tensorOf(tables.parameters[p], floats);
  makeInputs(test);
  return {};
}

/// Not the 0 and 1 that they begin with, which would hide mistakes.
void Verification::perturbStatistics(float* floats) {
  std::uniform_real_distribution<float> uniform(0.5f, 1.5f);
  for (uint32_t p = 0; p < tables.parameter_count; ++p) {
    const cnn_parameter& parameter = tables.parameters[p];
    if (parameter.initialiser != CNN_INIT_CONSTANT) continue;
    for (int64_t i = 0; i < parameterElements(parameter); ++i) {
      float& value = floats[parameter.offset + static_cast<uint64_t>(i)];
      value = value == 0 ? 0.2f * (uniform(random) - 1) : value * uniform(random);
    }
  }
}

reference::Tensor Verification::tensorOf(const cnn_parameter& parameter, const float* floats) const {
  reference::Tensor tensor(std::vector<int64_t>(parameter.shape, parameter.shape + parameter.rank));
  for (int64_t i = 0; i < tensor.size(); ++i)
    tensor.data[size_t(i)] = double(floats[parameter.offset + uint64_t(i)]);
  return tensor;
}

/// Integers are labels: below the number of classes of what they are compared with. Bytes that are compared
/// with nothing are any.
int64_t Verification::classesOf(size_t index, bool bytes) const {
  std::optional<int64_t> classes;
  for (uint32_t i = 0; training && i < training->label_count; ++i)
    if (training->labels[i].input == index)
      classes = std::min<int64_t>(classes.value_or(INT64_MAX), training->labels[i].classes);
  return classes.value_or(bytes ? 256 : 2);
}

void Verification::makeInputs(Case& test) {
  std::vector<const cnn_tensor*> tensors;
  for (uint32_t i = 0; i < tables.input_count; ++i) tensors.push_back(&tables.inputs[i]);
  for (uint32_t i = 0; training && i < training->target_count; ++i) tensors.push_back(&training->targets[i]);
  for (size_t i = 0; i < tensors.size(); ++i) {
    const cnn_tensor& tensor = *tensors[i];
    Batch& given = test.inputs.emplace_back(allocate(tensor, test.batch));
    reference::Tensor& argument = test.arguments.emplace_back(shapeOf(tensor, test.batch));
    for (int64_t k = 0; k < argument.size(); ++k)
      argument.data[size_t(k)] = fill(given, size_t(k), classesOf(i, tensor.element == CNN_U8));
  }
}

double Verification::fill(Batch& batch, size_t index, int64_t bound) {
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

//===-- Running a library ------------------------------------------------------------------------------===//

Status Verification::compute(const Subject& subject, Case& test, Computed& computed) const {
  Poison poison(subject.plan, subject.backwards);
  cnn_options wanted{};
  wanted.max_batch = test.batch;
  wanted.threads = 1;
  wanted.parallel_for = Poison::parallelFor;
  wanted.pool = &poison;
  cnn_model* created = nullptr;
  char message[1024];
  if (int code = cnn_model_create(subject.linked.inference, &wanted, &created, message, sizeof message))
    return Status::error(code, "%s", message);
  Model model(created);
  std::memcpy(cnn_model_parameters(created), test.parameters.data(), 4 * test.parameters.size());
  cnn_model_parameters_changed(created);
  poison.reserveScratch(cnn_model_scratch_bytes(created));

  std::vector<const void*> from;
  std::vector<void*> to;
  for (const Batch& input : test.inputs) from.push_back(input.bytes.data());
  for (uint32_t i = 0; i < tables.output_count; ++i) {
    Batch& output = computed.outputs.emplace_back(allocate(tables.outputs[i], test.batch));
    std::fill(output.bytes.begin(), output.bytes.end(), 0xff);
    to.push_back(output.bytes.data());
  }
  poison.expect(subject.plan.prepare, 1);
  poison.expect(subject.plan.predict, test.batch);
  if (Status bad = model.check(cnn_model_predict(created, from.data(), to.data(), test.batch)); !bad)
    return bad;
  if (training)
    if (Status bad = evaluate(subject, model, poison, test, computed); !bad) return bad;
  if (training)
    if (Status bad = trainAll(subject, model, poison, test, computed); !bad) return bad;
  std::string error = poison.error();
  if (error.empty()) error = LinkedNetwork::failedCheck();
  return error.empty() ? Status() : Status::error(CNN_ERROR_INTERNAL, "%s: %s", tables.name, error.c_str());
}

Status Verification::evaluate(const Subject& subject, Model& model, Poison& poison, const Case& test,
                              Computed& computed) const {
  static const cnn_tensor value = {"value", CNN_F32, 1, {-1}};
  std::vector<const void*> from;
  std::vector<void*> to;
  for (const Batch& input : test.inputs) from.push_back(input.bytes.data());
  for (uint32_t i = 0; i < training->evaluation_output_count; ++i)
    computed.evaluated.push_back(allocate(i < tables.output_count ? tables.outputs[i] : value, test.batch));
  for (Batch& output : computed.evaluated) {
    std::fill(output.bytes.begin(), output.bytes.end(), 0xff);
    to.push_back(output.bytes.data());
  }
  poison.reserveScratch(training->scratch_bytes);
  poison.expect(subject.plan.evaluate, test.batch);
  return model.check(
      cnn_training_evaluate(model.handle(), subject.linked.training, from.data(), test.batch, to.data()));
}

/// Each variant from the same parameters.
Status Verification::trainAll(const Subject& subject, Model& model, Poison& poison, Case& test,
                              Computed& computed) const {
  cnn_model* handle = model.handle();
  if (Status bad = model.check(cnn_training_attach(handle, subject.linked.training, test.batch)); !bad)
    return bad;
  cnn_training_state state;
  if (Status bad = model.check(cnn_training_get_state(handle, &state)); !bad) return bad;
  test.state.seed = *state.seed;
  poison.reserveScratch(cnn_model_scratch_bytes(handle));
  for (const Variant& variant : variants) {
    Trained& trained = computed.trained.emplace_back();
    trained.step = *state.iterations;
    if (Status bad = train(subject, model, poison, test, variant, trained); !bad) return bad;
  }
  return {};
}

bool Verification::isTrained(uint32_t phase, uint32_t parameter) const {
  const cnn_phase& table = training->phases[phase];
  const uint32_t* end = table.frozen + table.frozen_count;
  return (tables.parameters[parameter].flags & CNN_TRAINABLE) &&
         std::find(table.frozen, end, parameter) == end;
}

/// The gradients of what the phase leaves alone are zero and stay so.
Status Verification::train(const Subject& subject, Model& model, Poison& poison, const Case& test,
                           const Variant& variant, Trained& trained) const {
  cnn_model* handle = model.handle();
  if (Status bad = model.check(cnn_training_set_phase(handle, variant.phase)); !bad) return bad;
  std::memcpy(cnn_model_parameters(handle), test.parameters.data(), 4 * test.parameters.size());
  float* gradients = cnn_training_gradients(handle);
  for (uint32_t p = 0; p < tables.parameter_count; ++p)
    if (isTrained(variant.phase, p))
      std::fill_n(gradients + tables.parameters[p].offset, parameterElements(tables.parameters[p]),
                  notANumber);
  std::vector<const void*> from;
  for (const Batch& input : test.inputs) from.push_back(input.bytes.data());
  trained.results.assign(training->results_count, notANumber);
  poison.expect(variant.function(subject.plan), test.batch);
  if (Status bad =
          model.check(cnn_training_forward_backward(handle, from.data(), test.batch, trained.results.data()));
      !bad)
    return bad;
  const float* parameters = cnn_model_parameters(handle);
  trained.gradients.assign(gradients, gradients + tables.trainable_floats);
  trained.parameters.assign(parameters, parameters + tables.parameter_floats);
  return {};
}

//===-- Judging ----------------------------------------------------------------------------------------===//

void Verification::judge(int64_t batch, const std::vector<Comparison>& list) {
  for (const Comparison& comparison : list) {
    ++comparisons;
    bool holds = comparison.holds();
    failures += !holds;
    bool always =
        std::strcmp(comparison.what, "predict") == 0 || std::strcmp(comparison.what, "difference") == 0;
    if (!holds || always)
      std::printf("  batch %-4lld %-10s %-32s relative error %.1e %s\n", static_cast<long long>(batch),
                  comparison.what, comparison.name.c_str(), comparison.error, holds ? "" : "FAILS");
  }
}

/// Of the form with training's ops taken apart only the ops that the other does not have.
Status Verification::mutate(NetworkOp form, std::optional<size_t> variant, const Case& test,
                            const Computed& computed) {
  const std::string function = variant ? variants[*variant].name : "predict";
  std::set<std::string> names = operatorsOf(form.lookupSymbol<FunctionOp>(function));
  if (form != network)
    for (const std::string& name : operatorsOf(network.lookupSymbol<FunctionOp>(function))) names.erase(name);
  for (const std::string& name : names) {
    Hook hook = [&](mlir::Operation* op, std::vector<reference::Tensor>& results) {
      if (mnemonic(op) == name) spoil(op, results);
    };
    std::vector<Comparison> list;
    Status bad = variant ? compareTraining(form, test, *variant, computed, hook, list)
                         : comparePredict(form, test, computed, hook, list);
    if (!bad.ok()) return bad;
    bool noticed =
        std::any_of(list.begin(), list.end(), [](const Comparison& each) { return !each.holds(); });
    ++comparisons;
    failures += !noticed;
    std::printf("  batch %-4lld mutation   %-8s %-32s %s\n", static_cast<long long>(test.batch),
                function.c_str(), name.c_str(), noticed ? "noticed" : "NOT NOTICED, FAILS");
  }
  return {};
}

} // namespace cnn::tools
