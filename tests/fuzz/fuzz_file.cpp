/// libFuzzer target: the one of targets.cpp that CNN_FUZZ_TARGET names.
#include "targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  fuzz::targets[CNN_FUZZ_TARGET].read(data, size);
  return 0;
}
