#include "ast_to_dialect/observations.h"

#include "ast_to_dialect/elaborator.h"

#include "llvm/Support/MathExtras.h"

namespace cnn {

namespace {

/// Of a file of a thousand lines.
constexpr size_t usualNodes = 10'000;

/// A short text for hovers: lists are shown when they are small.
std::string textOf(const Value& value, int depth = 0) {
  if (auto* number = value.get<int64_t>()) return std::to_string(*number);
  if (auto* text = value.get<std::string>()) return "\"" + *text + "\"";
  if (auto* dimension = value.get<Dimension>())
    return dimensionText(dimension->expr.getContext(), dimension->expr);
  if (value.get<double>()) return value.describe().substr(sizeof("the number ") - 1);
  if (mlir::Value tensor = value.tensor()) {
    auto type = mlir::cast<TensorType>(tensor.getType());
    std::string text;
    llvm::raw_string_ostream stream(text);
    stream << type.getElementType();
    return text + type.shapeText();
  }
  constexpr size_t shown = 8;
  const List* list = value.list();
  if (!list || list->size() > shown || depth > 1) return value.describe();
  std::string text;
  for (const Value& element : *list) text += (text.empty() ? "" : ", ") + textOf(element, depth + 1);
  return "[" + text + "]";
}

const void* typeOf(const Value& value) {
  mlir::Value tensor = value.tensor();
  return tensor ? tensor.getType().getAsOpaquePointer() : nullptr;
}

/// Free dimensions count as one.
uint64_t elements(TensorType type, unsigned from = 0) {
  uint64_t count = 1;
  for (unsigned i = from; i < type.getRank(); ++i)
    count = llvm::SaturatingMultiply<uint64_t>(count, type.getFixed(i).value_or(1));
  return count;
}

} // namespace

const Observation* Observations::of(const ast::Expr& node) const {
  auto found = nodes.find(&node);
  return found == nodes.end() ? nullptr : &found->second->seen;
}

const Observation* Observations::of(Span name) const {
  auto found = names.find(place(name));
  return found == names.end() ? nullptr : &found->second->seen;
}

const ast::CallableDecl* Observations::network(const ast::Expr& node) const {
  auto found = networks.find(&node);
  return found == networks.end() ? nullptr : found->second;
}

const Parts* Observations::parts(std::string_view network) const {
  auto found = partsOf.find(network);
  return found == partsOf.end() ? nullptr : &found->second;
}

/// A call is named where it stands, within its label.
std::string Observations::pathOf(const ast::Expr& application) const {
  for (const ast::Expr* node = &application; node;) {
    if (auto path = paths.find(place(node->span)); path != paths.end()) return path->second;
    auto* labeled = ast::as<ast::LabeledExpr>(node);
    node = labeled ? labeled->inner : nullptr;
  }
  return "";
}

Observations::Entry& Observations::entryOf(const ast::Expr& node) {
  if (nodes.empty()) nodes.reserve(usualNodes);
  Entry*& entry = nodes[&node];
  if (!entry) entry = new (entries.Allocate()) Entry();
  return *entry;
}

void Observations::see(Entry& entry, const Value& value, const Frame& frame, Cost cost) {
  if (value.isPoison()) return;
  Observation& seen = entry.seen;
  ++seen.times;
  const void* type = typeOf(value);
  if (seen.times > 1) {
    if (!seen.varies) seen.varies = type ? type != entry.type : textOf(value) != seen.value;
    return;
  }
  entry.type = type;
  if (!type) {
    seen.value = keep(textOf(value));
  } else { // many tensors have one shape
    std::string_view& text = typeTexts[type];
    if (text.empty()) text = keep(textOf(value));
    seen.value = text;
  }
  seen.isTensor = type != nullptr;
  seen.cost = cost;
  if (!frame.instance) return;
  const Instance* outermost = frame.instance;
  while (outermost->caller) outermost = outermost->caller;
  seen.network = outermost->name;
  seen.instance = frame.instance->path;
}

void Observations::evaluated(const ast::Expr& node, const Value& value, const Frame& frame, Cost before) {
  Entry& entry = entryOf(node);
  if (entry.wasApplied) return; // a stage, evaluated again as a block
  see(entry, value, frame, sum - before);
  if (const Members* members = value.members()) networks[&node] = members->decl;
  if (entry.seen.isTensor) entry.seen.path = pathOf(node);
}

void Observations::applied(const ast::Expr& stage, const Value& value, const Frame& frame, Cost before) {
  Entry& entry = entryOf(stage);
  if (!entry.wasApplied) entry = {};
  entry.wasApplied = true;
  see(entry, value, frame, sum - before);
  if (const Members* members = value.members()) networks[&stage] = members->decl;
  entry.seen.path = pathOf(stage);
}

void Observations::bound(Span name, const Value& value, const Frame& frame) {
  if (!name.valid()) return;
  Entry*& entry = names[place(name)];
  if (!entry) entry = new (entries.Allocate()) Entry();
  see(*entry, value, frame, {});
}

void Observations::named(Span application, const std::string& path) {
  paths.try_emplace(place(application), path);
}

void Observations::madeParameter(llvm::ArrayRef<int64_t> shape) {
  uint64_t count = 1;
  for (int64_t extent : shape) count = llvm::SaturatingMultiply<uint64_t>(count, extent);
  sum.parameters = llvm::SaturatingAdd(sum.parameters, count);
}

/// The weights of convolutions and linear layers are multiplied once for each value that they compute, those
/// of transposed convolutions once for each that they read.
void Observations::built(mlir::Value tensor) {
  mlir::Operation* op = tensor.getDefiningOp();
  if (!op || !mlir::isa<ConvOp, ConvTransposeOp, LinearOp>(op)) return;
  for (mlir::Value operand : op->getOperands()) {
    auto weight = operand.getDefiningOp<GetOp>();
    if (!weight) continue;
    auto type = mlir::cast<TensorType>(weight.getType());
    if (type.getRank() < 2) continue;
    mlir::Value counted = mlir::isa<ConvTransposeOp>(op) ? op->getOperand(0) : tensor;
    uint64_t values = elements(mlir::cast<TensorType>(counted.getType()));
    sum.macs = llvm::SaturatingMultiplyAdd(values, elements(type, 1), sum.macs);
  }
}

} // namespace cnn
