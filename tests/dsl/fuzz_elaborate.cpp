/// libFuzzer target: any text is elaborated without a crash.
#include "elaborated.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  cnn::ElaborationOptions options;
  options.maxSteps = 100'000; // sanitizers take ten times as long
  cnn::test::Elaborated elaborated(std::string(reinterpret_cast<const char*>(data), size), options);
  toText(elaborated.diagnostics);
  return 0;
}
