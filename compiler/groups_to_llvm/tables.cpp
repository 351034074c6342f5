//===- tables.cpp - The constant tables of a generated library -----------------------------------------===//

#include "groups_to_llvm/tables.h"

#include "groups_to_halide/target.h"
#include "groups_to_llvm/assertions.h"
#include "groups_to_llvm/memory.h"

#include <cnn/abi.h>

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/xxhash.h"

using namespace mlir;

namespace cnn {
namespace {

int elementNumber(kernel::Element element) {
  switch (element) {
  case kernel::Element::f32:
    return CNN_F32;
  case kernel::Element::i32:
    return CNN_I32;
  case kernel::Element::u8:
    return CNN_U8;
  case kernel::Element::i64:
    return CNN_I64;
  }
  llvm_unreachable("unknown element");
}

int64_t elementsOf(const std::vector<int64_t>& shape) {
  int64_t elements = 1;
  for (int64_t extent : shape) elements *= extent;
  return elements;
}

/// What a weights file must match: names and shapes, in order.
uint64_t hashParameters(const NetworkPlan& network) {
  std::string text;
  for (const ParameterInfo& parameter : network.parameters) {
    text += parameter.name;
    for (int64_t extent : parameter.shape) text += ' ' + std::to_string(extent);
    text += '\n';
  }
  return llvm::xxHash64(text);
}

Constant tensors(ObjectModule& object, const std::vector<TensorInfo>& infos) {
  std::vector<Constant> all;
  for (const TensorInfo& info : infos) {
    all.push_back(object.structure({object.text(info.name), object.i32(elementNumber(info.element)),
                                    object.i32(int64_t(info.shape.size())), object.shape(info.shape)}));
  }
  return object.table(std::move(all));
}

Constant parameters(ObjectModule& object, const NetworkPlan& network) {
  std::vector<Constant> all;
  for (const ParameterInfo& info : network.parameters) {
    int flags = (info.trainable ? CNN_TRAINABLE : 0) | (info.statistic ? CNN_STATISTIC : 0) |
                (info.trainingOnly ? CNN_TRAINING_ONLY : 0);
    all.push_back(object.structure({object.text(info.name), object.i32(int64_t(info.shape.size())),
                                    object.i32(flags), object.shape(info.shape), object.i64(info.offset),
                                    object.i32(info.initialiser), object.i32(0), object.f64(info.a),
                                    object.f64(info.b), object.i64(int64_t(llvm::xxHash64(info.name)))}));
  }
  return object.table(std::move(all));
}

Constant strings(ObjectModule& object, const std::vector<std::string>& texts) {
  std::vector<Constant> all;
  for (const std::string& text : texts) all.push_back(object.text(text));
  return object.table(std::move(all));
}

Constant setting(ObjectModule& object, const TrainingSettings::Setting& setting) {
  std::vector<std::string> names, values;
  for (const TrainingSettings::Argument& argument : setting.arguments) {
    names.push_back(argument.name);
    values.push_back(argument.value);
  }
  return object.structure({object.text(setting.name), object.i32(int64_t(names.size())),
                           strings(object, names), strings(object, values)});
}

Constant pictureChanges(ObjectModule& object, const std::vector<TrainingSettings::Augment>& changes) {
  std::vector<Constant> all;
  for (const TrainingSettings::Augment& change : changes) {
    std::vector<Constant> inputs;
    for (int64_t input : change.inputs) inputs.push_back(object.i32(input));
    all.push_back(object.structure({setting(object, change), object.table(std::move(inputs)),
                                    object.i32(int64_t(change.inputs.size())), object.i32(0)}));
  }
  return object.table(std::move(all));
}

/// The settings count targets alone, the table counts the inputs before them.
Constant metrics(ObjectModule& object, const LibraryPlan& plan) {
  std::vector<Constant> all;
  for (const TrainingSettings::Metric& metric : plan.training.metrics) {
    int64_t target = metric.target < 0 ? -1 : int64_t(plan.network.inputs.size()) + metric.target;
    all.push_back(object.structure(
        {object.text(metric.name), object.text(metric.kind), object.i32(metric.output), object.i32(target),
         object.i32(metric.percent ? CNN_PERCENT : CNN_PLAIN), object.i32(metric.higherIsBetter)}));
  }
  return object.table(std::move(all));
}

Constant terms(ObjectModule& object, const NetworkPlan& network) {
  std::vector<Constant> all;
  for (const NetworkPlan::Term& term : network.terms)
    all.push_back(object.structure({object.i32(term.measure), object.i32(term.value), object.i32(term.share),
                                    object.i32(term.trainingOnly)}));
  return object.table(std::move(all));
}

std::vector<Constant> indicesOf(ObjectModule& object, const LibraryPlan& plan,
                                const std::vector<std::string>& names) {
  std::vector<Constant> indices;
  for (const std::string& name : names)
    for (size_t i = 0; i < plan.network.parameters.size(); ++i)
      if (plan.network.parameters[i].name == name) indices.push_back(object.i32(int64_t(i)));
  return indices;
}

Constant groups(ObjectModule& object, const LibraryPlan& plan, const TrainingSettings::Phase& phase) {
  std::vector<Constant> all;
  for (const TrainingSettings::Group& group : phase.groups) {
    std::vector<Constant> indices = indicesOf(object, plan, group.parameters);
    int64_t count = int64_t(indices.size());
    all.push_back(object.structure({object.table(std::move(indices)), object.i32(count), object.i32(0),
                                    object.f64(group.lrScale), object.f64(group.weightDecay)}));
  }
  return object.table(std::move(all));
}

Constant phaseTable(ObjectModule& object, const LibraryPlan& plan, const TrainingSettings::Phase& phase,
                    const PhaseSymbols& symbols) {
  std::vector<Constant> frozen = indicesOf(object, plan, phase.frozen);
  int64_t frozenCount = int64_t(frozen.size());
  return object.structure({
      object.text(phase.name),
      object.address(symbols.forwardBackward),
      object.address(symbols.update),
      object.table(std::move(frozen)),
      groups(object, plan, phase),
      object.i32(frozenCount),
      object.i32(int64_t(phase.groups.size())),
      object.i32(phase.optimizer),
      object.i32(phase.schedule),
#define CNN_HYPER(field, kind, range) object.f64(phase.hyper.field),
#include <cnn/optimizers.def>
      object.f64(phase.hyper.clip_norm),
#define CNN_SCHEDULE_FIELD(field, kind, range) object.f64(phase.scheduleArguments.field),
#include <cnn/schedules.def>
      object.i32(phase.stopMetric),
      object.i32(0),
      object.i64(phase.batch),
      object.i64(phase.epochs),
      object.i64(phase.accumulate),
      object.i64(phase.stopEpochs),
  });
}

} // namespace

void emitDescription(ObjectModule& object, const LibraryPlan& plan) {
  const NetworkPlan& network = plan.network;
  std::vector<std::string> assertions;
  for (const LibraryPlan::Assertion& assertion : plan.assertions) assertions.push_back(assertion.text);
  constexpr const char* failedAssertion = "failed_assertion";
  if (!assertions.empty()) {
    emitAssertions(object, failedAssertion, plan.assertions);
    object.builder.setInsertionPointToEnd(object.module->getBody());
  }
  int64_t trained = 0;
  for (const ParameterInfo& info : network.parameters)
    if (info.trainable) trained += elementsOf(info.shape);
  Constant table = object.structure({
      object.i32(sizeof(cnn_description)),
      object.i32(CNN_ABI_VERSION),
      object.text(network.name),
      object.text(cnncVersion),
      object.text(network.target),
      object.text(plan.precision),
      object.i64(int64_t(plan.sourceHash)),
      object.i64(int64_t(hashParameters(network))),
      object.i64(int64_t(kernel::cpuFeaturesOf(network.target))),
      tensors(object, network.inputs),
      tensors(object, network.outputs),
      parameters(object, network),
      strings(object, plan.labels),
      object.i32(int64_t(network.inputs.size())),
      object.i32(int64_t(network.outputs.size())),
      object.i32(int64_t(network.parameters.size())),
      object.i32(int64_t(plan.labels.size())),
      object.i64(network.parameterFloats),
      object.i64(network.trainableFloats),
      object.i64(trained),
      object.i64(largestBatch(network)),
      assertions.empty() ? object.null() : object.address(failedAssertion),
      strings(object, assertions),
      object.text(plan.meaning),
      pictureChanges(object, plan.preprocess),
      object.i32(int64_t(plan.preprocess.size())),
      object.i32(0),
  });
  object.exportTable(plan.name + "_description", std::move(table), sizeof(cnn_description));
}

static std::string weightsSymbol(const LibraryPlan& plan) {
  return plan.name + "_weights";
}

void emitWeights(ObjectModule& object, const LibraryPlan& plan) {
  std::vector<float> numbers = plan.weights;
  numbers.resize(numbers.size() + 16); // vectors may be read past the last parameter
  object.exportNumbers(weightsSymbol(plan), numbers);
}

void emitInferenceTable(ObjectModule& object, const LibraryPlan& plan, uint64_t scratchBytes,
                        StringRef prepare, StringRef predict) {
  ArenaNeed arena = inferenceArena(plan.network);
  Constant table = object.structure({
      object.i32(sizeof(cnn_inference)),
      object.i32(CNN_ABI_VERSION),
      object.importTable(plan.name + "_description"),
      object.i64(plan.network.preparedBytes),
      object.i64(arena.constantBytes),
      object.i64(arena.blockBytes),
      object.i64(int64_t(scratchBytes)),
      object.address(prepare),
      object.address(predict),
      plan.weights.empty() ? object.null() : object.importTable(weightsSymbol(plan)),
  });
  object.exportTable(plan.name + "_inference", std::move(table), sizeof(cnn_inference));
}

void emitTrainingTable(ObjectModule& object, const LibraryPlan& plan, uint64_t scratchBytes,
                       const std::vector<PhaseSymbols>& symbols) {
  const TrainingSettings& settings = plan.training;
  ArenaNeed arena = trainingArena(plan.network), evaluation = evaluationArena(plan.network);
  std::vector<Constant> phases, data, weights;
  for (auto [phase, names] : llvm::zip(settings.phases, symbols))
    phases.push_back(phaseTable(object, plan, phase, names));
  std::vector<Constant> draws;
  for (const TrainingSettings::Draw& draw : settings.draws)
    draws.push_back(object.structure({object.i32(draw.input),
                                      object.i32(draw.kind == "normal" ? CNN_INIT_NORMAL : CNN_INIT_UNIFORM),
                                      object.f64(draw.a), object.f64(draw.b)}));
  std::vector<Constant> labels;
  for (const TrainingSettings::Labels& given : settings.labels)
    labels.push_back(
        object.structure({object.i32(given.input), object.i32(given.classes),
                          object.i32(given.ignored.has_value()), object.i32(given.ignored.value_or(0))}));
  int64_t metricCount = int64_t(settings.metrics.size() - settings.losses()); // losses are no metrics
  if (settings.data) data.push_back(setting(object, *settings.data));
  if (settings.weights) weights.push_back(setting(object, *settings.weights));
  Constant table = object.structure({
      object.i32(sizeof(cnn_training)),
      object.i32(CNN_ABI_VERSION),
      object.importTable(plan.name + "_description"),
      object.i64(arena.constantBytes),
      object.i64(arena.blockBytes),
      object.i32(plan.network.train.front().lanes),
      object.i32(int64_t(settings.metrics.size())),
      object.i64(int64_t(scratchBytes)),
      tensors(object, plan.network.targets),
      object.text(plan.trainingMeaning),
      metrics(object, plan),
      object.i32(int64_t(plan.network.targets.size())),
      object.i32(metricCount),
      object.table(std::move(phases)),
      object.i32(int64_t(settings.phases.size())),
      object.i32(int64_t(settings.augments.size())),
      object.i64(int64_t(settings.seed)),
      object.f64(settings.validation),
      object.f64(settings.ema),
      object.table(std::move(data)),
      pictureChanges(object, settings.augments),
      object.table(std::move(weights)),
      object.table(std::move(draws)),
      object.i32(int64_t(settings.draws.size())),
      object.i32(settings.steps),
      object.table(std::move(labels)),
      object.i32(int64_t(settings.labels.size())),
      object.i32(int64_t(plan.network.terms.size())),
      object.address("evaluate"),
      terms(object, plan.network),
      object.i64(evaluation.constantBytes),
      object.i64(evaluation.blockBytes),
      object.i32(plan.network.evaluationOutputs),
      object.i32(0),
  });
  object.exportTable(plan.name + "_training", std::move(table), sizeof(cnn_training));
}

} // namespace cnn
