/// What a network declares: inputs, outputs, bare parameters, asserts; networks applied as blocks.
#include "ast_to_dialect/evaluate/calls.h"
#include "ast_to_dialect/evaluate/evaluation.h"
#include "ast_to_dialect/evaluate/statements.h"
#include "ast_to_dialect/networks/networks.h"
#include "ast_to_dialect/networks/parameters.h"
#include "ast_to_dialect/operators/building.h"

#include <algorithm>

namespace cnn {

using namespace ast;

mlir::Type elementTypeNamed(Elaborator& e, std::string_view name) {
  if (name == "f32") return e.builder.getF32Type();
  if (name == "f64") return e.builder.getF64Type();
  if (name == "bf16") return e.builder.getBF16Type();
  if (name == "u8") return e.builder.getIntegerType(8, /*isSigned=*/false);
  if (name == "i8") return e.builder.getI8Type();
  if (name == "i32") return e.builder.getI32Type();
  return e.builder.getI64Type();
}

/// With `declares` a capital name that is not bound yet becomes a free dimension.
std::optional<std::vector<mlir::AffineExpr>> evaluateShape(Elaborator& e, const ast::TensorType& type,
                                                           const Frame& frame, bool declares) {
  std::vector<mlir::AffineExpr> result;
  bool ok = type.shape.size() <= Elaborator::maxRank;
  if (!ok)
    e.error(Diag::TooManyDimensions, type.span, frame, int64_t(Elaborator::maxRank),
            int64_t(type.shape.size()));
  for (const Expr* extent : type.shape) {
    auto* name = as<NameExpr>(extent);
    bool capital = name && name->name[0] >= 'A' && name->name[0] <= 'Z';
    if (declares && capital && !frame.environment->find(name->name) &&
        !frame.module->globals.count(name->name))
      frame.environment->names[name->name] = freeSize(e, name->name, frame);
    Value value = evaluate(e, extent, frame);
    if (auto* dimension = value.get<Dimension>()) {
      result.push_back(dimension->expr);
    } else if (auto* fixed = value.get<int64_t>(); fixed && *fixed >= 1 && *fixed <= INT32_MAX) {
      result.push_back(e.builder.getAffineConstantExpr(*fixed));
    } else {
      ok = false;
      auto* number = value.get<int64_t>();
      if (!value.isPoison()) {
        Diagnostic& diagnostic = e.error(Diag::BadDimension, extent->span, frame, value.describe());
        if (number && *number == -1)
          diagnostic.note("a dimension of any size has a name with a capital initial: N");
      }
    }
  }
  return ok ? std::optional(result) : std::nullopt;
}

void declareInput(Elaborator& e, const InputStatement& statement, const Frame& frame) {
  Value& bound = frame.environment->names[statement.name.text];
  bound = Poison{};
  if (frame.environment->parent) {
    e.error(Diag::PartNotHere, statement.span, frame, "an input", "inside if or for");
    return;
  }
  auto* type = statement.type ? as<ast::TensorType>(statement.type) : nullptr;
  if (!type) {
    if (!statement.type || !statement.type->span.valid()) return; // the parser has reported it
    auto* named = as<NamedType>(statement.type);
    if (!named || !named->name.empty())
      e.error(Diag::TypeMismatch, statement.type->span, frame, "an input",
              "a tensor type such as f32[N, 3, 224, 224]", "another type");
    return;
  }
  if (e.sub) return bindInput(e, statement, *type, frame);
  auto dimensions = evaluateShape(e, *type, frame, true);
  if (!dimensions || !type->element.present()) return;
  if (!checkInput(e, statement.name, *type, *dimensions, frame)) return;
  auto result =
      cnn::TensorType::get(&e.context, *dimensions, elementTypeNamed(e, type->element.text), LayoutAttr());
  mlir::Block& block = e.net->predict.getBody().front();
  mlir::Value value = block.addArgument(result, locationOf(e, statement.span, statement.name.text));
  rememberOrigin(e, value, type->span, "input", statement.name.text);
  e.net->inputs.push_back({std::string(statement.name.text), value, statement.name.span});
  frame.environment->names[statement.name.text] = value;
  if (e.observations) e.observations->bound(statement.name.span, value, frame);
}

/// An input of a network that is used as a block: the tensor that it is applied to.
void bindInput(Elaborator& e, const InputStatement& statement, const ast::TensorType& type,
               const Frame& frame) {
  if (e.sub->next >= e.sub->subjects.size()) {
    ++e.sub->next;
    return;
  }
  mlir::Value value = e.sub->subjects[e.sub->next++].tensor();
  auto actual = value ? mlir::cast<cnn::TensorType>(value.getType()) : cnn::TensorType();
  if (!actual) return;
  bool fits = actual.getRank() == type.shape.size() &&
              (!type.element.present() || actual.getElementType() == elementTypeNamed(e, type.element.text));
  for (unsigned i = 0; fits && i < actual.getRank(); ++i) {
    auto* name = as<NameExpr>(type.shape[i]);
    bool capital = name && name->name[0] >= 'A' && name->name[0] <= 'Z';
    if (capital && !frame.environment->find(name->name)) {
      if (auto fixed = actual.getFixed(i))
        frame.environment->names[name->name] = *fixed;
      else
        frame.environment->names[name->name] = Dimension{actual.getShape()[i]};
      continue;
    }
    Value wanted = evaluate(e, type.shape[i], frame);
    if (wanted.isPoison()) return;
    mlir::AffineExpr expr = wanted.get<Dimension>() ? wanted.get<Dimension>()->expr
                            : wanted.get<int64_t>() ? e.builder.getAffineConstantExpr(*wanted.get<int64_t>())
                                                    : mlir::AffineExpr();
    fits = expr == actual.getShape()[i];
  }
  if (!fits) {
    std::string text;
    llvm::raw_string_ostream(text) << actual.getElementType();
    Diagnostic& diagnostic =
        e.error(Diag::ShapeMismatch, frame.instance->callSpan, frame, frame.instance->name,
                "expected " + std::string(e.program.sources.text(type.span)) + " for its input '" +
                    std::string(statement.name.text) + "', found " + text + actual.shapeText());
    diagnostic.note(statement.span, "the input is declared here");
    addOrigin(e, diagnostic, value);
    return;
  }
  frame.environment->names[statement.name.text] = value;
}

/// The name of the first input.
static std::string inputsOf(const Elaborator& elaborator) {
  return elaborator.net && !elaborator.net->inputs.empty() ? elaborator.net->inputs.front().name : "";
}

void declareOutput(Elaborator& e, const OutputStatement& statement, const Frame& frame) {
  Value value = evaluate(e, statement.value, frame);
  frame.environment->names[statement.name.text] = value;
  if (e.observations) e.observations->bound(statement.name.span, value, frame);
  if (value.isPoison()) {
    (e.sub ? e.sub->poisoned : e.poisonedOutput) = true;
    return;
  }
  mlir::Value tensor = value.tensor();
  if (!tensor) {
    Diagnostic& diagnostic =
        e.error(Diag::TypeMismatch, statement.value->span, frame,
                "output '" + std::string(statement.name.text) + "'", "a tensor", value.describe());
    if (value.block() && !inputsOf(e).empty())
      diagnostic.note("a block is applied with '|>': " + inputsOf(e) + " |> …");
    (e.sub ? e.sub->poisoned : e.poisonedOutput) = true;
    return;
  }
  if (e.sub) {
    if (!statement.trainOnly) e.sub->outputs.push_back(std::string(statement.name.text));
    return;
  }
  e.net->outputs.push_back(
      {std::string(statement.name.text), tensor, statement.name.span, statement.trainOnly});
}

void declareParameter(Elaborator& e, const ParamStatement& statement, const Frame& frame) {
  frame.environment->names[statement.name.text] = Poison{};
  auto* type = as<ast::TensorType>(statement.type);
  if (!type || !frame.instance || !e.net) return;
  auto dimensions = evaluateShape(e, *type, frame, false);
  Value first = evaluate(e, statement.value, frame);
  if (!dimensions) return;
  llvm::SmallVector<int64_t> extents;
  for (mlir::AffineExpr dimension : *dimensions) {
    auto fixed = mlir::dyn_cast<mlir::AffineConstantExpr>(dimension);
    if (!fixed) {
      e.error(Diag::FreeDimension, type->span, frame, "the shape of a parameter");
      return;
    }
    extents.push_back(fixed.getValue());
  }
  if (!isTensorSize(extents)) {
    shapeError(e, "parameter '" + std::string(statement.name.text) + "' would have more than 2^40 elements",
               {}, type->span, "param", frame);
    return;
  }
  InitAttr init = initialiser(e, first, extents, statement.value->span, frame);
  if (!init) return;
  std::string_view name = statement.name.text;
  std::string path(name);
  if (!frame.instance->path.empty()) path = frame.instance->path + "." + path;
  if (!claimPath(e, path, "", statement.name.span, frame)) return;
  if (mlir::Value value =
          addParameter(e, frame.instance->path, "", name, extents, init, false, statement.name.span, frame)) {
    frame.environment->names[statement.name.text] = value;
    if (e.observations) e.observations->bound(statement.name.span, value, frame);
  }
}

Value applyNetwork(Elaborator& e, const BlockValue& block, const std::vector<Value>& subjects, Span span,
                   const Frame& inner, const Frame& frame) {
  const CallableDecl& decl = *block.decl;
  if (!bindParameters(e, decl, block.given, 0, span, inner, frame)) return Poison{};
  if (decl.value) { // network A = B(…): the same instance, by B
    Value value = evaluate(e, decl.value, inner);
    const BlockValue* base = value.block();
    if (!base || !base->decl || base->decl->kind != Kind::Network) {
      if (!value.isPoison())
        e.error(Diag::TypeMismatch, decl.value->span, inner, "network " + std::string(decl.name.text),
                "a network", value.describe());
      return Poison{};
    }
    if (!e.evaluating.insert(&decl).second) {
      e.error(Diag::CircularDefinition, decl.name.span, frame, decl.name.text);
      return Poison{};
    }
    BlockValue whole = *base;
    if (!decl.hasParameterList)
      for (auto& [parameter, given] : block.given) whole.give(parameter, given);
    Environment names;
    Frame own{base->module, &names, inner.instance};
    Value result = applyNetwork(e, whole, subjects, span, own, frame);
    e.evaluating.erase(&decl);
    return result;
  }
  SubNetwork state;
  state.subjects = subjects;
  SubNetwork* outer = std::exchange(e.sub, &state);
  execute(e, decl.body, inner, false);
  e.sub = outer;
  if (state.next != subjects.size()) {
    e.error(Diag::TooManyArguments, span, frame, decl.name.text,
            state.next == 1 ? "one tensor" : std::to_string(state.next) + " tensors",
            int64_t(subjects.size()));
    return Poison{};
  }
  if (state.poisoned) return Poison{};
  auto members = std::make_shared<Members>();
  members->network = decl.name.text;
  members->decl = &decl;
  members->outputs = state.outputs;
  for (auto& [name, value] : inner.environment->names) {
    bool isParameter =
        std::ranges::any_of(decl.parameters, [&](const Parameter& p) { return p.name.text == name; });
    if (!isParameter) members->values[std::string(name)] = value;
  }
  return std::shared_ptr<const Members>(members);
}

} // namespace cnn
