//===- types.cpp - Tensor types and named free dimensions ----------------------------------------------===//
#include "dialect/dialect.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/TypeSwitch.h"

#include <mutex>

using namespace mlir;

namespace {

/// Names of free dimensions; a name's place is its symbol's number in every expression of the context.
class FreeDimensions : public DialectInterface::Base<FreeDimensions> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(FreeDimensions)
  explicit FreeDimensions(Dialect* dialect) : Base(dialect) {}

  unsigned number(StringRef name) {
    std::lock_guard<std::mutex> lock(mutex);
    auto [it, inserted] = numbers.try_emplace(name, names.size());
    if (inserted) names.push_back(name.str());
    return it->second;
  }
  std::string name(unsigned number) {
    std::lock_guard<std::mutex> lock(mutex);
    return number < names.size() ? names[number] : ("s" + llvm::Twine(number)).str();
  }

private:
  std::mutex mutex;
  llvm::StringMap<unsigned> numbers;
  std::vector<std::string> names;
};

FreeDimensions& freeDimensions(MLIRContext* context) {
  auto* dialect = context->getOrLoadDialect<cnn::CnnDialect>();
  return *const_cast<FreeDimensions*>(dialect->getRegisteredInterface<FreeDimensions>());
}

void printDimension(llvm::raw_ostream& os, FreeDimensions& names, AffineExpr expr, bool inner) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    os << constant.getValue();
    return;
  }
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expr)) {
    os << names.name(symbol.getPosition());
    return;
  }
  auto binary = cast<AffineBinaryOpExpr>(expr);
  const char* op = nullptr;
  switch (binary.getKind()) {
  case AffineExprKind::Add:
    op = " + ";
    break;
  case AffineExprKind::Mul:
    op = " * ";
    break;
  case AffineExprKind::FloorDiv:
    op = " floordiv ";
    break;
  case AffineExprKind::CeilDiv:
    op = " ceildiv ";
    break;
  case AffineExprKind::Mod:
    op = " mod ";
    break;
  default:
    llvm_unreachable("a binary expression has a binary kind");
  }
  if (inner) os << '(';
  printDimension(os, names, binary.getLHS(), true);
  os << op;
  printDimension(os, names, binary.getRHS(), true);
  if (inner) os << ')';
}

/// dimension := term (('+' | '*' | 'floordiv' | 'ceildiv' | 'mod') term)?; term := INTEGER | NAME | '('
/// dimension ')'
ParseResult parseDimension(AsmParser& parser, AffineExpr& result);

ParseResult parseTerm(AsmParser& parser, AffineExpr& result) {
  if (succeeded(parser.parseOptionalLParen()))
    return failure(parseDimension(parser, result) || parser.parseRParen());
  int64_t value = 0;
  OptionalParseResult integer = parser.parseOptionalInteger(value);
  if (integer.has_value()) {
    if (failed(*integer)) return failure();
    result = getAffineConstantExpr(value, parser.getContext());
    return success();
  }
  StringRef name;
  if (parser.parseKeyword(&name)) return failure();
  result = cnn::freeDimension(parser.getContext(), name);
  return success();
}

ParseResult parseDimension(AsmParser& parser, AffineExpr& result) {
  AffineExpr rhs;
  if (parseTerm(parser, result)) return failure();
  if (succeeded(parser.parseOptionalPlus())) {
    if (parseTerm(parser, rhs)) return failure();
    result = result + rhs;
  } else if (succeeded(parser.parseOptionalStar())) {
    if (parseTerm(parser, rhs)) return failure();
    result = result * rhs;
  } else if (succeeded(parser.parseOptionalKeyword("floordiv"))) {
    if (parseTerm(parser, rhs)) return failure();
    result = result.floorDiv(rhs);
  } else if (succeeded(parser.parseOptionalKeyword("ceildiv"))) {
    if (parseTerm(parser, rhs)) return failure();
    result = result.ceilDiv(rhs);
  } else if (succeeded(parser.parseOptionalKeyword("mod"))) {
    if (parseTerm(parser, rhs)) return failure();
    result = result % rhs;
  }
  return success();
}

} // namespace

AffineExpr cnn::freeDimension(MLIRContext* context, StringRef name) {
  return getAffineSymbolExpr(freeDimensions(context).number(name), context);
}

std::string cnn::dimensionText(MLIRContext* context, AffineExpr dimension) {
  std::string text;
  llvm::raw_string_ostream os(text);
  printDimension(os, freeDimensions(context), dimension, false);
  return text;
}

#include "cnn_enums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "cnn_attributes.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "cnn_types.cpp.inc"

namespace cnn {

void CnnDialect::registerTypes() {
  addInterfaces<FreeDimensions>();
  addTypes<
#define GET_TYPEDEF_LIST
#include "cnn_types.cpp.inc"
      >();
}

void CnnDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "cnn_attributes.cpp.inc"
      >();
}

InitAttr InitAttr::get(MLIRContext* context, InitKind kind, double a, double b) {
  Type f64 = Float64Type::get(context);
  return Base::get(context, kind, FloatAttr::get(f64, a), FloatAttr::get(f64, b));
}

TensorType TensorType::get(MLIRContext* context, ArrayRef<int64_t> shape, Type element) {
  SmallVector<AffineExpr> dims;
  for (int64_t extent : shape) dims.push_back(getAffineConstantExpr(extent, context));
  return get(context, dims, element, LayoutAttr());
}

TensorType TensorType::f32(MLIRContext* context, ArrayRef<AffineExpr> shape) {
  return get(context, shape, Float32Type::get(context), LayoutAttr());
}

std::optional<int64_t> TensorType::getFixed(unsigned i) const {
  if (auto constant = dyn_cast<AffineConstantExpr>(getShape()[i])) return constant.getValue();
  return std::nullopt;
}

SmallVector<int64_t> TensorType::getFixedFrom(unsigned first) const {
  SmallVector<int64_t> result;
  for (unsigned i = first; i < getRank(); ++i) result.push_back(*getFixed(i));
  return result;
}

TensorType TensorType::withShape(ArrayRef<AffineExpr> shape) const {
  return get(getContext(), shape, getElementType(), getLayout());
}

TensorType TensorType::withLayout(LayoutAttr layout) const {
  return get(getContext(), getShape(), getElementType(), layout);
}

std::string TensorType::shapeText() const {
  std::string text;
  llvm::raw_string_ostream os(text);
  os << '[';
  llvm::interleaveComma(
      getShape(), os, [&](AffineExpr dim) { printDimension(os, freeDimensions(getContext()), dim, false); });
  os << ']';
  return text;
}

void TensorType::print(AsmPrinter& printer) const {
  printer << '<' << shapeText() << ", " << getElementType();
  if (getLayout()) printer << ", " << getLayout();
  printer << '>';
}

Type TensorType::parse(AsmParser& parser) {
  SmallVector<AffineExpr> shape;
  Type element;
  LayoutAttr layout;
  auto dimension = [&] { return parseDimension(parser, shape.emplace_back()); };
  if (parser.parseLess() || parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, dimension) ||
      parser.parseComma() || parser.parseType(element))
    return {};
  if (succeeded(parser.parseOptionalComma()) && parser.parseAttribute(layout)) return {};
  if (parser.parseGreater()) return {};
  return get(parser.getContext(), shape, element, layout);
}

} // namespace cnn
