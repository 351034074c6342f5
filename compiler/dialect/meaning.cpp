//===- meaning.cpp - What a network computes, as text that can be compared ----------------------------===//

#include "dialect/meaning.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

namespace cnn {
namespace {

/// The words of a list, without MLIR's types.
void print(llvm::raw_ostream& out, mlir::Attribute attribute) {
  auto list = [&](auto values) {
    out << '[';
    llvm::interleave(values, out, ","); // an attribute is one word
    out << ']';
  };
  if (auto flag = mlir::dyn_cast<mlir::BoolAttr>(attribute))
    out << (flag.getValue() ? "true" : "false");
  else if (auto whole = mlir::dyn_cast<mlir::IntegerAttr>(attribute))
    out << whole.getInt();
  else if (auto number = mlir::dyn_cast<mlir::FloatAttr>(attribute))
    out << llvm::format("%.9g", number.getValueAsDouble());
  else if (auto text = mlir::dyn_cast<mlir::StringAttr>(attribute))
    out << text.getValue();
  else if (auto wholes = mlir::dyn_cast<mlir::DenseI64ArrayAttr>(attribute))
    list(wholes.asArrayRef());
  else if (auto numbers = mlir::dyn_cast<mlir::DenseF64ArrayAttr>(attribute))
    list(numbers.asArrayRef());
  else
    attribute.print(out, /*elideType=*/true);
}

class Writer {
public:
  explicit Writer(FunctionOp function) : predicts(function.getSymName() == "predict") {}

  /// What stands for a value: dropout and its like are the identity in @predict.
  mlir::Value meant(mlir::Value value) const {
    while (predicts) {
      mlir::Operation* op = value.getDefiningOp();
      if (!llvm::isa_and_nonnull<DropoutOp, StochasticDepthOp>(op)) break;
      value = op->getOperand(0);
    }
    return value;
  }

  /// Operands before the op, each once; without recursion, as networks are deep.
  void visit(mlir::Value wanted) {
    llvm::SmallVector<mlir::Operation*> open;
    auto push = [&](mlir::Value value) {
      mlir::Operation* op = meant(value).getDefiningOp();
      if (!op || llvm::isa<GetOp>(op) || lines.contains(op)) return false;
      open.push_back(op);
      return true;
    };
    push(wanted);
    while (!open.empty()) {
      mlir::Operation* op = open.back();
      if (llvm::any_of(op->getOperands(), push)) continue;
      open.pop_back();
      if (lines.try_emplace(op, lines.size()).second) write(op);
    }
  }

  std::string text;

private:
  void write(mlir::Operation* op) {
    llvm::raw_string_ostream out(text);
    auto path = mlir::dyn_cast<mlir::NameLoc>(op->getLoc());
    out << "- " << (path ? path.getName().getValue() : "") << '\t' << op->getName().stripDialect();
    for (mlir::NamedAttribute attribute : op->getAttrs()) {
      llvm::StringRef name = attribute.getName();
      if (name.starts_with("cnn.") || (predicts && llvm::isa<BatchNormOp>(op) && name == "momentum"))
        continue;
      out << ' ' << name << '=';
      print(out, attribute.getValue());
    }
    if (llvm::isa<ReshapeOp>(op))
      out << " rank=" << mlir::cast<TensorType>(op->getResult(0).getType()).getRank();
    char separator = '\t';
    for (mlir::Value operand : op->getOperands()) {
      out << separator;
      separator = ' ';
      operand = meant(operand);
      if (auto get = operand.getDefiningOp<GetOp>())
        out << '@' << get.getParameter();
      else if (auto argument = mlir::dyn_cast<mlir::BlockArgument>(operand))
        out << '$' << argument.getArgNumber();
      else
        out << '-' << lines.size() - 1 - lines.lookup(operand.getDefiningOp());
    }
    out << '\n';
  }

  const bool predicts;
  llvm::DenseMap<mlir::Operation*, size_t> lines; // the line of each op that is written
};

} // namespace

std::string meaningOf(FunctionOp function) {
  Writer writer(function);
  mlir::Operation* end = function.getBody().front().getTerminator();
  auto probes = function->getParentOp()->getAttrOfType<mlir::IntegerAttr>("probes");
  bool probed = probes && function.getSymName() == "predict"; // they are the last results
  for (mlir::Value result : end->getOperands().drop_back(probed ? size_t(probes.getInt()) : 0))
    writer.visit(result);
  return writer.text;
}

} // namespace cnn
