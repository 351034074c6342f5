#include "dsl/fmt/fmt.h"

#include "dsl/source_to_ast/lexer.h"
#include "dsl/source_to_ast/parser.h"

#include <algorithm>

namespace cnn {

namespace {

constexpr size_t indentWidth = 2;

/// A token or a comment.
struct Item {
  TokenKind kind;
  Span span;
  bool comment = false;
  bool opensStatement = false; ///< first token of a statement or declaration
};

bool opens(TokenKind kind) {
  return kind == TokenKind::LeftParen || kind == TokenKind::LeftBracket || kind == TokenKind::LeftBrace;
}

bool closes(TokenKind kind) {
  return kind == TokenKind::RightParen || kind == TokenKind::RightBracket || kind == TokenKind::RightBrace;
}

/// After such a token a minus is a sign and a bracket begins a value.
bool endsOperand(TokenKind kind) {
  switch (kind) {
  case TokenKind::Identifier:
  case TokenKind::Int:
  case TokenKind::Float:
  case TokenKind::String:
  case TokenKind::Path:
  case TokenKind::True:
  case TokenKind::False:
  case TokenKind::Block:
  case TokenKind::RightParen:
  case TokenKind::RightBracket:
  case TokenKind::RightBrace:
    return true;
  default:
    return false;
  }
}

class Formatter {
public:
  Formatter(const SourceManager& sources, FileId file, const TokenStream& stream)
      : text(sources.file(file).text), sources(sources) {
    size_t comment = 0;
    for (const Token& token : stream.tokens) {
      while (comment < stream.comments.size() && stream.comments[comment].span.begin < token.span.begin)
        items.push_back({TokenKind::EndOfFile, stream.comments[comment++].span, true});
      if (token.kind != TokenKind::EndOfFile) items.push_back({token.kind, token.span});
    }
    while (comment < stream.comments.size())
      items.push_back({TokenKind::EndOfFile, stream.comments[comment++].span, true});
    nextToken.resize(items.size());
    for (size_t i = items.size(), next = i; i-- > 0;) nextToken[i] = next = items[i].comment ? next : i;
  }

  std::string run() {
    for (size_t i = 0; i < items.size(); ++i) {
      newlines += newlinesBefore(i);
      if (isRedundantSemicolon(i)) continue;
      place(i);
      write(items[i]);
      newlines = 0;
    }
    if (!out.empty()) out += '\n';
    return std::move(out);
  }

private:
  struct Bracket {
    TokenKind kind;
    size_t indent; ///< of the line in which it was opened
  };

  std::string_view gapBefore(size_t i) const {
    uint32_t from = i == 0 ? 0 : items[i - 1].span.end;
    return std::string_view(text).substr(from, items[i].span.begin - from);
  }

  size_t newlinesBefore(size_t i) const {
    std::string_view gap = gapBefore(i);
    return static_cast<size_t>(std::count(gap.begin(), gap.end(), '\n'));
  }

  bool isRedundantSemicolon(size_t i) const {
    if (items[i].comment || items[i].kind != TokenKind::Semicolon) return false;
    size_t next = i + 1;
    if (next < items.size() && items[next].comment) return true;
    if (next == items.size() || newlinesBefore(next) > 0) return true;
    if (!items[next].comment &&
        (items[next].kind == TokenKind::RightBrace || items[next].kind == TokenKind::Semicolon))
      return true;
    return !last || last->kind == TokenKind::LeftBrace;
  }

  bool inStatements() const { return brackets.empty() || brackets.back().kind == TokenKind::LeftBrace; }

  static bool linksBack(const Item& item) {
    return !item.comment && (item.kind == TokenKind::Pipe || item.kind == TokenKind::Else ||
                             item.kind == TokenKind::And || item.kind == TokenKind::Or);
  }

  /// The line belongs to the statement that began above.
  bool isContinuation(const Item& item) const {
    if (!inStatements() || !last) return false;
    if (linksBack(item)) return true;
    return !endsOperand(last->kind) && last->kind != TokenKind::LeftBrace &&
           last->kind != TokenKind::Semicolon;
  }

  size_t lineIndentFor(size_t i) const {
    // A comment stands with what it is about.
    size_t next = nextToken[i];
    bool closing = next < items.size() && next == i && closes(items[next].kind);
    if (closing && !brackets.empty()) return brackets.back().indent;
    size_t base = brackets.empty() ? 0 : brackets.back().indent + indentWidth;
    bool closesNext = next < items.size() && next != i && closes(items[next].kind);
    bool continues = next < items.size() && !closesNext && isContinuation(items[next]);
    bool linksInBrackets = next < items.size() && !inStatements() && linksBack(items[next]);
    if (!continues && !linksInBrackets) return base;
    // A writer may align the line with what it goes on with.
    std::string_view gap = gapBefore(i);
    std::string_view given = gap.substr(gap.find_last_of('\n') + 1);
    bool plain = given.find_first_not_of(' ') == std::string_view::npos;
    return std::max(base + (continues ? indentWidth : 0), plain ? given.size() : 0);
  }

