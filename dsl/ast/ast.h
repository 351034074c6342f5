/// The syntax tree of a .cnn file, as written: nothing is resolved or evaluated here.
///
/// Nodes are owned by an AstContext and refer to each other by plain pointers, which are never null unless a
/// comment says so. Where the parser met an error there is an ErrorExpr, about which nothing more is to be
/// said. What it holds, and the arguments of a call that is not closed, are there for editors: they have no
/// value, and what is wrong in them is no mistake of its own.
#pragma once

#include "dsl/source/source.h"

#include <cassert>
#include <memory>
#include <memory_resource>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace cnn::ast {

enum class Kind : uint8_t {
  // expressions
  Error,
  Int,
  Float,
  Bool,
  String,
  Name,
  List,
  Paren,
  Unary,
  Binary,
  Call,
  Index,
  Member,
  Chain,
  Labeled,
  If,
  For,
  firstExpr = Error,
  lastExpr = For,
  // types
  NamedType,
  TensorType,
  ListType,
  RowType,
  firstType = NamedType,
  lastType = RowType,
  // patterns
  NamePattern,
  ListPattern,
  firstPattern = NamePattern,
  lastPattern = ListPattern,
  // statements
  Let,
  Var,
  Assign,
  Return,
  ExprStatement,
  Input,
  Output,
  Param,
  Shared,
  Assert,
  Init,
  Preprocess,
  Augment,
  Labels,
  Metric,
  Group,
  Phase,
  Step,
  firstStatement = Let,
  lastStatement = Step,
  // declarations at the top level
  Use,
  GlobalLet,
  Func,
  Block,
  Network,
  Train,
  Budget,
  Kernels,
  firstDecl = Use,
  lastDecl = Kernels,
};

struct Node {
  Kind kind;
  Span span;
  virtual ~Node() = default;

protected:
  Node(Kind kind, Span span) : kind(kind), span(span) {}
};

/// The node as a T, or null when it is something else (also for a null node).
template <typename T> const T* as(const Node* node) {
  return node && T::classof(node) ? static_cast<const T*>(node) : nullptr;
}

/// An identifier as written. The view points into the source text.
struct Identifier {
  std::string_view text;
  Span span;
  bool present() const { return span.valid(); }
};

struct Expr : Node {
  /// Height of the tree from here down: bounded by the parser, so that recursion over it is safe.
  uint32_t height = 1;
  static bool classof(const Node* n) { return n->kind >= Kind::firstExpr && n->kind <= Kind::lastExpr; }

protected:
  using Node::Node;
};

struct Type : Node {
  static bool classof(const Node* n) { return n->kind >= Kind::firstType && n->kind <= Kind::lastType; }

protected:
  using Node::Node;
};

struct Pattern : Node {
  static bool classof(const Node* n) { return n->kind >= Kind::firstPattern && n->kind <= Kind::lastPattern; }

protected:
  using Node::Node;
};

struct Statement : Node {
  std::string_view doc; ///< text of the `///` lines above, with their slashes; may be empty
  static bool classof(const Node* n) {
    return n->kind >= Kind::firstStatement && n->kind <= Kind::lastStatement;
  }

protected:
  using Node::Node;
};

struct Decl : Node {
  std::string_view doc; ///< text of the `///` lines above, with their slashes; may be empty
  static bool classof(const Node* n) { return n->kind >= Kind::firstDecl && n->kind <= Kind::lastDecl; }

protected:
  using Node::Node;
};

/// `{ statements }`. As an expression its value is that of its last statement.
struct Body {
  Span span;
  std::vector<Statement*> statements;
  bool complete = true; ///< false where a statement is missing because of an error
};

#define CNN_NODE(NAME, BASE, KIND)                                                                           \
  static bool classof(const Node* n) {                                                                       \
    return n->kind == Kind::KIND;                                                                            \
  }                                                                                                          \
  explicit NAME(Span span) : BASE(Kind::KIND, span) {}

