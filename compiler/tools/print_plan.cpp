//===- print_plan.cpp - A plan as text -----------------------------------------------------------------===//

#include "print_plan.h"

namespace cnn::tools {
namespace {

const char* nameOf(Base base) {
  switch (base) {
  case Base::arena:
    return "arena";
  case Base::parameters:
    return "parameters";
  case Base::gradients:
    return "gradients";
  case Base::prepared:
    return "prepared";
  case Base::results:
    return "results";
  case Base::input:
    return "input";
  case Base::output:
    return "output";
  }
  return "";
}

const char* nameOf(ScalarSource source) {
  switch (source) {
  case ScalarSource::images:
    return "images";
  case ScalarSource::blocks:
    return "blocks";
  case ScalarSource::batch:
    return "batch";
  case ScalarSource::inverseBatch:
    return "1/batch";
  case ScalarSource::inverseCount:
    return "1/(batch * pixels)";
  case ScalarSource::seedLow:
    return "seed_low";
  case ScalarSource::seedHigh:
    return "seed_high";
  case ScalarSource::step:
    return "step";
  case ScalarSource::firstImage:
    return "first_image";
  }
  return "";
}

std::string print(const Address& address) {
  std::string text = nameOf(address.base);
  if (address.base == Base::input || address.base == Base::output) text += std::to_string(address.index);
  text += "[" + std::to_string(address.constant);
  if (address.perBlocks) text += " + " + std::to_string(address.perBlocks) + " blocks";
  if (address.perBlock) text += " + " + std::to_string(address.perBlock) + " block";
  return text + "]";
}

template <typename List, typename Text> std::string join(const List& list, Text text) {
  std::string joined;
  for (const auto& element : list) joined += (joined.empty() ? "" : ", ") + std::string(text(element));
  return joined;
}

std::string print(const Call& call, const NetworkPlan& network) {
  auto address = [](const Address& a) { return print(a); };
  std::string text = "      " + call.source + ": " + kernel::symbolOf(network.kernels[call.kernel]) + "(" +
                     join(call.inputs, address);
  if (!call.scalars.empty())
    text += "; " + join(call.scalars, [](const ScalarArgument& s) { return nameOf(s.source); });
  return text + ") -> " + join(call.outputs, address) + "\n";
}

std::string print(const FunctionPlan& function, const NetworkPlan& network) {
  std::string text = "  " + function.name + ": blocks of " + std::to_string(function.lanes) + ", arena " +
                     std::to_string(function.arenaConstantBytes) + " bytes + " +
                     std::to_string(function.arenaBlockBytes) + " a block (largest live set " +
                     std::to_string(function.largestLiveBytes) + ")\n";
  for (size_t i = 0; i < function.phases.size(); ++i) {
    text += "    phase " + std::to_string(i) + "\n";
    for (const ChunkFamily& family : function.phases[i].families) {
      text += family.perBlock ? "     each block" : "     all blocks";
      if (family.rangeExtent)
        text += ", " + std::to_string(family.rangeExtent) + " by " + std::to_string(family.rangeChunk);
      text += "\n";
      for (const Call& call : family.calls) text += print(call, network);
    }
  }
  return text;
}

} // namespace

std::string printPlan(const LibraryPlan& plan) {
  const NetworkPlan& network = plan.network;
  std::string text = "network " + network.name + " for " + network.target + ": " +
                     std::to_string(network.parameterFloats) + " floats of parameters, " +
                     std::to_string(network.preparedBytes) + " bytes prepared\n";
  text += print(network.prepare, network) + print(network.predict, network);
  for (const FunctionPlan& train : network.train) text += print(train, network);
  if (network.trains()) text += print(network.evaluate, network);
  for (const kernel::Kernel& kernel : network.kernels)
    text += "  " + kernel::symbolOf(kernel) + ": " + kernel::print(kernel);
  return text;
}

} // namespace cnn::tools
