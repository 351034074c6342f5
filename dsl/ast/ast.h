/// The syntax tree of a .cnn file, as written: nothing is resolved or evaluated here. Declarations, and files
/// of them; expressions and statements in headers of their own.
///
/// Nodes are owned by an AstContext and refer to each other by plain pointers, which are never null unless a
/// comment says so. Where the parser met an error there is an ErrorExpr, about which nothing more is to be
/// said. What it holds, and the arguments of a call that is not closed, are there for editors: they have no
/// value, and what is wrong in them is no mistake of its own.
#pragma once

#include "dsl/ast/statements.h"

#include <set>

namespace cnn::ast {

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
  std::set<std::string_view> lostNames;
  bool complete = true; ///< false where a `use` is missing, which may have brought any name
};

/// The tree as indented text, one node a line with its place: what `--emit=ast` prints.
std::string toText(const File& file, const SourceManager& sources);

/// The name of a node's kind as printed in trees ("call", "let", …).
std::string_view kindName(Kind kind);

} // namespace cnn::ast
