/// Bodies of funcs, blocks and networks.
#include "ast_to_dialect/elaborator.h"

namespace cnn {

using namespace ast;

/// Counts evaluation so that a program that does not end is an error, once: what is evaluated after it is
/// silent.
bool Elaborator::step(Span span, const Frame& frame, uint64_t count) {
  if (exhausted()) return false;
  steps += std::min(count, options.maxSteps + 1);
  if (exhausted()) error(Diag::TooManySteps, span, frame, int64_t(options.maxSteps), "steps of evaluation");
  return !exhausted();
}

Outcome Elaborator::execute(const Body& body, const Frame& frame, bool asValue) {
  Outcome last;
  for (const Statement* statement : body.statements) {
    if (!step(statement->span, frame)) return {true, Poison{}};
    bool isLast = statement == body.statements.back();
    last = execute(*statement, frame, asValue && isLast);
    if (last.returned) return last;
  }
  return last;
}

Outcome Elaborator::execute(const Statement& statement, const Frame& frame, bool asValue) {
  if (auto* s = as<BindingStatement>(&statement)) {
    bind(*s->pattern, evaluate(s->value, frame), frame);
    return {};
  }
  if (auto* s = as<AssignStatement>(&statement)) {
    Value value = evaluate(s->value, frame);
    if (Value* variable = frame.environment->find(s->name.text))
      *variable = value;
    else
      frame.environment->names[s->name.text] = value; // checkNames has reported it
    return {};
  }
  if (auto* s = as<ReturnStatement>(&statement)) return {true, evaluate(s->value, frame)};
  if (auto* s = as<ExprStatement>(&statement)) {
    if (auto* branch = as<IfExpr>(s->value)) return executeIf(*branch, frame, asValue);
    if (auto* loop = as<ForExpr>(s->value)) {
      if (!asValue) return executeFor(*loop, frame, nullptr);
      List results;
      Outcome outcome = executeFor(*loop, frame, &results);
      return outcome.returned ? outcome : Outcome{false, std::move(results)};
    }
    return {false, evaluate(s->value, frame)};
  }
  // What an assert of a block guards is not worth a second error.
  if (auto* s = as<AssertStatement>(&statement); s && !assertion(*s, frame))
    if (!frame.instance || frame.instance->callSpan.valid()) return {true, Poison{}};
  if (auto* s = as<InputStatement>(&statement)) input(*s, frame);
  if (auto* s = as<OutputStatement>(&statement)) output(*s, frame);
  if (auto* s = as<ParamStatement>(&statement)) parameterStatement(*s, frame);
  if (auto* s = as<PictureStatement>(&statement)) picture(*s, frame);
  if (auto* s = as<SharedStatement>(&statement)) {
    Value value = evaluate(s->value, frame);
    const BlockValue* block = value.block();
    if (block && frame.instance) {
      auto shared = std::make_shared<BlockValue>(*block);
      shared->sharedPath =
          (frame.instance->path.empty() ? "" : frame.instance->path + ".") + std::string(s->name.text);
      value = std::shared_ptr<const BlockValue>(shared);
    } else if (!value.isPoison()) {
      error(Diag::TypeMismatch, s->value->span, frame, "shared", "a block", value.describe());
      value = Poison{};
    }
    if (observations) observations->bound(s->name.span, value, frame);
    frame.environment->names[s->name.text] = value;
  }
  if (auto* s = as<InitStatement>(&statement); s && net) {
    Selection selection = evaluateSelection(s->selectors, frame);
    Value value = evaluate(s->value, frame);
    if (!value.isPoison())
      net->inits.push_back(
          {std::move(selection), {value, s->value->span}, frame.instance ? frame.instance->path : ""});
  }
  if (auto* s = as<LabelsStatement>(&statement); s && net) {
    Value value = evaluate(s->value, frame);
    if (auto* text = value.get<std::string>())
      net->labels[std::string(s->name.text)] = *text;
    else if (!value.isPoison())
      error(Diag::TypeMismatch, s->value->span, frame, "labels", "the name of a file", value.describe());
  }
  return {};
}

Outcome Elaborator::executeIf(const IfExpr& expr, const Frame& frame, bool asValue) {
  std::optional<bool> condition = evaluateCondition(expr.condition, frame);
  if (!condition) {
    // Nothing can be said about what the branches would have assigned.
    poisonAssigned(expr.thenBody, frame);
    poisonAssigned(expr.elseBody, frame);
    return {};
  }
  Environment names{frame.environment, {}};
  Frame inner{frame.module, &names, frame.instance};
  if (*condition) return execute(expr.thenBody, inner, asValue);
  if (expr.hasElse) return execute(expr.elseBody, inner, asValue);
  return {};
}

void Elaborator::poisonAssigned(const Body& body, const Frame& frame) {
  for (const Statement* statement : body.statements) {
    if (auto* s = as<AssignStatement>(statement))
      if (Value* variable = frame.environment->find(s->name.text)) *variable = Poison{};
    auto* s = as<ExprStatement>(statement);
    if (!s) continue;
    if (auto* branch = as<IfExpr>(s->value)) {
      poisonAssigned(branch->thenBody, frame);
      poisonAssigned(branch->elseBody, frame);
    }
    if (auto* loop = as<ForExpr>(s->value)) poisonAssigned(loop->body, frame);
  }
}

/// `for i in 3` goes over 0, 1, 2 in no language, but is what is meant.
static void forOver(Diagnostic& diagnostic, const Value& sequence, Span span) {
  if (sequence.get<int64_t>()) diagnostic.fix("count from 0", {{{span.file, span.begin, span.begin}, "0.."}});
}

Outcome Elaborator::executeFor(const ForExpr& expr, const Frame& frame, List* results) {
  Value sequence = evaluate(expr.sequence, frame);
  const List* list = sequence.list();
  if (!list) {
    if (!sequence.isPoison())
      forOver(error(Diag::TypeMismatch, expr.sequence->span, frame, "for", "a list or a range",
                    sequence.describe()),
              sequence, expr.sequence->span);
    poisonAssigned(expr.body, frame);
    return {};
  }
  for (const Value& element : *list) {
    if (!step(expr.span, frame)) return {true, Poison{}};
    Environment names{frame.environment, {}};
    Frame inner{frame.module, &names, frame.instance};
    bind(*expr.pattern, element, inner);
    Outcome outcome = execute(expr.body, inner, results != nullptr);
    if (outcome.returned) return outcome;
    if (results) results->push_back(outcome.value);
  }
  return {};
}

} // namespace cnn
