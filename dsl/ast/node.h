/// What all nodes of a syntax tree have in common, and who owns them.
#pragma once

#include "dsl/source/source.h"

#include <memory>
#include <memory_resource>
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

/// What a node of one kind begins with.
#define CNN_NODE(NAME, BASE, KIND)                                                                           \
  static bool classof(const Node* n) {                                                                       \
    return n->kind == Kind::KIND;                                                                            \
  }                                                                                                          \
  explicit NAME(Span span) : BASE(Kind::KIND, span) {}

} // namespace cnn::ast
