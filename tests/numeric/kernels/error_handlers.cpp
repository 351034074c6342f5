//===- error_handlers.cpp - What checked kernels call when one of Halide's assertions fails ----------===//

#include <cstdio>
#include <cstdlib>

#define HALIDE_ERROR(name)                                                                                   \
  extern "C" int halide_error_##name(void*, ...) {                                                           \
    std::fprintf(stderr, "a kernel's check failed: " #name "\n");                                            \
    std::abort();                                                                                            \
  }
#include "halide_errors.def"
