/// Calls, and the application of blocks, networks and operators to tensors.
#include "ast_to_dialect/evaluate/advice.h"
#include "ast_to_dialect/evaluate/calls.h"
#include "ast_to_dialect/evaluate/evaluation.h"
#include "ast_to_dialect/evaluate/statements.h"
#include "ast_to_dialect/networks/parameters.h"
#include "ast_to_dialect/operators/application.h"
#include "ast_to_dialect/operators/building.h"

namespace cnn {

using namespace ast;

Value evaluateCall(Elaborator& e, const CallExpr& expr, const Frame& frame, const PathHint& hint,
                   const Value* piped) {
  e.calledNode = expr.callee;
  while (auto* paren = as<ParenExpr>(e.calledNode)) e.calledNode = paren->inner;
  Value callee = evaluate(e, expr.callee, frame);
  auto* function = piped ? nullptr : callee.get<FunctionValue>();
  const Record* record = piped ? nullptr : callee.record();
  const BlockValue* block = callee.block();
  if (!expr.closed && (function || record || block)) return Poison{};
  if (function) return callFunction(e, *function, expr, frame);
  if (record) return callRecord(e, *record, expr, frame);
  std::vector<Given> values;
  if (!block) {
    for (const Argument& argument : expr.arguments)
      if (expr.closed) evaluate(e, argument.value, frame);
    if (!callee.isPoison())
      adviseOnApplying(e.error(Diag::NotCallable, expr.callee->span, frame, callee.describe()), callee);
    return Poison{};
  }
  bool poisoned = false;
  for (const Argument& argument : expr.arguments) {
    values.push_back({evaluate(e, argument.value, frame), argument.value->span});
    poisoned = poisoned || values.back().value.holdsPoison();
  }
  std::vector<Value> subjects;
  if (piped) subjects.push_back(*piped);
  size_t first = 0;
  // A block has one subject; further tensors are for its parameters.
  bool one = block->chain.empty() && block->decl && block->decl->kind == Kind::Block;
  while (first < values.size() && !expr.arguments[first].name.present() && values[first].value.isSubject() &&
         !(one && !subjects.empty()))
    subjects.push_back(values[first++].value);
  if (poisoned) return Poison{};
  bool wantsList = block->op && block->op->subjects < 0 && subjects.empty() && !values.empty();
  if (wantsList) {
    e.error(Diag::NotATensor, values[0].span, frame, block->name(), values[0].value.describe())
        .note(block->name() + " takes a list of tensors");
    return Poison{};
  }
  auto bound = withArguments(e, *block, expr.arguments, values, first, expr.span, frame);
  if (!bound) return Poison{};
  if (subjects.empty()) return std::shared_ptr<const BlockValue>(bound);
  return applyBlock(e, *bound, subjects, expr.span, frame, hint);
}

bool countLayer(Elaborator& e, Span span, const Frame& frame) {
  if (++e.net->layers <= Elaborator::maxLayers) return true;
  if (e.net->layers == Elaborator::maxLayers + 1)
    e.error(Diag::TooManySteps, span, frame, Elaborator::maxLayers, "layers");
  return false;
}

Value applyBlock(Elaborator& e, const BlockValue& block, const std::vector<Value>& subjects, Span span,
                 const Frame& frame, const PathHint& hint) {
  if (e.evaluationDepth >= Elaborator::maxEvaluationDepth) {
    e.error(Diag::TooDeep, span, frame, int64_t(Elaborator::maxEvaluationDepth));
    return Poison{};
  }
  Elaborator::Level level(e);
  for (const Value& subject : subjects)
    if (subject.isPoison()) return Poison{};
  if (!frame.instance || !e.net) {
    e.error(Diag::PartNotHere, span, frame, block.name(), "outside a network or block");
    return Poison{};
  }
  for (const Value& subject : subjects) {
    if (subject.isSubject()) continue;
    e.error(Diag::NotATensor, span, frame, block.name(), subject.describe());
    return Poison{};
  }
  if (!countLayer(e, span, frame)) return Poison{};
  std::string relative;
  if (hint.label)
    relative = joined(hint.prefix, *hint.label);
  else if (block.label)
    relative = joined(hint.prefix, *block.label);
  else if (hint.position)
    relative = joined(hint.prefix, *hint.position);
  size_t characters = frame.instance->path.size() + relative.size();
  if (characters > Elaborator::maxCharacters) {
    e.error(Diag::TooManySteps, span, frame, int64_t(Elaborator::maxCharacters), "characters in a path");
    return Poison{};
  }
  uint64_t tensors = 0;
  for (const Value& subject : subjects) tensors += subject.elementCount();
  if (!countStep(e, span, frame, tensors + characters / 16)) return Poison{};

  if (!block.chain.empty() && !block.sharedPath) {
    if (e.observations)
      e.observations->named(span, relative.empty() ? "" : joined(frame.instance->path, relative));
    PathHint inner;
    inner.prefix = relative;
    return applyChain(e, block, subjects, span, frame, inner, !relative.empty());
  }
  std::string path = relative.empty() ? "" : joined(frame.instance->path, relative);
  if (block.sharedPath) {
    bool again = !e.net->sharedApplied.insert(*block.sharedPath).second;
    BlockValue own = block;
    own.sharedPath.reset();
    if (e.observations) e.observations->named(span, *block.sharedPath);
    Instance shared;
    shared.path = *block.sharedPath;
    shared.caller = frame.instance;
    shared.callSpan = span;
    shared.name = block.name();
    shared.repeated = again || frame.instance->repeated;
    shared.depth = frame.instance->depth + 1;
    Frame inner{frame.module, frame.environment, &shared};
    if (!own.chain.empty()) {
      return applyChain(e, own, subjects, span, inner, {}, true);
    }
    return own.op ? applyOperator(e, own, subjects, span, inner, shared.path)
                  : applyDeclared(e, own, subjects, span, inner, shared.path);
  }
  if (path.empty())
    path = nextPath(e, block.name(), frame);
  else if (!claimPath(e, path, block.name(), hint.span.valid() ? hint.span : span, frame))
    return Poison{};
  e.net->parts[path] = {block.name(), span};
  if (e.observations) e.observations->named(span, path);
  return block.op ? applyOperator(e, block, subjects, span, frame, path)
                  : applyDeclared(e, block, subjects, span, frame, path);
}

static bool fitsElements(Elements wanted, mlir::Type element) {
  return wanted == Elements::Any ||
         (wanted == Elements::Bytes ? element.isUnsignedInteger(8) : element.isF32());
}

Diagnostic* wrongElements(Elaborator& e, Elements wanted, mlir::ValueRange tensors, Span span,
                          std::string_view what, const Frame& frame) {
  for (mlir::Value tensor : tensors) {
    auto type = mlir::cast<cnn::TensorType>(tensor.getType());
    if (fitsElements(wanted, type.getElementType())) continue;
    std::string element;
    llvm::raw_string_ostream(element) << type.getElementType();
    Diagnostic& diagnostic = shapeError(
        e, "expected " + std::string(describe(wanted)) + ", found '" + element + "' " + type.shapeText(),
        tensors, span, what, frame);
    if (wanted == Elements::Bytes && type.getElementType().isF32())
      diagnostic.note("what is f32 already needs no conversion");
    else if (type.getElementType().isUnsignedInteger(8))
      diagnostic.note(
          "'|> to_float' makes numbers from 0 to 1 of bytes, '|> cast(f32)' leaves them as they are");
    else if (type.getElementType().isInteger(32))
      diagnostic.note("'|> cast(f32)' makes f32 of whole numbers");
    return &diagnostic;
  }
  return nullptr;
}

Value applyOperator(Elaborator& e, const BlockValue& block, const std::vector<Value>& subjects, Span span,
                    const Frame& frame, const std::string& path) {
  std::vector<mlir::Value> tensors;
  for (const Value& subject : subjects) {
    if (const List* list = subject.list())
      for (const Value& element : *list) tensors.push_back(element.tensor());
    else
      tensors.push_back(subject.tensor());
  }
  for (mlir::Value tensor : tensors) {
    if (tensor) continue;
    e.error(Diag::NotATensor, span, frame, block.name(), "a list of lists");
    return Poison{};
  }
  const Operator& op = *block.op;
  // A number given as `target` stands for the last tensor.
  bool number = !op.arguments.empty() && op.arguments[0].name == "target";
  if (op.subjects >= 0 && tensors.size() + (number && block.given.count(0)) != size_t(op.subjects)) {
    e.error(Diag::TooManyArguments, span, frame, op.name,
            number             ? "two tensors, or a tensor and a number"
            : op.subjects == 1 ? "one tensor"
                               : std::to_string(op.subjects) + " tensors",
            int64_t(tensors.size()));
    return Poison{};
  }
  for (size_t i = 0; i < op.arguments.size(); ++i) {
    if (!op.arguments[i].required() || block.given.count(i)) continue;
    e.error(Diag::MissingArgument, span, frame, op.name, op.arguments[i].name);
    return Poison{};
  }
  Application application(e, block, std::move(tensors), span, frame, path);
  if (op.family == Family::Layer)
    if (Diagnostic* wrong = wrongElements(e, op.elements, application.inputs(), span, op.name, frame)) {
      bool bytes = application.type().getElementType().isUnsignedInteger(8);
      if (bytes && op.elements == Elements::Real && application.isPiped())
        wrong->suggest("convert the bytes", {{application.before(), "to_float |> "}});
      return Poison{};
    }
  Value result = op.build(application);
  return application.failed() ? Value() : result;
}

Value applyDeclared(Elaborator& e, const BlockValue& block, const std::vector<Value>& subjects, Span span,
                    const Frame& frame, const std::string& path) {
  const CallableDecl& decl = *block.decl;
  if (!decl.parametersComplete) return Poison{};
  if (frame.instance->depth >= Elaborator::maxDepth) {
    e.error(Diag::EndlessRecursion, span, frame, decl.name.text, int64_t(Elaborator::maxDepth));
    return Poison{};
  }
  Instance instance;
  instance.path = path;
  instance.caller = frame.instance;
  instance.callSpan = span;
  instance.name = decl.name.text;
  instance.repeated = frame.instance->repeated;
  instance.depth = frame.instance->depth + 1;
  Environment names;
  Frame inner{block.module, &names, &instance};
  if (decl.kind == Kind::Network) return applyNetwork(e, block, subjects, span, inner, frame);
  if (subjects.size() != 1) {
    e.error(Diag::TooManyArguments, span, frame, decl.name.text, "one tensor", int64_t(subjects.size()));
    return Poison{};
  }
  names.names[decl.parameters[0].name.text] = subjects[0];
  if (e.observations) e.observations->bound(decl.parameters[0].name.span, subjects[0], inner);
  if (!bindParameters(e, decl, block.given, 1, span, inner, frame)) return Poison{};
  return decl.value ? evaluate(e, decl.value, inner) : execute(e, decl.body, inner, false).value;
}

} // namespace cnn
