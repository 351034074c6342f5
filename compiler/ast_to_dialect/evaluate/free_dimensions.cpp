/// Sizes that are known when the network runs, or given with --set: what inputs may say, and asserts about
/// them.
#include "ast_to_dialect/evaluate/evaluation.h"
#include "ast_to_dialect/networks/networks.h"
#include "dialect/conditions.h"

#include <algorithm>

namespace cnn {

using namespace ast;

/// What a capital name stands for where an input first names it: the value that --set gives, or a free
/// dimension.
Value freeSize(Elaborator& e, std::string_view name, const Frame& frame) {
  auto given = e.setValues.find(name);
  if (given == e.setValues.end()) return Dimension{freeDimension(&e.context, llvm::StringRef(name))};
  e.setUsed.insert(std::string(name));
  const auto& [value, span] = given->second;
  auto* size = value.get<int64_t>();
  if (size && *size >= 1 && *size <= INT32_MAX) return *size;
  if (!value.isPoison()) e.error(Diag::BadDimension, span, frame, value.describe());
  return Poison{};
}

/// What can be compiled: a batch of one size for all inputs, and elements that libraries take. False where
/// what is wrong would be found again wherever the input is used.
bool checkInput(Elaborator& e, const Identifier& name, const ast::TensorType& type,
                llvm::ArrayRef<mlir::AffineExpr> dimensions, const Frame& frame) {
  static constexpr std::string_view elements[] = {"f32", "u8", "i32"};
  if (std::ranges::find(elements, type.element.text) == std::end(elements)) {
    e.error(Diag::NotCompiledYet, type.element.span, frame, "an input of " + std::string(type.element.text))
        .note("inputs have elements of f32, u8 or i32");
    return false;
  }
  if (dimensions.empty()) {
    e.error(Diag::BatchDimension, type.span, frame, name.text, "expected at least the batch, such as f32[N]");
    return false;
  }
  if (dimensions.size() > 4) {
    e.error(Diag::NotCompiledYet, type.span, frame,
            "an input of " + std::to_string(dimensions.size()) + " dimensions")
        .note("inputs are pictures [N, C, H, W], signals [N, C, L], features [N, F] or one number each [N]");
    return false;
  }
  mlir::AffineExpr batch = dimensions.front();
  std::string found = dimensionText(&e.context, batch);
  if (!mlir::isa<mlir::AffineSymbolExpr>(batch)) {
    Span first = type.shape.front()->span;
    Diagnostic& diagnostic = e.error(Diag::BatchDimension, first, frame, name.text,
                                     "expected the batch first, a free dimension such as N, found " + found);
    std::string letter = e.net->batch ? dimensionText(&e.context, e.net->batch) : "N";
    std::vector<Edit> inPlace{{first, letter}},
        before{{{first.file, first.begin, first.begin}, letter + ", "}};
    if (dimensions.size() == 4) // [64, 3, 32, 32]
      diagnostic.fix("any number of samples", inPlace);
    else if (dimensions.size() == 3) // [3, 32, 32]
      diagnostic.fix("put the batch first", before);
    else
      diagnostic.suggest("any number of samples", inPlace).suggest("put the batch first", before);
    return false;
  }
  if (!e.net->batch) {
    e.net->batch = batch;
    e.net->batchSpan = type.shape.front()->span;
  }
  if (batch != e.net->batch) {
    e.error(Diag::BatchDimension, type.shape.front()->span, frame, name.text,
            "expected the batch first, " + dimensionText(&e.context, e.net->batch) + ", found " + found)
        .fix("write " + dimensionText(&e.context, e.net->batch),
             {{type.shape.front()->span, dimensionText(&e.context, e.net->batch)}})
        .secondary(e.net->batchSpan, "first named here");
    return false;
  }
  auto size = [&](size_t i) {
    auto fixed = mlir::dyn_cast<mlir::AffineConstantExpr>(dimensions[i]);
    return fixed ? fixed.getValue() : 0;
  };
  bool colours = dimensions.size() == 4 && (size(3) == 1 || size(3) == 3);
  if (colours && size(1) == size(2) && size(1) > 4)
    e.error(Diag::ChannelsLast, type.span, frame, name.text)
        .note("channels come before height and width, such as f32[N, 3, 224, 224]");
  bool right = true;
  for (size_t i = 1; i < dimensions.size(); ++i) {
    std::string open;
    bool batched = false;
    dimensions[i].walk([&](mlir::AffineExpr part) {
      if (!mlir::isa<mlir::AffineSymbolExpr>(part)) return;
      if (part == batch)
        batched = true;
      else
        open = dimensionText(&e.context, part);
    });
    Span span = type.shape[i]->span;
    right = right && !batched;
    if (batched)
      e.error(Diag::BatchDimension, span, frame, name.text, found + " is the batch, and no other dimension");
    else if (e.options.fixedSizes && !open.empty() && e.net->openSizes.insert(open).second)
      e.error(Diag::FreeSize, span, frame, name.text, open)
          .note("the network is compiled for sizes that are known: give it one with --set " + open + "=…");
  }
  return right;
}

/// False when it does not hold.
bool declareAssertion(Elaborator& e, const AssertStatement& statement, const Frame& frame) {
  Value condition = evaluate(e, statement.condition, frame);
  std::string message;
  if (statement.message) {
    Value text = evaluate(e, statement.message, frame);
    if (auto* given = text.get<std::string>())
      message = *given;
    else if (!text.isPoison())
      e.error(Diag::TypeMismatch, statement.message->span, frame, "an assert's message", "a string",
              text.describe());
  }
  std::string reason = message.empty() ? "" : ": " + message;
  if (auto* holds = condition.get<bool>()) {
    if (!*holds) e.error(Diag::AssertFailed, statement.condition->span, frame, reason);
    return *holds;
  }
  if (auto* later = condition.get<RunTimeCondition>()) {
    std::string text = later->text + reason;
    if (e.net && e.net->asserted.emplace(later->test.getAsOpaquePointer(), text, e.net->training).second) {
      if (!e.net->training) e.net->divisors.learn(later->test);
      e.net->assertions.push_back({text, later->test, statement.condition->span, e.net->training});
    }
  } else if (!condition.isPoison()) {
    e.error(Diag::TypeMismatch, statement.condition->span, frame, "assert", "true or false",
            condition.describe());
  }
  return true;
}

/// What training demands of a batch is known as soon as its size is.
void checkTrainingBatch(Elaborator& e, int64_t batch, const Frame& frame) {
  for (const Assertion& assertion : e.net->assertions)
    if (e.net->batch && condition::isAbout(assertion.test, e.net->batch) &&
        !condition::holds(assertion.test, batch))
      e.error(Diag::AssertFailed, assertion.span, frame,
              " for training's batch of " + std::to_string(batch) + ": " + assertion.text);
}

/// [{test, text, training}, …]
mlir::ArrayAttr assertionsAttribute(Elaborator& e) {
  llvm::SmallVector<mlir::Attribute> all;
  for (const Assertion& assertion : e.net->assertions) {
    mlir::NamedAttrList attributes;
    attributes.set("test", assertion.test);
    attributes.set("text", e.builder.getStringAttr(assertion.text));
    if (assertion.training) attributes.set("training", e.builder.getUnitAttr());
    all.push_back(attributes.getDictionary(&e.context));
  }
  return e.builder.getArrayAttr(all);
}

} // namespace cnn
