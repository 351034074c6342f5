/// Types, patterns and statements.
#pragma once

#include "dsl/ast/expressions.h"

namespace cnn::ast {

// ---- types ----

/// `int`, `float`, `bool`, `string`, `block`, …
struct NamedType : Type {
  CNN_NODE(NamedType, Type, NamedType)
  std::string_view name;
};

/// `f32[N, 3, 28, 28]`: an element type and an expression an axis.
struct TensorType : Type {
  CNN_NODE(TensorType, Type, TensorType)
  Identifier element;
  std::vector<Expr*> shape;
};

/// `[int]`
struct ListType : Type {
  CNN_NODE(ListType, Type, ListType)
  Type* element = nullptr;
};

/// `[int, bool, block]`: at least two columns.
struct RowType : Type {
  CNN_NODE(RowType, Type, RowType)
  std::vector<Type*> columns;
};

// ---- patterns ----

/// A name to bind; `_` binds nothing.
struct NamePattern : Pattern {
  CNN_NODE(NamePattern, Pattern, NamePattern)
  std::string_view name;
};

struct ListPattern : Pattern {
  CNN_NODE(ListPattern, Pattern, ListPattern)
  std::vector<Pattern*> elements;
};

// ---- statements ----

/// `let pattern = value` and `var pattern = value`.
struct BindingStatement : Statement {
  static bool classof(const Node* n) { return n->kind == Kind::Let || n->kind == Kind::Var; }
  BindingStatement(bool isVar, Span span) : Statement(isVar ? Kind::Var : Kind::Let, span) {}
  bool isVar() const { return kind == Kind::Var; }
  Pattern* pattern = nullptr;
  Expr* value = nullptr;
};

/// `name = value`: rebinds a var, or sets a setting of the section it stands in. In `kernels` the target is a
/// string selector.
struct AssignStatement : Statement {
  CNN_NODE(AssignStatement, Statement, Assign)
  Identifier name;                ///< absent when the target is a selector
  StringExpr* selector = nullptr; ///< null when the target is a name
  Expr* value = nullptr;
};

struct ReturnStatement : Statement {
  CNN_NODE(ReturnStatement, Statement, Return)
  Expr* value = nullptr;
};

/// An expression by itself; `if` and `for` as statements are of this kind too.
struct ExprStatement : Statement {
  CNN_NODE(ExprStatement, Statement, ExprStatement)
  Expr* value = nullptr;
};

/// `input name: type`, in a train section also `input name = value`.
struct InputStatement : Statement {
  CNN_NODE(InputStatement, Statement, Input)
  Identifier name;
  Type* type = nullptr;  ///< may be null
  Expr* value = nullptr; ///< may be null; not both
};

/// `output name = value` and `train output name = value`.
struct OutputStatement : Statement {
  CNN_NODE(OutputStatement, Statement, Output)
  Identifier name;
  Expr* value = nullptr;
  bool trainOnly = false;
};

/// `param name: type = initialiser`
struct ParamStatement : Statement {
  CNN_NODE(ParamStatement, Statement, Param)
  Identifier name;
  Type* type = nullptr;
  Expr* value = nullptr;
};

/// `shared name = block`
struct SharedStatement : Statement {
  CNN_NODE(SharedStatement, Statement, Shared)
  Identifier name;
  Expr* value = nullptr;
};

/// `assert condition, message`
struct AssertStatement : Statement {
  CNN_NODE(AssertStatement, Statement, Assert)
  Expr* condition = nullptr;
  Expr* message = nullptr; ///< may be null
};

/// `init [selectors] = initialiser`
struct InitStatement : Statement {
  CNN_NODE(InitStatement, Statement, Init)
  Expr* selectors = nullptr;
  Expr* value = nullptr;
};

/// `preprocess name = chain` and `augment name = chain`, also for a list of names drawn together.
struct PictureStatement : Statement {
  static bool classof(const Node* n) { return n->kind == Kind::Preprocess || n->kind == Kind::Augment; }
  PictureStatement(bool augment, Span span) : Statement(augment ? Kind::Augment : Kind::Preprocess, span) {}
  std::vector<Identifier> names;
  Expr* value = nullptr;
};

/// `labels output = "names.txt"`
struct LabelsStatement : Statement {
  CNN_NODE(LabelsStatement, Statement, Labels)
  Identifier name;
  Expr* value = nullptr;
};

/// `metric name = value`
struct MetricStatement : Statement {
  CNN_NODE(MetricStatement, Statement, Metric)
  Identifier name;
  Expr* value = nullptr;
};

/// `group [selectors] { settings }`
struct GroupStatement : Statement {
  CNN_NODE(GroupStatement, Statement, Group)
  Expr* selectors = nullptr;
  Body body;
};

/// `phase name { … }` and `step name { … }`
struct SectionStatement : Statement {
  static bool classof(const Node* n) { return n->kind == Kind::Phase || n->kind == Kind::Step; }
  SectionStatement(bool phase, Span span) : Statement(phase ? Kind::Phase : Kind::Step, span) {}
  Identifier name;
  Body body;
};

} // namespace cnn::ast
