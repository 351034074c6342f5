/// Bodies: where they and their statements begin and end.
#include "dsl/source_to_ast/parser_impl.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cnn {

using namespace ast;

/// A word that is a keyword only at the start of a statement, where no other statement could go on like this.
bool Parser::startsContextual(std::string_view word) const {
  if (!atWord(word) || next().newlineBefore) return false;
  TokenKind after = next().kind;
  if (word == "init" || word == "group")
    return after == TokenKind::LeftBracket || after == TokenKind::Identifier || after == TokenKind::String;
  if (word == "augment" || word == "preprocess")
    return after == TokenKind::Identifier || after == TokenKind::LeftBracket;
  if ((word == "phase" || word == "step") && after == TokenKind::LeftBrace) return true;
  return after == TokenKind::Identifier ||
         (isKeyword(after) && after != TokenKind::And && after != TokenKind::Or);
}

Body Parser::body(Section owner, bool asValue) {
  Body result;
  result.span = here();
  if (!at(TokenKind::LeftBrace)) {
    failExpected("'{'");
    return result;
  }
  Token open = take();
  Newlines inside(*this, false);
  Section outer = section;
  section = owner;
  bool ofCallable = std::exchange(beginsCallable, false);
  while (!at(TokenKind::RightBrace) && !at(TokenKind::EndOfFile) && !unclosedBody) {
    if (accept(TokenKind::Semicolon)) continue;
    bool outside = current().newlineBefore && startsDeclaration() && sources.lineColumn(here()).column == 1;
    if (outside) break;
    size_t before = position;
    if (Statement* item = statement(owner, asValue))
      result.statements.push_back(item);
    else
      result.complete = false;
    if (position == before) take();
    if (panic) {
      result.complete = false;
      syncStatement();
    }
  }
  section = outer;
  if (endsOuterBody(open)) {
    --openBraces;
    error(Diag::UnclosedBrace, open.span).label("never closed");
  } else if (!accept(TokenKind::RightBrace) && !unclosedBody) {
    panic = false;
    error(Diag::UnclosedBrace, open.span).label("never closed");
    unclosedBody = true;
    unclosedEnd = here().begin;
  }
  result.span = since(open.span);
  checkUnused(result, asValue, ofCallable && (owner == Section::Func || owner == Section::Block));
  return result;
}

/// Whether this '}' closes a body around the one that was opened here, which then is the one that is never
/// closed: it stands further left than the line on which that one begins.
bool Parser::endsOuterBody(const Token& open) const {
  if (openBraces <= 0 || !at(TokenKind::RightBrace) || !current().newlineBefore) return false;
  std::string_view line = sources.lineText(open.span.file, sources.lineColumn(open.span).line);
  size_t indent = line.find_first_not_of(" \t");
  return sources.lineColumn(here()).column <= indent;
}

/// Past the '}' of a body that begins on this line.
void Parser::skipBody() {
  do take();
  while (!at(TokenKind::LeftBrace) && !at(TokenKind::EndOfFile) && !current().newlineBefore);
  if (!at(TokenKind::LeftBrace)) return;
  for (int depth = 0; !at(TokenKind::EndOfFile);) {
    depth += at(TokenKind::LeftBrace) ? 1 : at(TokenKind::RightBrace) ? -1 : 0;
    take();
    if (depth == 0) return;
  }
}

/// A value by itself is a mistake, unless it is what an `if` or `for` yields.
/// At the end of a func or block it is what should be returned.
void Parser::checkUnused(Body& body, bool asValue, bool ofCallable) {
  for (const Statement* item : body.statements) {
    auto* statement = as<ExprStatement>(item);
    if (!statement || (asValue && item == body.statements.back())) continue;
    if (as<IfExpr>(statement->value) || as<ForExpr>(statement->value) || as<ErrorExpr>(statement->value))
      continue;
    Diagnostic& diagnostic = diagnostics.report(Diag::UnusedValue, statement->span);
    Span before{statement->span.file, statement->span.begin, statement->span.begin};
    bool last = ofCallable && item == body.statements.back();
    if (last) body.complete = false; // that nothing is returned only follows from it
    // `x` in one line and `conv(8, 3)` in the next: what is piped was forgotten.
    const Expr* head = statement->value;
    if (auto* chain = as<ChainExpr>(head)) head = chain->stages[0];
    bool goesOn = as<CallExpr>(head) && item != body.statements.front();
    if (last && goesOn)
      diagnostic.suggest("return it", {{before, "return "}});
    else if (last)
      diagnostic.fix("return it", {{before, "return "}});
    if (goesOn)
      diagnostic.suggest("go on with the line above",
                         {{{head->span.file, head->span.begin, head->span.begin}, "|> "}});
  }
}

