// halide_smoothing_generator FOLDER
#include "halide_smoothing.h"

int main(int count, char** arguments) {
  if (count != 2) return 2;
  compileSmoothing(arguments[1]);
}
