/// What writers bring from other languages, understood as far as a useful answer needs it.
#include "dsl/source_to_ast/parser_impl.h"

#include <algorithm>

namespace cnn {

using namespace ast;

/// `while …` and `import …` in a body.
bool Parser::foreignStatement() {
  if (!at(TokenKind::Identifier) || next().newlineBefore) return false;
  bool loop = atWord("while") && next().kind != TokenKind::Assign && next().kind != TokenKind::Dot;
  bool imports = (atWord("import") || atWord("from")) && next().kind == TokenKind::Identifier;
  if (!loop && !imports) return false;
  error(Diag::UnknownStatement, here(), text(current()))
      .note(loop ? "a loop goes over a list: for i in 0..n { … }"
                 : "files are used at the top level: use \"./layers.cnn\"; operators are built in");
  if (loop)
    skipBody();
  else
    panic = true;
  return true;
}

/// `return a, b`: reported, and parsed as the list that is meant.
Expr* Parser::unbracketed(Expr* first) {
  if (panic || !at(TokenKind::Comma)) return first;
  auto* list = make<ListExpr>(first->span);
  list->elements.push_back(first);
  uint32_t height = first->height;
  while (!panic && accept(TokenKind::Comma)) {
    list->elements.push_back(expression());
    height = std::max(height, list->elements.back()->height);
  }
  list->span = since(first->span);
  Span begin{list->span.file, list->span.begin, list->span.begin}, end = previousEnd();
  error(Diag::TupleIsList, list->span).fix("write square brackets", {{begin, "["}, {end, "]"}});
  return finish(list, {}, height);
}

/// `for i, j in …` and `let a, b = …`, likewise.
void Parser::unbracketed(Pattern*& first) {
  if (panic || !at(TokenKind::Comma)) return;
  auto* list = make<ListPattern>(first->span);
  list->elements.push_back(first);
  while (!panic && accept(TokenKind::Comma)) list->elements.push_back(pattern());
  list->span = since(first->span);
  Span begin{list->span.file, list->span.begin, list->span.begin}, end = previousEnd();
  error(Diag::TupleIsList, list->span).fix("write square brackets", {{begin, "["}, {end, "]"}});
  first = list;
}

/// `x[:, 0:2]` of a tensor: reported, and passed over. True when it was.
bool Parser::sliceOfTensor() {
  constexpr size_t farthest = 100; // tokens
  bool colon = false, comma = false;
  size_t i = 0;
  for (int depth = 1; i < farthest; ++i) {
    TokenKind kind = next(i).kind;
    if (kind == TokenKind::EndOfFile) return false;
    bool opens = kind == TokenKind::LeftParen || kind == TokenKind::LeftBracket;
    bool closes = kind == TokenKind::RightParen || kind == TokenKind::RightBracket;
    depth += opens ? 1 : closes ? -1 : 0;
    if (depth == 0) break;
    colon = colon || (depth == 1 && kind == TokenKind::Colon);
    comma = comma || (depth == 1 && kind == TokenKind::Comma);
  }
  if (!colon || !comma || i == farthest) return false;
  error(Diag::ExpectedToken, here().to(next(i).span), "a whole number or a range",
        "'" + std::string(sources.text({range.file, here().begin, next(i).span.begin})) + "'")
      .note("channels of a tensor are taken by x |> slice(begin, end)");
  position += i + 1;
  return true;
}

/// `xs[0:2]`, parsed as the range that is meant.
void Parser::colonInIndex() {
  if (panic || !at(TokenKind::Colon)) return;
  error(Diag::ExpectedToken, here(), "'..'", "':'").fix("write '..'", {{here(), ".."}});
  stream.tokens[position].kind = TokenKind::DotDot;
}

/// `x |> (conv(8, 3), relu)`: null where there is no ',' in the parentheses.
Expr* Parser::stageTuple() {
  if (!at(TokenKind::LeftParen)) return nullptr;
  std::vector<Edit> edits;
  int depth = 0;
  size_t i = 0;
  do {
    TokenKind kind = next(i).kind;
    bool opens =
        kind == TokenKind::LeftParen || kind == TokenKind::LeftBracket || kind == TokenKind::LeftBrace;
    bool closes =
        kind == TokenKind::RightParen || kind == TokenKind::RightBracket || kind == TokenKind::RightBrace;
    if (kind == TokenKind::EndOfFile) return nullptr;
    depth += opens ? 1 : closes ? -1 : 0;
    if (depth == 1 && kind == TokenKind::Comma) edits.push_back({next(i).span, " |>"});
    ++i;
  } while (depth > 0);
  if (edits.empty()) return nullptr;
  Span span = here().to(next(i - 1).span);
  error(Diag::BadPipeStage, span).fix("write '|>' between the parts", std::move(edits));
  position += i;
  return errorExpr(span);
}

/// `@layer{i}.conv`: a path that holds a value is written in quotes. True when it was reported.
bool Parser::pathWithValues(const Token& first, LabeledExpr& node) {
  if (!at(TokenKind::LeftBrace) || current().spaceBefore || current().newlineBefore) return false;
  std::string_view text = sources.file(range.file).text;
  size_t end = first.span.begin + 1;
  auto belongs = [&](char c) { return isIdentifierPart(c) || c == '.' || c == '{' || c == '}'; };
  while (end < range.end && belongs(text[end])) ++end;
  Span path{first.span.file, first.span.begin + 1, static_cast<uint32_t>(end)};
  while (!at(TokenKind::EndOfFile) && here().begin < end) take();
  Span begin{path.file, path.begin, path.begin}, after{path.file, path.end, path.end};
  error(Diag::ExpectedToken, path, "a path in quotes where it holds a value",
        "'" + std::string(sources.text(path)) + "'")
      .fix("write quotes", {{begin, "\""}, {after, "\""}});
  node.path = string(path);
  node.quoted = true;
  node.span = since(node.inner->span);
  return true;
}

/// `conv(7 // 2, 3)`: what was taken for a comment closes a bracket.
void Parser::noteComment(Diagnostic& diagnostic, uint32_t from) const {
  for (const Comment& comment : stream.comments) {
    if (comment.span.begin < from || comment.ownLine || comment.documentation) continue;
    if (comment.span.begin >= current().span.begin) return;
    std::string_view text = sources.text(comment.span);
    auto opened = std::ranges::count(text, '('), closed = std::ranges::count(text, ')');
    if (closed <= opened) continue;
    diagnostic.note(comment.span, "'//' begins a comment; floor(a / b) divides and rounds down");
    return;
  }
}

} // namespace cnn
