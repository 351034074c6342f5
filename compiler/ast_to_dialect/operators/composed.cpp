/// Operators that are composed of others: a row each, with the formula that it stands for. Fusion makes one
/// loop of a formula, and its gradient follows from those of its parts; where a slope would be infinity or
/// NaN on the side that select leaves out, the formula keeps the argument on the side that it takes.
#include "dialect/composed.h"
#include "ast_to_dialect/operators/term.h"

namespace cnn {

/// Builds the formula, a Term(const Term& x, Application&), and notes on its last op which operator it was.
template <auto formula> static Value composed(Application& a) {
  Formula place = a.formula();
  Term result = formula(Term(place, a.input()), a);
  if (place.failed || !result.get() || a.failed()) return Value();
  llvm::SmallVector<mlir::NamedAttribute> written = {
      a.attributes().getNamedAttr("operator", a.attributes().getStringAttr(a.name()))};
  for (const OperatorArgument& argument : findOperator(a.name())->arguments)
    written.push_back(
        a.attributes().getNamedAttr(argument.name, a.attributes().getF64FloatAttr(a.real(argument.name))));
  result.get().getDefiningOp()->setAttr(composedAttribute, a.attributes().getDictionaryAttr(written));
  return result.get();
}

std::vector<Operator> composedOperators() {
  return {
      {"celu",
       Family::Layer,
       1,
       {{"alpha", Takes::Float, "1.0", "the value far below 0, negated"}},
       "x above 0, alpha (exp(x / alpha) - 1) below",
       "torch.nn.CELU; Barron 2017",
       composed<[](const Term& x, Application& a) {
         double alpha = a.real("alpha");
         if (alpha == 0) a.fail("alpha", "expected a number other than 0, found 0");
         return select(x > 0, x, alpha * expm1(select(x > 0, 0, x) / alpha));
       }>},
      {"elu",
       Family::Layer,
       1,
       {{"alpha", Takes::Float, "1.0", "the value far below 0, negated"}},
       "x above 0, alpha (e^x - 1) below",
       "torch.nn.ELU; Clevert et al. 2016",
       composed<[](const Term& x, Application& a) {
         return select(x > 0, x, a.real("alpha") * expm1(select(x > 0, 0, x)));
       }>},
      {"hardtanh",
       Family::Layer,
       1,
       {{"min_val", Takes::Float, "-1.0", "lower bound"}, {"max_val", Takes::Float, "1.0", "upper bound"}},
       "x, limited to min_val and max_val",
       "torch.nn.Hardtanh",
       composed<[](const Term& x, Application& a) {
         double least = a.real("min_val"), most = a.real("max_val");
         if (least >= most) a.fail("max_val", "expected a number above min_val");
         return select(x >= most, most, select(x <= least, least, x));
       }>},
      {"logsigmoid",
       Family::Layer,
       1,
       {},
       "log(1 / (1 + exp(-x)))",
       "torch.nn.LogSigmoid",
       composed<[](const Term& x, Application&) { return min(x, 0) - log1p(exp(-abs(x))); }>},
      {"mish",
       Family::Layer,
       1,
       {},
       "x tanh(softplus(x))",
       "torch.nn.Mish; Misra 2019",
       composed<[](const Term& x, Application&) { return x * tanh(max(x, 0) + log1p(exp(-abs(x)))); }>},
      {"selu",
       Family::Layer,
       1,
       {},
       "1.0507 times elu with alpha = 1.67326, which keeps mean 0 and variance 1",
       "torch.nn.SELU; Klambauer et al. 2017",
       composed<[](const Term& x, Application&) {
         constexpr double scale = 1.0507009873554805, alpha = 1.6732632423543772;
         return scale * select(x > 0, x, alpha * expm1(select(x > 0, 0, x)));
       }>},
      {"softplus",
       Family::Layer,
       1,
       {{"beta", Takes::Float, "1.0", "steepness at 0"},
        {"threshold", Takes::Float, "20.0", "where beta x is above it, the result is x"}},
       "log(1 + exp(beta x)) / beta",
       "torch.nn.Softplus",
       composed<[](const Term& x, Application& a) {
         double beta = a.real("beta");
         if (beta == 0) a.fail("beta", "expected a number other than 0, found 0");
         Term scaled = x * beta;
         return select(scaled > a.real("threshold"), x, (max(scaled, 0) + log1p(exp(-abs(scaled)))) / beta);
       }>},
  };
}

} // namespace cnn
