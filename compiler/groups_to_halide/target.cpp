//===- target.cpp -----------------------------------------------------------------------------------===//

#include "target.h"

#include <Halide.h>

namespace cnn::kernel {

using Halide::Target;

std::string readTarget(const std::string& text, std::string& error) {
  constexpr const char* expected =
      "expected a Halide target such as x86-64-linux-avx2-fma-f16c or arm-64-osx";
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

bool runsHere(const std::string& text) {
  Target target(text), host = Halide::get_host_target();
  return target.arch == host.arch && target.bits == host.bits && target.os == host.os;
}

} // namespace cnn::kernel
