#include "ast_to_dialect/operators/term.h"

#include <cmath>

namespace cnn {

mlir::Value Term::in(Formula& target, mlir::Value like) const {
  if (!isNumber()) return tensor;
  mlir::OpBuilder& builder = target.elaborator.builder;
  return SplatOp::create(builder, locationOf(target.elaborator, target.span, target.path), like.getType(),
                         builder.getF64FloatAttr(number));
}

/// The formula that one of the terms belongs to; null where all are numbers.
static Formula* formulaOf(std::initializer_list<const Term*> terms) {
  for (const Term* term : terms)
    if (!term->isNumber()) return term->where();
  return nullptr;
}

template <typename Op>
static Term build(
    std::initializer_list<const Term*> terms,
    llvm::function_ref<void(typename Op::Properties&)> fill = [](auto&) {}) {
  Formula& formula = *formulaOf(terms);
  mlir::Value like;
  for (const Term* term : terms)
    if (!like && !term->isNumber()) like = term->get();
  llvm::SmallVector<mlir::Value, 3> operands;
  for (const Term* term : terms) {
    if (!term->isNumber() && !term->get()) return Term(formula, mlir::Value());
    operands.push_back(term->in(formula, like));
  }
  mlir::Value result = buildOp<Op>(formula.elaborator, operands, fill, formula.span, formula.what,
                                   formula.path, formula.frame);
  formula.failed = formula.failed || !result;
  return Term(formula, result);
}

static Term scaled(const Term& x, double factor, double offset) {
  mlir::Builder& builder = x.where()->elaborator.builder;
  return build<ScaleOp>({&x}, [&](ScaleOp::Properties& properties) {
    properties.setFactor(builder.getF64FloatAttr(factor));
    properties.setOffset(builder.getF64FloatAttr(offset));
  });
}

Term operator+(const Term& a, const Term& b) {
  if (a.isNumber() && b.isNumber()) return a.value() + b.value();
  if (a.isNumber()) return b + a;
  return b.isNumber() ? scaled(a, 1, b.value()) : build<AddOp>({&a, &b});
}
Term operator-(const Term& a, const Term& b) {
  if (b.isNumber()) return a + Term(-b.value());
  return a.isNumber() ? scaled(b, -1, a.value()) : build<SubOp>({&a, &b});
}
Term operator*(const Term& a, const Term& b) {
  if (a.isNumber() && b.isNumber()) return a.value() * b.value();
  if (a.isNumber()) return b * a;
  if (!b.isNumber()) return build<MulOp>({&a, &b});
  return b.value() == 1 ? a : scaled(a, b.value(), 0);
}
Term operator/(const Term& a, const Term& b) {
  if (a.isNumber() && b.isNumber()) return a.value() / b.value();
  return b.isNumber() ? a * Term(1 / b.value()) : build<DivOp>({&a, &b});
}
Term operator-(const Term& a) {
  return a * -1;
}

Term operator<(const Term& a, const Term& b) {
  if (a.isNumber() && b.isNumber()) return a.value() < b.value();
  return build<LessOp>({&a, &b});
}
Term operator>(const Term& a, const Term& b) {
  return b < a;
}
Term operator==(const Term& a, const Term& b) {
  if (a.isNumber() && b.isNumber()) return a.value() == b.value();
  return build<EqualOp>({&a, &b});
}
Term operator!=(const Term& a, const Term& b) {
  return 1 - (a == b);
}
Term operator<=(const Term& a, const Term& b) {
  return (a < b) + (a == b);
}
Term operator>=(const Term& a, const Term& b) {
  return b <= a;
}

Term select(const Term& condition, const Term& yes, const Term& no) {
  if (condition.isNumber()) return condition.value() != 0 ? yes : no;
  return build<SelectOp>({&condition, &yes, &no});
}
Term max(const Term& a, const Term& b) {
  if (a.isNumber() && b.isNumber()) return std::max(a.value(), b.value());
  return build<MaxOp>({&a, &b});
}
Term min(const Term& a, const Term& b) {
  if (a.isNumber() && b.isNumber()) return std::min(a.value(), b.value());
  return build<MinOp>({&a, &b});
}
Term pow(const Term& x, double exponent) {
  if (x.isNumber()) return std::pow(x.value(), exponent);
  mlir::Builder& builder = x.where()->elaborator.builder;
  return build<PowOp>({&x}, [&](PowOp::Properties& properties) {
    properties.setExponent(builder.getF64FloatAttr(exponent));
  });
}

/// A function of one number, computed now or by an op.
template <typename Op> static Term function(const Term& x, double (*ofNumber)(double)) {
  return x.isNumber() ? Term(ofNumber(x.value())) : build<Op>({&x});
}
Term exp(const Term& x) {
  return function<ExpOp>(x, std::exp);
}
Term expm1(const Term& x) {
  return function<Expm1Op>(x, std::expm1);
}
Term log(const Term& x) {
  return function<LogOp>(x, std::log);
}
Term log1p(const Term& x) {
  return function<Log1pOp>(x, std::log1p);
}
Term sqrt(const Term& x) {
  return function<SqrtOp>(x, std::sqrt);
}
Term abs(const Term& x) {
  return function<AbsOp>(x, std::abs);
}
Term tanh(const Term& x) {
  return function<TanhOp>(x, std::tanh);
}
Term sigmoid(const Term& x) {
  return function<SigmoidOp>(x, [](double value) { return 1 / (1 + std::exp(-value)); });
}
Term relu(const Term& x) {
  return function<ReluOp>(x, [](double value) { return std::max(value, 0.0); });
}

} // namespace cnn
