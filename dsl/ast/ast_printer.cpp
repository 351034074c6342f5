#include "dsl/ast/ast.h"

#include <array>
#include <charconv>

namespace cnn::ast {

std::string_view spelling(UnaryOperator op) {
  return op == UnaryOperator::Not ? "not" : "-";
}

std::string_view spelling(BinaryOperator op) {
  static constexpr std::array<std::string_view, 15> names = {
      "or", "and", "==", "!=", "<", "<=", ">", ">=", "..", "+", "-", "*", "/", "%", "**"};
  return names[static_cast<size_t>(op)];
}

std::string_view kindName(Kind kind) {
  static constexpr std::string_view names[] = {
      "error",        "int",          "float",  "bool",       "string",      "name",      "list",
      "paren",        "unary",        "binary", "call",       "index",       "member",    "chain",
      "labeled",      "if",           "for",    "named_type", "tensor_type", "list_type", "row_type",
      "name_pattern", "list_pattern", "let",    "var",        "assign",      "return",    "expression",
      "input",        "output",       "param",  "shared",     "assert",      "init",      "preprocess",
      "augment",      "labels",       "metric", "group",      "phase",       "step",      "use",
      "let",          "func",         "block",  "network",    "train",       "budget",    "kernels"};
  return names[static_cast<size_t>(kind)];
}

namespace {

class Printer {
public:
  explicit Printer(const SourceManager& sources) : sources(sources) {}

  void declaration(const Decl& node) {
    switch (node.kind) {
    case Kind::Use: {
      auto& use = static_cast<const UseDecl&>(node);
      line(node, name(use.alias));
      child([&] { expression(use.path); });
      break;
    }
    case Kind::GlobalLet: {
      auto& let = static_cast<const LetDecl&>(node);
      line(node);
      child([&] { pattern(*let.pattern), expression(let.value); });
      break;
    }
    case Kind::Train: {
      auto& train = static_cast<const TrainDecl&>(node);
      line(node, name(train.network) + (train.alias.present() ? " as" + name(train.alias) : ""));
      child([&] { arguments(train.arguments), body("body", train.body); });
      break;
    }
    case Kind::Budget:
    case Kind::Kernels: {
      auto& target = static_cast<const TargetDecl&>(node);
      line(node, name(target.network));
      child([&] { expression(target.target), body("body", target.body); });
      break;
    }
    default:
      callable(static_cast<const CallableDecl&>(node));
    }
  }

  std::string out;

private:
  static std::string name(const Identifier& identifier) {
    return identifier.present() ? " " + std::string(identifier.text) : "";
  }

  void line(const Node& node, std::string_view details = {}) {
    LineColumn at = sources.lineColumn(node.span);
    out += std::string(depth * 2, ' ') + std::string(kindName(node.kind)) + std::string(details) + " <" +
           std::to_string(at.line) + ":" + std::to_string(at.column) + ">\n";
  }

  void text(std::string_view words) { out += std::string(depth * 2, ' ') + std::string(words) + "\n"; }

  template <typename F> void child(F&& print) {
    ++depth;
    print();
    --depth;
  }

  static std::string quoted(std::string_view text) {
    std::string result = "\"";
    for (char c : text) {
      if (c == '\n')
        result += "\\n";
      else if (c == '\t')
        result += "\\t";
      else if (c == '"' || c == '\\')
        result += {'\\', c};
      else
        result += c;
    }
    return result + "\"";
  }

  void callable(const CallableDecl& node) {
    line(node, name(node.name));
    child([&] {
      for (const Parameter& parameter : node.parameters) {
        text("parameter" + name(parameter.name));
        child([&] { type(parameter.type), expression(parameter.defaultValue); });
      }
      type(node.resultType);
      expression(node.value);
      if (!node.value) body("body", node.body);
    });
  }

  void body(std::string_view title, const Body& body) {
    text(title);
    child([&] {
      for (const Statement* item : body.statements) statement(*item);
    });
  }

  void arguments(const std::vector<Argument>& list) {
    for (const Argument& argument : list) {
      if (!argument.name.present()) {
        expression(argument.value);
        continue;
      }
      text("argument" + name(argument.name));
      child([&] { expression(argument.value); });
    }
  }

  void type(const Type* node) {
    if (!node) return;
    if (auto* named = as<NamedType>(node)) return line(*node, " " + std::string(named->name));
    if (auto* tensor = as<TensorType>(node)) {
      line(*node, name(tensor->element));
      return child([&] {
        for (const Expr* extent : tensor->shape) expression(extent);
      });
    }
    line(*node);
    child([&] {
      if (auto* list = as<ListType>(node)) type(list->element);
      if (auto* row = as<RowType>(node))
        for (const Type* column : row->columns) type(column);
    });
  }

  void pattern(const Pattern& node) {
    if (auto* named = as<NamePattern>(&node)) return line(node, " " + std::string(named->name));
    line(node);
    child([&] {
      for (const Pattern* element : static_cast<const ListPattern&>(node).elements) pattern(*element);
    });
  }

