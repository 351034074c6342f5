#include "ast_to_dialect/training/train_draws.h"

#include "ast_to_dialect/evaluate/evaluation.h"
#include "llvm/Support/FormatVariadic.h"

#include <algorithm>

namespace cnn {

using namespace ast;

void TrainDraws::add(const InputStatement& statement) {
  std::string name(statement.name.text);
  auto input = std::ranges::find(e.net->inputs, name, &NamedTensor::name);
  if (input != e.net->inputs.end()) return distribution(statement, input - e.net->inputs.begin());
  evaluate(e, statement.value, frame);
  Value* bound = frame.environment->find(statement.name.text);
  if (!bound || bound->isPoison()) return; // reported already
  std::string list;
  for (const NamedTensor& other : e.net->inputs) list += (list.empty() ? "" : ", ") + other.name;
  e.error(Diag::BadSetting, statement.name.span, frame, name, "an input of the network: " + list,
          bound->describe());
}

void TrainDraws::distribution(const InputStatement& statement, int64_t input) {
  const NamedTensor& target = e.net->inputs[size_t(input)];
  Value value = evaluate(e, statement.value, frame);
  if (value.isPoison()) return;
  auto wrong = [&](std::string_view expected, const std::string& found) {
    e.error(Diag::BadSetting, statement.value->span, frame, target.name, expected, found);
  };
  const Record* record = value.record();
  bool normal = record && record->op->name == "normal", uniform = record && record->op->name == "uniform";
  if (!normal && !uniform) return wrong("normal() or uniform()", value.describe());
  auto type = mlir::cast<cnn::TensorType>(target.value.getType());
  if (!type.getElementType().isF32() || !type.hasFreeBatch())
    return wrong("an f32 input with a free batch dimension",
                 llvm::formatv("{0} {1}", type.getElementType(), type.shapeText()).str());
  if (!drawn.insert(input).second) {
    e.error(Diag::DuplicateSetting, statement.name.span, frame, "input " + target.name);
    return;
  }
  auto number = [&](std::string_view argument, double otherwise) {
    auto found = record->arguments.find(argument);
    return found == record->arguments.end() ? otherwise : *found->second.value.number();
  };
  double a = normal ? number("mean", 0) : number("low", 0), b = normal ? number("std", 1) : number("high", 1);
  if (normal && !(b >= 0)) return wrong("a std of at least 0", llvm::formatv("{0}", b).str());
  if (uniform && !(a < b)) return wrong("a low below high", llvm::formatv("{0} and {1}", a, b).str());
  auto named = [&](llvm::StringRef key, mlir::Attribute attribute) {
    return e.builder.getNamedAttr(key, attribute);
  };
  draws.push_back(e.builder.getDictionaryAttr(
      {named("a", e.builder.getF64FloatAttr(a)), named("b", e.builder.getF64FloatAttr(b)),
       named("input", e.builder.getI64IntegerAttr(input)),
       named("kind", e.builder.getStringAttr(std::string(record->op->name)))}));
}

void TrainDraws::checkPictures(llvm::ArrayRef<const PictureStatement*> statements) {
  for (const PictureStatement* statement : statements)
    for (const Identifier& name : statement->names)
      for (int64_t input : drawn)
        if (e.net->inputs[size_t(input)].name == name.text)
          e.error(Diag::BadSetting, name.span, frame, "augment", "an input that is data",
                  "'" + std::string(name.text) + "', which is drawn");
}

mlir::ArrayAttr TrainDraws::attribute() const {
  return draws.empty() ? mlir::ArrayAttr() : e.builder.getArrayAttr(draws);
}

} // namespace cnn
