//===- context.cpp - Reads the tokens before a place ---------------------------------------------------===//

#include "context.h"

#include <algorithm>

namespace cnn::language_server {

namespace {

constexpr std::string_view sections[] = {"network", "block", "func",   "train",  "group",
                                         "phase",   "step",  "budget", "kernels"};

/// An open bracket.
struct Bracket {
  TokenKind kind;
  std::string_view section; ///< of a brace
  size_t statement = 0;     ///< first token of the statement around it
  OpenCall call;            ///< of a parenthesis after a name
  bool isCall = false;
};

class Reader {
public:
  Reader(const Analysis& analysis, uint32_t offset, Context& result)
      : analysis(analysis), offset(offset), result(result) {}

  void run() {
    if (inComment()) return;
    const std::vector<Token>& tokens = analysis.tokens.tokens;
    result.word = {analysis.file(), offset, offset};
    while (count < tokens.size() && tokens[count].kind != TokenKind::EndOfFile &&
           tokens[count].span.end + isOpenString(tokens[count]) <= offset)
      ++count;
    if (count > 0 && isWord(tokens[count - 1]) && tokens[count - 1].span.end == offset) --count;
    bool inToken = count < tokens.size() && tokens[count].kind != TokenKind::EndOfFile &&
                   tokens[count].span.begin < offset;
    if (inToken && (tokens[count].kind == TokenKind::Path || tokens[count].kind == TokenKind::Invalid))
      return;
    if (inToken && isWord(tokens[count])) result.word.begin = tokens[count].span.begin;
    if (count > 0 && tokens[count - 1].span.end == offset && tokens[count - 1].kind == TokenKind::Path)
      return;
    for (size_t i = 0; i < count; ++i) read(i);
    result.section = currentSection();
    result.network = network;
    bool inString = inToken && tokens[count].kind == TokenKind::String;
    if (inString && inHole(tokens[count])) return;
    if (!brackets.empty() && brackets.back().isCall) result.call = brackets.back().call;
    if (inString)
      inside(tokens[count]);
    else
      classify();
  }

private:
  const Token& token(size_t i) const { return analysis.tokens.tokens[i]; }
  std::string_view text(size_t i) const { return analysis.text(token(i).span); }
  static bool isWord(const Token& token) {
    return token.kind == TokenKind::Identifier || isKeyword(token.kind);
  }

  bool inComment() const {
    return std::ranges::any_of(analysis.tokens.comments, [&](const Comment& comment) {
      return comment.span.begin < offset && offset <= comment.span.end;
    });
  }

  /// A string without its closing quote, which ends with its line.
  bool isOpenString(const Token& token) const {
    std::string_view text = analysis.text(token.span);
    return token.kind == TokenKind::String && (text.size() < 2 || !text.ends_with('"'));
  }

  void inside(const Token& string) {
    result.word = {analysis.file(), string.span.begin + 1, offset};
    bool headsSection = brackets.empty() && statement < count &&
                        (text(statement) == "budget" || text(statement) == "kernels");
    if (count > 0 && text(count - 1) == "use")
      result.expected = Expected::File;
    else if (headsSection && token(count - 1).kind == TokenKind::For)
      result.expected = Expected::Machine;
    else
      result.expected = selects() ? Expected::Path : Expected::Text;
  }

  /// Whether the place is within `{ }` of a string, where a value is expected.
  bool inHole(const Token& string) {
    std::string_view text = analysis.text({analysis.file(), string.span.begin + 1, offset});
    int depth = 0;
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\\')
        ++i;
      else if (text[i] == '{' || (text[i] == '}' && depth > 0))
        depth += text[i] == '{' ? 1 : -1;
    }
    if (depth == 0) return false;
    size_t word = text.size();
    while (word > 0 && isIdentifierPart(text[word - 1])) --word;
    result.word.begin = string.span.begin + 1 + uint32_t(word);
    if (word > 0 && text[word - 1] != '.') result.expected = Expected::Value;
    return true;
  }

