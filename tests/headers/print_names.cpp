//===- print_names.cpp - Declares what generated headers would, for names from stdin -------------------===//
//
// print_names namespaces|functions|arguments|phases: one declaration a line, under the name that a generated
// library or header would have for each word of stdin, and that word in capitals or with a capital initial.
//
//===---------------------------------------------------------------------------------------------------===//
#include "groups_to_llvm/c_names.h"

#include <cctype>
#include <cstdio>
#include <iostream>
#include <set>
#include <string>

int main(int count, char** arguments) {
  const std::string mode = count == 2 ? arguments[1] : "";
  std::set<std::string> libraries;
  size_t number = 0;
  for (std::string word; std::cin >> word;) {
    ++number;
    const std::string library = cnn::libraryNameOf(word), argument = cnn::identifiersOf({word}).front();
    if (mode == "namespaces") {
      if (libraries.insert(library).second) std::printf("namespace %s { class Model_; }\n", library.c_str());
    } else if (mode == "functions") {
      if (!libraries.insert(library).second) continue;
      for (const char* name : {"create", "predict", "attach_training", "train_step", "begin_phase",
                               "description", "inference", "training"})
        std::printf("static void %s_%s(void); ", library.c_str(), name);
      std::puts("");
    } else if (mode == "arguments") {
      std::printf(
          "static inline int32_t f_%zu(cnn_model* model, const float* %s, int64_t batch) { const void* const "
          "inputs[] = {%s}; return cnn_model_predict(model, inputs, 0, batch); }\n",
          number, argument.c_str(), argument.c_str());
    } else if (mode == "phases") {
      std::printf("enum class Phase_%zu : std::uint32_t { %s };\n", number, argument.c_str());
    } else {
      return 2;
    }
  }
}
