/// Probes: values that become outputs of @predict where somebody asks for them.
#include "ast_to_dialect/elaborator.h"

#include "llvm/ADT/StringExtras.h"

#include <cnn/path_pattern.hpp>

#include <algorithm>

namespace cnn {

void Elaborator::probe(mlir::Value tensor, std::string_view name, Span span, const Frame& frame) {
  // What a further application of shared parameters computes has no path of its own.
  if (frame.instance->repeated || net->training) return;
  const std::string& scope = frame.instance->path;
  std::string path = (scope.empty() ? "" : scope + ".") + std::string(name);
  if (auto [other, isNew] = net->probePaths.emplace(path, span); !isNew) {
    error(Diag::PathClash, span, frame, path).secondary(other->second, "the other one");
    return;
  }
  probesFound.insert(path);
  bool wanted = false;
  for (const std::string& pattern : options.probes) {
    if (pattern != "*" && !matches_path(pattern, path)) continue;
    probesUsed.insert(pattern);
    wanted = true;
  }
  if (!wanted) return;
  std::string output = path; // a name in C
  std::ranges::replace_if(output, [](char c) { return !llvm::isAlnum(c); }, '_');
  if (llvm::isDigit(output[0])) output = "probe_" + output;
  net->probes.push_back({output, tensor, span});
}

/// Outputs have one name each, in C as well.
void Elaborator::checkProbeNames(const Frame& frame) {
  std::map<std::string_view, Span> names;
  for (const auto* list : {&net->inputs, &net->outputs})
    for (const NamedTensor& tensor : *list) names.emplace(tensor.name, tensor.span);
  for (const NamedTensor& probe : net->probes) {
    auto [other, isNew] = names.emplace(probe.name, probe.span);
    if (!isNew)
      error(Diag::PathClash, probe.span, frame, probe.name).secondary(other->second, "the other one");
  }
}

void Elaborator::reportUnknownProbes() {
  std::vector<std::string_view> names(probesFound.begin(), probesFound.end());
  for (const std::string& pattern : options.probes) {
    if (probesUsed.count(pattern) || diagnostics.hasErrors()) continue;
    Diagnostic& diagnostic = diagnostics.report(Diag::UnknownProbe, Span{}, pattern);
    if (std::string_view near = nearest(pattern, names); !near.empty())
      diagnostic.note("did you mean " + std::string(near) + "?");
    diagnostic.note(names.empty() ? "the network has none: name a value with |> probe(\"name\")"
                                  : "its probes: " + listed(names));
  }
}

} // namespace cnn
