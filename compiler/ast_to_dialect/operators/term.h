/// Formulas over tensors and numbers, element by element: what composed operators are written in.
///
///   Term x = …; Term y = select(x > 0, x, alpha * expm1(select(x > 0, 0, x)));
///
/// Each operation builds one op of the dialect, or computes a number now; shapes broadcast as in NumPy. What
/// fails is reported once and gives a term that is not valid.
#pragma once

#include "ast_to_dialect/operators/application.h"

namespace cnn {

/// Where the ops of a formula are built, and what they are called in messages.
struct Formula {
  Elaborator& elaborator;
  Span span;
  std::string what, path;
  const Frame& frame;
  bool failed = false;
};

class Term {
public:
  Term(double number) : number(number) {} // NOLINT: numbers stand beside terms
  Term(Formula& formula, mlir::Value tensor) : formula(&formula), tensor(tensor) {}

  /// The tensor, or the number everywhere in a tensor like `like`; null where the formula failed.
  mlir::Value in(Formula& target, mlir::Value like) const;
  bool isNumber() const { return !formula; }
  double value() const { return number; }
  Formula* where() const { return formula; }
  mlir::Value get() const { return tensor; }

private:
  Formula* formula = nullptr; ///< null: a number
  mlir::Value tensor;         ///< null where building it failed
  double number = 0;
};

Term operator+(const Term& a, const Term& b);
Term operator-(const Term& a, const Term& b);
Term operator*(const Term& a, const Term& b);
Term operator/(const Term& a, const Term& b);
Term operator-(const Term& a);
/// 1 where it holds, else 0. A NaN is unequal to everything, and neither less nor greater.
Term operator<(const Term& a, const Term& b);
Term operator>(const Term& a, const Term& b);
Term operator<=(const Term& a, const Term& b);
Term operator>=(const Term& a, const Term& b);
Term operator==(const Term& a, const Term& b);
Term operator!=(const Term& a, const Term& b);
/// Yes where the condition is not 0, else no.
Term select(const Term& condition, const Term& yes, const Term& no);
/// NaN where either is.
Term max(const Term& a, const Term& b);
Term min(const Term& a, const Term& b);
Term pow(const Term& x, double exponent);
Term exp(const Term& x);
Term expm1(const Term& x);
Term log(const Term& x);
Term log1p(const Term& x);
Term sqrt(const Term& x);
Term abs(const Term& x);
Term tanh(const Term& x);
Term sigmoid(const Term& x);
Term relu(const Term& x);

} // namespace cnn
