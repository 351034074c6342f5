#include "program.h"

#include "dialect/reference/philox.h"

#include "mlir/Parser/Parser.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

using namespace mlir;
using namespace cnn;
using reference::State;
using reference::Tensor;

namespace {

/// Runs `@predict` of a network given as text.
struct Run {
  MLIRContext context{MLIRContext::Threading::DISABLED};
  OwningOpRef<ModuleOp> module;
  State state;
  std::string error;

  explicit Run(const std::string& body) {
    context.loadDialect<CnnDialect>();
    context.getDiagEngine().registerHandler([this](Diagnostic& diagnostic) { error = diagnostic.str(); });
    module = parseSourceString<ModuleOp>("cnn.network @Net {" + body + "}", &context);
    REQUIRE(module);
  }
  FailureOr<std::vector<Tensor>> operator()(const std::vector<Tensor>& arguments,
                                            const char* name = "predict") {
    auto network = cast<NetworkOp>(module->getBody()->front());
    return reference::run(network.lookupSymbol<FunctionOp>(name), arguments, state);
  }
};

Tensor tensor(std::vector<int64_t> shape, std::vector<double> data) {
  Tensor result(std::move(shape));
  result.data = std::move(data);
  return result;
}

const double notANumber = std::numeric_limits<double>::quiet_NaN();

} // namespace

