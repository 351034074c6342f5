/// Literals, names, brackets, calls, indices and labels.
#include "dsl/source_to_ast/parser_impl.h"

#include <algorithm>
#include <charconv>
#include <map>

namespace cnn {

using namespace ast;

Expr* Parser::primary() {
  Token token = current();
  switch (token.kind) {
  case TokenKind::Identifier: {
    if (text(token) == "lambda") {
      fail(Diag::ExpectedToken, token.span, "a value", "'lambda'")
          .note("a function of values is declared with func, one of tensors with block");
      return errorExpr(token.span);
    }
    take();
    if (at(TokenKind::String) && !current().spaceBefore) { // f"…" of Python
      error(Diag::StringPrefix, token.span, text(token)).fix("leave it out", {{token.span, ""}});
      return stringToken();
    }
    auto* name = make<NameExpr>(token.span);
    name->name = text(token);
    return finish(name, {});
  }
  case TokenKind::Int:
  case TokenKind::Float:
    return number();
  case TokenKind::String:
    return stringToken();
  case TokenKind::True:
  case TokenKind::False: {
    take();
    auto* value = make<BoolExpr>(token.span);
    value->value = token.kind == TokenKind::True;
    return finish(value, {});
  }
  case TokenKind::LeftParen:
    return parenthesised();
  case TokenKind::LeftBracket:
    return list();
  case TokenKind::If:
    return ifExpression(true);
  case TokenKind::For:
    return forExpression(true);
  case TokenKind::Invalid:
    take();
    panic = true;
    return errorExpr(token.span);
  default:
    break;
  }
  bool keywordHere = isKeyword(token.kind) && !token.newlineBefore && token.kind != TokenKind::Else &&
                     token.kind != TokenKind::And && token.kind != TokenKind::Or &&
                     token.kind != TokenKind::In && token.kind != TokenKind::As;
  if (keywordHere &&
      std::ranges::count(keywordNames, token.kind)) { // has been reported where it was declared
    take();
    auto* name = make<NameExpr>(token.span);
    name->name = text(token);
    return finish(name, {});
  }
  if (keywordHere) {
    take();
    error(Diag::KeywordAsName, token.span, text(token));
    return errorExpr(token.span);
  }
  failExpected("a value");
  return errorExpr(previousEnd());
}

Expr* Parser::number() {
  Token token = take();
  std::string_view spelled = text(token);
  if (token.kind == TokenKind::Float) {
    auto* node = make<FloatExpr>(token.span);
    // from_chars wants digits before the dot; the lexer has reported their absence.
    std::string digits = spelled.starts_with('.') ? "0" + std::string(spelled) : std::string(spelled);
    auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), node->value);
    bool underflow = status == std::errc::result_out_of_range && digits.find("e-") != std::string::npos;
    if (status == std::errc::result_out_of_range && !underflow) {
      error(Diag::NumberTooLarge, token.span, spelled, "1.8e308");
      return errorExpr(token.span);
    }
    return finish(node, {});
  }
  auto* node = make<IntExpr>(token.span);
  size_t count = spelled.find_first_not_of("0123456789");
  std::string_view unit = count == std::string_view::npos ? std::string_view() : spelled.substr(count);
  int64_t factor = unit == "k"     ? 1'000
                   : unit == "M"   ? 1'000'000
                   : unit == "G"   ? 1'000'000'000
                   : unit == "KiB" ? int64_t(1) << 10
                   : unit == "MiB" ? int64_t(1) << 20
                   : unit == "GiB" ? int64_t(1) << 30
                                   : 1;
  auto [end, status] = std::from_chars(spelled.data(), spelled.data() + spelled.size(), node->value);
  if (status != std::errc() || __builtin_mul_overflow(node->value, factor, &node->value)) {
    error(Diag::NumberTooLarge, token.span, spelled, "9223372036854775807");
    return errorExpr(token.span);
  }
  return finish(node, {});
}

StringExpr* Parser::stringToken() {
  Token token = take();
  std::string_view spelled = text(token);
  bool closed = spelled.size() > 1 && spelled.ends_with('"');
  StringExpr* node = string({token.span.file, token.span.begin + 1, token.span.end - closed});
  node->span = token.span;
  return node;
}

