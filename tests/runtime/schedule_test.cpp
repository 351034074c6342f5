#include "../../runtime/training/schedule.h"

#include <catch2/catch.hpp>

#include <vector>

namespace {

using Arguments = cnn_schedule_arguments;

Arguments with(std::initializer_list<std::pair<double Arguments::*, double>> values) {
  Arguments arguments{};
  for (auto [field, value] : values) arguments.*field = value;
  return arguments;
}

cnn::Schedule make(int32_t kind, double lr, const Arguments& arguments, std::int64_t perEpoch,
                   std::int64_t epochs) {
  return {kind, lr, arguments, perEpoch, epochs};
}

Arguments oneCycle(double highest, double share, double first, double last) {
  return with({{&Arguments::max_lr, highest},
               {&Arguments::pct_start, share},
               {&Arguments::div_factor, first},
               {&Arguments::final_div_factor, last}});
}

void requireRates(const cnn::Schedule& schedule, const std::vector<double>& expected) {
  for (std::size_t i = 0; i < expected.size(); ++i) {
    INFO("step " << i);
    REQUIRE(schedule.rate(static_cast<std::int64_t>(i)) == Approx(expected[i]).epsilon(1e-9).margin(1e-15));
  }
}

} // namespace

TEST_CASE("a constant rate is constant") {
  requireRates(make(CNN_CONSTANT, 0.3, {}, 2, 3), {0.3, 0.3, 0.3, 0.3, 0.3, 0.3});
}

TEST_CASE("the step schedule falls every step_size epochs, as StepLR") {
  requireRates(make(CNN_STEP, 1, with({{&Arguments::step_size, 2}, {&Arguments::gamma, 0.1}}), 2, 6),
               {1, 1, 1, 1, 0.1, 0.1, 0.1, 0.1, 0.01, 0.01, 0.01, 0.01});
}

TEST_CASE("the exponential schedule falls every epoch, as ExponentialLR") {
  requireRates(make(CNN_EXPONENTIAL, 0.3, with({{&Arguments::gamma, 0.9}}), 2, 4),
               {0.3, 0.3, 0.27, 0.27, 0.243, 0.243, 0.2187, 0.2187});
}

TEST_CASE("the cosine schedule is CosineAnnealingLR's closed form, after a linear warm-up") {
  requireRates(make(CNN_COSINE, 1, {}, 4, 1), {1, 0.8535533905932737, 0.5, 0.14644660940672627});
  requireRates(make(CNN_COSINE, 1, with({{&Arguments::min_lr, 0.2}, {&Arguments::warmup, 1}}), 4, 2),
               {0.25, 0.5, 0.75, 1, 1, 0.8828427124746190, 0.6, 0.3171572875253810});
}

// What PyTorch 2.15's OneCycleLR(cycle_momentum=False).get_last_lr() gives before each step.
TEST_CASE("one_cycle gives OneCycleLR's rates") {
  requireRates(make(CNN_ONE_CYCLE, 1, oneCycle(0.1, 0.3, 25, 1e4), 5, 2),
               {0.004, 0.052, 0.1, 0.09504846320134738, 0.0811745653949763, 0.06112620219362893,
                0.03887419780637107, 0.0188258346050237, 0.004951936798652629, 4e-07});
  requireRates(make(CNN_ONE_CYCLE, 1, oneCycle(3e-3, 0.5, 10, 100), 7, 1),
               {0.0003, 0.001232827057593821, 0.002742172942406179, 0.002851601848551775,
                0.001834947619533537, 0.0005672005319146879, 3e-06});
}

TEST_CASE("schedules of a single step are finite") {
  REQUIRE(make(CNN_ONE_CYCLE, 1, oneCycle(0.1, 0.3, 25, 1e4), 1, 1).rate(0) > 0);
  REQUIRE(make(CNN_COSINE, 0.1, with({{&Arguments::warmup, 5}}), 1, 1).rate(0) == Approx(0.02));
}
