/// `if` and `for`.
#include "dsl/source_to_ast/parser_impl.h"

#include <algorithm>

namespace cnn {

using namespace ast;

Expr* Parser::ifExpression(bool asValue) {
  Level level(*this);
  Token keyword = take();
  auto* node = make<IfExpr>(keyword.span);
  if (!level.ok) return errorExpr(keyword.span);
  uint32_t height = 0;
  {
    Newlines outside(*this, false);
    node->condition = chain();
    height = node->condition->height;
    if (!panic && at(TokenKind::Assign)) {
      error(Diag::AssignInCondition, here()).fix("compare with '=='", {{here(), "=="}});
      take();
      expression();
      node->condition = errorExpr(node->condition->span, {node->condition});
    }
    if (panic) { // a bad condition does not make the branches bad
      while (!at(TokenKind::LeftBrace) && !at(TokenKind::EndOfFile) && !current().newlineBefore) take();
      if (at(TokenKind::LeftBrace)) panic = false;
    }
    uint32_t saved = peak;
    peak = 0;
    node->thenBody = body(section, asValue);
    bool elif = !panic && (atWord("elif") || atWord("elsif") || atWord("elseif"));
    if (elif) {
      error(Diag::UnknownStatement, here(), text(current())).didYouMean({"else if", true});
      stream.tokens[position].kind = TokenKind::If;
    }
    if (elif || (at(TokenKind::Else) && !panic)) {
      if (!elif) take();
      node->hasElse = true;
      if (at(TokenKind::If)) {
        Span begin = here();
        Expr* nested = ifExpression(asValue);
        auto* statement = make<ExprStatement>(nested->span);
        statement->value = nested;
        node->elseBody = {since(begin), {statement}, true};
      } else {
        node->elseBody = body(section, asValue);
      }
    }
    height = std::max(height, peak);
    peak = std::max(saved, peak);
  }
  node->span = since(keyword.span);
  if (asValue && !node->hasElse && !panic) error(Diag::IfWithoutElse, keyword.span);
  return finish(node, {}, height);
}

Expr* Parser::forExpression(bool asValue) {
  Level level(*this);
  Token keyword = take();
  auto* node = make<ForExpr>(keyword.span);
  if (!level.ok) return errorExpr(keyword.span);
  node->pattern = pattern();
  unbracketed(node->pattern);
  expect(TokenKind::In);
  uint32_t height = 0;
  {
    Newlines outside(*this, false);
    node->sequence = panic ? errorExpr(here()) : chain();
    if (panic) {
      while (!at(TokenKind::LeftBrace) && !at(TokenKind::EndOfFile) && !current().newlineBefore) take();
      if (at(TokenKind::LeftBrace)) panic = false;
    }
    height = node->sequence->height;
    uint32_t saved = peak;
    peak = 0;
    node->body = body(section, asValue);
    height = std::max(height, peak);
    peak = std::max(saved, peak);
  }
  node->span = since(keyword.span);
  return finish(node, {}, height);
}

} // namespace cnn
