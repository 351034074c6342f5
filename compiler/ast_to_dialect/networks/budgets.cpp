/// Budget sections, and what they have in common with kernels sections.
#include "ast_to_dialect/evaluate/evaluation.h"
#include "ast_to_dialect/names/names.h"
#include "ast_to_dialect/networks/networks.h"

#include <algorithm>

namespace cnn {

using namespace ast;

static int64_t elementCount(const NetworkParameter& info) {
  int64_t count = 1;
  for (int64_t extent : info.shape) count *= extent;
  return count;
}

/// Checks the sections that are headed by a network against what was built. `name`: the network's own, or its
/// recipe's.
void evaluateTargetSections(Elaborator& e, const CallableDecl& network, const std::string& name,
                            const Frame& frame) {
  auto own = e.targets.find(network.name.text);
  if (own == e.targets.end()) return;
  for (const TargetDecl* section : own->second) {
    if (section->kind == Kind::Kernels)
      evaluateKernelsSection(e, *section, frame);
    else
      checkBudgetSection(e, *section, name, frame);
  }
  for (auto& [path, part] : e.net->parts) e.result.places[{name, path}] = part.span;
}

void checkBudgetSection(Elaborator& e, const TargetDecl& section, const std::string& name,
                        const Frame& frame) {
  for (const Statement* statement : section.body.statements) {
    auto* assign = as<AssignStatement>(statement);
    if (!assign || !std::ranges::count(budgetSettings, assign->name.text))
      continue; // checkNames has reported it
    std::string setting(assign->name.text);
    std::optional<int64_t> most = evaluateInt(e, assign->value, frame, "'" + setting + "'");
    if (!most) continue;
    if (*most < 0) {
      e.error(Diag::BadSetting, assign->value->span, frame, setting, "a whole number of at least 0",
              std::to_string(*most));
      continue;
    }
    if (setting == "parameters") {
      checkParameterBudget(e, *assign, *most, name, frame);
      continue;
    }
    if (setting == "training_memory" && !e.net->op.getTraining() && !e.net->incomplete &&
        !e.diagnostics.hasErrors()) {
      e.error(Diag::BadSetting, assign->name.span, frame, setting, "a network with a train section",
              "one without");
      continue;
    }
    std::string machine(section.target ? section.target->literal() : "");
    auto same = std::ranges::find_if(e.result.budgets, [&](const MemoryBudget& budget) {
      return budget.network == name && budget.setting == setting && budget.machine == machine;
    });
    if (same != e.result.budgets.end())
      e.error(Diag::DuplicateSetting, assign->name.span, frame, setting).secondary(same->span, "first here");
    else
      e.result.budgets.push_back({name, setting, *most, machine, assign->span});
  }
}

void checkParameterBudget(Elaborator& e, const AssignStatement& limit, int64_t most, const std::string& name,
                          const Frame& frame) {
  if (e.diagnostics.hasErrors()) return;
  std::vector<NetworkParameter> used;
  int64_t total = 0;
  for (const NetworkParameter& info : e.net->parameters) {
    if (info.unused || info.statistic) continue;
    used.push_back(info);
    total += elementCount(info);
  }
  if (total <= most) return;
  Diagnostic& diagnostic = e.error(Diag::BudgetExceeded, limit.span, frame, name, total, most);
  std::ranges::stable_sort(used, std::greater<>(), elementCount);
  for (size_t i = 0; i < std::min<size_t>(3, used.size()); ++i)
    diagnostic.note(used[i].span, used[i].path + " has " + std::to_string(elementCount(used[i])));
}

} // namespace cnn
