// lenet_inference WEIGHTS: all that a program needs which only predicts, from exec to the printed result.
#include "lenet_outputs.h"

int main(int count, char** arguments) {
  if (count != 2) return 2;
  auto model = lenet::Model::create().or_exit();
  model.load(arguments[1]).or_exit();
  printOutputs(model);
}
