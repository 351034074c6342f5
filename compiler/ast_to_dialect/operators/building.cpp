/// Where tensors come from, and what is said of shapes that do not fit.
#include "ast_to_dialect/operators/building.h"
#include "ast_to_dialect/evaluate/calls.h"
#include "ast_to_dialect/networks/known_divisors.h"
#include "dialect/conditions.h"

#include <algorithm>

namespace cnn {

using namespace ast;

/// What stands in the middle of a path says little.
static std::string shortened(const std::string& path) {
  constexpr size_t kept = 30;
  return path.size() <= 2 * kept + 3 ? path : path.substr(0, kept) + " … " + path.substr(path.size() - kept);
}

void Elaborator::addChain(Diagnostic& diagnostic, const Frame& frame) {
  int shown = 0;
  Span last;
  for (const Instance* instance = frame.instance; instance && instance->callSpan.valid() && shown < 5;
       instance = instance->caller) {
    if (instance->callSpan == last) continue; // a block that applies itself
    last = instance->callSpan;
    ++shown;
    diagnostic.note(last, "in " + instance->name + ", applied here as '" + shortened(instance->path) + "'");
  }
}

/// Types and dimensions as the language writes them.
static std::string readable(std::string text) {
  static constexpr std::pair<std::string_view, std::string_view> words[] = {
      {"'ui8'", "u8"}, {"'si8'", "i8"},  {"'f32'", "f32"}, {"'f64'", "f64"}, {"'bf16'", "bf16"},
      {"'i8'", "i8"},  {"'i32'", "i32"}, {"'i64'", "i64"}, {" + -", " - "}};
  for (auto& [word, ours] : words)
    for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + ours.size()))
      text.replace(at, word.size(), ours);
  return text;
}

/// A shape of free sizes in the form that asserts in front of it allow.
static void simplifyShape(mlir::Value tensor, const KnownDivisors& known) {
  auto type = mlir::cast<cnn::TensorType>(tensor.getType());
  llvm::SmallVector<mlir::AffineExpr> shape;
  for (mlir::AffineExpr size : type.getShape()) shape.push_back(known.simplify(size));
  tensor.setType(type.withShape(shape));
}

void rememberOrigin(Elaborator& e, mlir::Value tensor, Span span, std::string_view what,
                    std::string_view name) {
  if (e.net && !e.net->assertions.empty() && tensor.getDefiningOp()) simplifyShape(tensor, e.net->divisors);
  // Of operators on tensors and of metrics `what` is a text of the caller's: the context keeps it.
  std::string_view kept = mlir::StringAttr::get(&e.context, what).getValue();
  e.origins[tensor] = {span, kept, name};
  if (e.observations) e.observations->built(tensor);
}

/// What stands further on in the same declaration was made when this was applied before, or in an earlier
/// round of a loop.
static bool standsAfter(const Program& program, Span later, Span span) {
  if (later.file != span.file || later.begin < span.end) return false;
  for (const Module& module : program.modules)
    for (const Decl* decl : module.file.declarations)
      if (decl->span.file == span.file && decl->span.begin <= span.begin && later.end <= decl->span.end)
        return true;
  return false;
}

void addOrigin(Elaborator& e, Diagnostic& diagnostic, mlir::Value tensor) {
  auto found = e.origins.find(tensor);
  if (!diagnostic.isKept || found == e.origins.end()) return;
  std::string text = readable(mlir::cast<cnn::TensorType>(tensor.getType()).shapeText());
  auto& [span, what, name] = found->second;
  bool earlier = name.empty() && standsAfter(e.program, span, diagnostic.span);
  std::string maker = std::string(what) + (name.empty() ? "" : " " + std::string(name));
  diagnostic.note(span, "the shape " + text + " comes from " + maker + " here" +
                            (earlier ? ", in an earlier application" : ""));
}

/// The multiples of a free dimension for which divisions of it by whole numbers leave nothing.
static void collectDivisors(mlir::AffineExpr size, int64_t outer, std::set<int64_t>& divisors,
                            std::set<unsigned>& symbols) {
  if (auto symbol = mlir::dyn_cast<mlir::AffineSymbolExpr>(size)) symbols.insert(symbol.getPosition());
  auto parts = mlir::dyn_cast<mlir::AffineBinaryOpExpr>(size);
  if (!parts) return;
  auto by = mlir::dyn_cast<mlir::AffineConstantExpr>(parts.getRHS());
  constexpr int64_t most = 1 << 16;
  if (parts.getKind() == mlir::AffineExprKind::FloorDiv && by && by.getValue() > 0 && by.getValue() <= most &&
      outer * by.getValue() <= most)
    divisors.insert(outer *= by.getValue());
  collectDivisors(parts.getLHS(), outer, divisors, symbols);
  collectDivisors(parts.getRHS(), outer, divisors, symbols);
}