// ---- expressions ----

struct ErrorExpr : Expr {
  CNN_NODE(ErrorExpr, Expr, Error)
  std::vector<const Expr*> parts; ///< what could be understood of it
};

struct IntExpr : Expr {
  CNN_NODE(IntExpr, Expr, Int)
  int64_t value = 0;
};

struct FloatExpr : Expr {
  CNN_NODE(FloatExpr, Expr, Float)
  double value = 0;
};

struct BoolExpr : Expr {
  CNN_NODE(BoolExpr, Expr, Bool)
  bool value = false;
};

/// Text with `{expression}` holes: either a literal piece or a hole.
struct StringPart {
  std::string text;
  Expr* hole = nullptr; ///< null for a literal piece
};

struct StringExpr : Expr {
  CNN_NODE(StringExpr, Expr, String)
  std::vector<StringPart> parts; ///< empty for ""
  bool isLiteral() const { return parts.empty() || (parts.size() == 1 && !parts[0].hole); }
  /// The text of a string without holes.
  std::string_view literal() const { return parts.empty() ? std::string_view() : parts[0].text; }
};

struct NameExpr : Expr {
  CNN_NODE(NameExpr, Expr, Name)
  std::string_view name;
};

struct ListExpr : Expr {
  CNN_NODE(ListExpr, Expr, List)
  std::vector<Expr*> elements;
};

/// Parentheses are kept: they decide what a chain is and they are printed back.
struct ParenExpr : Expr {
  CNN_NODE(ParenExpr, Expr, Paren)
  Expr* inner = nullptr;
};

enum class UnaryOperator : uint8_t { Negate, Not };

struct UnaryExpr : Expr {
  CNN_NODE(UnaryExpr, Expr, Unary)
  UnaryOperator op = UnaryOperator::Negate;
  Expr* operand = nullptr;
};

enum class BinaryOperator : uint8_t {
  Or,
  And,
  Equal,
  NotEqual,
  Less,
  LessEqual,
  Greater,
  GreaterEqual,
  Range,
  Add,
  Subtract,
  Multiply,
  Divide,
  Remainder,
  Power,
};

std::string_view spelling(UnaryOperator op);
std::string_view spelling(BinaryOperator op);

struct BinaryExpr : Expr {
  CNN_NODE(BinaryExpr, Expr, Binary)
  BinaryOperator op = BinaryOperator::Add;
  Span opSpan;
  /// Null only in the open ranges of a slice: `xs[..2]`, `xs[1..]`.
  Expr *left = nullptr, *right = nullptr;
};

/// `value` or `name = value` in a call.
struct Argument {
  Identifier name; ///< absent for a positional argument
  Expr* value = nullptr;
  Span span() const { return name.present() ? name.span.to(value->span) : value->span; }
};

struct CallExpr : Expr {
  CNN_NODE(CallExpr, Expr, Call)
  Expr* callee = nullptr;
  std::vector<Argument> arguments;
  /// False without its bracket: where the call ends is unknown, and with it what its arguments are.
  bool closed = true;
};

/// `list[index]`, or a slice when the index is a range.
struct IndexExpr : Expr {
  CNN_NODE(IndexExpr, Expr, Index)
  Expr *base = nullptr, *index = nullptr;
};

struct MemberExpr : Expr {
  CNN_NODE(MemberExpr, Expr, Member)
  Expr* base = nullptr;
  Identifier member;
};

/// `a |> b |> c`, flat: the first element is the subject, or the first block of a block value.
struct ChainExpr : Expr {
  CNN_NODE(ChainExpr, Expr, Chain)
  std::vector<Expr*> stages; ///< at least two
};

/// `application @path`. The path is text with holes: `@features.0` and `@"features.{i}"` are the same node.
struct LabeledExpr : Expr {
  CNN_NODE(LabeledExpr, Expr, Labeled)
  Expr* inner = nullptr;
  StringExpr* path = nullptr;
  bool quoted = false;
};

