// Convolutions and poolings of the evaluator.
#include "evaluator_call.h"

#include <cmath>
#include <limits>

namespace cnn::test {

/// Windows of convolutions and poolings.
struct Window {
  Shape kernel, stride, dilation, begin, end, places;
};

static Window windowOf(const Call& call, const Shape& picture, const Shape& kernel, bool ceil) {
  size_t n = kernel.size();
  demand(picture.size() == n + 2 && n > 0, "a window of another rank than the picture");
  Window w{kernel, call.wholes("strides"), call.wholes("dilations"), {}, {}, {}};
  Shape pads = call.wholes("pads");
  if (!call.attribute("strides")) w.stride.assign(n, 1);
  if (!call.attribute("dilations")) w.dilation.assign(n, 1);
  if (!call.attribute("pads")) pads.assign(2 * n, 0);
  demand(w.stride.size() == n && w.dilation.size() == n && pads.size() == 2 * n, "lists of a wrong length");
  std::string automatic = call.text("auto_pad", "NOTSET");
  demand(automatic == "NOTSET" || automatic == "VALID" || automatic == "SAME_UPPER" ||
             automatic == "SAME_LOWER",
         "auto_pad");
  for (size_t i = 0; i < n; ++i) {
    demand(kernel[i] > 0 && w.stride[i] > 0 && w.dilation[i] > 0, "extents of a window");
    int64_t size = picture[i + 2], reach = (kernel[i] - 1) * w.dilation[i] + 1, begin = 0, end = 0;
    if (automatic == "NOTSET") {
      begin = pads[i], end = pads[n + i];
      if (begin < 0 || end < 0) throw Unknown("negative pads");
    } else if (automatic != "VALID") {
      int64_t total =
          std::max<int64_t>(0, ((size + w.stride[i] - 1) / w.stride[i] - 1) * w.stride[i] + reach - size);
      begin = automatic == "SAME_UPPER" ? total / 2 : total - total / 2;
      end = total - begin;
    }
    int64_t steps = size + begin + end - reach;
    demand(steps >= 0, "a window that does not fit");
    int64_t places = (ceil ? (steps + w.stride[i] - 1) / w.stride[i] : steps / w.stride[i]) + 1;
    if (ceil && (places - 1) * w.stride[i] >= size + begin) --places;
    w.begin.push_back(begin), w.end.push_back(end), w.places.push_back(places);
  }
  return w;
}

void pool(Call& call) {
  bool isMax = call.node.op_type() == "MaxPool";
  const Array& x = call.input(0);
  if (x.type != onnx::TensorProto::FLOAT) throw Unknown("a pooling of other elements");
  if (call.uses(1)) throw Unknown("indices");
  bool ceil = call.whole("ceil_mode", 0), countsPads = call.whole("count_include_pad", 0);
  Window w = windowOf(call, x.shape, call.wholes("kernel_shape"), ceil);
  size_t n = w.kernel.size();
  Array y(x.type, {x.shape[0], x.shape[1]});
  y.shape.insert(y.shape.end(), w.places.begin(), w.places.end());
  y.data.resize(static_cast<size_t>(count(y.shape)));
  for (size_t i = 0; i < y.data.size(); ++i) {
    Shape at = places(static_cast<int64_t>(i), y.shape);
    double best = -std::numeric_limits<double>::infinity(), sum = 0, taps = 0, padded = 0;
    for (int64_t k = 0; k < count(w.kernel); ++k) {
      Shape tap = places(k, w.kernel), from = at;
      bool inside = true, inPads = true;
      for (size_t d = 0; d < n; ++d) {
        from[d + 2] = at[d + 2] * w.stride[d] + tap[d] * w.dilation[d] - w.begin[d];
        inside = inside && from[d + 2] >= 0 && from[d + 2] < x.shape[d + 2];
        inPads = inPads && from[d + 2] < x.shape[d + 2] + w.end[d];
      }
      if (countsPads && !inPads && call.set < 19) throw Unknown("a mean over what hangs over the end");
      padded += inPads;
      if (!inside) continue;
      double value = x.data[static_cast<size_t>(flat(from, x.shape))];
      best = std::isnan(value) ? value : std::max(best, value);
      sum += value, taps += 1;
    }
    if (taps == 0) throw Unknown("a window over nothing but pads");
    y.data[i] = isMax ? best : sum / (countsPads ? padded : taps);
  }
  call.output(std::move(y));
}

static void addBias(const Call& call, Array& y) {
  if (!call.has(2)) return;
  const Array& bias = call.input(2);
  demand(bias.shape == Shape{y.shape[1]}, "a bias of another length");
  int64_t pixels = count(y.shape) / y.shape[0] / y.shape[1];
  for (size_t i = 0; i < y.data.size(); ++i)
    y.data[i] += bias.data[static_cast<size_t>(static_cast<int64_t>(i) / pixels % y.shape[1])];
}

void conv(Call& call) {
  const Array &x = call.input(0), &weight = call.input(1);
  call.sameTypes({0, 1, 2});
  demand(x.rank() >= 3 && weight.rank() == x.rank(), "ranks of a convolution");
  Shape kernel(weight.shape.begin() + 2, weight.shape.end());
  demand(!call.attribute("kernel_shape") || call.wholes("kernel_shape") == kernel, "kernel_shape");
  int64_t groups = call.whole("group", 1);
  demand(groups > 0 && weight.shape[1] * groups == x.shape[1] && weight.shape[0] % groups == 0, "groups");
  Window w = windowOf(call, x.shape, kernel, false);
  Array y(x.type, {x.shape[0], weight.shape[0]});
  y.shape.insert(y.shape.end(), w.places.begin(), w.places.end());
  y.data.resize(static_cast<size_t>(count(y.shape)));
  int64_t taps = count(kernel), each = weight.shape[0] / groups;
  for (size_t i = 0; i < y.data.size(); ++i) {
    Shape at = places(static_cast<int64_t>(i), y.shape);
    double sum = 0;
    for (int64_t k = 0; k < taps; ++k) {
      Shape tap = places(k, kernel), from = at;
      bool inside = true;
      for (size_t d = 0; d < kernel.size(); ++d) {
        from[d + 2] = at[d + 2] * w.stride[d] + tap[d] * w.dilation[d] - w.begin[d];
        inside = inside && from[d + 2] >= 0 && from[d + 2] < x.shape[d + 2];
      }
      for (int64_t c = 0; inside && c < weight.shape[1]; ++c) {
        from[1] = at[1] / each * weight.shape[1] + c;
        sum += x.data[static_cast<size_t>(flat(from, x.shape))] *
               weight.data[static_cast<size_t>((at[1] * weight.shape[1] + c) * taps + k)];
      }
    }
    y.data[i] = sum;
  }
  addBias(call, y);
  call.output(std::move(y));
}

void convTranspose(Call& call) {
  const Array &x = call.input(0), &weight = call.input(1);
  call.sameTypes({0, 1, 2});
  demand(x.rank() >= 3 && weight.rank() == x.rank(), "ranks of a convolution");
  if (call.attribute("output_shape") || call.text("auto_pad", "NOTSET") != "NOTSET")
    throw Unknown("output_shape");
  Shape kernel(weight.shape.begin() + 2, weight.shape.end());
  demand(!call.attribute("kernel_shape") || call.wholes("kernel_shape") == kernel, "kernel_shape");
  size_t n = kernel.size();
  Shape stride = call.wholes("strides"), dilation = call.wholes("dilations"), pads = call.wholes("pads"),
        more = call.wholes("output_padding");
  if (!call.attribute("strides")) stride.assign(n, 1);
  if (!call.attribute("dilations")) dilation.assign(n, 1);
  if (!call.attribute("pads")) pads.assign(2 * n, 0);
  if (!call.attribute("output_padding")) more.assign(n, 0);
  demand(stride.size() == n && dilation.size() == n && pads.size() == 2 * n && more.size() == n,
         "lists of a wrong length");
  int64_t groups = call.whole("group", 1);
  demand(groups > 0 && weight.shape[0] == x.shape[1] && x.shape[1] % groups == 0, "groups");
  Array y(x.type, {x.shape[0], weight.shape[1] * groups});
  for (size_t d = 0; d < n; ++d) {
    demand(kernel[d] > 0 && stride[d] > 0 && dilation[d] > 0 && more[d] >= 0, "extents of a window");
    if (pads[d] < 0 || pads[n + d] < 0) throw Unknown("negative pads");
    y.shape.push_back(stride[d] * (x.shape[d + 2] - 1) + more[d] + (kernel[d] - 1) * dilation[d] + 1 -
                      pads[d] - pads[n + d]);
    demand(y.shape.back() > 0, "an empty result");
  }
  y.data.assign(static_cast<size_t>(count(y.shape)), 0);
  int64_t taps = count(kernel), each = x.shape[1] / groups;
  for (size_t i = 0; i < x.data.size(); ++i) {
    Shape at = places(static_cast<int64_t>(i), x.shape), to = at;
    for (int64_t k = 0; k < taps; ++k) {
      Shape tap = places(k, kernel);
      bool inside = true;
      for (size_t d = 0; d < n; ++d) {
        to[d + 2] = at[d + 2] * stride[d] + tap[d] * dilation[d] - pads[d];
        inside = inside && to[d + 2] >= 0 && to[d + 2] < y.shape[d + 2];
      }
      for (int64_t c = 0; inside && c < weight.shape[1]; ++c) {
        to[1] = at[1] / each * weight.shape[1] + c;
        y.data[static_cast<size_t>(flat(to, y.shape))] +=
            x.data[i] * weight.data[static_cast<size_t>((at[1] * weight.shape[1] + c) * taps + k)];
      }
    }
  }
  addBias(call, y);
  call.output(std::move(y));
}

void globalAverage(Call& call) {
  const Array& x = call.input(0);
  demand(x.rank() >= 3, "a picture");
  Array y(x.type, x.shape);
  std::fill(y.shape.begin() + 2, y.shape.end(), 1);
  y.data.assign(static_cast<size_t>(count(y.shape)), 0);
  size_t pixels = x.data.size() / y.data.size();
  for (size_t i = 0; i < x.data.size(); ++i) y.data[i / pixels] += x.data[i] / static_cast<double>(pixels);
  call.output(std::move(y));
}

} // namespace cnn::test