/// Splits the text between quotes into pieces and holes.
StringExpr* Parser::string(Span content) {
  auto* node = make<StringExpr>(content);
  std::string_view text = sources.text(content);
  std::string piece;
  uint32_t height = 0;
  auto span = [&](size_t begin, size_t end) {
    return Span{content.file, static_cast<uint32_t>(content.begin + begin),
                static_cast<uint32_t>(content.begin + end)};
  };
  auto flush = [&] {
    if (!piece.empty()) node->parts.push_back({std::move(piece), nullptr});
    piece.clear();
  };
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '\\' && i + 1 < text.size()) {
      char escaped = text[++i];
      if (escaped == 'n')
        piece += '\n';
      else if (escaped == 't')
        piece += '\t';
      else if (escaped == '"' || escaped == '\\' || escaped == '{' || escaped == '}')
        piece += escaped;
      else
        error(Diag::BadEscape, span(i - 1, i + std::max<size_t>(1, utf8SequenceLength(text.substr(i)))),
              text.substr(i, std::max<size_t>(1, utf8SequenceLength(text.substr(i)))))
            .fix("write '\\\\' for a backslash", {{span(i - 1, i - 1), "\\"}});
      continue;
    }
    if (c == '}') error(Diag::UnmatchedBraceInString, span(i, i + 1), "'}'", "'{'");
    if (c != '{') {
      piece += c;
      continue;
    }
    size_t depth = 1, end = i + 1;
    for (; end < text.size(); ++end) {
      depth += (text[end] == '{') - (text[end] == '}');
      if (depth == 0) break;
    }
    if (depth != 0) {
      error(Diag::UnmatchedBraceInString, span(i, i + 1), "'{'", "'}'");
      break;
    }
    flush();
    Parser inner(sources, span(i + 1, end), context, diagnostics, nesting);
    Expr* value = panic ? errorExpr(span(i, end)) : inner.hole();
    height = std::max(height, value->height);
    node->parts.push_back({{}, value});
    i = end;
  }
  flush();
  finish(node, {}, height);
  return node;
}

Expr* Parser::parenthesised() {
  Token open = take();
  auto* node = make<ParenExpr>(open.span);
  {
    Newlines inside(*this, true);
    node->inner = expression();
    if (!panic && at(TokenKind::Comma)) return tuple(open, node->inner);
    if (panic) syncInBrackets(TokenKind::RightParen);
    closeBracket(TokenKind::RightParen, open);
  }
  node->span = since(open.span);
  return finish(node, {node->inner});
}

/// `(3, 3)`, which is a list in square brackets here; parsed as one.
Expr* Parser::tuple(const Token& open, Expr* first) {
  auto* node = make<ListExpr>(open.span);
  uint32_t height = first->height;
  node->elements.push_back(first);
  while (!panic && accept(TokenKind::Comma) && !at(TokenKind::RightParen)) {
    node->elements.push_back(expression());
    height = std::max(height, node->elements.back()->height);
  }
  if (panic) syncInBrackets(TokenKind::RightParen);
  Span close = here();
  bool complete = !panic && at(TokenKind::RightParen);
  closeBracket(TokenKind::RightParen, open);
  node->span = since(open.span);
  if (complete)
    error(Diag::TupleIsList, node->span).fix("write square brackets", {{open.span, "["}, {close, "]"}});
  return finish(node, {}, height);
}

/// `[value for name in list]` of Python; reported with what it is here.
Expr* Parser::comprehension(const Token& open, const Expr* value) {
  Span loop = here();
  take();
  Pattern* names = panic ? nullptr : pattern();
  bool in = !panic && accept(TokenKind::In);
  Expr* sequence = in ? expression() : nullptr;
  Span close = here();
  bool complete = sequence && !panic && at(TokenKind::RightBracket);
  panic = false;
  Diagnostic& diagnostic = error(Diag::Comprehension, loop);
  if (complete)
    diagnostic.fix("write the loop first",
                   {{open.span, "for " + std::string(sources.text(names->span)) + " in " +
                                    std::string(sources.text(sequence->span)) + " { "},
                    {{close.file, value->span.end, close.end}, " }"}});
  if (!complete) syncInBrackets(TokenKind::RightBracket);
  accept(TokenKind::RightBracket);
  return errorExpr(since(open.span), {value, sequence});
}

Expr* Parser::list() {
  Token open = take();
  auto* node = make<ListExpr>(open.span);
  uint32_t height = 0;
  {
    Newlines inside(*this, true);
    while (!at(TokenKind::RightBracket)) {
      Expr* element = expression();
      height = std::max(height, element->height);
      node->elements.push_back(element);
      if (!panic && at(TokenKind::For)) return comprehension(open, element);
      if (panic && !syncInBrackets(TokenKind::RightBracket)) break;
      if (!accept(TokenKind::Comma) && !missingComma(open, TokenKind::RightBracket)) break;
    }
    closeBracket(TokenKind::RightBracket, open, true);
  }
  node->span = since(open.span);
  return finish(node, {}, height);
}

/// Two values side by side in a list: reported, and parsed as if there was a comma.
bool Parser::missingComma(const Token& open, TokenKind close) {
  bool value =
      !panic && startsExpression() && !current().newlineBefore && !at(TokenKind::If) && !at(TokenKind::For);
  if (!value) return false;
  error(Diag::UnclosedBracket, here(), "',' or " + std::string(describe(close)), describe(open.kind), found())
      .secondary(open.span, "opened here")
      .fix("write ','", {{previousEnd(), ","}});
  return true;
}

