#include "ast_to_dialect/evaluate/value.h"

#include "llvm/Support/Format.h"
#include "llvm/Support/MathExtras.h"

namespace cnn {

ListValue::ListValue(List list)
    : elements(std::move(list)),
      isSubject(!elements.empty() && llvm::all_of(elements, [](const Value& v) { return v.isSubject(); })) {
  for (const Value& element : elements) {
    depth = std::max(depth, element.depth() + 1);
    elementCount = llvm::SaturatingAdd(elementCount, element.elementCount());
    holdsPoison = holdsPoison || element.holdsPoison();
  }
}

Value::Value(List list) : data(std::make_shared<const ListValue>(std::move(list))) {}

const List* Value::list() const {
  auto* pointer = get<std::shared_ptr<const ListValue>>();
  return pointer ? &(*pointer)->elements : nullptr;
}

const BlockValue* Value::block() const {
  auto* pointer = get<std::shared_ptr<const BlockValue>>();
  return pointer ? pointer->get() : nullptr;
}

const Record* Value::record() const {
  auto* pointer = get<std::shared_ptr<const Record>>();
  return pointer ? pointer->get() : nullptr;
}

const Members* Value::members() const {
  auto* pointer = get<std::shared_ptr<const Members>>();
  return pointer ? pointer->get() : nullptr;
}

mlir::Value Value::tensor() const {
  if (auto* value = get<mlir::Value>()) return *value;
  const Members* network = members();
  if (!network || network->outputs.empty()) return {};
  auto first = network->values.find(network->outputs.front());
  return first == network->values.end() ? mlir::Value() : first->second.tensor();
}

bool Value::isSubject() const {
  auto* list = get<std::shared_ptr<const ListValue>>();
  return list ? (*list)->isSubject : bool(tensor());
}

bool Value::holdsPoison() const {
  auto* list = get<std::shared_ptr<const ListValue>>();
  return list ? (*list)->holdsPoison : isPoison();
}

uint32_t Value::depth() const {
  if (auto* list = get<std::shared_ptr<const ListValue>>()) return (*list)->depth;
  if (const BlockValue* held = block()) return held->depth;
  if (const Record* held = record()) return held->depth;
  return 0;
}

uint64_t Value::elementCount() const {
  auto* list = get<std::shared_ptr<const ListValue>>();
  return list ? (*list)->elementCount : 1;
}

std::optional<double> Value::number() const {
  if (auto* i = get<int64_t>()) return static_cast<double>(*i);
  if (auto* d = get<double>()) return *d;
  return std::nullopt;
}

void BlockValue::append(std::shared_ptr<const BlockValue> part, const ast::Expr* node) {
  depth = std::max(depth, part->depth + 1);
  chain.push_back(std::move(part));
  chainNodes.push_back(node);
}

void BlockValue::give(size_t parameter, Given value) {
  depth = std::max(depth, value.value.depth() + 1);
  given[parameter] = std::move(value);
}

std::string BlockValue::name() const {
  if (op) return std::string(op->name);
  if (decl) return std::string(decl->name.text);
  return "the chain";
}

std::string Value::describe() const {
  struct Describe {
    std::string operator()(Poison) const { return "an error"; }
    std::string operator()(int64_t i) const { return "the whole number " + std::to_string(i); }
    std::string operator()(double d) const {
      llvm::SmallString<32> text;
      llvm::raw_svector_ostream(text) << llvm::format("%g", d);
      return "the number " + text.str().str();
    }
    std::string operator()(bool b) const { return b ? "true" : "false"; }
    std::string operator()(const std::string& s) const { return "the string \"" + s + "\""; }
    std::string operator()(const Dimension& d) const {
      return "the free dimension " + dimensionText(d.expr.getContext(), d.expr);
    }
    std::string operator()(const RunTimeCondition& c) const { return "the condition " + c.text; }
    std::string operator()(const mlir::Value& v) const {
      return "a tensor " + mlir::cast<TensorType>(v.getType()).shapeText();
    }
    std::string operator()(const std::shared_ptr<const ListValue>& l) const {
      return "a list of " + std::to_string(l->elements.size());
    }
    std::string operator()(const std::shared_ptr<const BlockValue>& b) const {
      return b->op ? "the operator " + b->name() : b->decl ? "the block " + b->name() : "a chain of blocks";
    }
    std::string operator()(const std::shared_ptr<const Record>& r) const {
      static constexpr std::string_view kinds[] = {
          "operator",    "loss",          "metric",       "optimizer", "schedule", "data",
          "initialiser", "preprocessing", "augmentation", "algorithm", "setting"};
      static_assert(std::size(kinds) == size_t(Family::Setting) + 1);
      return "the " + std::string(kinds[size_t(r->op->family)]) + " " + std::string(r->op->name);
    }
    std::string operator()(const std::shared_ptr<const Members>& m) const {
      return "the network " + m->network;
    }
    std::string operator()(const FunctionValue& f) const {
      return "the function " + std::string(f.decl ? f.decl->name.text : f.builtin);
    }
    std::string operator()(const ElementType& e) const { return "the type " + std::string(e.name); }
    std::string operator()(const FileValue& f) const { return "the file " + f.module->path; }
  };
  return std::visit(Describe{}, data);
}

} // namespace cnn
