//===- structure.cpp - Functions, groups: printing and parsing -----------------------------------------===//
#include "dialect/dialect.h"

#include "mlir/Interfaces/FunctionImplementation.h"

using namespace mlir;

namespace cnn {

void FunctionOp::build(OpBuilder& builder, OperationState& state, StringRef name, FunctionType type) {
  state.addAttribute(getSymNameAttrName(state.name), builder.getStringAttr(name));
  state.addAttribute(getFunctionTypeAttrName(state.name), TypeAttr::get(type));
  Region* body = state.addRegion();
  Block& block = body->emplaceBlock();
  for (Type input : type.getInputs()) block.addArgument(input, state.location);
}

ParseResult FunctionOp::parse(OpAsmParser& parser, OperationState& result) {
  auto makeType = [](Builder& builder, ArrayRef<Type> inputs, ArrayRef<Type> results,
                     function_interface_impl::VariadicFlag,
                     std::string&) { return builder.getFunctionType(inputs, results); };
  return function_interface_impl::parseFunctionOp(
      parser, result, /*allowVariadic=*/false, getFunctionTypeAttrName(result.name), makeType,
      getArgAttrsAttrName(result.name), getResAttrsAttrName(result.name));
}

void FunctionOp::print(OpAsmPrinter& printer) {
  function_interface_impl::printFunctionOp(printer, *this, /*isVariadic=*/false, getFunctionTypeAttrName(),
                                           getArgAttrsAttrName(), getResAttrsAttrName());
}

StringRef FunctionOp::getArgName(unsigned i) {
  auto name = getArgAttrOfType<StringAttr>(i, "cnn.name");
  return name ? name.getValue() : "";
}

StringRef FunctionOp::getResultName(unsigned i) {
  auto name = getResultAttrOfType<StringAttr>(i, "cnn.name");
  return name ? name.getValue() : "";
}

/// Layouts aside, which passes put in step by step.
static bool sameTensor(Type a, Type b) {
  return cast<TensorType>(a).withLayout({}) == cast<TensorType>(b).withLayout({});
}

LogicalResult ReturnOp::verify() {
  ArrayRef<Type> results = cast<FunctionOp>((*this)->getParentOp()).getResultTypes();
  if (!llvm::equal(results, getOperandTypes(), sameTensor))
    return emitOpError("expected the function's results (")
           << results << "), found (" << getOperandTypes() << ")";
  return success();
}

/// Whether `seen` is `own`, or that with extents of 1 after its own.
static bool isView(TensorType own, TensorType seen) {
  if (own.getElementType() != seen.getElementType() || seen.getRank() < own.getRank()) return false;
  AffineExpr one = getAffineConstantExpr(1, own.getContext());
  return seen.getShape().take_front(own.getRank()) == own.getShape() &&
         llvm::all_of(seen.getShape().drop_front(own.getRank()), [&](AffineExpr e) { return e == one; });
}

/// The network has the parameter, with the type of `value`.
static LogicalResult verifyParameter(Operation* op, FlatSymbolRefAttr name, Value value,
                                     SymbolTableCollection& symbols) {
  auto network = op->getParentOfType<NetworkOp>();
  auto parameter = network ? symbols.lookupSymbolIn<ParameterOp>(network, name) : ParameterOp();
  if (!parameter) return op->emitOpError("the network has no parameter '") << name.getValue() << "'";
  if (!isView(cast<TensorType>(parameter.getType()), cast<TensorType>(value.getType())))
    return op->emitOpError("parameter '")
           << name.getValue() << "' is " << parameter.getType() << ", found " << value.getType();
  return success();
}

LogicalResult GetOp::verifySymbolUses(SymbolTableCollection& symbols) {
  return verifyParameter(*this, getParameterAttr(), getResult(), symbols);
}
LogicalResult GradientOp::verifySymbolUses(SymbolTableCollection& symbols) {
  return verifyParameter(*this, getParameterAttr(), getValue(), symbols);
}

/// group (%a = %x, %b = %y : types) -> (types) attributes { ... }
void GroupOp::print(OpAsmPrinter& printer) {
  printer << " (";
  llvm::interleaveComma(llvm::zip(getBody().getArguments(), getOperands()), printer, [&](auto pair) {
    printer << std::get<0>(pair) << " = " << std::get<1>(pair) << " : " << std::get<1>(pair).getType();
  });
  printer << ") -> (" << getResultTypes() << ")";
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs());
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

ParseResult GroupOp::parse(OpAsmParser& parser, OperationState& result) {
  SmallVector<OpAsmParser::Argument> arguments;
  SmallVector<OpAsmParser::UnresolvedOperand> operands;
  SmallVector<Type> operandTypes, resultTypes;
  auto one = [&]() -> ParseResult {
    return failure(parser.parseArgument(arguments.emplace_back()) || parser.parseEqual() ||
                   parser.parseOperand(operands.emplace_back()) ||
                   parser.parseColonType(operandTypes.emplace_back()));
  };
  if (parser.parseCommaSeparatedList(AsmParser::Delimiter::Paren, one) || parser.parseArrow() ||
      parser.parseLParen())
    return failure();
  if (failed(parser.parseOptionalRParen()) && (parser.parseTypeList(resultTypes) || parser.parseRParen()))
    return failure();
  for (auto [argument, type] : llvm::zip(arguments, operandTypes)) argument.type = type;
  if (parser.parseOptionalAttrDictWithKeyword(result.attributes) ||
      parser.resolveOperands(operands, operandTypes, parser.getCurrentLocation(), result.operands))
    return failure();
  result.addTypes(resultTypes);
  return parser.parseRegion(*result.addRegion(), arguments);
}

} // namespace cnn
