//===- target.cpp -----------------------------------------------------------------------------------===//

#include "target.h"

#include "compile.h"

#include <Halide.h>

namespace cnn::kernel {

using Halide::Target;

std::string readTarget(const std::string& text, std::string& error) {
  if (std::string named = targetNamed(text); !named.empty()) return named;
  constexpr const char* expected = "expected x86-64-avx2, x86-64-avx512 or a Halide target such as "
                                   "x86-64-linux-avx2-fma-f16c or arm-64-osx";
  if (!Target::validate_target_string(text)) {
    error = std::string(expected) + ", found '" + text + "'";
    return "";
  }
  Target target(text);
  bool known = target.os == Target::Linux || target.os == Target::OSX || target.os == Target::Windows;
  if ((target.arch != Target::X86 && target.arch != Target::ARM) || target.bits != 64 || !known) {
    error = std::string(expected) + " (64 bits; linux, osx or windows), found '" + text + "'";
    return "";
  }
  return target.to_string();
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
