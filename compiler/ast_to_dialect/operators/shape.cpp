/// Operators that move data.
#include "ast_to_dialect/operators/application.h"

namespace cnn {

static Value flatten(Application& a) {
  llvm::ArrayRef<mlir::AffineExpr> shape = a.type().getShape();
  if (shape.size() < 2) a.fail("", "expected at least [N, C], found " + a.type().shapeText());
  if (a.failed()) return Value();
  mlir::AffineExpr features = shape[1];
  for (mlir::AffineExpr extent : shape.drop_front(2)) {
    bool decidable =
        mlir::isa<mlir::AffineConstantExpr>(features) || mlir::isa<mlir::AffineConstantExpr>(extent);
    if (!decidable)
      a.fail("", "the product of free dimensions cannot be computed, found " + a.type().shapeText());
    else
      features = features * extent;
  }
  return a.reshape({shape[0], features});
}

static Value identity(Application& a) {
  return a.input();
}

static Value concat(Application& a) {
  return a.build<ConcatOp>();
}

static Value slice(Application& a) {
  auto channels = a.extent(1);
  int64_t begin = a.integer("begin", 0), end = a.has("end") ? a.integer("end") : channels.value_or(1);
  return a.build<SliceOp>(a.inputs(), [&](SliceOp::Properties& p) {
    p.setBegin(a.attributes().getI64IntegerAttr(begin));
    p.setEnd(a.attributes().getI64IntegerAttr(end));
  });
}

static Value probe(Application& a) {
  a.probe(a.text("name"));
  return a.input();
}

std::vector<Operator> shapeOperators() {
  return {
      {"flatten",
       Family::Layer,
       1,
       {},
       "[N, C, H, W] -> [N, C H W]",
       "torch.nn.Flatten",
       flatten,
       Elements::Any},
      {"identity", Family::Layer, 1, {}, "the input itself", "torch.nn.Identity", identity, Elements::Any},
      {"concat",
       Family::Layer,
       -1,
       {},
       "A list of tensors -> their channels one after the other; the other dimensions are equal.",
       "torch.cat",
       concat,
       Elements::Any},
      {"probe",
       Family::Layer,
       1,
       {{"name", Takes::String, "", "what the value is called: letters, digits and _"}},
       "The input itself, under a name: --probe NAME makes it an output of predict, and shows its statistics "
       "in "
       "predict, eval and train. Costs nothing otherwise, and counts as no part of a chain.",
       "",
       probe,
       Elements::Any},
      {"slice",
       Family::Layer,
       1,
       {{"begin", Takes::Int, "", "first channel"},
        {"end", Takes::Int, "-", "one past the last; all to the end when left out"}},
       "[N, C, H, W] -> [N, end - begin, H, W]",
       "x[:, begin:end] in PyTorch",
       slice,
       Elements::Any},
  };
}

} // namespace cnn
