#include "schedule.h"

#include <cmath>

namespace cnn {
namespace {

// From `from` to `to` along half a cosine; part in [0, 1].
double anneal(double from, double to, double part) {
  return to + (from - to) / 2 * (1 + std::cos(M_PI * part));
}

double oneCycle(const cnn_schedule_arguments& arguments, double step, double total) {
  double highest = arguments.max_lr, initial = highest / arguments.div_factor;
  double lowest = initial / arguments.final_div_factor;
  double top = arguments.pct_start * total - 1, end = total - 1;
  if (step <= top) return top > 0 ? anneal(initial, highest, step / top) : highest;
  return end > top ? anneal(highest, lowest, (step - top) / (end - top)) : lowest;
}

} // namespace

double Schedule::rate(std::int64_t number) const {
  auto step = static_cast<double>(number), perEpoch = static_cast<double>(steps_per_epoch);
  double total = perEpoch * static_cast<double>(epochs);
  auto epoch = static_cast<double>(number / steps_per_epoch);
  switch (kind) {
  case CNN_STEP:
    return lr * std::pow(arguments.gamma, std::floor(epoch / arguments.step_size));
  case CNN_EXPONENTIAL:
    return lr * std::pow(arguments.gamma, epoch);
  case CNN_COSINE: {
    double lowest = arguments.min_lr, warmup = arguments.warmup * perEpoch;
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
