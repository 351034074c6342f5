/// What each name of a program refers to: filled by checkNames, asked by the language server.
#pragma once

#include "ast_to_dialect/operators/operator.h"
#include "ast_to_dialect/program.h"

#include <map>
#include <tuple>
#include <vector>

namespace cnn {

/// Something that the program gives a name.
struct Symbol {
  enum class Kind : uint8_t {
    Let,
    Var,
    Parameter, ///< of a func, block or network; a block's first is its subject
    Input,
    Output,
    Param,
    Shared,
    Metric,
    Dimension, ///< a free dimension, where it is first named
    File,      ///< a file used under a name
    Func,
    Block,
    Network,
  };
  Kind kind = Kind::Let;
  std::string_view name;
  Span span;                                 ///< of the name where it is declared
  const ast::Node* node = nullptr;           ///< the statement or declaration that declares it
  const ast::Parameter* parameter = nullptr; ///< of a Parameter
  const Module* module = nullptr;            ///< that declares it; of a File, the file itself
  std::vector<Span> visible;                 ///< where it may be named
  bool isGlobal() const;
};

/// An argument's name in a call of a built-in operator.
struct ArgumentReference {
  Span span;
  const Operator* op = nullptr;
  const OperatorArgument* argument = nullptr;
};

class NameIndex {
public:
  /// Adds a symbol, visible in `scope`. Pointers to symbols stay valid.
  void declare(Symbol symbol, Span scope);
  /// Uses may be added before the declaration is. One that never comes leaves nothing behind.
  void refer(Span use, Span declaration);
  /// What is declared there may be named in `scope` as well.
  void show(Span declaration, Span scope);
  void refer(Span use, const Operator& op, const OperatorArgument& argument);

  const Symbol* declaredAt(Span declaration) const;
  /// The symbol that is declared or named at a place; the end of a name still belongs to it.
  const Symbol* at(FileId file, uint32_t offset) const;
  /// The span of that name.
  Span nameAt(FileId file, uint32_t offset) const;
  const ArgumentReference* argumentAt(FileId file, uint32_t offset) const;
  /// All uses of a symbol, in order of place.
  std::vector<Span> uses(const Symbol& symbol) const;
  /// What may be named at a place, in order of declaration.
  std::vector<const Symbol*> visibleAt(FileId file, uint32_t offset) const;

private:
  using Place = std::tuple<FileId, uint32_t, uint32_t>;
  static Place place(Span span) { return {span.file, span.begin, span.end}; }
  template <typename Map> static auto find(const Map& map, FileId file, uint32_t offset);

  std::map<Place, Symbol> symbols; ///< without a node: named, but not declared
  std::map<Place, const Symbol*> references;
  std::map<Place, ArgumentReference> arguments;
};

} // namespace cnn