/// `if c { … } else { … }`, as statement or value. `else if` is an else body that holds one ExprStatement.
struct IfExpr : Expr {
  CNN_NODE(IfExpr, Expr, If)
  Expr* condition = nullptr;
  Body thenBody;
  Body elseBody;
  bool hasElse = false;
};

/// `for pattern in sequence { … }`, as statement or as the list of its body's values.
struct ForExpr : Expr {
  CNN_NODE(ForExpr, Expr, For)
  Pattern* pattern = nullptr;
  Expr* sequence = nullptr;
  Body body;
};

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

// ---- declarations ----

struct Parameter {
  Identifier name;
  Type* type = nullptr;         ///< null for a subject
  Expr* defaultValue = nullptr; ///< may be null
  Span span;
};

/// `use "path" [as name]`
struct UseDecl : Decl {
  CNN_NODE(UseDecl, Decl, Use)
  StringExpr* path = nullptr;
  Identifier alias; ///< may be absent
};

/// `let name = value` at the top level.
struct LetDecl : Decl {
  CNN_NODE(LetDecl, Decl, GlobalLet)
  Pattern* pattern = nullptr;
  Expr* value = nullptr;
};

/// What func, block and network have in common: `kind name(parameters) [-> type]` and either a body or
/// `= value`.
struct CallableDecl : Decl {
  static bool classof(const Node* n) {
    return n->kind == Kind::Func || n->kind == Kind::Block || n->kind == Kind::Network;
  }
  CallableDecl(Kind kind, Span span) : Decl(kind, span) {}
  Identifier name;
  bool hasParameterList = false; ///< `network N = …` and `network N { … }` have none
  std::vector<Parameter> parameters;
  bool parametersComplete = true; ///< false where an error was reported in the list
  Type* resultType = nullptr;     ///< of a func; may be null
  Expr* value = nullptr;          ///< the short form; null when there is a body
  Body body;
};

/// `train network(arguments) as alias { … }`
struct TrainDecl : Decl {
  CNN_NODE(TrainDecl, Decl, Train)
  Identifier network;
  std::vector<Argument> arguments;
  Identifier alias; ///< may be absent
  Body body;
};

/// `budget network for "target" { … }` and `kernels network for "target" { … }`
struct TargetDecl : Decl {
  static bool classof(const Node* n) { return n->kind == Kind::Budget || n->kind == Kind::Kernels; }
  TargetDecl(bool kernels, Span span) : Decl(kernels ? Kind::Kernels : Kind::Budget, span) {}
  Identifier network;
  StringExpr* target = nullptr; ///< may be null: any target
  Body body;
};

#undef CNN_NODE

/// One parsed file.
struct File {
  FileId file = Span::noFile;
  std::vector<Decl*> declarations;
  /// Names whose declarations could not be understood and have been reported: their uses are no mistakes.
  std::vector<std::string_view> lostNames;
  bool complete = true; ///< false where a `use` is missing, which may have brought any name
};

/// Owns nodes, side by side in large pieces of memory. They are destroyed one by one, not recursively.
class AstContext {
public:
  AstContext() = default;
  AstContext(const AstContext&) = delete;
  AstContext& operator=(const AstContext&) = delete;
  ~AstContext() {
    for (Node* node : nodes) std::destroy_at(node);
  }

  template <typename T, typename... Args> T* make(Args&&... args) {
    T* node = ::new (memory.allocate(sizeof(T), alignof(T))) T(std::forward<Args>(args)...);
    nodes.push_back(node);
    return node;
  }

private:
  std::pmr::monotonic_buffer_resource memory;
  std::vector<Node*> nodes;
};

/// The tree as indented text, one node a line with its place: what `--emit=ast` prints.
std::string toText(const File& file, const SourceManager& sources);

/// The name of a node's kind as printed in trees ("call", "let", …).
std::string_view kindName(Kind kind);

} // namespace cnn::ast
