/// Warnings about what a network makes and nothing uses.
#include "ast_to_dialect/networks/networks.h"

#include "llvm/ADT/DenseSet.h"

namespace cnn {

namespace {

/// All that the roots are computed from, with them.
llvm::DenseSet<mlir::Value> reachedFrom(llvm::SmallVector<mlir::Value> roots) {
  llvm::DenseSet<mlir::Value> reached;
  while (!roots.empty()) {
    mlir::Value value = roots.pop_back_val();
    if (!reached.insert(value).second) continue;
    if (mlir::Operation* op = value.getDefiningOp()) roots.append(op->operand_begin(), op->operand_end());
  }
  return reached;
}

/// The path of the part that made an op.
llvm::StringRef pathOf(mlir::Location location) {
  auto name = mlir::dyn_cast<mlir::NameLoc>(location);
  return name ? name.getName().getValue() : llvm::StringRef();
}

/// The part of the network, as large as can be, that holds the parameter and nothing that is used.
std::string unusedPart(const NetworkState& net, const NetworkParameter& info,
                       const std::set<std::string, std::less<>>& used) {
  for (size_t dot = info.path.find('.'); dot != std::string::npos; dot = info.path.find('.', dot + 1)) {
    std::string prefix = info.path.substr(0, dot);
    auto below = used.lower_bound(prefix + ".");
    bool anyUsed = below != used.end() && llvm::StringRef(*below).starts_with(prefix + ".");
    if (!anyUsed && net.parts.count(prefix)) return prefix;
  }
  return info.path;
}

/// Whether a part's result goes on into another unused part, which is then the one to speak about.
bool feedsAnother(mlir::Value parameter, const std::string& part,
                  const llvm::StringMap<std::string>& partOf) {
  llvm::SmallVector<mlir::Value> open{parameter};
  llvm::DenseSet<mlir::Operation*> seen;
  while (!open.empty())
    for (mlir::Operation* user : open.pop_back_val().getUsers()) {
      if (!seen.insert(user).second) continue;
      for (mlir::Value operand : user->getOperands())
        if (auto get = operand.getDefiningOp<GetOp>()) {
          auto found = partOf.find(get.getParameter());
          if (found != partOf.end() && found->second != part) return true;
        }
      open.append(user->result_begin(), user->result_end());
    }
  return false;
}

} // namespace

/// Before what is unused is removed. What a network that is applied like a block leaves over is no mistake.
void warnOfUnused(Elaborator& e, const Frame& frame) {
  if (e.diagnostics.hasErrors()) return;
  llvm::SmallVector<mlir::Value> roots;
  for (const NamedTensor& output : e.net->outputs) roots.push_back(output.value);
  for (const NamedTensor& probe : e.net->probes) roots.push_back(probe.value);
  llvm::DenseSet<mlir::Value> reached = reachedFrom(std::move(roots));
  std::set<std::string, std::less<>> used; // paths
  for (mlir::Value value : reached)
    if (mlir::Operation* op = value.getDefiningOp()) used.insert(pathOf(op->getLoc()).str());
  e.net->op.walk([&](GetOp get) {
    bool elsewhere = get->getParentOfType<FunctionOp>() != e.net->predict; // @loss has only what it needs
    if (elsewhere || reached.contains(get)) used.insert(get.getParameter().str());
  });
  llvm::StringMap<std::string> partOf;
  std::map<std::string, Span> spans;
  for (const NetworkParameter& info : e.net->parameters) {
    if (info.ofPart || used.count(info.path)) continue;
    std::string part = unusedPart(*e.net, info, used);
    auto known = e.net->parts.find(part);
    spans[part] = known == e.net->parts.end() ? info.span : known->second.span;
    partOf[info.path] = std::move(part);
  }
  e.net->predict.walk([&](GetOp get) {
    auto part = partOf.find(get.getParameter());
    if (part != partOf.end() && feedsAnother(get, part->second, partOf)) spans.erase(part->second);
  });
  for (auto& [part, span] : spans) e.error(Diag::UnusedLayer, span, frame, part);

  auto loss = e.net->op.lookupSymbol<FunctionOp>("loss");
  for (size_t i = 0; i < e.net->inputs.size(); ++i) {
    bool inLoss = loss && !loss.getBody().front().getArgument(unsigned(i)).use_empty();
    if (!inLoss && !reached.contains(e.net->inputs[i].value))
      e.error(Diag::UnusedInput, e.net->inputs[i].span, frame, e.net->inputs[i].name);
  }
}

} // namespace cnn