/// The list after `(`, up to and with `)`.
Parser::ArgumentList Parser::arguments() {
  Token open = take();
  Newlines inside(*this, true);
  ArgumentList list;
  while (!at(TokenKind::RightParen)) {
    Argument argument;
    bool word = at(TokenKind::Identifier) || isKeyword(current().kind);
    bool colon = word && next().kind == TokenKind::Colon;
    if (colon || (word && next().kind == TokenKind::Assign)) {
      Token name = take();
      argument.name = {text(name), name.span};
      if (colon) error(Diag::ExpectedToken, here(), "'='", "':'").fix("write '='", {{here(), " ="}});
      take();
    }
    argument.value = expression();
    list.height = std::max(list.height, argument.value->height);
    list.arguments.push_back(argument);
    if (panic && !syncInBrackets(TokenKind::RightParen)) break;
    if (!accept(TokenKind::Comma) && !missingComma(open, TokenKind::RightParen)) break;
  }
  list.closed = closeBracket(TokenKind::RightParen, open, true);
  if (list.closed) checkArguments(list.arguments);
  return list;
}

void Parser::checkArguments(const std::vector<Argument>& list) {
  const Argument* firstNamed = nullptr;
  std::map<std::string_view, Span> known;
  for (const Argument& argument : list) {
    if (!argument.name.present()) {
      if (firstNamed)
        error(Diag::PositionalAfterNamed, argument.value->span)
            .secondary(firstNamed->name.span, "named argument");
      continue;
    }
    if (!firstNamed) firstNamed = &argument;
    if (auto [first, isNew] = known.try_emplace(argument.name.text, argument.name.span); !isNew)
      error(Diag::DuplicateArgument, argument.name.span, argument.name.text)
          .secondary(first->second, "first given here");
  }
}

Expr* Parser::call(Expr* callee) {
  auto* node = make<CallExpr>(callee->span);
  node->callee = callee;
  ArgumentList list = arguments();
  node->arguments = std::move(list.arguments);
  node->closed = list.closed;
  node->span = since(callee->span);
  return finish(node, {callee}, list.height);
}

Expr* Parser::index(Expr* base) {
  Level level(*this);
  Token open = take();
  if (!level.ok) return errorExpr(open.span);
  if (sliceOfTensor()) return errorExpr(since(base->span));
  auto* node = make<IndexExpr>(base->span);
  node->base = base;
  {
    Newlines inside(*this, true);
    colonInIndex();
    node->index = at(TokenKind::DotDot) ? nullptr : binary(aboveRange);
    colonInIndex();
    if (!panic && at(TokenKind::DotDot)) {
      Token dots = take();
      auto* range = make<BinaryExpr>(node->index ? node->index->span : dots.span);
      range->op = BinaryOperator::Range;
      range->opSpan = dots.span;
      range->left = node->index;
      if (!at(TokenKind::RightBracket)) range->right = binary(aboveRange);
      range->span = since(range->span);
      node->index = finish(range, {range->left, range->right});
    }
    if (panic) syncInBrackets(TokenKind::RightBracket);
    closeBracket(TokenKind::RightBracket, open);
  }
  node->span = since(base->span);
  return finish(node, {node->base, node->index});
}

Expr* Parser::label(Expr* inner) {
  Token token = take();
  auto* node = make<LabeledExpr>(inner->span);
  node->inner = inner;
  if (token.kind == TokenKind::At) {
    if (!at(TokenKind::String) || current().spaceBefore) {
      fail(Diag::ExpectedToken, token.span, "a path right after '@', like @conv1 or @\"layer{i}\"", found());
      return inner;
    }
    node->path = stringToken();
    node->quoted = true;
  } else {
    node->path = make<StringExpr>(Span{token.span.file, token.span.begin + 1, token.span.end});
    node->path->parts.push_back({std::string(text(token).substr(1)), nullptr});
    if (pathWithValues(token, *node)) return finish(node, {inner, node->path});
    if (at(TokenKind::String) && !current().spaceBefore) { // @f"…"
      Span prefix{token.span.file, token.span.begin + 1, token.span.end};
      error(Diag::StringPrefix, prefix, text(token).substr(1)).fix("leave it out", {{prefix, ""}});
      node->path = stringToken();
      node->quoted = true;
    }
  }
  node->span = since(inner->span);
  const Expr* target = inner;
  while (auto* paren = as<ParenExpr>(target)) target = paren->inner;
  bool fits = as<NameExpr>(target) || as<CallExpr>(target) || as<ChainExpr>(target) ||
              as<ErrorExpr>(target) || as<MemberExpr>(target);
  if (!fits) error(Diag::BadLabel, node->path->span).secondary(inner->span, "this is not an application");
  return finish(node, {inner, node->path});
}

} // namespace cnn
