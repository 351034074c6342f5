#include "dsl/source_to_ast/parser_impl.h"

#include <algorithm>
#include <array>
#include <map>

namespace cnn {

using namespace ast;

/// What other languages declare with other words. A function whose first parameter has no type works on a
/// tensor.
Guess Parser::meantDeclaration(std::string_view word, std::span<const std::string_view> words) const {
  if (word == "def" || word == "fn" || word == "function") {
    bool subject = next(2).kind == TokenKind::LeftParen && next(3).kind == TokenKind::Identifier &&
                   (next(4).kind == TokenKind::RightParen || next(4).kind == TokenKind::Comma);
    return {subject ? "block" : "func", true};
  }
  if (word == "import" || word == "include") return {"use", true};
  if (word == "class" || word == "module" || word == "model") return {"network", false};
  if (word == "const" || word == "auto") return {"let", true};
  return nearest(word, words);
}

Decl* Parser::declaration() {
  std::string_view doc = docBefore(current());
  Decl* result = nullptr;
  if (foreignDeclaration()) return nullptr;
  bool misspelled = at(TokenKind::Identifier) && !startsDeclaration() && !next().newlineBefore &&
                    (next().kind == TokenKind::Identifier || next().kind == TokenKind::String);
  if (misspelled) {
    static constexpr std::array<std::string_view, 8> words = {"network", "block", "func",   "train",
                                                              "let",     "use",   "budget", "kernels"};
    static constexpr TokenKind kinds[] = {TokenKind::Network, TokenKind::Block, TokenKind::Func,
                                          TokenKind::Train,   TokenKind::Let,   TokenKind::Use};
    std::string_view word = text(current());
    Guess meant = meantDeclaration(word, words);
    size_t index = static_cast<size_t>(std::ranges::find(words, meant.word) - words.begin());
    if (index < std::size(kinds)) {
      error(Diag::ExpectedDeclaration, here(), found()).didYouMean(meant);
      stream.tokens[position].kind = kinds[index];
    }
  }
  switch (current().kind) {
  case TokenKind::Use:
    result = use();
    break;
  case TokenKind::Let:
    result = globalLet();
    break;
  case TokenKind::Func:
    result = callable(Kind::Func);
    break;
  case TokenKind::Block:
    result = callable(Kind::Block);
    break;
  case TokenKind::Network:
    result = callable(Kind::Network);
    break;
  case TokenKind::Train:
    result = train();
    break;
  default:
    if (startsContextual("budget"))
      result = target(false);
    else if (startsContextual("kernels"))
      result = target(true);
    else if (at(TokenKind::RightBrace))
      fail(Diag::StrayBracket, here(), "'}'");
    else if (at(TokenKind::Invalid))
      panic = true;
    else
      failDeclaration();
  }
  bool nested = section != Section::Func;
  if (!nested && !unclosedBody && !at(TokenKind::RightBrace)) endStatement();
  if (result) result->doc = doc;
  return result;
}

/// `class`, `def` and `import` of Python: what follows them is not taken apart, as all of it is foreign. The
/// name that they declare is known, so that its uses are no mistakes.
bool Parser::foreignDeclaration() {
  if (!at(TokenKind::Identifier) || next().newlineBefore) return false;
  std::string_view word = text(current());
  bool imports = (word == "import" || word == "from") && next().kind == TokenKind::Identifier;
  size_t last = 1;
  while (!next(last + 1).newlineBefore && next(last + 1).kind != TokenKind::EndOfFile) ++last;
  bool indents = (word == "class" || word == "def") && next(last).kind == TokenKind::Colon;
  if (!imports && !indents) return false;
  if (next().kind == TokenKind::Identifier) tree.lostNames.insert(text(next()));
  fail(Diag::ExpectedDeclaration, here(), found())
      .note(imports ? "operators are built in; a file with blocks and networks is used by its name: use "
                      "\"./layers.cnn\""
            : word == "class" ? "a network is declared network Name { input …; output … }, a part of one "
                                "block Name(x) = x |> …"
                              : "a part of a network is declared block Name(x) = x |> …, a function of "
                                "numbers func name(a: int) -> "
                                "int = …");
  return true;
}

void Parser::failDeclaration() {
  bool sets = at(TokenKind::Identifier) && next().kind == TokenKind::Assign;
  if (sets) tree.lostNames.insert(text(current()));
  Span before{here().file, here().begin, here().begin};
  Diagnostic& diagnostic = fail(Diag::ExpectedDeclaration, here(), found());
  if (sets) diagnostic.fix("declare the name", {{before, "let "}});
}

Decl* Parser::use() {
  Token first = take();
  auto* result = make<UseDecl>(first.span);
  if (!at(TokenKind::String)) {
    failExpected("the file's name in quotes");
    tree.complete = false;
    return nullptr;
  }
  bool closed = text(current()).size() > 1 && text(current()).ends_with('"');
  result->path = stringToken();
  if (!closed) { // reported by the lexer
    tree.complete = false;
    panic = true;
    return nullptr;
  }
  if (!result->path->isLiteral()) error(Diag::NeedsPlainString, result->path->span, "the name of a file");
  if (accept(TokenKind::As)) result->alias = expectName("a name after 'as'");
  result->span = since(first.span);
  return result;
}

Decl* Parser::globalLet() {
  Token first = take();
  auto* result = make<LetDecl>(first.span);
  result->pattern = pattern();
  result->value = panic ? errorExpr(here()) : valueAfterAssign();
  result->span = since(first.span);
  return result;
}

Decl* Parser::callable(Kind kind) {
  Token first = take();
  auto* result = context.make<CallableDecl>(kind, first.span);
  result->body.span = first.span;
  std::string what = "the " + std::string(text(first)) + "'s name";
  result->name = expectName(what);
  if (!panic && at(TokenKind::LeftParen)) {
    size_t errors = diagnostics.count();
    result->hasParameterList = true;
    result->parameters = parameters(kind);
    result->parametersComplete = diagnostics.count() == errors;
  } else if (!panic && kind != Kind::Network) {
    failExpected("'(' and the parameters");
    result->parametersComplete = false;
  }
  if (panic) { // a bad head does not make the body bad
    while (!at(TokenKind::LeftBrace) && !at(TokenKind::Assign) && !at(TokenKind::EndOfFile) &&
           !startsStatement())
      take();
    if (at(TokenKind::LeftBrace) || at(TokenKind::Assign)) panic = false;
  }
  if (!panic && at(TokenKind::Arrow)) {
    Span arrow = here();
    uint32_t beforeArrow = previousEnd().end;
    take();
    result->resultType = type();
    if (kind != Kind::Func)
      error(Diag::ResultTypeNotHere, since(arrow))
          .fix("leave it out", {{{arrow.file, beforeArrow, since(arrow).end}, ""}});
  }
  if (!panic && accept(TokenKind::Assign)) {
    result->value = expression();
  } else if (!panic) {
    if (!at(TokenKind::LeftBrace))
      failExpected("'{' or '='");
    else {
      beginsCallable = true;
      result->body = body(kind == Kind::Func    ? Section::Func
                          : kind == Kind::Block ? Section::Block
                                                : Section::Network,
                          false);
      beginsCallable = false;
    }
  }
  result->span = since(first.span);
  if (!result->value && result->body.span == first.span) result->body.complete = false;
  return result->name.present() ? result : nullptr;
}

std::vector<Parameter> Parser::parameters(Kind owner) {
  Token open = take();
  Newlines inside(*this, true);
  std::vector<Parameter> list;
  while (!at(TokenKind::RightParen)) {
    Parameter item = parameter();
    if (item.name.present()) list.push_back(item);
    if (panic && !syncInBrackets(TokenKind::RightParen)) break;
    if (!accept(TokenKind::Comma)) break;
  }
  closeBracket(TokenKind::RightParen, open, true);
  checkParameters(list, owner);
  return list;
}

Parameter Parser::parameter() {
  Parameter result;
  Span begin = here();
  result.name = expectName("a parameter's name");
  if (!panic && accept(TokenKind::Colon)) result.type = type();
  if (!panic && accept(TokenKind::Assign)) result.defaultValue = expression();
  result.span = since(begin);
  return result;
}

void Parser::checkParameters(std::vector<Parameter>& list, Kind owner) {
  const Parameter* optional = nullptr;
  std::map<std::string_view, Span> known;
  for (size_t i = 0; i < list.size(); ++i) {
    Parameter& item = list[i];
    if (auto [first, isNew] = known.try_emplace(item.name.text, item.name.span); !isNew)
      error(Diag::DuplicateParameter, item.name.span, item.name.text).secondary(first->second, "first one");
    bool subject = owner == Kind::Block && i == 0;
    if (subject) {
      if (item.type) {
        Diagnostic& diagnostic = error(Diag::TypedSubject, item.type->span, item.name.text);
        if (as<TensorType>(item.type))
          diagnostic.fix("leave the type out",
                         {{{item.type->span.file, item.name.span.end, item.type->span.end}, ""}});
      }
      item.type = nullptr; // its dimensions are no names of the program
      if (item.defaultValue) error(Diag::TypedSubject, item.defaultValue->span, item.name.text);
      continue;
    }
    auto* tensor = as<TensorType>(item.type);
    if (owner == Kind::Network && tensor && !tensor->shape.empty()) {
      error(Diag::StatementNotHere, item.span, "an input", "a network's parameters")
          .note("inputs are declared in the body: input " + std::string(item.name.text) + ": " +
                std::string(sources.text(item.type->span)));
      item.type = make<NamedType>(item.span);
    }
    if (!item.type && !panic) error(Diag::ParameterNeedsType, item.name.span, item.name.text);
    if (item.defaultValue)
      optional = &item;
    else if (optional && owner != Kind::Network)
      error(Diag::DefaultBeforeRequired, item.name.span, item.name.text)
          .secondary(optional->name.span, "this one has a default");
  }
  if (owner == Kind::Block && list.empty() && !panic) error(Diag::BlockNeedsSubject, previousEnd());
}

Decl* Parser::train() {
  Token first = take();
  auto* result = make<TrainDecl>(first.span);
  result->body.span = first.span;
  result->network = expectName("a network's name");
  if (!panic && at(TokenKind::LeftParen)) {
    ArgumentList list = arguments();
    if (list.closed) result->arguments = std::move(list.arguments);
  }
  if (!panic && accept(TokenKind::As)) result->alias = expectName("a name after 'as'");
  if (!panic) result->body = body(Section::Train, false);
  result->span = since(first.span);
  return result->network.present() ? result : nullptr;
}

Decl* Parser::target(bool kernels) {
  Token first = take();
  auto* result = context.make<TargetDecl>(kernels, first.span);
  result->body.span = first.span;
  result->network = expectName("a network's name");
  if (!panic && accept(TokenKind::For)) {
    if (at(TokenKind::String)) {
      result->target = stringToken();
      if (!result->target->isLiteral())
        error(Diag::NeedsPlainString, result->target->span, "the name of a target");
    } else {
      failExpected("a target in quotes");
    }
  }
  if (!panic) result->body = body(kernels ? Section::Kernels : Section::Budget, false);
  result->span = since(first.span);
  return result->network.present() ? result : nullptr;
}

} // namespace cnn
