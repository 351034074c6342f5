/// Settings of train sections: optimizers, schedules, data, first values.
#include "ast_to_dialect/operators/operator.h"

namespace cnn {

std::vector<Operator> trainingSettings() {
  return {
      {"sgd",
       Family::Optimizer,
       0,
       {{"lr", Takes::Float, "1e-3", "learning rate"},
        {"momentum", Takes::Float, "0.0", "share of the last step that is kept"},
        {"dampening", Takes::Float, "0.0", "share of the gradient that momentum leaves out"},
        {"weight_decay", Takes::Float, "0.0", "pulls weights to zero"},
        {"nesterov", Takes::Bool, "false", "looks ahead by the momentum"}},
       "Stochastic gradient descent.",
       "torch.optim.SGD"},
      {"adam",
       Family::Optimizer,
       0,
       {{"lr", Takes::Float, "1e-3", "learning rate"},
        {"betas", Takes::Floats, "-", "decay of the two moments, [0.9, 0.999] when left out"},
        {"eps", Takes::Float, "1e-8", "added to the root of the second moment"},
        {"weight_decay", Takes::Float, "0.0", "added to the gradient"}},
       "Adaptive moments.",
       "torch.optim.Adam; Kingma and Ba 2015"},
      {"adamw",
       Family::Optimizer,
       0,
       {{"lr", Takes::Float, "1e-3", "learning rate"},
        {"betas", Takes::Floats, "-", "decay of the two moments, [0.9, 0.999] when left out"},
        {"eps", Takes::Float, "1e-8", "added to the root of the second moment"},
        {"weight_decay", Takes::Float, "1e-2", "taken from the weights themselves"}},
       "Adam with decoupled weight decay.",
       "torch.optim.AdamW; Loshchilov and Hutter 2019"},
      {"constant", Family::Schedule, 0, {}, "The learning rate stays.", ""},
      {"step",
       Family::Schedule,
       0,
       {{"step_size", Takes::Int, "", "epochs between two steps"},
        {"gamma", Takes::Float, "0.1", "factor of each step"}},
       "The learning rate falls by a factor every few epochs.",
       "torch.optim.lr_scheduler.StepLR"},
      {"cosine",
       Family::Schedule,
       0,
       {{"min_lr", Takes::Float, "0.0", "at the end"},
        {"warmup", Takes::Float, "0.0", "epochs of linear rise before"}},
       "Half a cosine from the learning rate to min_lr.",
       "torch.optim.lr_scheduler.CosineAnnealingLR"},
      {"one_cycle",
       Family::Schedule,
       0,
       {{"max_lr", Takes::Float, "", "at the top"},
        {"pct_start", Takes::Float, "0.3", "share of the steps that rise"},
        {"div_factor", Takes::Float, "25.0", "max_lr over the first rate"},
        {"final_div_factor", Takes::Float, "1e4", "the first rate over the last"}},
       "Up to max_lr and down again by cosines.",
       "torch.optim.lr_scheduler.OneCycleLR; Smith and Topin 2019"},
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
