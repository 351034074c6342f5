//===- registry.cpp
//---------------------------------------------------------------------------------------===//

#include "registry.h"

#include "compile.h"
#include "schedules/schedules.h"

namespace cnn::kernel {

namespace {

std::span<const Operation> (*const families[])() = {
    convolutionOperations, convolutionBackwardOperations, elementwiseOperations,     dataMovementOperations,
    packOperations,        channelConvolutionOperations,  channelWinogradOperations, channelLayoutOperations,
};

constexpr Template templates[] = {
    {"rows", scheduleRows},
    {"batch_conv", scheduleBatchConv},
    {"batch_conv_weight", scheduleBatchConvWeight},
    {"batch_linear_weight", scheduleBatchLinearWeight},
    {"channel_direct", scheduleChannelDirect},
    {"channel_depthwise", scheduleChannelDepthwise},
    {"channel_linear", scheduleChannelLinear},
    {"channel_winograd", scheduleChannelWinograd},
    {"plain_rows", schedulePlainRows},
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

const Template* findTemplate(std::string_view name) {
  for (const Template& candidate : templates) {
    if (candidate.name == name) return &candidate;
  }
  return nullptr;
}

bool hasOperation(const std::string& name) {
  return findOperation(name) != nullptr;
}

bool isStored(const Kernel& kernel, size_t index) {
  int op = kernel.results[index] - static_cast<int>(kernel.inputs.size());
  return op >= 0 && static_cast<size_t>(op) < kernel.ops.size() && kernel.ops[op].name == "store";
}

bool holdsParts(const Kernel& kernel, size_t index) {
  if (kernel.inputs[index].layout != Layout::plain) return false;
  for (const Op& op : kernel.ops) {
    const Operation* operation = findOperation(op.name);
    for (size_t i = 0; operation && i < op.operands.size(); ++i) {
      if (op.operands[i] == static_cast<int>(index) && (operation->partedOperands >> i & 1)) return true;
    }
  }
  return false;
}

const Op* findAnchor(const Kernel& kernel) {
  for (const Op& op : kernel.ops) {
    const Operation* operation = findOperation(op.name);
    if (operation && operation->choose) return &op;
  }
  return nullptr;
}

Schedule chooseSchedule(const Kernel& kernel) {
  const Op* anchor = findAnchor(kernel);
  return anchor ? findOperation(anchor->name)->choose(kernel, *anchor) : Schedule{"rows", {}};
}

} // namespace cnn::kernel
