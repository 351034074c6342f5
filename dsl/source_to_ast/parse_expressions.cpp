#include "dsl/source_to_ast/parser_impl.h"

#include <algorithm>

namespace cnn {

using namespace ast;

/// Sets the height from the children's and bounds it.
Expr* Parser::finish(Expr* expr, std::initializer_list<const Expr*> children, uint32_t below) {
  for (const Expr* child : children)
    if (child) below = std::max(below, child->height);
  expr->height = below + 1;
  peak = std::max(peak, expr->height);
  if (expr->height <= maxExpressionHeight) return expr;
  fail(Diag::TooDeep, expr->span, static_cast<int64_t>(maxExpressionHeight));
  return errorExpr(expr->span);
}

Expr* Parser::errorExpr(Span span, std::initializer_list<const Expr*> parts) {
  auto* node = make<ErrorExpr>(span);
  for (const Expr* part : parts)
    if (part) node->height = std::max(node->height, part->height + 1);
  if (node->height <= maxExpressionHeight)
    for (const Expr* part : parts)
      if (part) node->parts.push_back(part);
  if (node->parts.empty()) node->height = 1;
  return node;
}

bool Parser::startsExpression() const {
  switch (current().kind) {
  case TokenKind::Identifier:
  case TokenKind::Int:
  case TokenKind::Float:
  case TokenKind::String:
  case TokenKind::LeftParen:
  case TokenKind::LeftBracket:
  case TokenKind::Minus:
  case TokenKind::Not:
  case TokenKind::True:
  case TokenKind::False:
  case TokenKind::If:
  case TokenKind::For:
    return true;
  default:
    return false;
  }
}

Expr* Parser::expression() {
  Level level(*this);
  if (!level.ok) return errorExpr(here());
  return chain();
}

/// `|>` does not mix with other binary operators: which of them binds tighter is not obvious to a reader.
void Parser::mixedPipe(const Expr* left, const Expr* right, Span pipe) {
  auto* binary = as<BinaryExpr>(left);
  if (!binary || !binary->right) return;
  auto point = [](const Span& s, bool atEnd) {
    return Span{s.file, atEnd ? s.end : s.begin, atEnd ? s.end : s.begin};
  };
  error(Diag::MixedPipe, binary->opSpan, spelling(binary->op))
      .secondary(pipe, "this '|>'")
      .suggest("pipe the whole left side", {{point(left->span, false), "("}, {point(left->span, true), ")"}})
      .suggest("pipe the right operand only",
               {{point(binary->right->span, false), "("}, {point(right->span, true), ")"}});
}

Expr* Parser::chain() {
  Expr* head = binary(0);
  if (!at(TokenKind::Pipe) || !continues()) return head;
  Span pipe = here();
  auto* result = make<ChainExpr>(head->span);
  result->stages.push_back(head);
  uint32_t height = head->height;
  while (at(TokenKind::Pipe) && continues()) {
    take();
    Expr* stage = chainStage();
    result->stages.push_back(stage);
    height = std::max(height, stage->height);
    if (panic) break;
  }
  result->span = since(head->span);
  if (!panic) mixedPipe(head, result, pipe);
  return finish(result, {}, height);
}

static int precedence(TokenKind kind);

/// Right of `|>`: one name, one call, or a chain in parentheses.
Expr* Parser::chainStage() {
  if (Expr* list = stageTuple()) return list;
  Expr* stage = unary();
  const Expr* inner = stage;
  while (auto* labeled = as<LabeledExpr>(inner)) inner = labeled->inner;
  bool fits = as<NameExpr>(inner) || as<CallExpr>(inner) || as<MemberExpr>(inner) || as<ErrorExpr>(inner) ||
              as<IndexExpr>(inner) || as<ParenExpr>(inner);
  if (!fits) {
    error(Diag::BadPipeStage, stage->span);
    stage = errorExpr(stage->span, {stage});
  }
  if (precedence(current().kind) < 0 || !continues() || panic) return stage;
  // `x |> f + y`
  Token op = take();
  Diagnostic& diagnostic = error(Diag::MixedPipe, op.span, text(op));
  diagnostic.note("write (a |> f) " + std::string(text(op)) + " b, or pipe into a call");
  const Expr* right = binary(0);
  return errorExpr(since(stage->span), {stage, right});
}

/// Binding strength of a binary operator, or -1.
static int precedence(TokenKind kind) {
  switch (kind) {
  case TokenKind::Or:
    return 0;
  case TokenKind::And:
    return 1;
  case TokenKind::Equal:
  case TokenKind::NotEqual:
  case TokenKind::Less:
  case TokenKind::LessEqual:
  case TokenKind::Greater:
  case TokenKind::GreaterEqual:
    return 3;
  case TokenKind::DotDot:
    return 4;
  case TokenKind::Plus:
  case TokenKind::Minus:
    return 5;
  case TokenKind::Star:
  case TokenKind::Slash:
  case TokenKind::Percent:
    return 6;
  default:
    return -1;
  }
}
static BinaryOperator binaryOperator(TokenKind kind) {
  switch (kind) {
  case TokenKind::Or:
    return BinaryOperator::Or;
  case TokenKind::And:
    return BinaryOperator::And;
  case TokenKind::Equal:
    return BinaryOperator::Equal;
  case TokenKind::NotEqual:
    return BinaryOperator::NotEqual;
  case TokenKind::Less:
    return BinaryOperator::Less;
  case TokenKind::LessEqual:
    return BinaryOperator::LessEqual;
  case TokenKind::Greater:
    return BinaryOperator::Greater;
  case TokenKind::GreaterEqual:
    return BinaryOperator::GreaterEqual;
  case TokenKind::DotDot:
    return BinaryOperator::Range;
  case TokenKind::Plus:
    return BinaryOperator::Add;
  case TokenKind::Minus:
    return BinaryOperator::Subtract;
  case TokenKind::Star:
    return BinaryOperator::Multiply;
  case TokenKind::Slash:
    return BinaryOperator::Divide;
  case TokenKind::Percent:
    return BinaryOperator::Remainder;
  default:
    return BinaryOperator::Power;
  }
}

Expr* Parser::binary(int minimum) {
  Expr* left;
  if (at(TokenKind::Not)) {
    Level level(*this);
    Token token = take();
    auto* node = make<UnaryExpr>(token.span);
    node->op = UnaryOperator::Not;
    node->operand = level.ok ? binary(notPrecedence) : errorExpr(token.span);
    node->span = since(token.span);
    left = finish(node, {node->operand});
  } else {
    left = unary();
  }
  while (!panic && continues()) {
    if (at(TokenKind::Invalid) && !current().newlineBefore) { // stands where an operator should; reported
      bool choice = text(take()) == "?"; // a ? b : c goes on in a way that nothing here does
      if (choice) panic = true;
      const Expr* right = !panic && startsExpression() ? unary() : nullptr;
      left = errorExpr(since(left->span), {left, right});
      continue;
    }
    int strength = precedence(current().kind);
    if (strength < minimum || strength < 0) break;
    Token token = take();
    if (at(TokenKind::Assign) && !current().spaceBefore && as<NameExpr>(left)) { // x += 1
      Span both = token.span.to(here());
      std::string name(sources.text(left->span)), sign(text(token));
      error(Diag::ExpectedToken, both, "'='", "'" + std::string(sources.text(both)) + "'")
          .fix("write the name again", {{both, "= " + name + " " + sign}});
      take();
      const Expr* right = expression();
      left = errorExpr(since(left->span), {left, right});
      continue;
    }
    auto* node = make<BinaryExpr>(left->span);
    node->op = binaryOperator(token.kind);
    node->opSpan = token.span;
    node->left = left;
    node->right = binary(strength + 1);
    node->span = since(left->span);
    left = finish(node, {node->left, node->right});
    bool chained = precedence(current().kind) == strength &&
                   (strength == comparisonPrecedence || strength == rangePrecedence) && !panic && continues();
    if (!chained) continue;
    Diagnostic& diagnostic = error(Diag::ChainedComparison, here(), text(current()));
    diagnostic.secondary(token.span, "after this one");
    if (strength == comparisonPrecedence)
      diagnostic.fix("compare twice", {{{here().file, here().begin, here().begin},
                                        "and " + std::string(sources.text(node->right->span)) + " "}});
    left = errorExpr(left->span, {left});
  }
  return left;
}

Expr* Parser::unary() {
  if (!at(TokenKind::Minus)) {
    Expr* base = postfix();
    if (!at(TokenKind::StarStar) || !continues() || panic) return base;
    Level level(*this);
    Token token = take();
    auto* node = make<BinaryExpr>(base->span);
    node->op = BinaryOperator::Power;
    node->opSpan = token.span;
    node->left = base;
    node->right = level.ok ? unary() : errorExpr(token.span);
    node->span = since(base->span);
    return finish(node, {node->left, node->right});
  }
  Level level(*this);
  Token token = take();
  auto* node = make<UnaryExpr>(token.span);
  node->op = UnaryOperator::Negate;
  node->operand = level.ok ? unary() : errorExpr(token.span);
  node->span = since(token.span);
  return finish(node, {node->operand});
}

Expr* Parser::postfix() {
  Expr* expr = primary();
  while (!panic && (ignoreNewlines || !current().newlineBefore)) {
    if (at(TokenKind::LeftParen))
      expr = call(expr);
    else if (at(TokenKind::LeftBracket))
      expr = index(expr);
    else if (at(TokenKind::Path) || at(TokenKind::At))
      expr = label(expr);
    else if (at(TokenKind::Dot)) {
      take();
      auto* member = make<MemberExpr>(expr->span);
      member->base = expr;
      if (current().newlineBefore && !ignoreNewlines) {
        failExpected("a member's name after '.'");
      } else if (isKeyword(current().kind)) {
        Token token = take();
        member->member = {text(token), token.span};
      } else {
        member->member = expectName("a member's name after '.'");
      }
      member->span = since(expr->span);
      expr = finish(member, {expr});
    } else {
      break;
    }
  }
  return expr;
}

} // namespace cnn
