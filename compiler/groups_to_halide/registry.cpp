//===- registry.cpp ----------------------------------------------------------------------------------===//

#include "registry.h"

#include "algorithms/channel_transpose.h"
#include "compile.h"
#include "schedules/schedules.h"

#include <stdexcept>

namespace cnn::kernel {

namespace {

std::span<const Operation> (*const families[])() = {
    convolutionOperations,
    convolutionBackwardOperations,
    elementwiseOperations,
    dataMovementOperations,
    poolingOperations,
    reductionOperations,
    batchNormOperations,
    layerNormOperations,
    lossOperations,
    dropoutOperations,
    optimizerOperations,
    packOperations,
    batchWinogradOperations,
    channelConvolutionOperations,
    channelWinogradOperations,
    channelLayoutOperations,
};

constexpr Template templates[] = {
    {"rows", scheduleRows},
    {"batch_conv", scheduleBatchConv},
    {"batch_conv_weight", scheduleBatchConvWeight},
    {"batch_linear_weight", scheduleBatchLinearWeight},
    {"batch_winograd", scheduleBatchWinograd},
    {"winograd_weights", scheduleWinogradWeights},
    {"channel_reductions", scheduleChannelReductions},
    {"pixel_reductions", schedulePixelReductions},
    {"pixel_tiles", schedulePixelTiles},
    {"windows", scheduleWindows},
    {"halo", scheduleHalo},
    {"flat_update", scheduleFlatUpdate},
    {"serial", scheduleSerial},
    {"channel_direct", scheduleChannelDirect},
    {"channel_depthwise", scheduleChannelDepthwise},
    {"channel_phases", scheduleChannelPhases},
    {"channel_linear", scheduleChannelLinear},
    {"channel_winograd", scheduleChannelWinograd},
    {"channel_winograd_rows", scheduleChannelWinogradRows},
    {"plain_rows", schedulePlainRows},
    {"image_pixels", scheduleImagePixels},
};

} // namespace

const Operation* findOperation(std::string_view name) {
  for (auto family : families) {
    for (const Operation& operation : family()) {
      if (operation.name == name) return &operation;
    }
  }
  return nullptr;
}

bool isSingleImage(const Kernel& kernel) {
  for (auto* tensors : {&kernel.inputs, &kernel.outputs}) {
    for (const Tensor& tensor : *tensors) {
      if (tensor.layout == Layout::batchLanes) return false;
    }
  }
  return kernel.scalars.empty();
}

bool hasWideSums(const Kernel& kernel) {
  return kernel.exact && !isSingleImage(kernel);
}

const Operation* findOperation(const Kernel& kernel, const Op& op) {
  const Operation* special = isSingleImage(kernel) ? findOperation("image_" + op.name) : nullptr;
  return special ? special : findOperation(op.name);
}

const Template* findTemplate(std::string_view name) {
  for (const Template& candidate : templates) {
    if (candidate.name == name) return &candidate;
  }
  return nullptr;
}

bool isStored(const Kernel& kernel, size_t index) {
  int op = kernel.results[index] - static_cast<int>(kernel.inputs.size());
  return op >= 0 && static_cast<size_t>(op) < kernel.ops.size() && kernel.ops[op].name == "store" &&
         !isSingleImage(kernel);
}

bool holdsParts(const Kernel& kernel, size_t index) {
  if (kernel.inputs[index].layout != Layout::plain) return false;
  for (const Op& op : kernel.ops) {
    const Operation* operation = findOperation(kernel, op);
    for (size_t i = 0; operation && i < op.operands.size(); ++i) {
      if (op.operands[i] == static_cast<int>(index) && (operation->partedOperands >> i & 1)) return true;
    }
  }
  return false;
}

const Op* findAnchor(const Kernel& kernel) {
  for (const Op& op : kernel.ops) {
    const Operation* operation = findOperation(kernel, op);
    if (operation && operation->choose) return &op;
  }
  return nullptr;
}

Schedule chooseSchedule(const Kernel& kernel) {
  const Op* anchor = findAnchor(kernel);
  if (!anchor) return {isSingleImage(kernel) ? "image_pixels" : "rows", {}};
  try {
    return findOperation(kernel, *anchor)->choose(kernel, *anchor);
  } catch (const std::out_of_range&) {
    return {"rows", {}}; // not well formed: compile() says how
  }
}

} // namespace cnn::kernel
