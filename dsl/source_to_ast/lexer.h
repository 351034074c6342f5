/// Characters to tokens.
#pragma once

#include "dsl/diagnostics/diagnostics.h"

#include <string_view>
#include <vector>

namespace cnn {

enum class TokenKind : uint8_t {
#define CNN_TOKEN(name, spelling) name,
#include "dsl/source_to_ast/tokens.def"
};

/// What an error message calls a token of this kind: "'('", "a name".
std::string_view describe(TokenKind kind);
bool isKeyword(TokenKind kind);

struct Token {
  TokenKind kind = TokenKind::EndOfFile;
  bool newlineBefore = false; ///< first of its line
  bool spaceBefore = false;
  Span span;
};

/// A comment, slashes included, without its line end.
struct Comment {
  Span span;
  bool documentation = false; ///< `///`
  bool ownLine = false;       ///< nothing but white space before it on its line
};

struct TokenStream {
  std::vector<Token> tokens; ///< ends with EndOfFile
  std::vector<Comment> comments;
};

/// The tokens of a part of a file. Reports ill-formed characters, numbers and strings, and goes on.
TokenStream lex(const SourceManager& sources, Span range, DiagnosticEngine& diagnostics);

/// The whole file as a span.
Span wholeFile(const SourceManager& sources, FileId file);

bool isIdentifierStart(char c);
bool isIdentifierPart(char c);

} // namespace cnn
