#include "dsl/ast/children.h"

namespace cnn::ast {

namespace {

using Visit = std::function<void(const Node&)>;

void visitBody(const Body& body, const Visit& visit) {
  for (const Statement* statement : body.statements) visit(*statement);
}

void visitOptional(const Node* node, const Visit& visit) {
  if (node) visit(*node);
}

void visitArguments(const std::vector<Argument>& arguments, const Visit& visit) {
  for (const Argument& argument : arguments) visit(*argument.value);
}

void visitExpression(const Node& node, const Visit& visit) {
  if (auto* e = as<ErrorExpr>(&node)) {
    for (const Expr* part : e->parts) visit(*part);
  } else if (auto* e = as<StringExpr>(&node)) {
    for (const StringPart& part : e->parts) visitOptional(part.hole, visit);
  } else if (auto* e = as<ListExpr>(&node)) {
    for (const Expr* element : e->elements) visit(*element);
  } else if (auto* e = as<ParenExpr>(&node)) {
    visit(*e->inner);
  } else if (auto* e = as<UnaryExpr>(&node)) {
    visit(*e->operand);
  } else if (auto* e = as<BinaryExpr>(&node)) {
    visitOptional(e->left, visit);
    visitOptional(e->right, visit);
  } else if (auto* e = as<CallExpr>(&node)) {
    visit(*e->callee);
    visitArguments(e->arguments, visit);
  } else if (auto* e = as<IndexExpr>(&node)) {
    visit(*e->base);
    visit(*e->index);
  } else if (auto* e = as<MemberExpr>(&node)) {
    visit(*e->base);
  } else if (auto* e = as<ChainExpr>(&node)) {
    for (const Expr* stage : e->stages) visit(*stage);
  } else if (auto* e = as<LabeledExpr>(&node)) {
    visit(*e->inner);
    visitOptional(e->path, visit);
  } else if (auto* e = as<IfExpr>(&node)) {
    visit(*e->condition);
    visitBody(e->thenBody, visit);
    visitBody(e->elseBody, visit);
  } else if (auto* e = as<ForExpr>(&node)) {
    visitOptional(e->pattern, visit);
    visit(*e->sequence);
    visitBody(e->body, visit);
  }
}

void visitTypeOrPattern(const Node& node, const Visit& visit) {
  if (auto* t = as<TensorType>(&node)) {
    for (const Expr* extent : t->shape) visit(*extent);
  } else if (auto* t = as<ListType>(&node)) {
    visitOptional(t->element, visit);
  } else if (auto* t = as<RowType>(&node)) {
    for (const Type* column : t->columns) visit(*column);
  } else if (auto* p = as<ListPattern>(&node)) {
    for (const Pattern* element : p->elements) visit(*element);
  }
}

void visitStatement(const Node& node, const Visit& visit) {
  if (auto* s = as<BindingStatement>(&node)) {
    visitOptional(s->pattern, visit);
    visitOptional(s->value, visit);
  } else if (auto* s = as<AssignStatement>(&node)) {
    visitOptional(s->selector, visit);
    visitOptional(s->value, visit);
  } else if (auto* s = as<ReturnStatement>(&node)) {
    visitOptional(s->value, visit);
  } else if (auto* s = as<ExprStatement>(&node)) {
    visitOptional(s->value, visit);
  } else if (auto* s = as<InputStatement>(&node)) {
    visitOptional(s->type, visit);
    visitOptional(s->value, visit);
  } else if (auto* s = as<OutputStatement>(&node)) {
    visitOptional(s->value, visit);
  } else if (auto* s = as<ParamStatement>(&node)) {
    visitOptional(s->type, visit);
    visitOptional(s->value, visit);
  } else if (auto* s = as<SharedStatement>(&node)) {
    visitOptional(s->value, visit);
  } else if (auto* s = as<AssertStatement>(&node)) {
    visitOptional(s->condition, visit);
    visitOptional(s->message, visit);
  } else if (auto* s = as<InitStatement>(&node)) {
    visitOptional(s->selectors, visit);
    visitOptional(s->value, visit);
  } else if (auto* s = as<PictureStatement>(&node)) {
    visitOptional(s->value, visit);
  } else if (auto* s = as<LabelsStatement>(&node)) {
    visitOptional(s->value, visit);
  } else if (auto* s = as<MetricStatement>(&node)) {
    visitOptional(s->value, visit);
  } else if (auto* s = as<GroupStatement>(&node)) {
    visitOptional(s->selectors, visit);
    visitBody(s->body, visit);
  } else if (auto* s = as<SectionStatement>(&node)) {
    visitBody(s->body, visit);
  }
}

void visitDeclaration(const Node& node, const Visit& visit) {
  if (auto* d = as<UseDecl>(&node)) {
    visitOptional(d->path, visit);
  } else if (auto* d = as<LetDecl>(&node)) {
    visitOptional(d->pattern, visit);
    visitOptional(d->value, visit);
  } else if (auto* d = as<CallableDecl>(&node)) {
    for (const Parameter& parameter : d->parameters) {
      visitOptional(parameter.type, visit);
      visitOptional(parameter.defaultValue, visit);
    }
    visitOptional(d->resultType, visit);
    visitOptional(d->value, visit);
    visitBody(d->body, visit);
  } else if (auto* d = as<TrainDecl>(&node)) {
    visitArguments(d->arguments, visit);
    visitBody(d->body, visit);
  } else if (auto* d = as<TargetDecl>(&node)) {
    visitOptional(d->target, visit);
    visitBody(d->body, visit);
  }
}

} // namespace

void forEachChild(const Node& node, const Visit& visit) {
  if (Expr::classof(&node)) return visitExpression(node, visit);
  if (Type::classof(&node) || Pattern::classof(&node)) return visitTypeOrPattern(node, visit);
  if (Statement::classof(&node)) return visitStatement(node, visit);
  visitDeclaration(node, visit);
}

void walk(const Node& node, const std::function<bool(const Node&)>& visit) {
  if (visit(node)) forEachChild(node, [&](const Node& child) { walk(child, visit); });
}

std::vector<const Node*> nodesAt(const File& file, uint32_t offset) {
  std::vector<const Node*> path;
  auto holds = [&](const Node& node) {
    return node.span.valid() && node.span.begin <= offset && offset <= node.span.end;
  };
  // Of two neighbours that touch, the later one.
  std::function<void(const Node&)> enter = [&](const Node& node) {
    path.push_back(&node);
    const Node* inner = nullptr;
    forEachChild(node, [&](const Node& child) {
      if (holds(child)) inner = &child;
    });
    if (inner) enter(*inner);
  };
  const Node* outer = nullptr;
  for (const Decl* decl : file.declarations)
    if (holds(*decl)) outer = decl;
  if (outer) enter(*outer);
  return path;
}

} // namespace cnn::ast
