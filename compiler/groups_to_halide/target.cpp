//===- target.cpp -----------------------------------------------------------------------------------===//

#include "target.h"

#include "compile.h"

#include <cnn/abi.h>
#include <execution/cpu.h>

#include <Halide.h>

namespace cnn::kernel {

using Halide::Target;

namespace {

/// A set of instructions: what a library says that it needs, and which sets it brings with it.
struct InstructionSet {
  Target::Feature feature;
  uint64_t needs; ///< bits of enum cnn_cpu_feature
  std::vector<Target::Feature> brings;
};

/// Those that the runtime can look for on a processor before it runs them; the larger ones first.
const std::vector<InstructionSet>& instructionSets() {
  static const std::vector<InstructionSet> sets = {
      {Target::AVX512_SapphireRapids,
       CNN_CPU_AVX512_BF16 | CNN_CPU_AMX_BF16 | CNN_CPU_AMX_INT8 | CNN_CPU_AVX_VNNI,
       {Target::AVX512_Zen4, Target::AVXVNNI}},
      {Target::AVX512_Zen4, CNN_CPU_AVX512_BF16 | CNN_CPU_AVX512_VNNI, {Target::AVX512_Cannonlake}},
      {Target::AVX512_Cannonlake, CNN_CPU_AVX512_VBMI, {Target::AVX512_Skylake}},
      {Target::AVX512_Skylake, CNN_CPU_AVX512, {Target::AVX512}},
      {Target::AVX512, CNN_CPU_AVX512, {Target::AVX2}},
      {Target::AVXVNNI, CNN_CPU_AVX_VNNI, {Target::AVX2}},
      {Target::AVX2, CNN_CPU_AVX2_FMA, {Target::AVX, Target::FMA, Target::F16C}},
      {Target::FMA, CNN_CPU_FMA, {Target::AVX}},
      {Target::F16C, CNN_CPU_F16C, {Target::AVX}},
      {Target::AVX, CNN_CPU_AVX, {Target::SSE41}},
      {Target::SSE41, CNN_CPU_SSE41, {}},
  };
  return sets;
}

/// The first feature that is none of these; empty where all are.
std::string otherFeature(const Target& target) {
  for (int i = 0; i < Target::FeatureEnd; ++i) {
    auto feature = static_cast<Target::Feature>(i);
    bool known = std::any_of(instructionSets().begin(), instructionSets().end(),
                             [&](const InstructionSet& set) { return set.feature == feature; });
    if (target.has_feature(feature) && !known) return Target::feature_to_name(feature);
  }
  return "";
}

} // namespace

std::string readTarget(const std::string& given, std::string& error) {
  if (std::string named = targetNamed(given); !named.empty()) return named;
  if (given == "host") return hostTarget();
  constexpr const char* expected = "expected host, x86-64-avx2, x86-64-avx512 or a Halide target such as "
                                   "x86-64-linux-avx2-fma-f16c or arm-64-osx";
  // What Halide knows of this machine goes by the processor's model: a virtual machine can have less.
  std::string text = given;
  if (text.rfind("host-", 0) == 0) text = hostTarget() + text.substr(4);
  if (!Target::validate_target_string(text)) {
    error = std::string(expected) + ", found '" + given + "'";
    return "";
  }
  Target target(text);
  if (std::string other = otherFeature(target); !other.empty()) {
    error = "'" + other + "' is no instruction set that a library looks for before it runs: those are";
    for (const InstructionSet& set : instructionSets()) {
      error += ' ';
      error += Target::feature_to_name(set.feature);
    }
    return "";
  }
  for (const InstructionSet& set : instructionSets())
    if (target.has_feature(set.feature))
      for (Target::Feature brought : set.brings) target.set_feature(brought);
  bool known = target.os == Target::Linux || target.os == Target::OSX || target.os == Target::Windows;
  if ((target.arch != Target::X86 && target.arch != Target::ARM) || target.bits != 64 || !known) {
    error = std::string(expected) + " (64 bits; linux, osx or windows), found '" + given + "'";
    return "";
  }
  return target.to_string();
}

uint64_t cpuFeaturesOf(const std::string& text) {
  Target target(text);
  uint64_t needs = 0;
  for (const InstructionSet& set : instructionSets())
    if (target.has_feature(set.feature)) needs |= set.needs;
  // Halide makes code with all that a set brings, whether the target names it or not.
  bool avx512 = needs & CNN_CPU_AVX512;
  if (avx512) needs |= CNN_CPU_AVX2_FMA;
  return needs;
}

std::string hostTarget() {
  Target host = Halide::get_host_target();
  if (host.arch == Target::ARM) return targetNamed("arm-64");
  uint64_t found = availableCpuFeatures(CNN_CPU_AVX512 | CNN_CPU_AVX2_FMA | CNN_CPU_SSE41);
  if (found & CNN_CPU_AVX512) return targetNamed("x86-64-avx512");
  if (found & CNN_CPU_AVX2_FMA) return targetNamed("x86-64-avx2");
  std::string least = targetNamed("x86-64");
  return found & CNN_CPU_SSE41 ? least : least.substr(0, least.rfind('-'));
}

std::string targetNamed(const std::string& machine) {
  Target host = Halide::get_host_target();
  std::string system = host.os == Target::OSX ? "osx" : host.os == Target::Windows ? "windows" : "linux";
  if (machine == "arm-64") return "arm-64-" + system;
  if (machine == "x86-64") return "x86-64-" + system + "-sse41";
  if (machine == "x86-64-avx2") return "x86-64-" + system + "-avx-avx2-f16c-fma-sse41";
  if (machine == "x86-64-avx512") return "x86-64-" + system + "-avx512_skylake";
  return "";
}

std::string machineOf(const std::string& target) {
  if (Target(target).arch == Target::ARM) return "arm-64";
  int lanes = vectorLanes(target);
  return lanes == 16 ? "x86-64-avx512" : lanes == 8 ? "x86-64-avx2" : "x86-64";
}

bool runsHere(const std::string& text) {
  Target target(text), host = Halide::get_host_target();
  return target.arch == host.arch && target.bits == host.bits && target.os == host.os;
}

} // namespace cnn::kernel
