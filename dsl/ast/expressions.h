/// Expressions.
#pragma once

#include "dsl/ast/node.h"

#include <string>

namespace cnn::ast {

/// `{ statements }`. As an expression its value is that of its last statement.
struct Body {
  Span span;
  std::vector<Statement*> statements;
  bool complete = true; ///< false where a statement is missing because of an error
};

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

} // namespace cnn::ast