void Parser::endStatement() {
  if (panic || atStatementEnd()) return;
  if (at(TokenKind::Invalid)) { // reported by the lexer
    panic = true;
    return;
  }
  bool stray = at(TokenKind::RightParen) || at(TokenKind::RightBracket);
  if (stray)
    fail(Diag::StrayBracket, here(), describe(current().kind));
  else if (!missingSeparator())
    fail(Diag::TwoStatements, here(), found());
}

/// What a writer who comes from another language puts where a statement should end. True when it was
/// reported.
bool Parser::missingSeparator() {
  bool another = at(TokenKind::Let) || at(TokenKind::Var) || at(TokenKind::Return) || at(TokenKind::Output) ||
                 (at(TokenKind::Identifier) && next().kind == TokenKind::Assign);
  if (another) { // goes on as if the ';' was there
    error(Diag::TwoStatements, here(), found()).fix("write ';'", {{previousEnd(), ";"}});
    return true;
  }
  if (atWord("is")) {
    fail(Diag::TwoStatements, here(), found()).note("values are compared with '==' and '!='");
    return true;
  }
  if (at(TokenKind::Assign) && next().kind == TokenKind::Greater && !next().spaceBefore) {
    const Token& before = stream.tokens[position - 1];
    if (before.kind == TokenKind::Identifier) tree.lostNames.insert(text(before)); // x => f(x)
    fail(Diag::TwoStatements, here(), "'=>'")
        .note("what is applied to a tensor is declared: block name(x) = …");
    return true;
  }
  if (at(TokenKind::If)) {
    fail(Diag::TwoStatements, here(), found()).note("a choice is written if condition { a } else { b }");
    return true;
  }
  if (!at(TokenKind::Arrow)) return false;
  std::vector<Edit> arrows;
  auto ends = [](const Token& token) {
    return token.newlineBefore || token.kind == TokenKind::Semicolon || token.kind == TokenKind::EndOfFile;
  };
  for (size_t i = 0; i == 0 || !ends(next(i)); ++i)
    if (next(i).kind == TokenKind::Arrow) arrows.push_back({next(i).span, "|>"});
  fail(Diag::TwoStatements, here(), found()).fix("write '|>'", arrows);
  return true;
}

/// `lett x = 1`: reported here, and parsed as what was meant, so that x is known.
bool Parser::misspelledKeyword() {
  bool twoNames = at(TokenKind::Identifier) && next().kind == TokenKind::Identifier && !next().newlineBefore;
  if (!twoNames) return false;
  static constexpr std::array<std::string_view, 17> words = {
      "let",  "var",     "input",      "output", "param", "shared", "return", "assert", "metric",
      "init", "augment", "preprocess", "labels", "group", "phase",  "step",   "for"};
  Guess meant = nearest(text(current()), words);
  if (text(current()) == "const" || text(current()) == "auto" || text(current()) == "val")
    meant = {"let", true};
  static constexpr std::pair<std::string_view, TokenKind> kinds[] = {
      {"let", TokenKind::Let},       {"var", TokenKind::Var},       {"input", TokenKind::Input},
      {"output", TokenKind::Output}, {"param", TokenKind::Param},   {"shared", TokenKind::Shared},
      {"return", TokenKind::Return}, {"assert", TokenKind::Assert}, {"for", TokenKind::For}};
  for (auto& [word, kind] : kinds) {
    if (word != meant.word) continue;
    error(Diag::UnknownStatement, here(), text(current())).didYouMean(meant);
    stream.tokens[position].kind = kind;
    return true;
  }
  fail(Diag::UnknownStatement, here(), text(current())).didYouMean(meant);
  return true;
}

} // namespace cnn
