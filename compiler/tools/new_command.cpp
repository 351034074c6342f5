//===- new_command.cpp - cnnc new: a file to start from ---------------------------------------------===//

#include "files.h"
#include "names.h"
#include "options.h"

#include <cstdio>
#include <filesystem>

namespace cnn::tools {
namespace {

/// NAME stands for the network's name. Small enough to read at once, and right as it stands.
constexpr std::string_view text = R"(/// What this network is for, in a line.
network NAME(classes: int = 10) {
  input image: f32[N, 1, 28, 28]                 // N: any batch size at run time
  let features = image
    |> conv(16, 3, padding = 1, bias = false) |> batch_norm |> relu |> max_pool(2)
    |> conv(32, 3, padding = 1, bias = false) |> batch_norm |> relu |> max_pool(2)
    |> flatten
  output logits = features |> dropout(0.2) |> linear(classes)
}

train NAME {
  input label: i32[N]
  data       = fashion_mnist()                   // or cifar10(), folder("pictures"), npy("arrays")
  validation = 0.1
  loss       = cross_entropy(logits, label)
  metric top1 = accuracy(logits, label)
  optimizer  = adam(lr = 1e-3)
  schedule   = one_cycle(max_lr = 3e-3)
  batch      = 64
  epochs     = 5
}
)";

int failed(const std::string& message) {
  std::fprintf(stderr, "error: %s\n", message.c_str());
  return 1;
}

} // namespace

int createFile(const std::string& name) {
  std::string path = name.ends_with(".cnn") ? name : name + ".cnn";
  std::string network = networkNameOf(std::filesystem::path(path).stem().string());
  if (network.empty())
    return failed("'" + name + "' is no name: expected a letter, then letters, digits, - and _");
  std::string content(text);
  for (size_t at = content.find("NAME"); at != std::string::npos;
       at = content.find("NAME", at + network.size()))
    content.replace(at, 4, network);
  bool isThere = false;
  std::string error;
  if (!writeNewFile(path, content, isThere, error))
    return failed(isThere ? path + " exists already; choose another name, or remove it" : error);
  std::printf("%s: network %s. Train it with: cnnc train %s\n", path.c_str(), network.c_str(), path.c_str());
  return 0;
}

} // namespace cnn::tools
