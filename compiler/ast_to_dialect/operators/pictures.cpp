/// Pictures: from bytes to numbers, and what happens to them before they reach a network.
#include "ast_to_dialect/operators/application.h"

namespace cnn {

static Value toFloat(Application& a) {
  return a.scale(a.build<CastOp>(), 1.0 / 255, 0);
}

static Value castTo(Application& a) {
  if (a.elementType("type") != "f32")
    a.fail("type", "only f32 can be made, found " + std::string(a.elementType("type")));
  return a.build<CastOp>();
}

/// One number stands for all channels. Of several each is a constant in the code, so that they have to be
/// few.
static void perChannel(Application& a, std::string_view argument, llvm::SmallVector<double>& numbers,
                       int64_t channels) {
  constexpr size_t most = 64;
  if (numbers.size() == 1) numbers.assign(size_t(channels), numbers[0]);
  if (int64_t(numbers.size()) != channels)
    a.fail(argument, "expected one number, or one for each of the " + std::to_string(channels) +
                         " channels, found " + std::to_string(numbers.size()));
  else if (numbers.size() > most)
    a.fail(argument, "expected one number, or at most " + std::to_string(most) + ", found " +
                         std::to_string(numbers.size()));
}

static Value normalize(Application& a) {
  llvm::SmallVector<double> mean = a.reals("mean"), deviation = a.reals("std");
  for (double number : deviation)
    if (!(number > 0)) a.fail("std", "expected a number above 0, found " + Value(number).describe());
  auto channels = a.extent(1);
  if (a.failed()) return Value();
  if (mean.size() == 1 && deviation.size() == 1)
    return a.scale(a.input(), 1 / deviation[0], -mean[0] / deviation[0]);
  perChannel(a, "mean", mean, *channels);
  perChannel(a, "std", deviation, *channels);
  return a.build<NormalizeOp>(a.inputs(), [&](NormalizeOp::Properties& p) {
    p.setMean(a.attributes().getDenseF64ArrayAttr(mean));
    p.setDeviation(a.attributes().getDenseF64ArrayAttr(deviation));
  });
}

std::vector<Operator> pictureOperators() {
  return {
      {"to_float",
       Family::Layer,
       1,
       {},
       "u8 -> f32: the bytes of a picture as numbers from 0 to 1, x / 255.",
       "torchvision.transforms.ToTensor",
       toFloat,
       Elements::Bytes},
      {"cast",
       Family::Layer,
       1,
       {{"type", Takes::Type, "", "f32"}},
       "u8 or i32 -> f32: the same whole numbers. The shape stays.",
       "torch.Tensor.to",
       castTo,
       Elements::Any},
      {"normalize",
       Family::Layer,
       1,
       {{"mean", Takes::Floats, "", "subtracted: one number, or one for each channel"},
        {"std", Takes::Floats, "", "divided by, likewise; above 0"}},
       "(x - mean) / std. The shape stays.",
       "torchvision.transforms.Normalize",
       normalize},
  };
}

std::vector<Operator> pictureSettings() {
  return {
      {"resize",
       Family::Geometry,
       0,
       {{"size", Takes::Ints, "", "the shorter side, which keeps the proportions; or [height, width]"}},
       "Scales: bilinear and antialiased, of masks the nearest.",
       "torchvision.transforms.Resize"},
      {"center_crop",
       Family::Geometry,
       0,
       {{"size", Takes::Ints, "", "of the crop: one number, or [height, width]"}},
       "Cuts at the centre.",
       "torchvision.transforms.CenterCrop"},
      {"random_hflip",
       Family::Augmentation,
       0,
       {{"p", Takes::Float, "0.5", "share of the pictures"}},
       "Mirrors left and right.",
       "torchvision.transforms.RandomHorizontalFlip"},
      {"random_vflip",
       Family::Augmentation,
       0,
       {{"p", Takes::Float, "0.5", "share of the pictures"}},
       "Mirrors top and bottom.",
       "torchvision.transforms.RandomVerticalFlip"},
      {"random_crop",
       Family::Augmentation,
       0,
       {{"size", Takes::Ints, "", "of the crop: one number, or [height, width]"},
        {"padding", Takes::Int, "0", "zeros around the picture before"}},
       "A crop at a random place.",
       "torchvision.transforms.RandomCrop"},
      {"random_resized_crop",
       Family::Augmentation,
       0,
       {{"size", Takes::Ints, "", "of the result: one number, or [height, width]"},
        {"scale", Takes::Floats, "-", "least and largest share of the area, [0.08, 1.0] when left out"},
        {"ratio", Takes::Floats, "-", "least and largest width over height, [3 / 4, 4 / 3] when left out"}},
       "A part of random size and place, scaled to one size: bilinear and antialiased, of masks the nearest.",
       "torchvision.transforms.RandomResizedCrop"},
  };
}

} // namespace cnn
