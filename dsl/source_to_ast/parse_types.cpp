#include "dsl/source_to_ast/parser_impl.h"

#include <algorithm>

namespace cnn {

using namespace ast;

static constexpr std::string_view valueTypes[] = {"int", "float", "bool", "string", "block"};
static constexpr std::string_view elementTypes[] = {"f32", "f64", "bf16", "u8", "i8", "i32", "i64"};

/// What other languages call our types; else the nearest of the candidates.
static Guess meantType(std::string_view word, bool element, std::span<const std::string_view> candidates) {
  static constexpr std::pair<std::string_view, std::string_view> values[] = {
      {"integer", "int"},  {"str", "string"},   {"boolean", "bool"},
      {"double", "float"}, {"number", "float"}, {"layer", "block"}};
  static constexpr std::pair<std::string_view, std::string_view> elements[] = {
      {"float", "f32"}, {"float32", "f32"}, {"double", "f64"},    {"float64", "f64"},
      {"int", "i32"},   {"int32", "i32"},   {"long", "i64"},      {"int64", "i64"},
      {"int8", "i8"},   {"uint8", "u8"},    {"bfloat16", "bf16"}, {"byte", "u8"}};
  using Pairs = std::span<const std::pair<std::string_view, std::string_view>>;
  for (auto& [foreign, ours] : element ? Pairs(elements) : Pairs(values))
    if (foreign == word) return {ours, true};
  return nearest(word, candidates);
}

Type* Parser::type() {
  Level level(*this);
  Token token = current();
  if (level.ok && accept(TokenKind::LeftBracket)) {
    Newlines inside(*this, true);
    std::vector<Type*> columns;
    do {
      if (at(TokenKind::RightBracket) && !columns.empty()) break;
      columns.push_back(type());
      if (panic && !syncInBrackets(TokenKind::RightBracket)) break;
    } while (accept(TokenKind::Comma));
    closeBracket(TokenKind::RightBracket, token);
    if (columns.size() == 1) {
      auto* list = make<ListType>(since(token.span));
      list->element = columns[0];
      return list;
    }
    auto* row = make<RowType>(since(token.span));
    row->columns = std::move(columns);
    return row;
  }
  auto* named = make<NamedType>(token.span);
  if (!level.ok || (!at(TokenKind::Identifier) && !at(TokenKind::Block))) {
    failExpected("a type");
    return named;
  }
  take();
  named->name = text(token);
  bool isElement = std::ranges::count(elementTypes, named->name) != 0;
  Token open = current();
  bool round = isElement && at(TokenKind::LeftParen) && !current().newlineBefore; // f32(N, 3)
  if (!round && (!at(TokenKind::LeftBracket) || current().newlineBefore)) {
    if (isElement) {
      auto* scalar = make<TensorType>(token.span);
      scalar->element = {named->name, token.span};
      return scalar;
    }
    if (std::ranges::count(valueTypes, named->name) == 0) {
      std::vector<std::string_view> all(std::begin(valueTypes), std::end(valueTypes));
      all.insert(all.end(), std::begin(elementTypes), std::end(elementTypes));
      error(Diag::UnknownType, token.span, named->name)
          .didYouMean(meantType(named->name, false, all))
          .note("types are int, float, bool, string, block, lists like [int], rows like [int, bool], and "
                "tensors "
                "like f32[N, 3, 224, 224]");
      named->name = {};
    }
    return named;
  }
  if (!isElement)
    error(Diag::UnknownElementType, token.span, named->name)
        .didYouMean(meantType(named->name, true, elementTypes))
        .note("element types are f32, f64, bf16, u8, i8, i32 and i64");
  take();
  Newlines inside(*this, true);
  std::vector<Expr*> shape;
  TokenKind close = round ? TokenKind::RightParen : TokenKind::RightBracket;
  while (!at(close)) {
    shape.push_back(expression());
    if (panic && !syncInBrackets(close)) break;
    if (!accept(TokenKind::Comma) && !missingComma(open, close)) break;
  }
  Span end = here();
  if (closeBracket(close, open) && round)
    error(Diag::ExpectedToken, open.span, "'['", "'('")
        .fix("write square brackets", {{open.span, "["}, {end, "]"}});
  auto* tensor = make<TensorType>(since(token.span));
  if (isElement) tensor->element = {named->name, token.span};
  tensor->shape = std::move(shape);
  return tensor;
}

Pattern* Parser::pattern() {
  Level level(*this);
  Token token = current();
  if (level.ok && accept(TokenKind::LeftBracket)) {
    Newlines inside(*this, true);
    auto* list = make<ListPattern>(token.span);
    while (!at(TokenKind::RightBracket)) {
      list->elements.push_back(pattern());
      if (panic && !syncInBrackets(TokenKind::RightBracket)) break;
      if (!accept(TokenKind::Comma)) break;
    }
    closeBracket(TokenKind::RightBracket, token);
    list->span = since(token.span);
    return list;
  }
  if (level.ok && at(TokenKind::LeftParen)) { // for (i, j) in
    auto* list = make<ListPattern>(token.span);
    take();
    Newlines inside(*this, true);
    do list->elements.push_back(pattern());
    while (!panic && accept(TokenKind::Comma));
    Span end = here();
    if (closeBracket(TokenKind::RightParen, token))
      error(Diag::TupleIsList, token.span.to(end))
          .fix("write square brackets", {{token.span, "["}, {end, "]"}});
    list->span = since(token.span);
    return list;
  }
  auto* name = make<NamePattern>(token.span);
  if (level.ok) {
    Identifier identifier = expectName("a name");
    name->name = identifier.text;
  }
  return name;
}

} // namespace cnn
