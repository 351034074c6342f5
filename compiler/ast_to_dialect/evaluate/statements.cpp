/// Bodies of funcs, blocks and networks.
#include "ast_to_dialect/evaluate/statements.h"
#include "ast_to_dialect/evaluate/evaluation.h"
#include "ast_to_dialect/networks/networks.h"

namespace cnn {

using namespace ast;

/// Counts evaluation so that a program that does not end is an error, once: what is evaluated after it is
/// silent.
bool countStep(Elaborator& e, Span span, const Frame& frame, uint64_t count) {
  if (e.exhausted()) return false;
  e.steps += std::min(count, e.options.maxSteps + 1);
  if (e.exhausted())
    e.error(Diag::TooManySteps, span, frame, int64_t(e.options.maxSteps), "steps of evaluation");
  return !e.exhausted();
}

Outcome execute(Elaborator& e, const Body& body, const Frame& frame, bool asValue) {
  Outcome last;
  for (const Statement* statement : body.statements) {
    if (!countStep(e, statement->span, frame)) return {true, Poison{}};
    bool isLast = statement == body.statements.back();
    last = execute(e, *statement, frame, asValue && isLast);
    if (last.returned) return last;
  }
  return last;
}

Outcome execute(Elaborator& e, const Statement& statement, const Frame& frame, bool asValue) {
  if (auto* s = as<BindingStatement>(&statement)) {
    bindPattern(e, *s->pattern, evaluate(e, s->value, frame), frame);
    return {};
  }
  if (auto* s = as<AssignStatement>(&statement)) {
    Value value = evaluate(e, s->value, frame);
    if (Value* variable = frame.environment->find(s->name.text))
      *variable = value;
    else
      frame.environment->names[s->name.text] = value; // checkNames has reported it
    return {};
  }
  if (auto* s = as<ReturnStatement>(&statement)) return {true, evaluate(e, s->value, frame)};
  if (auto* s = as<ExprStatement>(&statement)) {
    if (auto* branch = as<IfExpr>(s->value)) return executeIf(e, *branch, frame, asValue);
    if (auto* loop = as<ForExpr>(s->value)) {
      if (!asValue) return executeFor(e, *loop, frame, nullptr);
      List results;
      Outcome outcome = executeFor(e, *loop, frame, &results);
      return outcome.returned ? outcome : Outcome{false, std::move(results)};
    }
    return {false, evaluate(e, s->value, frame)};
  }
  // What an assert of a block guards is not worth a second error.
  if (auto* s = as<AssertStatement>(&statement); s && !declareAssertion(e, *s, frame))
    if (!frame.instance || frame.instance->callSpan.valid()) return {true, Poison{}};
  if (auto* s = as<InputStatement>(&statement)) declareInput(e, *s, frame);
  if (auto* s = as<OutputStatement>(&statement)) declareOutput(e, *s, frame);
  if (auto* s = as<ParamStatement>(&statement)) declareParameter(e, *s, frame);
  if (auto* s = as<PictureStatement>(&statement)) declarePicture(e, *s, frame);
  if (auto* s = as<SharedStatement>(&statement)) {
    Value value = evaluate(e, s->value, frame);
    const BlockValue* block = value.block();
    if (block && frame.instance) {
      auto shared = std::make_shared<BlockValue>(*block);
      shared->sharedPath =
          (frame.instance->path.empty() ? "" : frame.instance->path + ".") + std::string(s->name.text);
      value = std::shared_ptr<const BlockValue>(shared);
    } else if (!value.isPoison()) {
      e.error(Diag::TypeMismatch, s->value->span, frame, "shared", "a block", value.describe());
      value = Poison{};
    }
    if (e.observations) e.observations->bound(s->name.span, value, frame);
    frame.environment->names[s->name.text] = value;
  }
  if (auto* s = as<InitStatement>(&statement); s && e.net) {
    Selection selection = evaluateSelection(e, s->selectors, frame);
    Value value = evaluate(e, s->value, frame);
    if (!value.isPoison())
      e.net->inits.push_back(
          {std::move(selection), {value, s->value->span}, frame.instance ? frame.instance->path : ""});
  }
  if (auto* s = as<LabelsStatement>(&statement); s && e.net) {
    Value value = evaluate(e, s->value, frame);
    if (auto* text = value.get<std::string>())
      e.net->labels[std::string(s->name.text)] = *text;
    else if (!value.isPoison())
      e.error(Diag::TypeMismatch, s->value->span, frame, "labels", "the name of a file", value.describe());
  }
  return {};
}

Outcome executeIf(Elaborator& e, const IfExpr& expr, const Frame& frame, bool asValue) {
  std::optional<bool> condition = evaluateCondition(e, expr.condition, frame);
  if (!condition) {
    // Nothing can be said about what the branches would have assigned.
    poisonAssigned(e, expr.thenBody, frame);
    poisonAssigned(e, expr.elseBody, frame);
    return {};
  }
  Environment names{frame.environment, {}};
  Frame inner{frame.module, &names, frame.instance};
  if (*condition) return execute(e, expr.thenBody, inner, asValue);
  if (expr.hasElse) return execute(e, expr.elseBody, inner, asValue);
  return {};
}

void poisonAssigned(Elaborator& e, const Body& body, const Frame& frame) {
  for (const Statement* statement : body.statements) {
    if (auto* s = as<AssignStatement>(statement))
      if (Value* variable = frame.environment->find(s->name.text)) *variable = Poison{};
    auto* s = as<ExprStatement>(statement);
    if (!s) continue;
    if (auto* branch = as<IfExpr>(s->value)) {
      poisonAssigned(e, branch->thenBody, frame);
      poisonAssigned(e, branch->elseBody, frame);
    }
    if (auto* loop = as<ForExpr>(s->value)) poisonAssigned(e, loop->body, frame);
  }
}

/// `for i in 3` goes over 0, 1, 2 in no language, but is what is meant.
static void forOver(Diagnostic& diagnostic, const Value& sequence, Span span) {
  if (sequence.get<int64_t>()) diagnostic.fix("count from 0", {{{span.file, span.begin, span.begin}, "0.."}});
}

Outcome executeFor(Elaborator& e, const ForExpr& expr, const Frame& frame, List* results) {
  Value sequence = evaluate(e, expr.sequence, frame);
  const List* list = sequence.list();
  if (!list) {
    if (!sequence.isPoison())
      forOver(e.error(Diag::TypeMismatch, expr.sequence->span, frame, "for", "a list or a range",
                      sequence.describe()),
              sequence, expr.sequence->span);
    poisonAssigned(e, expr.body, frame);
    return {};
  }
  for (const Value& element : *list) {
    if (!countStep(e, expr.span, frame)) return {true, Poison{}};
    Environment names{frame.environment, {}};
    Frame inner{frame.module, &names, frame.instance};
    bindPattern(e, *expr.pattern, element, inner);
    Outcome outcome = execute(e, expr.body, inner, results != nullptr);
    if (outcome.returned) return outcome;
    if (results) results->push_back(outcome.value);
  }
  return {};
}

} // namespace cnn
