#include "dsl/source_to_ast/lexer.h"

#include <algorithm>
#include <array>

namespace cnn {

using namespace std::string_view_literals;

std::string_view describe(TokenKind kind) {
  static constexpr std::array names = {
#define CNN_TOKEN(name, spelling) std::string_view(spelling),
#include "dsl/source_to_ast/tokens.def"
  };
  return names[static_cast<size_t>(kind)];
}

bool isKeyword(TokenKind kind) {
  return kind >= TokenKind::And;
}

bool isIdentifierStart(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
static bool isDigit(char c) {
  return c >= '0' && c <= '9';
}
bool isIdentifierPart(char c) {
  return isIdentifierStart(c) || isDigit(c);
}

Span wholeFile(const SourceManager& sources, FileId file) {
  return {file, 0, static_cast<uint32_t>(sources.file(file).text.size())};
}

static TokenKind wordKind(std::string_view word) {
  static constexpr std::pair<std::string_view, TokenKind> keywords[] = {
#define CNN_TOKEN(name, spelling)
#define CNN_KEYWORD(name, spelling) {spelling, TokenKind::name},
#include "dsl/source_to_ast/tokens.def"
  };
  auto at = std::lower_bound(std::begin(keywords), std::end(keywords), word,
                             [](auto& row, std::string_view w) { return row.first < w; });
  return at != std::end(keywords) && at->first == word ? at->second : TokenKind::Identifier;
}

namespace {

class Lexer {
public:
  Lexer(const SourceManager& sources, Span range, DiagnosticEngine& diagnostics)
      : diagnostics(diagnostics), file(range.file),
        text(std::string_view(sources.file(range.file).text).substr(0, range.end)), at(range.begin) {}

  TokenStream run() {
    if (at == 0 && rejectUtf16()) at = text.size();
    while (skipBlanks(), at < text.size()) token();
    add(TokenKind::EndOfFile, at);
    return std::move(result);
  }

private:
  char peek(size_t ahead = 0) const { return at + ahead < text.size() ? text[at + ahead] : '\0'; }
  Span spanFrom(size_t begin) const {
    return {file, static_cast<uint32_t>(begin), static_cast<uint32_t>(at)};
  }

  void add(TokenKind kind, size_t begin) {
    result.tokens.push_back({kind, newline, space, spanFrom(begin)});
    newline = space = false;
  }

  bool rejectUtf16() {
    if (!text.starts_with("\xFF\xFE") && !text.starts_with("\xFE\xFF")) return false;
    diagnostics.report(Diag::InvalidUtf8, Span{file, 0, 2})
        .note("this looks like UTF-16: save the file as UTF-8");
    return true;
  }

  void skipBlanks() {
    while (at < text.size()) {
      char c = text[at];
      if (c == '\n') newline = true;
      if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
        space = true;
        ++at;
      } else if (c == '/' && peek(1) == '/') {
        comment();
      } else if (c == '/' && peek(1) == '*') {
        blockComment();
      } else {
        return;
      }
    }
  }

  void comment() {
    size_t begin = at;
    bool documentation = peek(2) == '/' && peek(3) != '/';
    while (at < text.size() && text[at] != '\n') {
      size_t length = utf8SequenceLength(text.substr(at));
      if (length == 0 || text[at] == '\0')
        badBytes();
      else
        at += length;
    }
    size_t end = at;
    while (end > begin && text[end - 1] == '\r') --end;
    Span span{file, static_cast<uint32_t>(begin), static_cast<uint32_t>(end)};
    result.comments.push_back({span, documentation, newline || result.tokens.empty()});
    space = true;
  }

  void blockComment() {
    size_t begin = at;
    size_t end = text.find("*/", at + 2);
    at = begin + 2;
    diagnostics.report(Diag::BlockComment, spanFrom(begin));
    size_t stop = end == std::string_view::npos ? text.size() : end + 2;
    if (text.substr(begin, stop - begin).find('\n') != std::string_view::npos) newline = true;
    at = stop;
    space = true;
  }

  void token() {
    size_t begin = at;
    char c = peek();
    if (isIdentifierStart(c)) return word();
    if (isDigit(c)) return number();
    if (c == '.' && isDigit(peek(1)) && !afterOperand()) return leadingDot();
    if (c == '"') return string();
    if (c == '@' && isIdentifierPart(peek(1))) return path();
    if (TokenKind kind = punctuation(); kind != TokenKind::Invalid) return add(kind, begin);
    invalid();
  }

  /// `k: int | [int]`, of Python's types.
  bool afterType() const {
    size_t i = result.tokens.size();
    while (i > 0 && result.tokens[i - 1].kind == TokenKind::RightBracket) --i;
    if (i == 0) return false;
    const Span& last = result.tokens[i - 1].span;
    static constexpr std::array types = {"int"sv, "float"sv, "bool"sv, "string"sv, "block"sv, "f32"sv};
    return std::ranges::count(types, text.substr(last.begin, last.end - last.begin)) > 0;
  }

  /// `x.0` is a (wrong) member access, `= .5` a number without its leading digit.
  bool afterOperand() const {
    if (space || result.tokens.empty()) return false;
    TokenKind last = result.tokens.back().kind;
    return last == TokenKind::Identifier || last == TokenKind::RightParen ||
           last == TokenKind::RightBracket || last == TokenKind::String || last == TokenKind::Path;
  }

  /// Letters beyond ASCII are refused but belong to the word, so that it is one mistake and one name.
  void word() {
    size_t begin = at;
    size_t foreign = 0, foreignLength = 0;
    while (at < text.size()) {
      size_t length = utf8SequenceLength(text.substr(at));
      bool isForeign = length > 1 && !lookAlike();
      if (!isForeign && !isIdentifierPart(peek())) break;
      if (isForeign && foreignLength == 0) foreign = at, foreignLength = length;
      at += isForeign ? length : 1;
    }
    if (foreignLength != 0)
      diagnostics
          .report(Diag::UnexpectedCharacter,
                  Span{file, static_cast<uint32_t>(foreign), static_cast<uint32_t>(foreign + foreignLength)},
                  text.substr(foreign, foreignLength))
          .note("names consist of the letters a to z and A to Z, digits and '_'");
    add(wordKind(text.substr(begin, at - begin)), begin);
  }

  /// `@a.b.0`: one token, as `0.5` in a path is two segments and not a number.
  void path() {
    size_t begin = at++;
    while (isIdentifierPart(peek())) ++at;
    while (peek() == '.' && isIdentifierPart(peek(1))) {
      ++at;
      while (isIdentifierPart(peek())) ++at;
    }
    add(TokenKind::Path, begin);
  }

  void digits() {
    while (isDigit(peek())) ++at;
  }

  void number() {
    size_t begin = at;
    bool isFloat = false;
    digits();
    if (peek() == '.' && isDigit(peek(1))) {
      isFloat = true;
      ++at;
      digits();
    } else if (peek() == '.' && peek(1) != '.' && !isIdentifierStart(peek(1))) {
      ++at;
      diagnostics.report(Diag::FloatNeedsDigits, spanFrom(begin))
          .fix("write the digit after the dot",
               {{{file, static_cast<uint32_t>(at), static_cast<uint32_t>(at)}, "0"}});
      isFloat = true;
    }
    bool exponent = (peek() == 'e' || peek() == 'E') &&
                    (isDigit(peek(1)) || ((peek(1) == '+' || peek(1) == '-') && isDigit(peek(2))));
    if (exponent) {
      isFloat = true;
      at += 2;
      digits();
    }
    size_t suffix = at;
    while (isIdentifierPart(peek())) ++at;
    std::string_view unit = text.substr(suffix, at - suffix);
    static constexpr std::array units = {"k"sv, "M"sv, "G"sv, "KiB"sv, "MiB"sv, "GiB"sv};
    bool known = unit.empty() || (!isFloat && std::find(units.begin(), units.end(), unit) != units.end());
    if (!known) {
      Span span{file, static_cast<uint32_t>(suffix), static_cast<uint32_t>(at)};
      Diagnostic& diagnostic = diagnostics.report(Diag::BadNumberSuffix, span, unit);
      if (isFloat)
        diagnostic.note("a number with a fraction or an exponent takes no unit");
      else
        diagnostic.didYouMean(nearest(unit, units));
      // The number itself is good enough to go on with.
      result.tokens.push_back({isFloat ? TokenKind::Float : TokenKind::Int,
                               newline,
                               space,
                               {file, static_cast<uint32_t>(begin), static_cast<uint32_t>(suffix)}});
      newline = space = false;
      return;
    }
    add(isFloat ? TokenKind::Float : TokenKind::Int, begin);
  }

  void leadingDot() {
    size_t begin = at++;
    digits();
    diagnostics.report(Diag::FloatNeedsDigits, spanFrom(begin))
        .fix("write the digit before the dot",
             {{{file, static_cast<uint32_t>(begin), static_cast<uint32_t>(begin)}, "0"}});
    add(TokenKind::Float, begin);
  }

  void string() {
    size_t begin = at++;
    bool spaced = space; // bad bytes inside are no space before
    while (at < text.size() && text[at] != '"' && text[at] != '\n') {
      if (text[at] == '\\' && at + 1 < text.size() && text[at + 1] != '\n') {
        at += 2;
        continue;
      }
      size_t length = utf8SequenceLength(text.substr(at));
      if (length == 0 || text[at] == '\0')
        badBytes();
      else
        at += length;
    }
    if (peek() == '"') {
      ++at;
    } else {
      while (at > begin + 1 && (text[at - 1] == '\r')) --at;
      diagnostics.report(Diag::UnterminatedString, spanFrom(begin));
    }
    space = spaced;
    add(TokenKind::String, begin);
  }

  TokenKind punctuation() {
    static constexpr std::pair<std::string_view, TokenKind> spellings[] = {
        {"**", TokenKind::StarStar},  {"..", TokenKind::DotDot},       {"->", TokenKind::Arrow},
        {"|>", TokenKind::Pipe},      {"==", TokenKind::Equal},        {"!=", TokenKind::NotEqual},
        {"<=", TokenKind::LessEqual}, {">=", TokenKind::GreaterEqual}, {"(", TokenKind::LeftParen},
        {")", TokenKind::RightParen}, {"[", TokenKind::LeftBracket},   {"]", TokenKind::RightBracket},
        {"{", TokenKind::LeftBrace},  {"}", TokenKind::RightBrace},    {",", TokenKind::Comma},
        {";", TokenKind::Semicolon},  {":", TokenKind::Colon},         {".", TokenKind::Dot},
        {"@", TokenKind::At},         {"=", TokenKind::Assign},        {"<", TokenKind::Less},
        {">", TokenKind::Greater},    {"+", TokenKind::Plus},          {"-", TokenKind::Minus},
        {"*", TokenKind::Star},       {"/", TokenKind::Slash},         {"%", TokenKind::Percent}};
    for (auto& [spelling, kind] : spellings) {
      if (!text.substr(at).starts_with(spelling)) continue;
      at += spelling.size();
      return kind;
    }
    return TokenKind::Invalid;
  }

  /// Characters that word processors and other languages put in place of ours, with what is meant.
  const std::pair<std::string_view, std::string_view>* lookAlike() const {
    static constexpr std::pair<std::string_view, std::string_view> lookAlikes[] = {
        {"\xC2\xA0", " "}, {"×", "*"},    {"·", "*"},   {"÷", "/"},  {"−", "-"},    {"–", "-"},
        {"—", "-"},        {"“", "\""},   {"”", "\""},  {"‘", "\""}, {"’", "\""},   {"'", "\""},
        {"≤", "<="},       {"≥", ">="},   {"≠", "!="},  {"→", "|>"}, {"&&", "and"}, {"||", "or"},
        {"|", "|>"},       {"!", "not "}, {"&", "and"}, {"^", "**"}, {"#", "//"}};
    for (auto& row : lookAlikes)
      if (text.substr(at).starts_with(row.first)) return &row;
    return nullptr;
  }

  void invalid() {
    if (const auto* row = lookAlike()) {
      auto& [found, meant] = *row;
      size_t begin = at;
      at += found.size();
      std::vector<Edit> edits{{spanFrom(begin), std::string(meant)}};
      if (meant == "\"") { // up to the sign that closes it
        std::string_view closing = found == "“" ? "”" : found == "‘" ? "’" : found;
        while (at < text.size() && text[at] != '\n' && !text.substr(at).starts_with(closing)) ++at;
        size_t end = at;
        if (text.substr(at).starts_with(closing)) {
          at += closing.size();
          edits.push_back({spanFrom(end), "\""});
        }
      }
      Span first{file, static_cast<uint32_t>(begin), static_cast<uint32_t>(begin + found.size())};
      bool blank = meant == " ";
      Diagnostic& diagnostic = diagnostics.report(Diag::UnexpectedCharacter, first, blank ? "U+00A0" : found);
      if (found == "|" && afterType())
        diagnostic.note("a parameter has one type: write two functions, or give a list of one");
      else
        diagnostic.fix(blank ? "write a plain space" : "write '" + std::string(meant) + "'", edits);
      if (meant == "//") {
        while (at < text.size() && text[at] != '\n') ++at;
      } else if (meant == "\"") {
        add(TokenKind::Invalid, begin);
      } else if (!blank) {
        add(TokenKind::Invalid, begin);
      }
      return;
    }
    size_t begin = at, length = utf8SequenceLength(text.substr(at));
    if (length == 0 || text[at] == '\0') return badBytes();
    if (length > 1) return word();
    at += length;
    std::string_view character = text.substr(begin, length);
    bool control = length == 1 && (static_cast<unsigned char>(character[0]) < 0x20 || character[0] == 0x7F);
    std::string shown = control ? "U+00" + std::string(1, "0123456789ABCDEF"[character[0] >> 4]) +
                                      std::string(1, "0123456789ABCDEF"[character[0] & 15])
                                : std::string(character);
    Diagnostic& diagnostic = diagnostics.report(Diag::UnexpectedCharacter, spanFrom(begin), shown);
    if (character == "?")
      diagnostic.note(
          "a choice is written if condition { a } else { b }, a free dimension has a name like N");
    add(TokenKind::Invalid, begin);
  }

  /// A run of NUL bytes or of ill-formed UTF-8 is one mistake.
  void badBytes() {
    size_t begin = at;
    bool nul = text[at] == '\0';
    while (at < text.size() && (nul ? text[at] == '\0' : utf8SequenceLength(text.substr(at)) == 0)) ++at;
    diagnostics.report(nul ? Diag::NulByte : Diag::InvalidUtf8, spanFrom(begin));
    space = true;
  }

  DiagnosticEngine& diagnostics;
  FileId file;
  std::string_view text;
  size_t at;
  bool newline = false, space = false;
  TokenStream result;
};

} // namespace

TokenStream lex(const SourceManager& sources, Span range, DiagnosticEngine& diagnostics) {
  return Lexer(sources, range, diagnostics).run();
}

} // namespace cnn
