#include "../../runtime/training/metrics.h"
#include "linear_library.h"

#include <catch2/catch.hpp>

#include <cmath>

namespace {

struct Setup {
  linear::Library<> library;
  cnn_metric metric{"m", "accuracy", 0, 1, 0, 0, 0};

  double of(const std::vector<float>& outputs, const void* targets, std::int64_t batch) {
    auto sum = cnn::MetricSum::make(library.training, metric).or_exit();
    sum.add(outputs.data(), targets, batch);
    return sum.value().value;
  }
};

const std::vector<float> scores{1, 2, 3, 5, 5, 1, 0, -1, 0.5f};
const std::int32_t labels[] = {2, 1, 0};

} // namespace

TEST_CASE("accuracy counts the highest score, and the lower class wins a tie") {
  Setup setup;
  REQUIRE(setup.of(scores, labels, 3) == Approx(1.0 / 3));
  setup.metric.parameter = 2;
  REQUIRE(setup.of(scores, labels, 3) == Approx(1));
}

TEST_CASE("cross entropy is PyTorch's, with and without label smoothing, for classes and for probabilities") {
  Setup setup;
  setup.metric.kind = "cross_entropy";
  auto logSoftmax = [](const float* x, int c) {
    return x[c] - std::log(std::exp(double{x[0]}) + std::exp(double{x[1]}) + std::exp(double{x[2]}));
  };
  double plain = 0, uniform = 0;
  for (int n = 0; n < 3; ++n) {
    plain -= logSoftmax(&scores[static_cast<std::size_t>(3 * n)], labels[n]) / 3;
    for (int c = 0; c < 3; ++c) uniform -= logSoftmax(&scores[static_cast<std::size_t>(3 * n)], c) / 9;
  }
  REQUIRE(setup.of(scores, labels, 3) == Approx(plain));
  setup.metric.parameter = 0.1;
  REQUIRE(setup.of(scores, labels, 3) == Approx(0.9 * plain + 0.1 * uniform));

  Setup soft;
  soft.metric.kind = "cross_entropy";
  soft.library.label = {"label", CNN_F32, 2, {-1, 3}};
  const float probabilities[] = {0, 0, 1, 0, 1, 0, 1, 0, 0};
  REQUIRE(soft.of(scores, probabilities, 3) == Approx(plain));
  soft.metric.kind = "accuracy";
  REQUIRE(soft.of(scores, probabilities, 3) == Approx(1.0 / 3));
}

TEST_CASE("mse is the mean over all elements") {
  Setup setup;
  setup.metric.kind = "mse";
  setup.library.label = {"label", CNN_F32, 2, {-1, 3}};
  const float targets[] = {1, 2, 5, 5, 5, 1, 0, -1, 0.5f};
  REQUIRE(setup.of(scores, targets, 3) == Approx(4.0 / 9));
}

TEST_CASE("positions of a picture count each") {
  Setup setup;
  setup.library.logits = {"logits", CNN_F32, 3, {-1, 2, 3}};
  setup.library.label = {"label", CNN_I32, 2, {-1, 3}};
  const std::vector<float> planes{1, 5, 2, 3, 4, 9}; // classes 1, 0, 1
  const std::int32_t wanted[] = {1, 0, 0};
  REQUIRE(setup.of(planes, wanted, 1) == Approx(2.0 / 3));
}

TEST_CASE("a metric that the host does not know is an error") {
  Setup setup;
  setup.metric.kind = "wasserstein";
  REQUIRE_THAT(cnn::MetricSum::make(setup.library.training, setup.metric).message(),
               Catch::Contains("wasserstein is not known"));
  setup.metric.kind = "accuracy";
  setup.metric.target = 2;
  REQUIRE(!cnn::MetricSum::make(setup.library.training, setup.metric));
}

TEST_CASE("labels that do not count are in no mean, of bytes as well") {
  Setup setup;
  setup.metric.ignores = 1;
  setup.metric.ignored = 255;
  const std::int32_t some[] = {2, 255, 0};
  CHECK(setup.of(scores, some, 3) == Approx(1.0 / 2));
  setup.metric.ignores = 0;
  CHECK(setup.of(scores, some, 3) == Approx(1.0 / 3));
  setup.metric.ignores = 1;
  setup.library.label.element = CNN_U8;
  const std::uint8_t bytes[] = {2, 255, 0}, none[] = {255, 255, 255};
  CHECK(setup.of(scores, bytes, 3) == Approx(1.0 / 2));
  CHECK(setup.of(scores, none, 3) == 0);
  setup.metric.kind = "cross_entropy";
  double first = std::log(std::exp(-2.0) + std::exp(-1.0) + 1),
         last = std::log(1 + std::exp(-1.0) + std::exp(0.5));
  CHECK(setup.of(scores, bytes, 3) == Approx((first + last) / 2));
}
