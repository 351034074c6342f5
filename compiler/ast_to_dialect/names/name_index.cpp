#include "ast_to_dialect/names/name_index.h"

#include <algorithm>

namespace cnn {

bool Symbol::isGlobal() const {
  return node && ast::Decl::classof(node) && !parameter;
}

void NameIndex::declare(Symbol symbol, Span scope) {
  Symbol& known = symbols[place(symbol.span)];
  if (!known.node) {
    symbol.visible = std::move(known.visible);
    known = std::move(symbol);
  }
  known.visible.push_back(scope);
}

void NameIndex::refer(Span use, Span declaration) {
  if (use.valid() && declaration.valid() && use != declaration)
    references[place(use)] = &symbols[place(declaration)];
}

void NameIndex::show(Span declaration, Span scope) {
  symbols[place(declaration)].visible.push_back(scope);
}

void NameIndex::refer(Span use, const Operator& op, const OperatorArgument& argument) {
  arguments[place(use)] = {use, &op, &argument};
}

const Symbol* NameIndex::declaredAt(Span declaration) const {
  auto found = symbols.find(place(declaration));
  return found == symbols.end() || !found->second.node ? nullptr : &found->second;
}

/// The entry whose span holds the offset. Names do not overlap, so it is the last that begins before it.
template <typename Map> auto NameIndex::find(const Map& map, FileId file, uint32_t offset) {
  auto after = map.upper_bound(Place{file, offset, ~0u});
  if (after == map.begin()) return map.end();
  auto [itsFile, begin, end] = std::prev(after)->first;
  return itsFile == file && offset <= end ? std::prev(after) : map.end();
}

const Symbol* NameIndex::at(FileId file, uint32_t offset) const {
  auto found = find(symbols, file, offset);
  if (found != symbols.end() && found->second.node) return &found->second;
  auto used = find(references, file, offset);
  return used == references.end() || !used->second->node ? nullptr : used->second;
}

Span NameIndex::nameAt(FileId file, uint32_t offset) const {
  const Symbol* symbol = at(file, offset);
  if (!symbol) return {};
  if (symbol->span.file == file && symbol->span.begin <= offset && offset <= symbol->span.end)
    return symbol->span;
  auto used = find(references, file, offset);
  return {file, std::get<1>(used->first), std::get<2>(used->first)};
}

const ArgumentReference* NameIndex::argumentAt(FileId file, uint32_t offset) const {
  auto found = find(arguments, file, offset);
  return found == arguments.end() ? nullptr : &found->second;
}

std::vector<Span> NameIndex::uses(const Symbol& symbol) const {
  std::vector<Span> result;
  for (auto& [where, target] : references)
    if (target == &symbol) result.push_back({std::get<0>(where), std::get<1>(where), std::get<2>(where)});
  return result;
}

std::vector<const Symbol*> NameIndex::visibleAt(FileId file, uint32_t offset) const {
  std::vector<const Symbol*> result;
  for (auto& [where, symbol] : symbols) {
    bool seen = std::ranges::any_of(symbol.visible, [&](Span scope) {
      return scope.file == file && scope.begin <= offset && offset <= scope.end;
    });
    if (symbol.node && seen) result.push_back(&symbol);
  }
  return result;
}

} // namespace cnn
