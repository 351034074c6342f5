/// Budget and kernels sections.
#include "ast_to_dialect/elaborator.h"
#include "ast_to_dialect/names.h"

#include <algorithm>

namespace cnn {

using namespace ast;

static int64_t elementCount(const NetworkParameter& info) {
  int64_t count = 1;
  for (int64_t extent : info.shape) count *= extent;
  return count;
}

/// Checks the sections that are headed by a network against what was built.
void Elaborator::targetSections(const CallableDecl& network, const Frame& frame) {
  for (const Decl* decl : program.main().file.declarations) {
    auto* section = as<TargetDecl>(decl);
    if (!section || section->network.text != network.name.text) continue;
    if (section->kind == Kind::Kernels) {
      error(Diag::NotCompiledYet, section->span, frame, "a kernels section");
      continue;
    }
    for (const Statement* statement : section->body.statements) {
      auto* assign = as<AssignStatement>(statement);
      if (!assign) continue;
      if (assign->name.text != "parameters") {
        if (!std::ranges::count(budgetSettings, assign->name.text)) continue; // checkNames has reported it
        error(Diag::NotCompiledYet, assign->span, frame,
              "'" + std::string(assign->name.text) + "' of a budget");
        continue;
      }
      std::optional<int64_t> most = evaluateInt(assign->value, frame, "'parameters'");
      if (!most || diagnostics.hasErrors()) continue;
      std::vector<NetworkParameter> used;
      int64_t total = 0;
      for (const NetworkParameter& info : net->parameters) {
        if (info.unused || info.statistic) continue;
        used.push_back(info);
        total += elementCount(info);
      }
      if (total <= *most) continue;
      Diagnostic& diagnostic =
          error(Diag::BudgetExceeded, assign->span, frame, network.name.text, total, *most);
      std::ranges::stable_sort(used, std::greater<>(), elementCount);
      for (size_t i = 0; i < std::min<size_t>(3, used.size()); ++i)
        diagnostic.note(used[i].span, used[i].path + " has " + std::to_string(elementCount(used[i])));
    }
  }
}

} // namespace cnn
