/// Probes: values that become outputs of @predict where somebody asks for them.
#include "ast_to_dialect/networks/networks.h"

#include "llvm/ADT/StringExtras.h"

#include <cnn/path_pattern.hpp>

#include <algorithm>

namespace cnn {

void addProbe(Elaborator& e, mlir::Value tensor, std::string_view name, Span span, const Frame& frame) {
  // What a further application of shared parameters computes has no path of its own.
  if (frame.instance->repeated || e.net->training) return;
  const std::string& scope = frame.instance->path;
  std::string path = (scope.empty() ? "" : scope + ".") + std::string(name);
  if (auto [other, isNew] = e.net->probePaths.emplace(path, span); !isNew) {
    e.error(Diag::PathClash, span, frame, path).secondary(other->second, "the other one");
    return;
  }
  e.probesFound.insert(path);
  bool wanted = false;
  for (const std::string& pattern : e.options.probes) {
    if (pattern != "*" && !matches_path(pattern, path)) continue;
    e.probesUsed.insert(pattern);
    wanted = true;
  }
  if (!wanted) return;
  std::string output = path; // a name in C
  std::ranges::replace_if(output, [](char c) { return !llvm::isAlnum(c); }, '_');
  if (llvm::isDigit(output[0])) output = "probe_" + output;
  e.net->probes.push_back({output, tensor, span});
}

/// Outputs have one name each, in C as well.
void checkProbeNames(Elaborator& e, const Frame& frame) {
  std::map<std::string_view, Span> names;
  for (const auto* list : {&e.net->inputs, &e.net->outputs})
    for (const NamedTensor& tensor : *list) names.emplace(tensor.name, tensor.span);
  for (const NamedTensor& probe : e.net->probes) {
    auto [other, isNew] = names.emplace(probe.name, probe.span);
    if (!isNew)
      e.error(Diag::PathClash, probe.span, frame, probe.name).secondary(other->second, "the other one");
  }
}

void reportUnknownProbes(Elaborator& e) {
  std::vector<std::string_view> names(e.probesFound.begin(), e.probesFound.end());
  for (const std::string& pattern : e.options.probes) {
    if (e.probesUsed.count(pattern) || e.diagnostics.hasErrors()) continue;
    Diagnostic& diagnostic = e.diagnostics.report(Diag::UnknownProbe, Span{}, pattern);
    if (std::string_view near = nearest(pattern, names); !near.empty())
      diagnostic.note("did you mean " + std::string(near) + "?");
    diagnostic.note(names.empty() ? "the network has none: name a value with |> probe(\"name\")"
                                  : "its probes: " + listed(names));
  }
}

} // namespace cnn
