/// What a network declares: inputs, outputs, bare parameters, asserts; networks applied as blocks.
#include "ast_to_dialect/elaborator.h"

#include <algorithm>

namespace cnn {

using namespace ast;

mlir::Type Elaborator::elementType(std::string_view name) {
  if (name == "f32") return builder.getF32Type();
  if (name == "f64") return builder.getF64Type();
  if (name == "bf16") return builder.getBF16Type();
  if (name == "u8") return builder.getIntegerType(8, /*isSigned=*/false);
  if (name == "i8") return builder.getI8Type();
  if (name == "i32") return builder.getI32Type();
  return builder.getI64Type();
}

/// With `declares` a capital name that is not bound yet becomes a free dimension.
std::optional<std::vector<mlir::AffineExpr>> Elaborator::shape(const ast::TensorType& type,
                                                               const Frame& frame, bool declares) {
  std::vector<mlir::AffineExpr> result;
  bool ok = type.shape.size() <= maxRank;
  if (!ok) error(Diag::TooManyDimensions, type.span, frame, int64_t(maxRank), int64_t(type.shape.size()));
  for (const Expr* extent : type.shape) {
    auto* name = as<NameExpr>(extent);
    bool capital = name && name->name[0] >= 'A' && name->name[0] <= 'Z';
    if (declares && capital && !frame.environment->find(name->name) &&
        !frame.module->globals.count(name->name))
      frame.environment->names[name->name] = freeSize(name->name, frame);
    Value value = evaluate(extent, frame);
    if (auto* dimension = value.get<Dimension>()) {
      result.push_back(dimension->expr);
    } else if (auto* fixed = value.get<int64_t>(); fixed && *fixed >= 1 && *fixed <= INT32_MAX) {
      result.push_back(builder.getAffineConstantExpr(*fixed));
    } else {
      ok = false;
      auto* number = value.get<int64_t>();
      if (!value.isPoison()) {
        Diagnostic& diagnostic = error(Diag::BadDimension, extent->span, frame, value.describe());
        if (number && *number == -1)
          diagnostic.note("a dimension of any size has a name with a capital initial: N");
      }
    }
  }
  return ok ? std::optional(result) : std::nullopt;
}

void Elaborator::input(const InputStatement& statement, const Frame& frame) {
  Value& bound = frame.environment->names[statement.name.text];
  bound = Poison{};
  if (frame.environment->parent) {
    error(Diag::PartNotHere, statement.span, frame, "an input", "inside if or for");
    return;
  }
  auto* type = statement.type ? as<ast::TensorType>(statement.type) : nullptr;
  if (!type) {
    if (!statement.type || !statement.type->span.valid()) return; // the parser has reported it
    auto* named = as<NamedType>(statement.type);
    if (!named || !named->name.empty())
      error(Diag::TypeMismatch, statement.type->span, frame, "an input",
            "a tensor type such as f32[N, 3, 224, 224]", "another type");
    return;
  }
  if (sub) return bindInput(statement, *type, frame);
  auto dimensions = shape(*type, frame, true);
  if (!dimensions || !type->element.present()) return;
  if (!checkInput(statement.name, *type, *dimensions, frame)) return;
  auto result = cnn::TensorType::get(&context, *dimensions, elementType(type->element.text), LayoutAttr());
  mlir::Block& block = net->predict.getBody().front();
  mlir::Value value = block.addArgument(result, location(statement.span, statement.name.text));
  remember(value, type->span, "input", statement.name.text);
  net->inputs.push_back({std::string(statement.name.text), value, statement.name.span});
  frame.environment->names[statement.name.text] = value;
  if (observations) observations->bound(statement.name.span, value, frame);
}

/// An input of a network that is used as a block: the tensor that it is applied to.
void Elaborator::bindInput(const InputStatement& statement, const ast::TensorType& type, const Frame& frame) {
  if (sub->next >= sub->subjects.size()) {
    ++sub->next;
    return;
  }
  mlir::Value value = sub->subjects[sub->next++].tensor();
  auto actual = value ? mlir::cast<cnn::TensorType>(value.getType()) : cnn::TensorType();
  if (!actual) return;
  bool fits = actual.getRank() == type.shape.size() &&
              (!type.element.present() || actual.getElementType() == elementType(type.element.text));
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
    Value wanted = evaluate(type.shape[i], frame);
    if (wanted.isPoison()) return;
    mlir::AffineExpr expr = wanted.get<Dimension>() ? wanted.get<Dimension>()->expr
                            : wanted.get<int64_t>() ? builder.getAffineConstantExpr(*wanted.get<int64_t>())
                                                    : mlir::AffineExpr();
    fits = expr == actual.getShape()[i];
  }
  if (!fits) {
    std::string text;
    llvm::raw_string_ostream(text) << actual.getElementType();
    Diagnostic& diagnostic =
        error(Diag::ShapeMismatch, frame.instance->callSpan, frame, frame.instance->name,
              "expected " + std::string(program.sources.text(type.span)) + " for its input '" +
                  std::string(statement.name.text) + "', found " + text + actual.shapeText());
    diagnostic.note(statement.span, "the input is declared here");
    addOrigin(diagnostic, value);
    return;
  }
  frame.environment->names[statement.name.text] = value;
}