TEST_CASE("philox gives Random123's known answers") {
  using Words = std::array<uint32_t, 4>;
  CHECK(reference::philox({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  uint32_t f = 0xffffffff;
  CHECK(reference::philox({f, f, f, f}, {f, f}) == Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(reference::philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("dropout keys its words by seed, step and stream") {
  Run run(R"(cnn.function @loss(%x: !cnn.tensor<[N, 6], f32>) -> !cnn.tensor<[N, 6], f32> {
    %y = cnn.dropout %x {p = 0.25 : f64, stream = 7 : i64} : !cnn.tensor<[N, 6], f32>
    cnn.return %y : !cnn.tensor<[N, 6], f32>
  })");
  run.state.seed = 0x123456789abcdef0;
  run.state.step = 5;
  Tensor y = (*run({Tensor({3, 6}, 3)}, "loss"))[0];
  for (uint32_t i = 0; i < 18; ++i) {
    uint32_t word = reference::philox({i / 4, 0, 5, 7}, {0x9abcdef0, 0x12345678})[i % 4];
    CHECK(y.data[i] == (word < 0x40000000 ? 0 : 4));
  }
}

TEST_CASE("stochastic_depth draws once an image") {
  Run run(R"(cnn.function @loss(%x: !cnn.tensor<[N, 6], f32>) -> !cnn.tensor<[N, 6], f32> {
    %y = cnn.stochastic_depth %x {p = 0.25 : f64, stream = 7 : i64} : !cnn.tensor<[N, 6], f32>
    cnn.return %y : !cnn.tensor<[N, 6], f32>
  })");
  run.state.seed = 0x123456789abcdef0;
  run.state.step = 5;
  Tensor y = (*run({Tensor({9, 6}, 3)}, "loss"))[0];
  int dropped = 0;
  for (uint32_t i = 0; i < 9; ++i) {
    uint32_t word = reference::philox({i / 4, 0, 5, 7}, {0x9abcdef0, 0x12345678})[i % 4];
    for (uint32_t k = 0; k < 6; ++k) CHECK(y.data[6 * i + k] == (word < 0x40000000 ? 0 : 4));
    dropped += word < 0x40000000;
  }
  CHECK((dropped > 0 && dropped < 9));
}

TEST_CASE("layer_norm takes the biased variance of the channels of each pixel") {
  Run run(R"(
  cnn.function @predict(%x: !cnn.tensor<[N, 2, 2], f32>, %w: !cnn.tensor<[2], f32>, %b: !cnn.tensor<[2], f32>)
      -> !cnn.tensor<[N, 2, 2], f32> {
    %y = cnn.layer_norm %x, %w, %b {eps = 3.0 : f64}
      : (!cnn.tensor<[N, 2, 2], f32>, !cnn.tensor<[2], f32>, !cnn.tensor<[2], f32>) -> !cnn.tensor<[N, 2, 2], f32>
    cnn.return %y : !cnn.tensor<[N, 2, 2], f32>
  })");
  // The pixels are (4, 6) and (8, 8): variance 1 and 0, plus 3.
  Tensor y = (*run({tensor({1, 2, 2}, {4, 8, 6, 8}), tensor({2}, {1, 4}), tensor({2}, {10, 20})}))[0];
  CHECK(y.data == std::vector<double>{9.5, 10, 22, 20});
}

TEST_CASE("a parameter may be read with extents of 1 after its own, and its gradient has its own shape") {
  Run run(R"(cnn.parameter @w : !cnn.tensor<[2, 1], f32> = #cnn.init<constant, 0.0, 0.0>
  cnn.function @train(%x: !cnn.tensor<[N, 1, 2], f32>) -> !cnn.tensor<[N, 2, 2], f32> {
    %w = cnn.get @w : !cnn.tensor<[2, 1, 1], f32>
    %y = cnn.conv %x, %w {stride = array<i64: 1>, padding = array<i64: 0, 0>, dilation = array<i64: 1>, groups = 1 : i64}
      : (!cnn.tensor<[N, 1, 2], f32>, !cnn.tensor<[2, 1, 1], f32>) -> !cnn.tensor<[N, 2, 2], f32>
    cnn.gradient @w, %w : !cnn.tensor<[2, 1, 1], f32>
    cnn.return %y : !cnn.tensor<[N, 2, 2], f32>
  })");
  run.state.parameters["w"] = tensor({2, 1}, {3, 5});
  CHECK((*run({tensor({1, 1, 2}, {1, 2})}, "train"))[0].data == std::vector<double>{3, 6, 5, 10});
  CHECK(run.state.gradients["w"].shape == std::vector<int64_t>{2, 1});
}

TEST_CASE("convolution: a Laplacian over a 3 x 3 picture, by hand") {
  Run run(R"(cnn.parameter @w : !cnn.tensor<[1, 1, 3, 3], f32> = #cnn.init<constant, 0.0, 0.0>
  cnn.function @predict(%x: !cnn.tensor<[N, 1, H, W], f32>) -> !cnn.tensor<[N, 1, H, W], f32> {
    %w = cnn.get @w : !cnn.tensor<[1, 1, 3, 3], f32>
    %y = cnn.conv %x, %w {stride = array<i64: 1, 1>, padding = array<i64: 1, 1, 1, 1>, dilation = array<i64: 1, 1>,
      groups = 1 : i64} : (!cnn.tensor<[N, 1, H, W], f32>, !cnn.tensor<[1, 1, 3, 3], f32>) -> !cnn.tensor<[N, 1, H, W], f32>
    cnn.return %y : !cnn.tensor<[N, 1, H, W], f32>
  })");
  run.state.parameters["w"] = tensor({1, 1, 3, 3}, {0, 1, 0, 2, -4, 1, 0, 1, 0});
  Tensor y = (*run({tensor({1, 1, 3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9})}))[0];
  CHECK(y.shape == std::vector<int64_t>{1, 1, 3, 3});
  CHECK(y.data == std::vector<double>{2, 2 * 1 - 8 + 3 + 5, 2 * 2 - 12 + 6, -16 + 5 + 1 + 7,
                                      2 * 4 - 20 + 6 + 2 + 8, 2 * 5 - 24 + 3 + 9, -28 + 8 + 4,
                                      2 * 7 - 32 + 9 + 5, 2 * 8 - 36 + 6});
  // The shape follows from the argument.
  CHECK((*run({Tensor({2, 1, 4, 5}, 1)}))[0].shape == std::vector<int64_t>{2, 1, 4, 5});
}

TEST_CASE("max_pool: a NaN wins, pads never do, max_pool_index is the first maximum's place") {
  Run run(R"(cnn.function @predict(%x: !cnn.tensor<[N, 1, 4], f32>)
      -> (!cnn.tensor<[N, 1, 3], f32>, !cnn.tensor<[N, 1, 3], ui8>) {
    %y = cnn.max_pool %x {kernel = array<i64: 2>, stride = array<i64: 2>, padding = array<i64: 1, 1>,
      dilation = array<i64: 1>} : (!cnn.tensor<[N, 1, 4], f32>) -> !cnn.tensor<[N, 1, 3], f32>
    %i = cnn.max_pool_index %x {kernel = array<i64: 2>, stride = array<i64: 2>, padding = array<i64: 1, 1>,
      dilation = array<i64: 1>} : (!cnn.tensor<[N, 1, 4], f32>) -> !cnn.tensor<[N, 1, 3], ui8>
    cnn.return %y, %i : !cnn.tensor<[N, 1, 3], f32>, !cnn.tensor<[N, 1, 3], ui8>
  })");
  auto results =
      *run({tensor({3, 1, 4}, {-1, -2, -2, -3, 1, 2, notANumber, 4, 5, notANumber, 1, notANumber})});
  CHECK(results[1].data == std::vector<double>{1, 0, 0, 1, 1, 0, 1, 0, 0});
  const std::vector<double>& y = results[0].data;
  CHECK((y[0] == -1 && y[1] == -2 && y[2] == -3 && y[3] == 1 && y[5] == 4 && y[6] == 5));
  CHECK((std::isnan(y[4]) && std::isnan(y[7]) && std::isnan(y[8])));
}

TEST_CASE("avg_pool with ceil_mode: what hangs over the end does not count") {
  Run run(R"(cnn.function @predict(%x: !cnn.tensor<[N, 1, 4], f32>) -> !cnn.tensor<[N, 1, 2], f32> {
    %y = cnn.avg_pool %x {kernel = array<i64: 3>, stride = array<i64: 3>, padding = array<i64: 1, 1>, ceil_mode = true}
      : (!cnn.tensor<[N, 1, 4], f32>) -> !cnn.tensor<[N, 1, 2], f32>
    cnn.return %y : !cnn.tensor<[N, 1, 2], f32>
  })");
  CHECK((*run({tensor({1, 1, 4}, {3, 6, 9, 12})}))[0].data == std::vector<double>{3, 7});
}

TEST_CASE("batch_norm_train moves the running statistics, the variance unbiased") {
  Run run(R"(
  cnn.parameter @m : !cnn.tensor<[1], f32> = #cnn.init<constant, 0.0, 0.0> {statistic}
  cnn.parameter @v : !cnn.tensor<[1], f32> = #cnn.init<constant, 1.0, 0.0> {statistic}
  cnn.function @train(%x: !cnn.tensor<[N, 1], f32>, %w: !cnn.tensor<[1], f32>, %b: !cnn.tensor<[1], f32>)
      -> !cnn.tensor<[2, 1], f32> {
    %y, %s = cnn.batch_norm_train %x, %w, %b {running_mean = @m, running_var = @v, eps = 0.0 : f64, momentum = 0.5 : f64}
      : (!cnn.tensor<[N, 1], f32>, !cnn.tensor<[1], f32>, !cnn.tensor<[1], f32>)
      -> (!cnn.tensor<[N, 1], f32>, !cnn.tensor<[2, 1], f32>)
    cnn.return %s : !cnn.tensor<[2, 1], f32>
  })");
  run.state.parameters["m"] = tensor({1}, {10});
  run.state.parameters["v"] = tensor({1}, {2});
  auto results = *run({tensor({2, 1}, {1, 5}), Tensor({1}, 1), Tensor({1}, 0)}, "train");
  CHECK(results[0].data == std::vector<double>{3, 0.5});
  CHECK(run.state.parameters["m"].data[0] == 6.5);
  CHECK(run.state.parameters["v"].data[0] == 5);
}

TEST_CASE("accuracy takes the first of equal logits, cross_entropy of equal logits is log C") {
  Run run(R"(cnn.function @predict(%x: !cnn.tensor<[N, 4], f32>, %t: !cnn.tensor<[N], i32>)
      -> (!cnn.tensor<[N], f32>, !cnn.tensor<[N], f32>) {
    %a = cnn.accuracy %x, %t : (!cnn.tensor<[N, 4], f32>, !cnn.tensor<[N], i32>) -> !cnn.tensor<[N], f32>
    %c = cnn.cross_entropy %x, %t {label_smoothing = 0.1 : f64}
      : (!cnn.tensor<[N, 4], f32>, !cnn.tensor<[N], i32>) -> !cnn.tensor<[N], f32>
    cnn.return %a, %c : !cnn.tensor<[N], f32>, !cnn.tensor<[N], f32>
  })");
  auto results = *run({Tensor({2, 4}, 1e6), tensor({2}, {0, 1})});
  CHECK(results[0].data == std::vector<double>{1, 0});
  CHECK(results[1].data[0] == Approx(std::log(4)));
}

TEST_CASE("cross_entropy of masks is the mean over the batch's pixels that count, and 0 where none does") {
  Run run(R"(cnn.function @loss(%x: !cnn.tensor<[N, 2, 1, 2], f32>, %mask: !cnn.tensor<[N, 1, 2], ui8>)
      -> (!cnn.tensor<[], f32>, !cnn.tensor<[], f32>) {
    %share = cnn.counted %mask {ignore_index = 255 : i64} : (!cnn.tensor<[N, 1, 2], ui8>) -> !cnn.tensor<[N], f32>
    %all = cnn.batch_mean %share : (!cnn.tensor<[N], f32>) -> !cnn.tensor<[], f32>
    %l = cnn.cross_entropy %x, %mask, %all {label_smoothing = 0.0 : f64, ignore_index = 255 : i64}
      : (!cnn.tensor<[N, 2, 1, 2], f32>, !cnn.tensor<[N, 1, 2], ui8>, !cnn.tensor<[], f32>) -> !cnn.tensor<[N], f32>
    %a = cnn.accuracy %x, %mask, %all {ignore_index = 255 : i64}
      : (!cnn.tensor<[N, 2, 1, 2], f32>, !cnn.tensor<[N, 1, 2], ui8>, !cnn.tensor<[], f32>) -> !cnn.tensor<[N], f32>
    %loss = cnn.batch_mean %l : (!cnn.tensor<[N], f32>) -> !cnn.tensor<[], f32>
    %right = cnn.batch_mean %a : (!cnn.tensor<[N], f32>) -> !cnn.tensor<[], f32>
    cnn.return %loss, %right : !cnn.tensor<[], f32>, !cnn.tensor<[], f32>
  })");
  // Pixels of probabilities 1/4 and 3/4, of no count, and twice of halves.
  Tensor logits = tensor({2, 2, 1, 2}, {0, 5, std::log(3.0), 7, 0, 0, 0, 0});
  auto some = *run({logits, tensor({2, 1, 2}, {1, 255, 0, 1})}, "loss");
  CHECK(some[0].data[0] == Approx((-std::log(0.75) + 2 * std::log(2.0)) / 3));
  CHECK(some[1].data[0] == Approx(2.0 / 3)); // the first of equal logits wins
  auto none = *run({logits, tensor({2, 1, 2}, {255, 255, 255, 255})}, "loss");
  CHECK((none[0].data[0] == 0 && none[1].data[0] == 0));
}

TEST_CASE("conv_transpose: each pixel adds the window where conv would have read it") {
  Run run(R"(
  cnn.parameter @w : !cnn.tensor<[1, 1, 3], f32> = #cnn.init<constant, 0.0, 0.0>
  cnn.function @predict(%x: !cnn.tensor<[N, 1, 2], f32>) -> !cnn.tensor<[N, 1, 4], f32> {
    %w = cnn.get @w : !cnn.tensor<[1, 1, 3], f32>
    %y = cnn.conv_transpose %x, %w {stride = array<i64: 2>, padding = array<i64: 1, 1>,
      output_padding = array<i64: 1>, dilation = array<i64: 1>, groups = 1 : i64}
      : (!cnn.tensor<[N, 1, 2], f32>, !cnn.tensor<[1, 1, 3], f32>) -> !cnn.tensor<[N, 1, 4], f32>
    cnn.return %y : !cnn.tensor<[N, 1, 4], f32>
  })");
  run.state.parameters["w"] = tensor({1, 1, 3}, {1, 10, 100});
  // 5 and 7 put {5, 50, 500} at -1 and {7, 70, 700} at 1.
  CHECK((*run({tensor({1, 1, 2}, {5, 7})}))[0].data == std::vector<double>{50, 507, 70, 700});
}

TEST_CASE("wrong arguments and missing parameters are errors") {
  Run run(R"(cnn.parameter @w : !cnn.tensor<[2], f32> = #cnn.init<constant, 0.0, 0.0>
  cnn.function @predict(%x: !cnn.tensor<[N, 2], f32>) -> !cnn.tensor<[N, 2], f32> {
    %w = cnn.get @w : !cnn.tensor<[2], f32>
    %y = cnn.add %x, %w : (!cnn.tensor<[N, 2], f32>, !cnn.tensor<[2], f32>) -> !cnn.tensor<[N, 2], f32>
    cnn.return %y : !cnn.tensor<[N, 2], f32>
  })");
  CHECK(failed(run({})));
  CHECK(run.error == "expected 1 arguments, found 0");
  CHECK(failed(run({Tensor({4, 3})})));
  CHECK(run.error == "expected argument 0 of shape [4, 2], found [4, 3]");
  CHECK(failed(run({Tensor({4, 2})})));
  CHECK(run.error == "the state holds no parameter 'w'");
}