  /// Whether a string before which the tokens end selects parts of a network.
  bool selects() const {
    if (result.section == "kernels" && inBraces()) return startsStatement(count);
    if (statement >= count) return false;
    std::string_view first = text(statement);
    bool assigned = std::ranges::any_of(analysis.tokens.tokens.begin() + statement,
                                        analysis.tokens.tokens.begin() + count,
                                        [](const Token& t) { return t.kind == TokenKind::Assign; });
    if (first == "freeze" || first == "update") return assigned;
    return (first == "init" || first == "group") && !assigned;
  }

  bool inBraces() const { return brackets.empty() || brackets.back().kind == TokenKind::LeftBrace; }

  /// Whether a statement goes on after this token although the line ends.
  static bool goesOn(const Token& token) {
    switch (token.kind) {
    case TokenKind::Identifier:
    case TokenKind::Int:
    case TokenKind::Float:
    case TokenKind::String:
    case TokenKind::Path:
    case TokenKind::RightParen:
    case TokenKind::RightBracket:
    case TokenKind::RightBrace:
    case TokenKind::LeftBrace:
    case TokenKind::Semicolon:
    case TokenKind::True:
    case TokenKind::False:
    case TokenKind::Invalid:
      return false;
    default:
      return !isKeyword(token.kind) || token.kind == TokenKind::And || token.kind == TokenKind::Or ||
             token.kind == TokenKind::Not || token.kind == TokenKind::In;
    }
  }

  static bool continues(const Token& token) {
    return token.kind == TokenKind::Pipe || token.kind == TokenKind::Else || token.kind == TokenKind::And ||
           token.kind == TokenKind::Or;
  }

  bool startsStatement(size_t i) const {
    if (i == 0) return true;
    const Token& before = token(i - 1);
    if (!inBraces()) return false;
    if (before.kind == TokenKind::LeftBrace || before.kind == TokenKind::Semicolon) return true;
    return token(i).newlineBefore && !continues(token(i)) && !goesOn(before);
  }

  void read(size_t i) {
    if (startsStatement(i)) statement = i;
    switch (token(i).kind) {
    case TokenKind::LeftBrace:
      if (brackets.empty() && statement + 1 < i) network = text(statement + 1);
      brackets.push_back({TokenKind::LeftBrace, sectionOf(statement), statement, {}, false});
      statement = i + 1;
      break;
    case TokenKind::LeftParen:
      open(i);
      break;
    case TokenKind::LeftBracket:
      brackets.push_back({TokenKind::LeftBracket, {}, statement, {}, false});
      break;
    case TokenKind::RightBrace:
    case TokenKind::RightParen:
    case TokenKind::RightBracket:
      if (brackets.empty()) break;
      statement = brackets.back().statement;
      brackets.pop_back();
      break;
    case TokenKind::Comma:
      if (brackets.empty() || !brackets.back().isCall) break;
      if (!brackets.back().call.named.empty())
        brackets.back().call.given.push_back(brackets.back().call.named);
      brackets.back().call.named = {};
      ++brackets.back().call.argument;
      break;
    case TokenKind::Assign:
      if (!brackets.empty() && brackets.back().isCall && i > 0) brackets.back().call.named = text(i - 1);
      break;
    default:
      break;
    }
  }

  std::string_view sectionOf(size_t first) const {
    std::string_view word = first < count ? text(first) : std::string_view();
    bool trainOutput = word == "train" && first + 1 < count && token(first + 1).kind == TokenKind::Output;
    if (!trainOutput && std::ranges::count(sections, word)) return word;
    return brackets.empty() ? std::string_view() : currentSection();
  }

  std::string_view currentSection() const {
    for (auto bracket = brackets.rbegin(); bracket != brackets.rend(); ++bracket)
      if (bracket->kind == TokenKind::LeftBrace) return bracket->section;
    return {};
  }

