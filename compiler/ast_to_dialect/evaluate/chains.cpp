/// Chains: steps of a pipeline, and chains of blocks that are applied later.
#include "ast_to_dialect/evaluate/advice.h"
#include "ast_to_dialect/evaluate/calls.h"
#include "ast_to_dialect/evaluate/evaluation.h"
#include "ast_to_dialect/evaluate/statements.h"

#include "llvm/ADT/StringExtras.h"

namespace cnn {

using namespace ast;

/// Applies what stands right of a `|>`.
Value applyStage(Elaborator& e, const Expr* stage, const Value& subject, const Frame& frame,
                 const PathHint& hint) {
  Cost before = e.observations ? e.observations->total() : Cost{};
  Value value = applyStageNode(e, stage, subject, frame, hint);
  if (e.observations) e.observations->applied(*stage, value, frame, before);
  return value;
}

Value applyStageNode(Elaborator& e, const Expr* stage, const Value& subject, const Frame& frame,
                     PathHint hint) {
  Span span = stage->span;
  const Expr* inner = stage;
  if (auto* labeled = as<LabeledExpr>(inner)) {
    hint.label = evaluateString(e, *labeled->path, frame);
    hint.span = labeled->path->span;
    inner = labeled->inner;
  }
  if (auto* expr = as<CallExpr>(inner)) return evaluateCall(e, *expr, frame, hint, &subject);
  Value value = evaluate(e, inner, frame);
  if (value.isPoison()) return Poison{};
  const BlockValue* block = value.block();
  if (!block) {
    adviseOnApplying(e.error(Diag::NotCallable, span, frame, value.describe()), value);
    return Poison{};
  }
  return applyBlock(e, *block, {subject}, span, frame, hint);
}

/// A look at a value is no part of the network, and changes no part's number.
static bool isProbe(const BlockValue& block) {
  return block.op && block.op->name == "probe";
}

static bool isProbe(const Expr& stage, const Frame& frame) {
  auto* call = as<CallExpr>(&stage);
  auto* name = call ? as<NameExpr>(call->callee) : nullptr;
  return name && name->name == "probe" && !frame.environment->find("probe") &&
         !frame.module->globals.count("probe");
}

/// Parts of a named chain are numbered; one whose path is itself a number, such as @3, sets the count.
static size_t numberAfter(size_t part, const std::optional<std::string>& label) {
  size_t number = 0;
  bool isNumber = label && llvm::to_integer(*label, number, 10);
  return (isNumber ? number : part) + 1;
}

Value evaluateChain(Elaborator& e, const ChainExpr& expr, const Frame& frame, const PathHint& hint) {
  PathHint inner;
  if (hint.label)
    inner.prefix = joined(hint.prefix, *hint.label);
  else if (hint.position)
    inner.prefix = joined(hint.prefix, *hint.position);
  Value value = evaluate(e, expr.stages[0], frame);
  if (value.isPoison()) return Poison{};
  if (value.record()) { // a chain of settings, such as augmentations
    List list{value};
    for (size_t i = 1; i < expr.stages.size(); ++i) list.push_back(evaluate(e, expr.stages[i], frame));
    for (size_t i = 1; i < list.size(); ++i) {
      if (list[i].isPoison()) return Poison{};
      if (list[i].record()) continue;
      e.error(Diag::TypeMismatch, expr.stages[i]->span, frame, "in this chain", "a setting",
              list[i].describe());
      return Poison{};
    }
    return list;
  }
  if (value.isSubject()) {
    for (size_t i = 1, part = 0; i < expr.stages.size() && !value.isPoison(); ++i) {
      if (!countStep(e, expr.stages[i]->span, frame)) return Poison{};
      bool counts = !inner.prefix.empty() && !isProbe(*expr.stages[i], frame);
      inner.position = counts ? std::optional(std::to_string(part)) : std::nullopt;
      auto* labeled = as<LabeledExpr>(expr.stages[i]);
      if (counts)
        part = numberAfter(part,
                           labeled ? std::optional(evaluateString(e, *labeled->path, frame)) : std::nullopt);
      value = applyStage(e, expr.stages[i], value, frame, inner);
    }
    return value;
  }
  auto chain = std::make_shared<BlockValue>();
  chain->span = expr.span;
  for (size_t i = 0; i < expr.stages.size(); ++i) {
    Value stage = i == 0 ? value : evaluate(e, expr.stages[i], frame);
    if (stage.isPoison()) return Poison{};
    auto* block = stage.get<std::shared_ptr<const BlockValue>>();
    if (!block && i == 0) {
      e.error(Diag::NotATensor, expr.stages[0]->span, frame,
              std::string(e.program.sources.text(expr.stages[1]->span)), value.describe());
      return Poison{};
    }
    if (!block) {
      adviseOnApplying(e.error(Diag::NotCallable, expr.stages[i]->span, frame, stage.describe()), stage);
      return Poison{};
    }
    chain->append(*block, expr.stages[i]);
  }
  return std::shared_ptr<const BlockValue>(chain);
}

/// The parts of a chain one after the other; they are numbered below the hint's prefix where it has a name.
Value applyChain(Elaborator& e, const BlockValue& block, const std::vector<Value>& subjects, Span span,
                 const Frame& frame, PathHint hint, bool numbered) {
  std::vector<Value> value = subjects;
  for (size_t i = 0, part = 0; i < block.chain.size(); ++i) {
    bool counts = numbered && !isProbe(*block.chain[i]);
    hint.position = counts ? std::optional(std::to_string(part)) : std::nullopt;
    if (counts) part = numberAfter(part, block.chain[i]->label);
    Cost before = e.observations ? e.observations->total() : Cost{};
    const Expr& node = *block.chainNodes[i];
    if (e.observations && counts)
      e.observations->named(node.span, joined(frame.instance->path, joined(hint.prefix, *hint.position)));
    Value next = applyBlock(e, *block.chain[i], value, span, frame, hint);
    if (e.observations) e.observations->applied(node, next, frame, before);
    if (next.isPoison()) return next;
    value = {next};
  }
  return value[0];
}

} // namespace cnn