  void statement(const Statement& node) {
    if (auto* s = as<AssignStatement>(&node)) {
      line(node, name(s->name));
      return child([&] { expression(s->selector), expression(s->value); });
    }
    if (auto* s = as<BindingStatement>(&node)) {
      line(node);
      return child([&] { pattern(*s->pattern), expression(s->value); });
    }
    if (auto* s = as<ParamStatement>(&node)) {
      line(node, name(s->name));
      return child([&] { type(s->type), expression(s->value); });
    }
    if (auto* s = as<InputStatement>(&node)) {
      line(node, name(s->name));
      return child([&] { type(s->type), expression(s->value); });
    }
    if (auto* s = as<OutputStatement>(&node))
      return simple(node, (s->trainOnly ? " train" : "") + name(s->name), s->value);
    if (auto* s = as<SharedStatement>(&node)) return simple(node, name(s->name), s->value);
    if (auto* s = as<LabelsStatement>(&node)) return simple(node, name(s->name), s->value);
    if (auto* s = as<MetricStatement>(&node)) return simple(node, name(s->name), s->value);
    if (auto* s = as<ReturnStatement>(&node)) return simple(node, "", s->value);
    if (auto* s = as<ExprStatement>(&node)) return simple(node, "", s->value);
    if (auto* s = as<PictureStatement>(&node)) {
      std::string names;
      for (const Identifier& identifier : s->names) names += name(identifier);
      return simple(node, names, s->value);
    }
    if (auto* s = as<AssertStatement>(&node)) {
      line(node);
      return child([&] { expression(s->condition), expression(s->message); });
    }
    if (auto* s = as<InitStatement>(&node)) {
      line(node);
      return child([&] { expression(s->selectors), expression(s->value); });
    }
    if (auto* s = as<GroupStatement>(&node)) {
      line(node);
      return child([&] { expression(s->selectors), body("body", s->body); });
    }
    auto& section = static_cast<const SectionStatement&>(node);
    line(node, name(section.name));
    child([&] { body("body", section.body); });
  }

  void simple(const Node& node, std::string_view details, const Expr* value) {
    line(node, details);
    child([&] { expression(value); });
  }

  void expression(const Expr* node) {
    if (!node) return;
    line(*node, details(*node));
    child([&] { children(*node); });
  }

  static std::string details(const Expr& node) {
    switch (node.kind) {
    case Kind::Int:
      return " " + std::to_string(static_cast<const IntExpr&>(node).value);
    case Kind::Float: {
      char buffer[32];
      auto end = std::to_chars(buffer, buffer + sizeof buffer, static_cast<const FloatExpr&>(node).value).ptr;
      return " " + std::string(buffer, end);
    }
    case Kind::Bool:
      return static_cast<const BoolExpr&>(node).value ? " true" : " false";
    case Kind::Name:
      return " " + std::string(static_cast<const NameExpr&>(node).name);
    case Kind::Unary:
      return " " + std::string(spelling(static_cast<const UnaryExpr&>(node).op));
    case Kind::Binary:
      return " " + std::string(spelling(static_cast<const BinaryExpr&>(node).op));
    case Kind::Call:
      return static_cast<const CallExpr&>(node).closed ? "" : " unclosed";
    case Kind::Member:
      return name(static_cast<const MemberExpr&>(node).member);
    case Kind::String: {
      auto& string = static_cast<const StringExpr&>(node);
      return string.isLiteral() ? " " + quoted(string.literal()) : "";
    }
    default:
      return "";
    }
  }

  void children(const Expr& node) {
    if (auto* e = as<ErrorExpr>(&node))
      for (const Expr* part : e->parts) expression(part);
    if (auto* e = as<StringExpr>(&node); e && !e->isLiteral()) {
      for (const StringPart& part : e->parts) {
        if (part.hole)
          expression(part.hole);
        else
          text(quoted(part.text));
      }
    }
    if (auto* e = as<ListExpr>(&node))
      for (const Expr* element : e->elements) expression(element);
    if (auto* e = as<ParenExpr>(&node)) expression(e->inner);
    if (auto* e = as<UnaryExpr>(&node)) expression(e->operand);
    if (auto* e = as<BinaryExpr>(&node)) expression(e->left), expression(e->right);
    if (auto* e = as<CallExpr>(&node)) expression(e->callee), arguments(e->arguments);
    if (auto* e = as<IndexExpr>(&node)) expression(e->base), expression(e->index);
    if (auto* e = as<MemberExpr>(&node)) expression(e->base);
    if (auto* e = as<ChainExpr>(&node))
      for (const Expr* stage : e->stages) expression(stage);
    if (auto* e = as<LabeledExpr>(&node)) expression(e->inner), expression(e->path);
    if (auto* e = as<IfExpr>(&node)) {
      expression(e->condition);
      body("then", e->thenBody);
      if (e->hasElse) body("else", e->elseBody);
    }
    if (auto* e = as<ForExpr>(&node)) {
      pattern(*e->pattern);
      expression(e->sequence);
      body("body", e->body);
    }
  }

  const SourceManager& sources;
  size_t depth = 0;
};

} // namespace

std::string toText(const File& file, const SourceManager& sources) {
  Printer printer(sources);
  for (const Decl* declaration : file.declarations) printer.declaration(*declaration);
  return printer.out;
}

} // namespace cnn::ast