  /// Line breaks and white space before an item.
  void place(size_t i) {
    Item& item = items[i];
    bool startsStatement = inStatements() && !item.comment &&
                           (!last || last->kind == TokenKind::Semicolon ||
                            last->kind == TokenKind::LeftBrace || (newlines > 0 && !isContinuation(item)));
    item.opensStatement = startsStatement;
    if (out.empty()) {
      lineIndent = 0;
      return;
    }
    if (newlines == 0) {
      out.append(spaces(i), ' ');
      return;
    }
    bool afterOpening = last && opens(last->kind) && !lastWasComment;
    bool beforeClosing = !item.comment && closes(item.kind);
    out += newlines > 1 && !afterOpening && !beforeClosing ? "\n\n" : "\n";
    lineIndent = lineIndentFor(i);
    out.append(lineIndent, ' ');
  }

  /// Spaces between two items of a line.
  size_t spaces(size_t i) const {
    const Item& item = items[i];
    std::string_view gap = gapBefore(i);
    bool plain = gap.find_first_not_of(' ') == std::string_view::npos;
    size_t given = plain ? gap.size() : 0;
    if (item.comment) return std::max<size_t>(given, 1);
    const Item& before = *last;
    size_t needed = needsSpace(before, item) ? 1 : 0;
    bool aligns = item.kind == TokenKind::Assign || item.kind == TokenKind::Pipe ||
                  item.kind == TokenKind::Path || item.kind == TokenKind::At ||
                  before.kind == TokenKind::Comma;
    return needed == 1 && aligns ? std::max(needed, given) : needed;
  }

  bool needsSpace(const Item& before, const Item& item) const {
    switch (item.kind) {
    case TokenKind::Comma:
    case TokenKind::Semicolon:
    case TokenKind::Colon:
    case TokenKind::Dot:
    case TokenKind::DotDot:
    case TokenKind::RightParen:
    case TokenKind::RightBracket:
      return false;
    default:
      break;
    }
    switch (before.kind) {
    case TokenKind::LeftParen:
    case TokenKind::LeftBracket:
    case TokenKind::Dot:
    case TokenKind::DotDot:
    case TokenKind::At:
      return false;
    case TokenKind::Minus:
      if (lastIsSign) return false;
      break;
    default:
      break;
    }
    bool attaches = item.kind == TokenKind::LeftParen || item.kind == TokenKind::LeftBracket;
    if (!attaches) return true;
    // `init [conv] = …` is not `init[conv]`.
    if (before.opensStatement) return isSectionWord(before);
    bool callable = before.kind == TokenKind::Identifier || before.kind == TokenKind::RightParen ||
                    before.kind == TokenKind::RightBracket;
    return !callable;
  }

  bool isSectionWord(const Item& item) const {
    std::string_view word = sources.text(item.span);
    if (isKeyword(item.kind)) return true;
    return word == "init" || word == "group" || word == "augment" || word == "preprocess";
  }

  void write(const Item& item) {
    if (!item.comment) {
      lastIsSign =
          item.kind == TokenKind::Minus && (!last || !endsOperand(last->kind) || item.opensStatement);
      if (opens(item.kind))
        brackets.push_back({item.kind, lineIndent});
      else if (closes(item.kind) && !brackets.empty())
        brackets.pop_back();
      last = &item;
    }
    lastWasComment = item.comment;
    std::string_view spelled = sources.text(item.span);
    while (item.comment && (spelled.ends_with(' ') || spelled.ends_with('\t'))) spelled.remove_suffix(1);
    out += spelled;
  }

  const std::string& text;
  const SourceManager& sources;
  std::vector<Item> items;
  std::vector<size_t> nextToken; ///< of each item: itself, or the first token after comments
  std::vector<Bracket> brackets;
  std::string out;
  size_t lineIndent = 0;
  size_t newlines = 0;        ///< since the last thing written: those beside a dropped ';' count as well
  const Item* last = nullptr; ///< token written before
  bool lastWasComment = false;
  bool lastIsSign = false;
};

} // namespace

std::optional<std::string> format(const SourceManager& sources, FileId file, DiagnosticEngine& diagnostics) {
  size_t before = diagnostics.count();
  ast::AstContext context;
  parse(sources, file, context, diagnostics);
  if (diagnostics.count() != before) return std::nullopt;
  return Formatter(sources, file, lex(sources, wholeFile(sources, file), diagnostics)).run();
}

} // namespace cnn
