/// What checkNames tells the index about one file; nothing happens where there is no index.
#pragma once

#include "ast_to_dialect/names/name_index.h"

namespace cnn {

class NameRecorder {
public:
  NameRecorder(const Module& module, NameIndex* index) : module(module), index(index) {}

  /// The names at the top level of the file, with those it brings in.
  void globals();
  /// A name of a body, declared by a statement, a loop or a declaration; a parameter of the latter.
  void local(std::string_view name, Span span, const ast::Node& declaring, const ast::Parameter* parameter,
             uint32_t scopeEnd);
  void dimension(const ast::NameExpr& name, const ast::InputStatement& input, Span scope);
  void use(Span use, Span declaration);
  /// What is declared there may be named in `scope` as well.
  void show(Span declaration, Span scope);
  /// The arguments that are given by name. `isLocal` tells whether the callee's first name is one of a body.
  void arguments(const ast::CallExpr& call, bool isLocal);
  void arguments(const std::vector<ast::Argument>& given, const ast::CallableDecl& callee);

  /// Where a name at the top level is declared: an imported one in the file that it comes from.
  Span declarationOf(std::string_view name, const Global& global) const;

private:
  const Module& module;
  NameIndex* index;
};

} // namespace cnn