  /// A parenthesis right after a name is a call, but for the parameters of a declaration.
  void open(size_t i) {
    Bracket bracket{TokenKind::LeftParen, {}, statement, {}, false};
    bool declares = statement + 2 == i && inBraces() &&
                    (text(statement) == "network" || text(statement) == "block" || text(statement) == "func");
    if (i > 0 && token(i - 1).kind == TokenKind::Identifier && !declares && !token(i).newlineBefore) {
      size_t first = i - 1;
      while (first >= 2 && token(first - 1).kind == TokenKind::Dot &&
             token(first - 2).kind == TokenKind::Identifier)
        first -= 2;
      bracket.isCall = true;
      bracket.call.callee = token(first).span.to(token(i - 1).span);
      bracket.call.piped = first > 0 && token(first - 1).kind == TokenKind::Pipe;
      bracket.call.bracket = token(i).span.begin;
    }
    brackets.push_back(std::move(bracket));
  }

  /// Nothing but white space with a line end stands between the last token and the place.
  bool onNewLine() const {
    if (count == 0) return true;
    uint32_t from = token(count - 1).span.end;
    return analysis.source().text.substr(from, result.word.begin - from).find('\n') != std::string::npos;
  }

  bool atStatementStart() const {
    if (count == 0) return true;
    if (!inBraces()) return false;
    TokenKind before = token(count - 1).kind;
    if (before == TokenKind::LeftBrace || before == TokenKind::Semicolon) return true;
    return onNewLine() && !goesOn(token(count - 1));
  }

  void classify() {
    if (atStatementStart()) {
      result.expected = brackets.empty() ? Expected::Declaration : Expected::Statement;
      return;
    }
    const Token& before = token(count - 1);
    switch (before.kind) {
    case TokenKind::Dot:
      result.expected = Expected::Member;
      result.base = before.span.begin;
      return;
    case TokenKind::Pipe:
      result.expected = Expected::Stage;
      result.target = statementTarget();
      return;
    case TokenKind::Colon:
    case TokenKind::Arrow:
      result.expected = Expected::Type;
      return;
    case TokenKind::Train:
      result.expected = Expected::Network;
      return;
    case TokenKind::Identifier: {
      bool heads = count - 1 == statement && brackets.empty();
      if (heads && (text(statement) == "budget" || text(statement) == "kernels"))
        result.expected = Expected::Network;
      bool beginsStatement = count - 1 == statement && !brackets.empty() && inBraces();
      if (!beginsStatement) return;
      if (text(statement) == "init") result.expected = Expected::Value;
      if (text(statement) == "augment" || text(statement) == "preprocess") result.expected = Expected::Input;
      if (text(statement) == "labels") result.expected = Expected::Output;
      return;
    }
    case TokenKind::Comma:
    case TokenKind::LeftParen:
      result.argumentStart = result.call.has_value();
      result.expected = Expected::Value;
      result.target = statementTarget();
      return;
    default:
      if (beginsValue(before)) {
        result.expected = Expected::Value;
        result.target = statementTarget();
      }
    }
  }

  static bool beginsValue(const Token& token) {
    switch (token.kind) {
    case TokenKind::Return:
    case TokenKind::If:
    case TokenKind::Assert:
    case TokenKind::LeftBracket:
      return true;
    default:
      return goesOn(token) && token.kind != TokenKind::At;
    }
  }

  /// `optimizer` in `optimizer = …`, the keyword in `augment image = …`; nothing inside brackets.
  std::string_view statementTarget() const {
    if (!inBraces() || statement >= count) return {};
    std::string_view first = text(statement);
    if (first == "augment" || first == "preprocess" || first == "init" || first == "metric" ||
        first == "param")
      return first;
    bool setting = statement + 1 < count && token(statement + 1).kind == TokenKind::Assign;
    return setting ? first : std::string_view();
  }

  const Analysis& analysis;
  uint32_t offset;
  size_t count = 0;     ///< tokens before the place and before the word that is being typed
  size_t statement = 0; ///< first token of the innermost statement
  std::string_view network;
  std::vector<Bracket> brackets;
  Context& result;
};

} // namespace

Context contextAt(const Analysis& analysis, uint32_t offset) {
  Context result;
  Reader(analysis, offset, result).run();
  return result;
}

} // namespace cnn::language_server
