//===- fused_function.cpp ----------------------------------------------------------------------------===//

#include "fused_function.h"

#include "schedules/inference_plan.h"

#include <algorithm>
#include <cstring>

namespace cnn::test {

using kernel::InferencePlan;

namespace {

constexpr int64_t side = 64;     ///< of a picture
constexpr int64_t features = 64; ///< of a linear layer

const char* const placeNames[] = {"image",     "scaled", "direct",     "residual", "winograd",
                                  "depthwise", "linear", "batch norm", "batch",    "batch conv"};

/// [O, I, size, size] that hands channels on.
Array identity(int64_t out, int64_t in, int64_t size) {
  Array w({out, in, size, size});
  for (int64_t o = 0; o < out; ++o) w(o, in == 1 ? 0 : o, size / 2, size / 2) = 1;
  return w;
}

} // namespace

int appendOp(Kernel& kernel, Op op) {
  op.shape = kernel.outputs.at(0).shape;
  kernel.ops.push_back(std::move(op));
  return static_cast<int>(kernel.inputs.size() + kernel.ops.size()) - 1;
}

bool isTraining(Place place) {
  return place == Place::batch || place == Place::batchConv;
}

std::vector<Fusion> fusions() {
  std::vector<Fusion> all;
  for (size_t i = 0; i < std::size(placeNames); ++i) all.push_back({static_cast<Place>(i), false});
  for (Place place : {Place::image, Place::scaled, Place::direct, Place::depthwise, Place::linear,
                      Place::batch, Place::batchConv})
    all.push_back({place, true});
  return all;
}

std::string nameOf(const Fusion& fusion) {
  return std::string(placeNames[static_cast<size_t>(fusion.place)]) + (fusion.exact ? ", exact" : "");
}

FusedFunction::FusedFunction(const Fusion& fusion, const Append& function) {
  Place place = fusion.place;
  Kernel k;
  k.target = currentTarget();
  k.exact = fusion.exact;
  int64_t lanes = kernel::vectorLanes(k.target);
  Tensor form = isTraining(place)        ? batchLanes(16, side * side / lanes / 4, 4)
                : place == Place::linear ? channelLanes(features, 1, 1)
                                         : channelLanes(16, side, side);
  k.inputs = {form};
  k.outputs = {form};
  count = blockElements(form);
  auto add = [&](const Tensor& tensor, Buffer values) {
    k.inputs.push_back(tensor);
    others.push_back(std::move(values));
    return static_cast<int>(k.inputs.size()) - 1;
  };
  auto filled = [&](float number) {
    Buffer buffer(count * 4);
    std::fill_n(buffer.floats(), count, number);
    return buffer;
  };
  int ones = isTraining(place) ? add(form, filled(1)) : -1, value = 0;
  kernel::PlanOptions options{k.target, fusion.exact};
  // The weights hand each channel on.
  auto addPlanned = [&](const InferencePlan& plan, const Array& weights) {
    std::vector<Array> packed =
        run(packKernel(plan, {weights.shape, true}, k.target), {weights, Array({weights.shape[0]})}, 1);
    Tensor packedWeights = plain(plan.packedWeights), packedBias = plain(plan.packedBias);
    int first = add(packedWeights, pack(packedWeights, packed[0]));
    add(packedBias, pack(packedBias, packed[1]));
    int zeros = place == Place::residual ? add(form, filled(0)) : 0;
    int result = appendCompute(k, plan, 0, first, first + 1, form.shape);
    sums = true;
    return zeros ? appendOp(k, {"add", {result, zeros}, {}}) : result;
  };
  switch (place) {
  case Place::image:
  case Place::batch:
    break;
  case Place::scaled:
    inputFactor = 0.5f;
    value = appendOp(k, {"scale", {0}, {}, {}, {{"factor", 2}, {"offset", 0}}});
    break;
  case Place::direct:
  case Place::residual:
  case Place::winograd:
  case Place::depthwise: {
    bool depthwise = place == Place::depthwise, winograd = place == Place::winograd;
    int64_t size = depthwise || winograd ? 3 : 1, pad = size / 2;
    options.choice.direct = !winograd;
    options.choice.winograd = winograd ? 4 : 0;
    kernel::ConvShape shape{16, side, side, 16, size, size, {1, 1}, {pad, pad, pad, pad}, {1, 1}};
    if (depthwise) shape.groups = 16;
    value = addPlanned(planConv(shape, options), identity(16, depthwise ? 1 : 16, size));
    break;
  }
  case Place::linear: {
    Array weights({features, features});
    for (int64_t i = 0; i < features; ++i) weights.values[i * features + i] = 1;
    value = addPlanned(planLinear(form, features, options), weights);
    break;
  }
  case Place::batchNorm: {
    Op norm{"batch_norm", {0}, {}};
    norm.floats["eps"] = 1e-5;
    for (double parameter : {1.0, 0.0, 0.0, 1 - 1e-5}) // weight, bias, mean, variance
      norm.operands.push_back(add(plain({16}), pack(plain({16}), Array({16}, parameter))));
    value = appendOp(k, norm);
    break;
  }
  case Place::batchConv: {
    int weights = add(plain({16, 16, 1, 1}), pack(plain({16, 16, 1, 1}), identity(16, 16, 1)));
    value = appendOp(k, {"conv", {0, weights}, {}, {{"stride", {1, 1}}, {"padding", {0, 0, 0, 0}}}});
    sums = true;
    break;
  }
  }
  bool changes = place == Place::winograd || place == Place::batchNorm;
  if (changes) {
    Kernel plainKernel = k;
    plainKernel.results = {value};
    plainKernel.schedule = chooseSchedule(plainKernel);
    plainLoaded = std::make_unique<Loaded>(plainKernel);
  }
  k.results = {function(k, value, ones)};
  k.schedule = chooseSchedule(k);
  loaded = std::make_unique<Loaded>(k);
  input = Buffer(count * 4);
  output = Buffer(count * 4);
}

void FusedFunction::operator()(const float* x, float* y) {
  call(*loaded, x, y);
}

void FusedFunction::argument(const float* x, float* z) {
  call(*plainLoaded, x, z);
}

void FusedFunction::call(Loaded& kernel, const float* x, float* y) {
  for (int64_t i = 0; i < count; ++i) input.floats()[i] = x[i] * inputFactor;
  std::vector<const void*> inputs{input.data()};
  for (const Buffer& other : others) inputs.push_back(other.data());
  kernel.call(inputs, {}, {output.data()});
  std::memcpy(y, output.floats(), count * 4);
}

} // namespace cnn::test
