//===- strict_float.cpp ------------------------------------------------------------------------------===//

#include "strict_float.h"

using namespace Halide;
using Internal::Call;

namespace cnn::kernel::strict {

namespace {

Expr call(Type type, Call::IntrinsicOp operation, Expr a, Expr b) {
  return Call::make(type, operation, {std::move(a), std::move(b)}, Call::PureIntrinsic);
}

} // namespace

Expr add(const Expr& a, const Expr& b) {
  return call(a.type(), Call::strict_add, a, b);
}
Expr sub(const Expr& a, const Expr& b) {
  return call(a.type(), Call::strict_sub, a, b);
}
Expr mul(const Expr& a, const Expr& b) {
  return call(a.type(), Call::strict_mul, a, b);
}
Expr div(const Expr& a, const Expr& b) {
  return call(a.type(), Call::strict_div, a, b);
}
Expr less(const Expr& a, const Expr& b) {
  return call(Bool(a.type().lanes()), Call::strict_lt, a, b);
}
Expr equal(const Expr& a, const Expr& b) {
  return call(Bool(a.type().lanes()), Call::strict_eq, a, b);
}
Expr larger(const Expr& a, const Expr& b) {
  return call(a.type(), Call::strict_max, a, b);
}
Expr smaller(const Expr& a, const Expr& b) {
  return call(a.type(), Call::strict_min, a, b);
}

// Not through strict_le, which Halide 21 makes the negation of > on x86.
Expr notAtMost(const Expr& a, const Expr& b) {
  return !less(a, b) && !equal(a, b);
}

} // namespace cnn::kernel::strict
