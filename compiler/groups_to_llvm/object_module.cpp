//===- object_module.cpp - Constants and functions in the LLVM dialect ---------------------------------===//

#include "groups_to_llvm/object_module.h"

#include "mlir/Interfaces/DataLayoutInterfaces.h"

using namespace mlir;

namespace cnn {

ObjectModule::ObjectModule(MLIRContext* context, StringRef name)
    : module(ModuleOp::create(UnknownLoc::get(context), name)),
      builder(UnknownLoc::get(context), module->getBodyRegion()),
      pointerType(LLVM::LLVMPointerType::get(context)) {
  builder.setInsertionPointToEnd(module->getBody());
}

Constant ObjectModule::structure(std::vector<Constant> fields) {
  SmallVector<Type> types;
  for (const Constant& field : fields) types.push_back(field.type);
  Type type = LLVM::LLVMStructType::getLiteral(builder.getContext(), types);
  return {type, {}, {}, std::move(fields)};
}

Constant ObjectModule::array(Type element, std::vector<Constant> elements) {
  Type type = LLVM::LLVMArrayType::get(element, elements.size());
  return {type, {}, {}, std::move(elements)};
}

Constant ObjectModule::table(std::vector<Constant> elements) {
  if (elements.empty()) return null();
  Type element = elements.front().type;
  return address(internalGlobal(array(element, std::move(elements))));
}

Constant ObjectModule::shape(const std::vector<int64_t>& extents) {
  std::vector<Constant> six;
  for (size_t i = 0; i < 6; ++i) six.push_back(i64(i < extents.size() ? extents[i] : 0));
  return array(builder.getI64Type(), std::move(six));
}

Constant ObjectModule::text(StringRef text) {
  std::string& symbol = texts[text];
  if (symbol.empty()) {
    symbol = "text." + std::to_string(texts.size() - 1);
    std::string bytes = text.str() + '\0';
    Type type = LLVM::LLVMArrayType::get(builder.getI8Type(), bytes.size());
    auto op = LLVM::GlobalOp::create(builder, type, /*isConstant=*/true, LLVM::Linkage::Private, symbol,
                                     builder.getStringAttr(bytes));
    op.setUnnamedAddr(LLVM::UnnamedAddr::Global);
  }
  return address(symbol);
}

std::string ObjectModule::internalGlobal(Constant value) {
  std::string symbol = "table." + std::to_string(internals++);
  global(symbol, std::move(value), LLVM::Linkage::Internal);
  return symbol;
}

LLVM::GlobalOp ObjectModule::global(StringRef symbol, Constant value, LLVM::Linkage linkage) {
  auto op = LLVM::GlobalOp::create(builder, value.type, /*isConstant=*/true, linkage, symbol, Attribute(),
                                   /*alignment=*/16);
  OpBuilder::InsertionGuard guard(builder);
  builder.createBlock(&op.getInitializerRegion());
  LLVM::ReturnOp::create(builder, materialise(value));
  return op;
}

Value ObjectModule::materialise(const Constant& constant) {
  if (constant.number) return LLVM::ConstantOp::create(builder, constant.type, constant.number);
  if (!constant.symbol.empty()) return LLVM::AddressOfOp::create(builder, constant.type, constant.symbol);
  if (constant.fields.empty()) return LLVM::ZeroOp::create(builder, constant.type);
  Value aggregate = LLVM::ZeroOp::create(builder, constant.type);
  for (size_t i = 0; i < constant.fields.size(); ++i) {
    Value field = materialise(constant.fields[i]);
    aggregate = LLVM::InsertValueOp::create(builder, aggregate, field, ArrayRef<int64_t>{int64_t(i)});
  }
  return aggregate;
}

void ObjectModule::exportTable(StringRef symbol, Constant value, size_t bytes) {
  [[maybe_unused]] uint64_t size = DataLayout(*module).getTypeSize(value.type).getFixedValue();
  if (size != bytes)
    llvm::report_fatal_error("emitted table " + symbol + " does not have the size of its C type");
  global(symbol, std::move(value), LLVM::Linkage::External);
}

void ObjectModule::exportNumbers(StringRef symbol, ArrayRef<float> numbers) {
  Type element = builder.getF32Type();
  auto data = DenseElementsAttr::get(RankedTensorType::get({int64_t(numbers.size())}, element), numbers);
  auto op = LLVM::GlobalOp::create(builder, LLVM::LLVMArrayType::get(element, numbers.size()),
                                   /*isConstant=*/true, LLVM::Linkage::External, symbol, data,
                                   /*alignment=*/64);
  op.setVisibility_(LLVM::Visibility::Hidden);
}

Constant ObjectModule::importTable(StringRef symbol, bool isConstant) {
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(module->getBody());
  LLVM::GlobalOp::create(builder, builder.getI32Type(), isConstant, LLVM::Linkage::External, symbol,
                         Attribute());
  return address(symbol);
}

LLVM::LLVMFuncOp ObjectModule::importFunction(StringRef symbol, LLVM::LLVMFunctionType type) {
  if (auto found = module->lookupSymbol<LLVM::LLVMFuncOp>(symbol)) return found;
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(module->getBody());
  auto op = LLVM::LLVMFuncOp::create(builder, symbol, type);
  op.setVisibility_(LLVM::Visibility::Hidden);
  return op;
}

LLVM::LLVMFuncOp ObjectModule::function(StringRef symbol, LLVM::LLVMFunctionType type) {
  builder.setInsertionPointToEnd(module->getBody());
  return LLVM::LLVMFuncOp::create(builder, symbol, type, LLVM::Linkage::Internal);
}

} // namespace cnn
