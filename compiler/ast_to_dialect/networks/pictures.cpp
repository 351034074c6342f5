/// `preprocess` and `augment`: what happens to pictures before they reach the network.
#include "ast_to_dialect/evaluate/evaluation.h"
#include "ast_to_dialect/evaluate/value_text.h"
#include "ast_to_dialect/networks/networks.h"
#include "ast_to_dialect/networks/picture_size.h"
#include "ast_to_dialect/operators/building.h"
#include "llvm/Support/Format.h"

#include <algorithm>
#include <charconv>

namespace cnn {

using namespace ast;

/// The places of the pictures and masks that a statement names among the function's inputs; all of one size.
static llvm::SmallVector<mlir::BlockArgument> picturesOf(Elaborator& e, const PictureStatement& statement,
                                                         const Frame& frame) {
  llvm::SmallVector<mlir::BlockArgument> places;
  llvm::SmallVector<mlir::AffineExpr> size;
  for (const Identifier& name : statement.names) {
    Value* bound = frame.environment->find(name.text);
    if (!bound || bound->isPoison()) continue;
    auto* tensor = bound->get<mlir::Value>();
    auto argument = tensor ? llvm::dyn_cast<mlir::BlockArgument>(*tensor) : mlir::BlockArgument();
    auto type = argument ? mlir::cast<cnn::TensorType>(argument.getType()) : cnn::TensorType();
    if (!type || type.getRank() < 3 || type.getRank() > 4 ||
        (type.getRank() == 3 && !type.getElementType().isInteger())) {
      e.error(Diag::TypeMismatch, name.span, frame, "a picture",
              "an input f32[N, C, H, W] or u8[N, C, H, W], or a mask i32[N, H, W] or u8[N, H, W]",
              bound->describe());
      continue;
    }
    llvm::SmallVector<mlir::AffineExpr> own(type.getShape().take_back(2));
    if (!size.empty() && own != size) {
      Diagnostic& diagnostic =
          e.error(Diag::TypeMismatch, name.span, frame, "'" + std::string(name.text) + "'",
                  "the height and width of the others", bound->describe());
      addOrigin(e, diagnostic, argument);
    }
    size = own;
    places.push_back(argument);
  }
  return places;
}

/// The chain as records, or nothing where it holds something else.
static std::optional<std::vector<const Record*>> recordsOf(Elaborator& e, const PictureStatement& statement,
                                                           const Value& value, const Frame& frame) {
  bool augments = statement.kind == Kind::Augment;
  std::vector<const Record*> records;
  auto add = [&](const Value& element) {
    const Record* record = element.record();
    bool random = record && record->op->family == Family::Augmentation;
    if (record && (record->op->family == Family::Geometry || (random && augments))) {
      records.push_back(record);
      return true;
    }
    Diagnostic& diagnostic =
        e.error(Diag::TypeMismatch, statement.value->span, frame, augments ? "augment" : "preprocess",
                augments ? "a chain such as random_crop(28, 4) |> random_hflip"
                         : "a chain such as resize(256) |> center_crop(224)",
                random ? std::string(record->op->name) : element.describe());
    if (random)
      diagnostic.note("what is random belongs in the train section: augment " +
                      std::string(statement.names.empty() ? "x" : statement.names.front().text) + " = …");
    return false;
  };
  if (const List* list = value.list()) {
    for (const Value& element : *list)
      if (!add(element)) return std::nullopt;
  } else if (!add(value)) {
    return std::nullopt;
  }
  return records;
}

/// The inputs' height and width, where they are fixed.
static PictureSize wantedSize(mlir::BlockArgument picture) {
  auto type = mlir::cast<cnn::TensorType>(picture.getType());
  auto height = type.getFixed(type.getRank() - 2), width = type.getFixed(type.getRank() - 1);
  return height && width ? PictureSize{PictureSize::Both, *height, *width} : PictureSize();
}

bool checkPictureSizes(Elaborator& e, const PictureStatement& statement,
                       const std::vector<const Record*>& records, mlir::BlockArgument picture, bool ofAnySize,
                       const Frame& frame) {
  std::string_view what = statement.kind == Kind::Augment ? "augment" : "preprocess";
  PictureSize wanted = wantedSize(picture), size = ofAnySize ? PictureSize() : wanted;
  for (const Record* record : records) {
    auto mistake = changeSize(*record, size);
    if (!mistake) continue;
    e.error(Diag::ShapeMismatch, mistake->span.valid() ? mistake->span : statement.value->span, frame, what,
            mistake->message);
    return false;
  }
  bool same = size.known == PictureSize::Both && size.height == wanted.height && size.width == wanted.width;
  if (same || wanted.known == PictureSize::Nothing) return true;
  Diagnostic& diagnostic =
      e.error(Diag::ShapeMismatch, statement.value->span, frame, what,
              "gives " + size.describe() + ", but '" + std::string(statement.names.front().text) +
                  "' takes " + std::to_string(wanted.height) + " x " + std::to_string(wanted.width));
  addOrigin(e, diagnostic, picture);
  std::string crop = wanted.height == wanted.width
                         ? std::to_string(wanted.height)
                         : "[" + std::to_string(wanted.height) + ", " + std::to_string(wanted.width) + "]";
  if (size.known == PictureSize::Shorter && size.height >= std::max(wanted.height, wanted.width))
    diagnostic.suggest("cut at the centre",
                       {{{statement.value->span.file, statement.value->span.end, statement.value->span.end},
                         " |> center_crop(" + crop + ")"}});
  else if (size.known == PictureSize::Nothing)
    diagnostic.note("augment takes the place of preprocess: begin with random_resized_crop(" + crop +
                    "), or with resize");
  return false;
}

void declarePicture(Elaborator& e, const PictureStatement& statement, const Frame& frame) {
  Value value = evaluate(e, statement.value, frame);
  if (value.isPoison() || e.sub || !e.net) return;
  llvm::SmallVector<mlir::BlockArgument> pictures = picturesOf(e, statement, frame);
  auto records = recordsOf(e, statement, value, frame);
  if (!records || pictures.size() != statement.names.size() || pictures.empty()) return;
  bool augment = statement.kind == Kind::Augment;
  bool ofAnySize = !augment || std::ranges::any_of(pictures, [&](mlir::BlockArgument picture) {
    return e.net->preprocessed.count(picture.getArgNumber()) && !e.augmented.count(picture.getArgNumber());
  });
  bool matters = !augment || e.options.trains;
  if (matters && !checkPictureSizes(e, statement, *records, pictures.front(), ofAnySize, frame)) return;
  llvm::SmallVector<mlir::Attribute> places;
  for (auto [picture, name] : llvm::zip(pictures, statement.names)) {
    unsigned place = picture.getArgNumber();
    places.push_back(e.builder.getI64IntegerAttr(place));
    bool first = (augment ? e.augmented : e.net->preprocessed).insert(place).second;
    if (!augment && !first) {
      e.error(Diag::DuplicateSetting, name.span, frame, "preprocess " + std::string(name.text));
      return;
    }
  }
  for (const Record* record : *records) {
    mlir::NamedAttrList attribute(recordAttribute(e, *record));
    attribute.set("inputs", e.builder.getArrayAttr(places));
    (augment ? e.augments : e.net->preprocess).push_back(attribute.getDictionary(&e.context));
  }
}

std::string valueText(const Value& value) {
  if (auto* text = value.get<std::string>()) return *text;
  if (auto* whole = value.get<int64_t>()) return std::to_string(*whole);
  if (auto* real = value.get<double>()) {
    char text[32];
    return std::string(text, std::to_chars(text, text + sizeof(text), *real).ptr);
  }
  if (auto* flag = value.get<bool>()) return *flag ? "true" : "false";
  if (const List* list = value.list()) {
    std::string text;
    for (const Value& element : *list) text += (text.empty() ? "" : ", ") + valueText(element);
    return "[" + text + "]";
  }
  if (const BlockValue* block = value.block()) {
    std::string arguments;
    for (auto& [index, given] : block->given)
      arguments += (arguments.empty() ? "" : ", ") + valueText(given.value);
    return block->name() + (arguments.empty() ? "" : "(" + arguments + ")");
  }
  return value.describe();
}

/// {arguments = [{name, value}], name}
mlir::DictionaryAttr recordAttribute(Elaborator& e, const Record& record) {
  llvm::SmallVector<mlir::Attribute> arguments;
  for (auto& [name, given] : record.arguments) {
    arguments.push_back(e.builder.getDictionaryAttr(
        {e.builder.getNamedAttr("name", e.builder.getStringAttr(name)),
         e.builder.getNamedAttr("value", e.builder.getStringAttr(valueText(given.value)))}));
  }
  return e.builder.getDictionaryAttr(
      {e.builder.getNamedAttr("arguments", e.builder.getArrayAttr(arguments)),
       e.builder.getNamedAttr("name", e.builder.getStringAttr(std::string(record.op->name)))});
}

} // namespace cnn