/// Halved and doubled again, a free size is another unless it is a multiple: the assert that says so.
void adviseOnMultiples(Elaborator& e, Diagnostic& diagnostic, llvm::ArrayRef<mlir::Value> tensors) {
  if (tensors.size() < 2) return;
  std::set<int64_t> divisors;
  std::set<unsigned> symbols;
  llvm::SmallVector<std::pair<mlir::AffineExpr, mlir::AffineExpr>> pairs;
  auto first = mlir::cast<cnn::TensorType>(tensors[0].getType());
  for (mlir::Value tensor : tensors.drop_front()) {
    auto other = mlir::cast<cnn::TensorType>(tensor.getType());
    if (other.getRank() != first.getRank()) return;
    for (auto [a, b] : llvm::zip(first.getShape(), other.getShape())) {
      if (a == b || (mlir::isa<mlir::AffineConstantExpr>(a) && mlir::isa<mlir::AffineConstantExpr>(b)))
        continue;
      pairs.push_back({a, b});
      collectDivisors(a, 1, divisors, symbols);
      collectDivisors(b, 1, divisors, symbols);
    }
  }
  if (pairs.empty()) return;
  for (int64_t divisor : divisors) {
    KnownDivisors known;
    std::string text;
    for (unsigned symbol : symbols) {
      mlir::AffineExpr size = mlir::getAffineSymbolExpr(symbol, &e.context);
      known.learn(condition::equal(size % divisor, mlir::getAffineConstantExpr(0, &e.context)));
      text += (text.empty() ? "assert " : " and ") + dimensionText(&e.context, size) + " % " +
              std::to_string(divisor) + " == 0";
    }
    if (!llvm::all_of(pairs,
                      [&](auto& pair) { return known.simplify(pair.first) == known.simplify(pair.second); }))
      continue;
    diagnostic.note("the sizes agree for multiples of " + std::to_string(divisor) + ": " + text);
    return;
  }
}

Diagnostic& shapeError(Elaborator& e, const std::string& message, mlir::ValueRange operands, Span span,
                       std::string_view what, const Frame& frame) {
  Diagnostic& diagnostic = e.error(Diag::ShapeMismatch, span, frame, what, readable(message));
  if (!diagnostic.isKept) return diagnostic;
  llvm::SmallVector<mlir::Value, 4> shown;
  bool isSign = what.starts_with('\'');
  for (mlir::Value operand : operands) {
    // Made for the operator, it says nothing new.
    bool own = operand && !isSign && llvm::isa_and_nonnull<GetOp, BatchMeanOp>(operand.getDefiningOp());
    if (!operand || own || llvm::is_contained(shown, operand)) continue;
    shown.push_back(operand);
    addOrigin(e, diagnostic, operand);
  }
  adviseOnMultiples(e, diagnostic, shown);
  bool pair = shown.size() == 2 && isSign;
  auto shapeOf = [&](size_t i) { return mlir::cast<cnn::TensorType>(shown[i].getType()); };
  for (size_t i = 0; pair && i < 2; ++i) {
    cnn::TensorType one = shapeOf(i), other = shapeOf(1 - i);
    bool channels = one.getRank() == 1 && other.getRank() > 2 && one.getShape()[0] == other.getShape()[1];
    if (!channels) continue;
    std::string ones;
    for (unsigned d = 2; d < other.getRank(); ++d) ones += ", 1";
    diagnostic.note("shapes are compared from the right: one value a channel has the shape [" +
                    std::to_string(one.getFixed(0).value_or(0)) + ones + "]");
  }
  bool residual = pair && shapeOf(0).getRank() == 4 && shapeOf(1).getRank() == 4;
  auto size = [&](size_t i, unsigned d) { return shapeOf(i).getFixed(d).value_or(0); };
  if (residual && shapeOf(0).getShape()[1] != shapeOf(1).getShape()[1]) {
    int64_t larger = std::max(size(0, 2), size(1, 2)), smaller = std::min(size(0, 2), size(1, 2));
    bool strided = smaller > 0 && larger > smaller;
    std::string stride = strided ? ", stride = " + std::to_string((larger + smaller - 1) / smaller) : "";
    diagnostic.note("a convolution with kernel 1 gives a tensor other channels" +
                    std::string(strided ? ", its stride another size" : "") + ": |> conv(channels, 1" +
                    stride + ")");
  } else if (residual)
    diagnostic.note("padding or the same stride on both ways keep pictures equally large");
  return diagnostic;
}

} // namespace cnn
