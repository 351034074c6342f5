//===- tables.cpp - The constant tables of a generated library -------------------------------------------------===//

#include "groups_to_llvm/tables.h"

#include <cnn/abi.h>

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
    int flags = (info.trainable ? CNN_TRAINABLE : 0) | (info.statistic ? CNN_STATISTIC : 0);
    all.push_back(object.structure(
        {object.text(info.name), object.i32(int64_t(info.shape.size())), object.i32(flags), object.shape(info.shape),
         object.i64(info.offset), object.i32(info.initialiser), object.i32(0), object.f64(info.a), object.f64(info.b),
         object.i64(int64_t(llvm::xxHash64(info.name)))}));
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
  return object.structure({object.text(setting.name), object.i32(int64_t(names.size())), strings(object, names),
                           strings(object, values)});
}

/// The settings count targets alone, the table counts the inputs before them.
Constant metrics(ObjectModule& object, const LibraryPlan& plan) {
  std::vector<Constant> all;
  for (const TrainingSettings::Metric& metric : plan.training.metrics) {
    int64_t target = metric.target < 0 ? -1 : int64_t(plan.network.inputs.size()) + metric.target;
    all.push_back(object.structure({object.text(metric.name), object.text(metric.kind), object.i32(metric.output),
                                    object.i32(target), object.f64(metric.parameter)}));
  }
  return object.table(std::move(all));
}

Constant groups(ObjectModule& object, const LibraryPlan& plan) {
  std::vector<Constant> all;
  for (const TrainingSettings::Group& group : plan.training.groups) {
    std::vector<Constant> indices;
    for (const std::string& name : group.parameters)
      for (size_t i = 0; i < plan.network.parameters.size(); ++i)
        if (plan.network.parameters[i].name == name) indices.push_back(object.i32(int64_t(i)));
    int64_t count = int64_t(indices.size());
    all.push_back(object.structure({object.table(std::move(indices)), object.i32(count), object.i32(0),
                                    object.f64(group.lrScale), object.f64(group.weightDecay)}));
  }
  return object.table(std::move(all));
}

} // namespace

void emitDescription(ObjectModule& object, const LibraryPlan& plan) {
  const NetworkPlan& network = plan.network;
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
      object.i64(int64_t(cpuFeaturesOf(network.target))),
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
  });
  object.exportTable(plan.name + "_description", std::move(table), sizeof(cnn_description));
}

void emitInferenceTable(ObjectModule& object, const LibraryPlan& plan, uint64_t scratchBytes, StringRef prepare,
                        StringRef predict) {
  const FunctionPlan& function = plan.network.predict;
  Constant table = object.structure({
      object.i32(sizeof(cnn_inference)),
      object.i32(CNN_ABI_VERSION),
      object.importTable(plan.name + "_description"),
      object.i64(plan.network.preparedBytes),
      object.i64(std::max(function.arenaConstantBytes, plan.network.prepare.arenaConstantBytes)),
      object.i64(std::max(function.arenaBlockBytes, plan.network.prepare.arenaBlockBytes)),
      object.i64(int64_t(scratchBytes)),
      object.address(prepare),
      object.address(predict),
  });
  object.exportTable(plan.name + "_inference", std::move(table), sizeof(cnn_inference));
}

void emitTrainingTable(ObjectModule& object, const LibraryPlan& plan, uint64_t scratchBytes,
                       StringRef forwardBackward, StringRef update) {
  const FunctionPlan& function = plan.network.train;
  const TrainingSettings& settings = plan.training;
  std::vector<Constant> arguments, augments;
  for (double argument : settings.scheduleArguments) arguments.push_back(object.f64(argument));
  for (const TrainingSettings::Setting& augment : settings.augments) augments.push_back(setting(object, augment));
  int64_t metricCount = int64_t(settings.metrics.size()) - 1; // the loss is no metric
  std::vector<Constant> data, weights;
  if (settings.data) data.push_back(setting(object, *settings.data));
  if (settings.weights) weights.push_back(setting(object, *settings.weights));
  Constant table = object.structure({
      object.i32(sizeof(cnn_training)),
      object.i32(CNN_ABI_VERSION),
      object.importTable(plan.name + "_description"),
      object.i64(function.arenaConstantBytes),
      object.i64(function.arenaBlockBytes),
      object.i32(function.lanes),
      object.i32(1 + metricCount),
      object.i64(int64_t(scratchBytes)),
      tensors(object, plan.network.targets),
      metrics(object, plan),
      object.i32(int64_t(plan.network.targets.size())),
      object.i32(metricCount),
      object.address(forwardBackward),
      object.address(update),
      object.i32(settings.optimizer),
      object.i32(settings.nesterov),
      object.f64(settings.lr),
      object.f64(settings.momentum),
      object.f64(settings.dampening),
      object.f64(settings.beta1),
      object.f64(settings.beta2),
      object.f64(settings.eps),
      object.f64(settings.weightDecay),
      groups(object, plan),
      object.i32(int64_t(settings.groups.size())),
      object.i32(settings.schedule),
      object.array(object.builder.getF64Type(), std::move(arguments)),
      object.i64(settings.batch),
      object.i64(settings.epochs),
      object.i64(int64_t(settings.seed)),
      object.f64(settings.clipNorm),
      object.f64(settings.validation),
      object.table(std::move(data)),
      object.table(std::move(augments)),
      object.i32(int64_t(settings.augments.size())),
      object.i32(0),
      object.table(std::move(weights)),
  });
  object.exportTable(plan.name + "_training", std::move(table), sizeof(cnn_training));
}

} // namespace cnn
