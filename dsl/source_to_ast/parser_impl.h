/// The parser's state, shared by its parts: parser.cpp (cursor, recovery), parse_expressions.cpp,
/// parse_types.cpp, parse_statements.cpp, parse_declarations.cpp.
#pragma once

#include "dsl/ast/ast.h"
#include "dsl/source_to_ast/lexer.h"
#include "dsl/source_to_ast/parser.h"

namespace cnn {

/// What a body belongs to: decides which statements may stand in it.
enum class Section : uint8_t { Func, Block, Network, Train, Part, Group, Budget, Kernels };

class Parser {
public:
  Parser(const SourceManager& sources, Span range, ast::AstContext& context, DiagnosticEngine& diagnostics,
         uint32_t nesting = 0);

  ast::File file();
  /// The whole range as one expression: the hole of a string.
  ast::Expr* hole();
  TokenStream takeTokens() { return std::move(stream); }

private:
  // ---- cursor (parser.cpp) ----
  const Token& current() const { return stream.tokens[position]; }
  const Token& next(size_t ahead = 1) const;
  bool at(TokenKind kind) const { return current().kind == kind; }
  bool atWord(std::string_view word) const { return at(TokenKind::Identifier) && text(current()) == word; }
  Token take();
  bool accept(TokenKind kind);
  /// Takes a token of this kind or reports that it is missing.
  bool expect(TokenKind kind, std::string_view what = {});
  ast::Identifier expectName(std::string_view what);
  std::string_view text(const Token& token) const { return sources.text(token.span); }
  std::string found() const;
  Span here() const { return current().span; }
  Span previousEnd() const;
  Span since(Span begin) const;
  /// The statement ends before the current token.
  bool atStatementEnd() const;
  /// An operator at the current place belongs to the expression before it.
  bool continues() const;
  std::string_view docBefore(const Token& token) const;

  // ---- errors (parser.cpp) ----
  /// Reports unless the parser is still out of step because of an earlier error.
  template <typename... Args> Diagnostic& error(Diag diag, Span span, Args&&... args) {
    if (panic) return discarded = Diagnostic::unseen();
    return diagnostics.report(diag, span, std::forward<Args>(args)...);
  }
  /// The same, and what follows makes no sense until the next synchronisation.
  template <typename... Args> Diagnostic& fail(Diag diag, Span span, Args&&... args) {
    Diagnostic& result = error(diag, span, std::forward<Args>(args)...);
    panic = true;
    return result;
  }
  void failExpected(std::string_view what);
  bool startsStatement() const;
  bool startsDeclaration() const;
  /// Skips to the end of the statement.
  void syncStatement();
  /// Skips to `,` or `close` of the innermost bracket; false when that is not to be found.
  bool syncInBrackets(TokenKind close);
  void syncDeclaration();
  /// Takes the closing bracket or reports what is open; `list` when a ',' would do as well.
  bool closeBracket(TokenKind close, const Token& open, bool list = false);

  /// Counts a level of nesting for as long as it lives.
  struct Level {
    explicit Level(Parser& parser) : parser(parser), ok(parser.enter()) {}
    ~Level() { --parser.nesting; }
    Parser& parser;
    bool ok;
  };
  bool enter();

  /// Newlines are white space inside `( )` and `[ ]` and significant again inside `{ }`.
  struct Newlines {
    Newlines(Parser& parser, bool ignored) : parser(parser), saved(parser.ignoreNewlines) {
      parser.ignoreNewlines = ignored;
    }
    ~Newlines() { parser.ignoreNewlines = saved; }
    Parser& parser;
    bool saved;
  };

