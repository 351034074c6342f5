//===- object_module.h - An LLVM dialect module that becomes one object --------------------------------===//
//
// Constants are built as trees and turned into globals: tables of tables, as the C structures in cnn/abi.h.
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_LLVM_OBJECT_MODULE_H
#define CNN_COMPILER_GROUPS_TO_LLVM_OBJECT_MODULE_H

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/OwningOpRef.h"

#include "llvm/ADT/StringMap.h"

namespace cnn {

/// A constant of a C type: a number, an address, or a structure or array of constants.
struct Constant {
  mlir::Type type;
  mlir::Attribute number;       ///< of a number
  std::string symbol;           ///< of an address; without one, and without number and fields: zero
  std::vector<Constant> fields; ///< of a structure or array
};

class ObjectModule {
public:
  explicit ObjectModule(mlir::MLIRContext* context, llvm::StringRef name);

  Constant i32(int64_t value) { return {builder.getI32Type(), builder.getI32IntegerAttr(value), {}, {}}; }
  Constant i64(int64_t value) { return {builder.getI64Type(), builder.getI64IntegerAttr(value), {}, {}}; }
  Constant f64(double value) { return {builder.getF64Type(), builder.getF64FloatAttr(value), {}, {}}; }
  Constant null() { return {pointerType, {}, {}, {}}; }
  Constant address(llvm::StringRef symbol) { return {pointerType, {}, symbol.str(), {}}; }
  /// The address of the text, ended by a zero; equal texts share one.
  Constant text(llvm::StringRef text);
  Constant structure(std::vector<Constant> fields);
  Constant array(mlir::Type element, std::vector<Constant> elements);
  /// The address of a private array of the elements, null when there are none.
  Constant table(std::vector<Constant> elements);
  /// Six extents, as in cnn_tensor and cnn_parameter.
  Constant shape(const std::vector<int64_t>& extents);

  /// A constant that other objects see; `bytes` is its C size, which the fields must add up to.
  void exportTable(llvm::StringRef symbol, Constant value, size_t bytes);
  /// Numbers that other objects of the same program see, 64-aligned.
  void exportNumbers(llvm::StringRef symbol, llvm::ArrayRef<float> numbers);
  /// A table of another object, which may write to it unless it is constant.
  Constant importTable(llvm::StringRef symbol, bool isConstant = true);
  /// A function of another object of the same program; declared once.
  mlir::LLVM::LLVMFuncOp importFunction(llvm::StringRef symbol, mlir::LLVM::LLVMFunctionType type);
  mlir::LLVM::LLVMFuncOp function(llvm::StringRef symbol, mlir::LLVM::LLVMFunctionType type);

  mlir::OwningOpRef<mlir::ModuleOp> module;
  mlir::ImplicitLocOpBuilder builder;
  mlir::Type pointerType;

private:
  std::string internalGlobal(Constant value);
  mlir::LLVM::GlobalOp global(llvm::StringRef symbol, Constant value, mlir::LLVM::Linkage linkage);
  mlir::Value materialise(const Constant& constant);

  llvm::StringMap<std::string> texts;
  int internals = 0;
};

} // namespace cnn

#endif
