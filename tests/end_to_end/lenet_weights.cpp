// lenet_weights WEIGHTS: writes initial weights, and prints what lenet_inference must print with them.
#include "lenet_outputs.h"

int main(int count, char** arguments) {
  if (count != 2) return 2;
  auto model = lenet::Model::create().or_exit();
  model.initialise(11).or_exit();
  model.save(arguments[1]).or_exit();
  printOutputs(model);
}
