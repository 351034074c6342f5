#include "schedule.h"

#include <cmath>

namespace cnn {
namespace {

// From `from` to `to` along half a cosine; part in [0, 1].
double anneal(double from, double to, double part) {
  return to + (from - to) / 2 * (1 + std::cos(M_PI * part));
}

double oneCycle(const double* arguments, double step, double total) {
  double highest = arguments[0], rising = arguments[1];
  double initial = highest / arguments[2], lowest = initial / arguments[3];
  double top = rising * total - 1, end = total - 1;
  if (step <= top) return top > 0 ? anneal(initial, highest, step / top) : highest;
  return end > top ? anneal(highest, lowest, (step - top) / (end - top)) : lowest;
}

} // namespace

double Schedule::rate(std::int64_t number) const {
  auto step = static_cast<double>(number), perEpoch = static_cast<double>(steps_per_epoch);
  double total = perEpoch * static_cast<double>(epochs);
  switch (kind) {
  case CNN_STEP:
    return lr *
           std::pow(arguments[1], std::floor(static_cast<double>(number / steps_per_epoch) / arguments[0]));
  case CNN_COSINE: {
    double lowest = arguments[0], warmup = arguments[1] * perEpoch;
    if (step < warmup) return lr * (step + 1) / warmup;
    return total > warmup ? anneal(lr, lowest, (step - warmup) / (total - warmup)) : lr;
  }
  case CNN_ONE_CYCLE:
    return oneCycle(arguments, step, total);
  default:
    return lr;
  }
}

} // namespace cnn