/// The name of the first input.
static std::string inputsOf(const Elaborator& elaborator) {
  return elaborator.net && !elaborator.net->inputs.empty() ? elaborator.net->inputs.front().name : "";
}

void Elaborator::output(const OutputStatement& statement, const Frame& frame) {
  Value value = evaluate(statement.value, frame);
  frame.environment->names[statement.name.text] = value;
  if (observations) observations->bound(statement.name.span, value, frame);
  if (value.isPoison()) {
    (sub ? sub->poisoned : poisonedOutput) = true;
    return;
  }
  mlir::Value tensor = value.tensor();
  if (!tensor) {
    Diagnostic& diagnostic =
        error(Diag::TypeMismatch, statement.value->span, frame,
              "output '" + std::string(statement.name.text) + "'", "a tensor", value.describe());
    if (value.block() && !inputsOf(*this).empty())
      diagnostic.note("a block is applied with '|>': " + inputsOf(*this) + " |> …");
    (sub ? sub->poisoned : poisonedOutput) = true;
    return;
  }
  if (sub) {
    if (!statement.trainOnly) sub->outputs.push_back(std::string(statement.name.text));
    return;
  }
  net->outputs.push_back(
      {std::string(statement.name.text), tensor, statement.name.span, statement.trainOnly});
}

void Elaborator::parameterStatement(const ParamStatement& statement, const Frame& frame) {
  frame.environment->names[statement.name.text] = Poison{};
  auto* type = as<ast::TensorType>(statement.type);
  if (!type || !frame.instance || !net) return;
  auto dimensions = shape(*type, frame, false);
  Value first = evaluate(statement.value, frame);
  if (!dimensions) return;
  llvm::SmallVector<int64_t> extents;
  for (mlir::AffineExpr dimension : *dimensions) {
    auto fixed = mlir::dyn_cast<mlir::AffineConstantExpr>(dimension);
    if (!fixed) {
      error(Diag::FreeDimension, type->span, frame, "the shape of a parameter");
      return;
    }
    extents.push_back(fixed.getValue());
  }
  if (!isTensorSize(extents)) {
    shapeError("parameter '" + std::string(statement.name.text) + "' would have more than 2^40 elements", {},
               type->span, "param", frame);
    return;
  }
  InitAttr init = initialiser(first, extents, statement.value->span, frame);
  if (!init) return;
  std::string_view name = statement.name.text;
  std::string path(name);
  if (!frame.instance->path.empty()) path = frame.instance->path + "." + path;
  if (!claimPath(path, "", statement.name.span, frame)) return;
  if (mlir::Value value =
          parameter(frame.instance->path, "", name, extents, init, false, statement.name.span, frame)) {
    frame.environment->names[statement.name.text] = value;
    if (observations) observations->bound(statement.name.span, value, frame);
  }
}

Value Elaborator::applyNetwork(const BlockValue& block, const std::vector<Value>& subjects, Span span,
                               const Frame& inner, const Frame& frame) {
  const CallableDecl& decl = *block.decl;
  if (!bindParameters(decl, block.given, 0, span, inner, frame)) return Poison{};
  if (decl.value) { // network A = B(…): the same instance, by B
    Value value = evaluate(decl.value, inner);
    const BlockValue* base = value.block();
    if (!base || !base->decl || base->decl->kind != Kind::Network) {
      if (!value.isPoison())
        error(Diag::TypeMismatch, decl.value->span, inner, "network " + std::string(decl.name.text),
              "a network", value.describe());
      return Poison{};
    }
    if (!evaluating.insert(&decl).second) {
      error(Diag::CircularDefinition, decl.name.span, frame, decl.name.text);
      return Poison{};
    }
    BlockValue whole = *base;
    if (!decl.hasParameterList)
      for (auto& [parameter, given] : block.given) whole.give(parameter, given);
    Environment names;
    Frame own{base->module, &names, inner.instance};
    Value result = applyNetwork(whole, subjects, span, own, frame);
    evaluating.erase(&decl);
    return result;
  }
  SubNetwork state;
  state.subjects = subjects;
  SubNetwork* outer = std::exchange(sub, &state);
  execute(decl.body, inner, false);
  sub = outer;
  if (state.next != subjects.size()) {
    error(Diag::TooManyArguments, span, frame, decl.name.text,
          state.next == 1 ? "one tensor" : std::to_string(state.next) + " tensors", int64_t(subjects.size()));
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
