#include "dsl/source_to_ast/parser_impl.h"

#include <algorithm>

namespace cnn {

Parser::Parser(const SourceManager& sources, Span range, ast::AstContext& context,
               DiagnosticEngine& diagnostics, uint32_t nesting)
    : sources(sources), range(range), context(context), diagnostics(diagnostics),
      stream(lex(sources, range, diagnostics)), nesting(nesting) {
  for (const Token& token : stream.tokens)
    openBraces += token.kind == TokenKind::LeftBrace ? 1 : token.kind == TokenKind::RightBrace ? -1 : 0;
}

ast::File parse(const SourceManager& sources, FileId file, ast::AstContext& context,
                DiagnosticEngine& diagnostics, TokenStream* tokens) {
  Parser parser(sources, wholeFile(sources, file), context, diagnostics);
  ast::File result = parser.file();
  if (tokens) *tokens = parser.takeTokens();
  return result;
}

ast::Expr* parseExpression(const SourceManager& sources, FileId file, ast::AstContext& context,
                           DiagnosticEngine& diagnostics) {
  return Parser(sources, wholeFile(sources, file), context, diagnostics).hole();
}

const Token& Parser::next(size_t ahead) const {
  return stream.tokens[std::min(position + ahead, stream.tokens.size() - 1)];
}

Token Parser::take() {
  Token token = current();
  if (token.kind != TokenKind::EndOfFile) ++position;
  return token;
}

bool Parser::accept(TokenKind kind) {
  if (!at(kind)) return false;
  take();
  return true;
}

std::string Parser::found() const {
  const Token& token = current();
  switch (token.kind) {
  case TokenKind::EndOfFile:
    return range.end == sources.file(range.file).text.size() ? "the end of the file"
                                                             : "the end of the string's '{ }'";
  case TokenKind::Identifier:
    return "the name '" + std::string(text(token)) + "'";
  case TokenKind::Int:
  case TokenKind::Float:
    return "the number " + std::string(text(token));
  case TokenKind::Path:
    return "the path '" + std::string(text(token)) + "'";
  default:
    if (isKeyword(token.kind)) return "the keyword " + std::string(describe(token.kind));
    return std::string(describe(token.kind));
  }
}

void Parser::failExpected(std::string_view what) {
  if (at(TokenKind::Invalid)) { // the lexer has reported it
    panic = true;
    return;
  }
  // What is missing at the end of a line is missing after the last token, not before the next line's first.
  bool atEnd = current().newlineBefore || at(TokenKind::EndOfFile);
  Span span = atEnd && position > 0 ? previousEnd() : here();
  std::string foundText =
      current().newlineBefore && !at(TokenKind::EndOfFile) ? "the end of the line" : found();
  Diagnostic& diagnostic = fail(Diag::ExpectedToken, span, what, foundText);
  if (at(TokenKind::Colon) && what.starts_with("'{'")) diagnostic.note("a body stands between '{' and '}'");
  if (position > 0) noteComment(diagnostic, stream.tokens[position - 1].span.end);
}

bool Parser::expect(TokenKind kind, std::string_view what) {
  if (accept(kind)) return true;
  failExpected(what.empty() ? describe(kind) : what);
  return false;
}

ast::Identifier Parser::expectName(std::string_view what) {
  if (at(TokenKind::Identifier)) {
    Token token = take();
    return {text(token), token.span};
  }
  if (isKeyword(current().kind) && !current().newlineBefore) {
    Token token = take();
    error(Diag::KeywordAsName, token.span, text(token));
    keywordNames.push_back(token.kind);
    return {text(token), token.span};
  }
  failExpected(what);
  return {};
}

Span Parser::previousEnd() const {
  if (position == 0) return {range.file, range.begin, range.begin};
  uint32_t end = stream.tokens[position - 1].span.end;
  return {range.file, end, end};
}

Span Parser::since(Span begin) const {
  uint32_t end = position == 0 ? begin.end : std::max(begin.end, stream.tokens[position - 1].span.end);
  if (unclosedBody) end = std::max(end, unclosedEnd);
  return {begin.file, begin.begin, end};
}

bool Parser::atStatementEnd() const {
  if (at(TokenKind::Semicolon) || at(TokenKind::RightBrace) || at(TokenKind::EndOfFile)) return true;
  return !ignoreNewlines && current().newlineBefore;
}

bool Parser::continues() const {
  if (ignoreNewlines || !current().newlineBefore) return true;
  return at(TokenKind::Pipe) || at(TokenKind::Else) || at(TokenKind::And) || at(TokenKind::Or);
}

std::string_view Parser::docBefore(const Token& token) const {
  const auto& comments = stream.comments;
  auto end = std::lower_bound(comments.begin(), comments.end(), token.span.begin,
                              [](const Comment& c, uint32_t offset) { return c.span.begin < offset; });
  uint32_t floor = position > 0 ? stream.tokens[position - 1].span.end : range.begin;
  auto begin = end;
  while (begin != comments.begin()) {
    auto previous = begin - 1;
    if (!previous->documentation || !previous->ownLine || previous->span.begin < floor) break;
    begin = previous;
  }
  if (begin == end) return {};
  return sources.text({range.file, begin->span.begin, (end - 1)->span.end});
}

bool Parser::enter() {
  if (++nesting <= maxNesting) return true;
  fail(Diag::TooDeep, here(), static_cast<int64_t>(maxNesting));
  return false;
}

/// A keyword that can only begin a statement. At the start of a line it shows that an open bracket was
/// forgotten.
bool Parser::startsStatement() const {
  switch (current().kind) {
  case TokenKind::Let:
  case TokenKind::Var:
  case TokenKind::Return:
  case TokenKind::Input:
  case TokenKind::Output:
  case TokenKind::Param:
  case TokenKind::Shared:
  case TokenKind::Assert:
  case TokenKind::Network:
  case TokenKind::Func:
  case TokenKind::Use:
  case TokenKind::Train:
    return current().newlineBefore && next().kind != TokenKind::Assign;
  default:
    return false;
  }
}

bool Parser::startsDeclaration() const {
  switch (current().kind) {
  case TokenKind::Use:
  case TokenKind::Func:
  case TokenKind::Block:
  case TokenKind::Network:
    return true;
  case TokenKind::Train:
    return next().kind != TokenKind::Output;
  case TokenKind::Identifier:
    return startsContextual("budget") || startsContextual("kernels");
  default:
    return false;
  }
}

static int bracketStep(TokenKind kind) {
  switch (kind) {
  case TokenKind::LeftParen:
  case TokenKind::LeftBracket:
  case TokenKind::LeftBrace:
    return 1;
  case TokenKind::RightParen:
  case TokenKind::RightBracket:
  case TokenKind::RightBrace:
    return -1;
  default:
    return 0;
  }
}

void Parser::syncStatement() {
  int depth = 0;
  while (!at(TokenKind::EndOfFile)) {
    if (startsStatement()) break;
    if (depth <= 0 && (current().newlineBefore || at(TokenKind::Semicolon) || at(TokenKind::RightBrace))) {
      bool lineGoesOn = at(TokenKind::Pipe) || at(TokenKind::Else) || at(TokenKind::And) || at(TokenKind::Or);
      if (!lineGoesOn) break;
    }
    depth = std::max(0, depth + bracketStep(take().kind));
  }
  panic = false;
}

bool Parser::syncInBrackets(TokenKind close) {
  int depth = 0;
  while (!at(TokenKind::EndOfFile) && !startsStatement()) {
    if (depth == 0) {
      if (at(close) || at(TokenKind::Comma)) {
        panic = false;
        return true;
      }
      if (bracketStep(current().kind) < 0 || at(TokenKind::Semicolon)) return false;
    }
    depth += bracketStep(take().kind);
  }
  return false;
}

void Parser::syncDeclaration() {
  while (!at(TokenKind::EndOfFile)) {
    bool firstColumn = current().newlineBefore && sources.lineColumn(here()).column == 1;
    if (firstColumn && (startsDeclaration() || at(TokenKind::Let))) break;
    take();
  }
  panic = false;
}

bool Parser::closeBracket(TokenKind close, const Token& open, bool list) {
  if (accept(close)) return true;
  if (at(TokenKind::Invalid)) {
    panic = true;
    return false;
  }
  bool atEnd = startsStatement() || at(TokenKind::EndOfFile);
  Span span = atEnd ? previousEnd() : here();
  std::string wanted = (list && !atEnd ? "',' or " : "") + std::string(describe(close));
  noteComment(fail(Diag::UnclosedBracket, span, wanted, describe(open.kind),
                   atEnd ? "the end of the statement" : found())
                  .secondary(open.span, "opened here"),
              open.span.end);
  return false;
}

ast::File Parser::file() {
  tree.file = range.file;
  while (!at(TokenKind::EndOfFile)) {
    if (accept(TokenKind::Semicolon)) continue;
    size_t before = position;
    unclosedBody = false;
    ast::Decl* decl = declaration();
    if (decl) tree.declarations.push_back(decl);
    if (position == before) take();
    if (panic) syncDeclaration();
  }
  return std::move(tree);
}

ast::Expr* Parser::hole() {
  ignoreNewlines = true;
  ast::Expr* value = expression();
  if (!at(TokenKind::EndOfFile)) failExpected("the end of the value");
  return value;
}

} // namespace cnn