  // ---- expressions ----
  template <typename T> T* make(Span span) { return context.make<T>(span); }
  ast::Expr* finish(ast::Expr* expr, std::initializer_list<const ast::Expr*> children, uint32_t below = 0);
  ast::Expr* errorExpr(Span span, std::initializer_list<const ast::Expr*> parts = {});
  ast::Expr* expression();
  ast::Expr* chain();
  ast::Expr* chainStage();
  ast::Expr* stageTuple();
  /// Binding strengths: `binary(minimum)` takes operators that bind at least this tightly.
  static constexpr int notPrecedence = 2, comparisonPrecedence = 3, rangePrecedence = 4,
                       aboveRange = rangePrecedence + 1;
  ast::Expr* binary(int minimum);
  ast::Expr* unary();
  ast::Expr* postfix();
  ast::Expr* primary();
  ast::Expr* number();
  ast::StringExpr* string(Span content);
  ast::StringExpr* stringToken();
  ast::Expr* parenthesised();
  ast::Expr* list();
  ast::Expr* tuple(const Token& open, ast::Expr* first);
  ast::Expr* unbracketed(ast::Expr* first);
  void unbracketed(ast::Pattern*& first);
  void colonInIndex();
  bool sliceOfTensor();
  void noteComment(Diagnostic& diagnostic, uint32_t from) const;
  ast::Expr* comprehension(const Token& open, const ast::Expr* value);
  bool missingComma(const Token& open, TokenKind close);
  ast::Expr* call(ast::Expr* callee);
  ast::Expr* index(ast::Expr* base);
  ast::Expr* label(ast::Expr* inner);
  ast::Expr* ifExpression(bool asValue);
  ast::Expr* forExpression(bool asValue);
  struct ArgumentList {
    std::vector<ast::Argument> arguments;
    uint32_t height = 0; ///< of the highest
    bool closed = true;
  };
  ArgumentList arguments();
  void checkArguments(const std::vector<ast::Argument>& arguments);
  void mixedPipe(const ast::Expr* left, const ast::Expr* right, Span pipe);
  bool startsExpression() const;

  // ---- types and patterns ----
  ast::Type* type();
  ast::Pattern* pattern();

  // ---- statements ----
  ast::Body body(Section section, bool asValue);
  ast::Statement* statement(Section section, bool asValue);
  ast::Statement* keywordStatement(Section section);
  ast::Statement* namedSection(bool phase);
  ast::Statement* expressionStatement(Section section, bool asValue);
  ast::Statement* binding();
  ast::Statement* assignment(Section section);
  ast::Statement* input();
  ast::Statement* output(bool trainOnly);
  ast::Statement* picture(bool augment);
  template <typename T> ast::Statement* nameAndValue(std::string_view what);
  template <typename T> ast::Statement* selectorsAndValue();
  ast::Expr* valueAfterAssign();
  void endStatement();
  bool startsContextual(std::string_view word) const;
  void checkUnused(ast::Body& body, bool asValue, bool ofCallable);
  bool endsOuterBody(const Token& open) const;
  void skipBody();
  bool foreignStatement();
  bool pathWithValues(const Token& first, ast::LabeledExpr& node);
  bool misspelledKeyword();
  bool foreignDeclaration();
  Guess meantDeclaration(std::string_view word, std::span<const std::string_view> words) const;
  void failDeclaration();
  bool missingSeparator();

  // ---- declarations ----
  ast::Decl* declaration();
  ast::Decl* use();
  ast::Decl* globalLet();
  ast::Decl* callable(ast::Kind kind);
  ast::Decl* train();
  ast::Decl* target(bool kernels);
  std::vector<ast::Parameter> parameters(ast::Kind owner);
  ast::Parameter parameter();
  void checkParameters(std::vector<ast::Parameter>& list, ast::Kind owner);

  const SourceManager& sources;
  Span range;
  ast::AstContext& context;
  DiagnosticEngine& diagnostics;
  TokenStream stream;
  size_t position = 0;
  uint32_t nesting;
  bool ignoreNewlines = false;
  bool panic = false;
  bool beginsCallable = false; ///< the next body is that of a func or block
  int openBraces = 0;          ///< '{' of the file without a '}'
  bool unclosedBody = false;   ///< reported; the bodies around it end silently
  uint32_t unclosedEnd = 0;    ///< where they end: all before what comes next belongs to them
  Section section = Section::Func;
  std::vector<TokenKind> keywordNames; ///< keywords that were declared as names, which has been reported
  ast::File tree;
  uint32_t peak = 0; ///< greatest height of an expression since the innermost body began
  Diagnostic discarded{};
};

} // namespace cnn
