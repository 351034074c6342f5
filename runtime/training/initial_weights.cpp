#include "initial_weights.h"

#include "../data/settings.h"
#include "../model/weights.h"

#include <cnn/path_pattern.hpp>

#include <algorithm>
#include <filesystem>

namespace cnn {
namespace {

bool skips(const void* context, const char* name) {
  const auto& patterns = *static_cast<const std::vector<std::string>*>(context);
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return matches_path(pattern, name); });
}

} // namespace

Status loadInitialWeights(Model& model, const cnn_setting& setting, const std::string& folder) {
  Arguments arguments(setting);
  std::string path = (std::filesystem::path(folder) / arguments.text("file", 0, "")).string();
  std::string into = arguments.text("into", 1, "");
  std::vector<std::string> patterns = arguments.texts("except", 2);
  if (Status bad = arguments.finish(); !bad) return bad;
  WeightsPart part{into.c_str(), patterns.empty() ? nullptr : skips, &patterns};
  cnn_model& handle = *model.handle();
  handle.message.clear();
  SafetensorsReader file;
  int32_t status = file.openFile(path.c_str(), handle.message);
  if (!status) status = matchWeights(model.description(), file, path.c_str(), handle.message, part);
  if (!status) status = readWeights(handle, file, part);
  return model.check(status);
}

} // namespace cnn
