/// Settings of train sections: optimizers, schedules, data, first values.
#include "ast_to_dialect/operators/operator.h"

#include <cnn/recipe.h>

namespace cnn {

namespace {

Takes takes(NumberKind kind) {
  return kind == NumberKind::flag ? Takes::Bool : kind == NumberKind::whole ? Takes::Int : Takes::Float;
}

/// A row for each optimizer or schedule; one argument for a pair.
template <class Kind, size_t count>
void addKinds(std::vector<Operator>& operators, Family family, const Kind (&kinds)[count]) {
  for (const Kind& kind : kinds) {
    std::vector<OperatorArgument> arguments;
    for (const auto& argument : kind.arguments)
      if (!argument.pair)
        arguments.push_back(
            {argument.name, takes(argument.is.kind), argument.defaultText, argument.documentation});
      else if (arguments.empty() || arguments.back().name != argument.pair)
        arguments.push_back({argument.pair, Takes::Floats, argument.pairText, argument.documentation});
    operators.push_back({kind.name, family, 0, arguments, kind.documentation, kind.source});
  }
}

} // namespace

std::vector<Operator> trainingSettings() {
  std::vector<Operator> all{
      {"patience",
       Family::Setting,
       0,
       {{"metric", Takes::Any, "", "what has to improve on the validation share: a metric, or loss"},
        {"epochs", Takes::Int, "", "without improvement"}},
       "Ends training, or a phase of it, when a metric has not improved for some epochs.",
       ""},
      {"load",
       Family::Setting,
       0,
       {{"file", Takes::String, "", "safetensors; a relative path counts from the .cnn file in cnnc train"},
        {"into", Takes::String, "-",
         "path of the part of the network that the file is about; all when left out"},
        {"except", Takes::Strings, "-", "path patterns over the file's names: neither loaded nor missed"}},
       "First values from a file.",
       ""},
  };
  addKinds(all, Family::Optimizer, optimizerKinds);
  addKinds(all, Family::Schedule, scheduleKinds);
  return all;
}

std::vector<Operator> dataSettings() {
  // Numbers that the runtime subtracts from each channel and divides it by, after scaling bytes to 0 … 1.
  OperatorArgument mean{"mean", Takes::Floats, "-", "of each channel, subtracted; nothing when left out"};
  OperatorArgument deviation{"std", Takes::Floats, "-", "of each channel, divided by"};
  OperatorArgument found{"path", Takes::String, "-", "its folder; the usual places when left out"};
  OperatorArgument path{"path", Takes::String, "", "its folder"};
  std::vector<OperatorArgument> known{found, mean, deviation}, own{path, mean, deviation};
  return {
      {"fashion_mnist", Family::Data, 0, known, "Fashion-MNIST, 28x28 grey pictures in 10 classes.",
       "Xiao et al. 2017"},
      {"mnist", Family::Data, 0, known, "MNIST, 28x28 grey pictures of digits.", "LeCun et al. 1998"},
      {"cifar10", Family::Data, 0, known, "CIFAR-10, 32x32 colour pictures in 10 classes.",
       "Krizhevsky 2009"},
      {"cifar100", Family::Data, 0, known, "CIFAR-100, 32x32 colour pictures in 100 classes.",
       "Krizhevsky 2009"},
      {"folder", Family::Data, 0, own,
       "PNG, JPEG and WebP pictures in train/CLASS/, test/CLASS/ and val/CLASS/.", ""},
      {"pairs",
       Family::Data,
       0,
       {{"pictures", Takes::String, "", "folder of the pictures"},
        {"masks", Takes::String, "", "folder of their masks"},
        mean,
        deviation},
       "Pictures, PNG, JPEG and WebP, in PICTURES/train/ and PICTURES/test/, each with a mask in "
       "MASKS/train/ or "
       "MASKS/test/: a PNG of the same name and size whose grey values, or places in the palette, are "
       "classes. "
       "The pictures are the network's input, the masks the train section's.",
       ""},
      {"npy", Family::Data, 0, own, "Arrays: train_NAME.npy, test_NAME.npy and val_NAME.npy for each input.",
       ""},
      {"npz",
       Family::Data,
       0,
       {{"path", Takes::String, "", "its file"},
        {"images", Takes::String, "-", "name of the arrays of pictures, \"images\" when left out"},
        {"labels", Takes::String, "-",
         "name of the arrays of labels; when left out, \"labels\" as far as these are there"},
        mean,
        deviation},
       "An archive of arrays, as numpy.savez and numpy.savez_compressed write: train_IMAGES or IMAGES_train, "
       "and the same with LABELS; also with test and val. Training data may be the arrays IMAGES and LABELS. "
       "Pictures may be [H, W, C] or [C, H, W].",
       ""},
  };
}

std::vector<Operator> initialisers() {
  static constexpr std::string_view kaiming = "torch.nn.init; He et al. 2015",
                                    xavier = "torch.nn.init; Glorot and Bengio 2010";
  std::vector<OperatorArgument> mode{
      {"mode", Takes::String, "\"fan_in\"", "\"fan_in\" or \"fan_out\"", {"fan_in", "fan_out"}}};
  std::vector<OperatorArgument> gain{{"gain", Takes::Float, "1.0", "factor"}};
  return {
      {"zeros", Family::Initialiser, 0, {}, "0 everywhere.", "torch.nn.init"},
      {"ones", Family::Initialiser, 0, {}, "1 everywhere.", "torch.nn.init"},
      {"full",
       Family::Initialiser,
       0,
       {{"value", Takes::Float, "", "the value"}},
       "One value everywhere.",
       "torch.nn.init"},
      {"uniform",
       Family::Initialiser,
       0,
       {{"low", Takes::Float, "0.0", "least"}, {"high", Takes::Float, "1.0", "below"}},
       "Uniform in [low, high).",
       "torch.nn.init"},
      {"normal",
       Family::Initialiser,
       0,
       {{"mean", Takes::Float, "0.0", "mean"}, {"std", Takes::Float, "1.0", "standard deviation"}},
       "Normal.",
       "torch.nn.init"},
      {"trunc_normal",
       Family::Initialiser,
       0,
       {{"mean", Takes::Float, "0.0", "mean"}, {"std", Takes::Float, "1.0", "standard deviation"}},
       "Normal, cut off at mean +- 2 whatever the deviation.",
       "torch.nn.init"},
      {"kaiming_normal", Family::Initialiser, 0, mode, "Normal with deviation sqrt(2 / fan).", kaiming},
      {"kaiming_uniform", Family::Initialiser, 0, mode, "Uniform in +-sqrt(6 / fan).", kaiming},
      {"xavier_normal", Family::Initialiser, 0, gain,
       "Normal with deviation gain sqrt(2 / (fan_in + fan_out)).", xavier},
      {"xavier_uniform", Family::Initialiser, 0, gain, "Uniform in +-gain sqrt(6 / (fan_in + fan_out)).",
       xavier},
  };
}

} // namespace cnn
