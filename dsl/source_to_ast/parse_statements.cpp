#include "dsl/source_to_ast/parser_impl.h"

#include <algorithm>
#include <array>
#include <utility>

namespace cnn {

using namespace ast;

static std::string_view sectionName(Section section) {
  static constexpr std::string_view names[] = {"a func",           "a block",          "a network",
                                               "a train section",  "a phase or step",  "a group",
                                               "a budget section", "a kernels section"};
  return names[static_cast<size_t>(section)];
}

/// Which statements a section takes, by their keyword; "name = value" is `=`.
static bool allowed(Section section, std::string_view keyword) {
  auto in = [&](std::initializer_list<std::string_view> list) {
    return std::ranges::count(list, keyword) != 0;
  };
  switch (section) {
  case Section::Func:
    return in({"let", "var", "if", "for", "=", "return", "assert"});
  case Section::Block:
    return in({"let", "var", "if", "for", "=", "return", "assert", "param", "shared", "init"});
  case Section::Network:
    return in({"let", "var", "if", "for", "=", "assert", "param", "shared", "init", "input", "output",
               "train", "preprocess", "labels"});
  case Section::Train:
    return in({"let", "if", "=", "assert", "shared", "init", "input", "augment", "metric", "group", "phase",
               "step"});
  case Section::Part:
    return in({"let", "if", "=", "metric", "group"});
  case Section::Group:
  case Section::Budget:
  case Section::Kernels:
    return in({"="});
  }
  return false;
}

static std::string_view unquoted(std::string_view word) {
  return word.substr(1, word.size() - 2);
}

Statement* Parser::statement(Section owner, bool asValue) {
  Level level(*this);
  if (!level.ok) return nullptr;
  bool contextual = false;
  for (std::string_view name :
       {"init", "augment", "preprocess", "labels", "metric", "group", "phase", "step"})
    contextual = contextual || startsContextual(name);
  if (!contextual && foreignStatement()) return nullptr;
  if (!contextual && !startsDeclaration() && misspelledKeyword() && panic) return nullptr;
  Token first = current();
  std::string_view doc = docBefore(first);
  std::string_view word = isKeyword(first.kind) ? unquoted(describe(first.kind)) : text(first);
  if (at(TokenKind::Identifier) && next().kind == TokenKind::Colon && !next(2).newlineBefore) { // epochs: 10
    Span colon = next().span;
    bool both = next(2).kind == TokenKind::Assign; // :=
    error(Diag::ExpectedToken, both ? colon.to(next(2).span) : colon, "'='", both ? "':='" : "':'")
        .fix("write '='", {{colon, both ? "" : " ="}});
    stream.tokens[position + 1].kind = TokenKind::Assign;
  }
  bool isAssignment =
      (at(TokenKind::Identifier) || at(TokenKind::String)) && next().kind == TokenKind::Assign;
  bool isStatementWord = contextual || first.kind == TokenKind::Let || first.kind == TokenKind::Var ||
                         first.kind == TokenKind::If || first.kind == TokenKind::For ||
                         (startsStatement() || (isKeyword(first.kind) && !startsExpression()));
  if (isAssignment && !isKeyword(first.kind))
    word = "=";
  else if (!isStatementWord)
    word = "";
  bool isDeclaration = startsDeclaration();
  if (isDeclaration) {
    Diagnostic& diagnostic = error(Diag::NestedDeclaration, first.span, word, sectionName(owner));
    if (first.kind == TokenKind::Train)
      diagnostic.note("training stands beside the network and is headed by its name: train Net { … }");
    if (next().kind != TokenKind::Identifier) { // what it is about is unknown, and with it all it says
      skipBody();
      return nullptr;
    }
    tree.lostNames.insert(text(next()));
    declaration();
    return nullptr;
  }
  bool fits = word.empty() || allowed(owner, word);
  if (!fits && first.kind != TokenKind::Else && first.kind != TokenKind::In && first.kind != TokenKind::As &&
      first.kind != TokenKind::And && first.kind != TokenKind::Or) {
    Diagnostic& diagnostic =
        error(Diag::StatementNotHere, first.span,
              word == "=" ? "an assignment" : "'" + std::string(word) + "'", sectionName(owner));
    if (word == "return" && owner == Section::Network)
      diagnostic.note("a network's results are its outputs: output name = value");
    if (word == "output" && owner == Section::Block)
      diagnostic.note("a block's result is what it returns: return value");
  }
  Statement* result = nullptr;
  if (contextual || (isKeyword(first.kind) && !startsExpression())) {
    result = keywordStatement(owner);
  } else if (isAssignment) {
    result = assignment(owner);
  } else {
    result = expressionStatement(owner, asValue);
  }
  endStatement();
  if (result) result->doc = doc;
  return fits ? result : nullptr;
}

Statement* Parser::keywordStatement(Section owner) {
  Token first = current();
  switch (first.kind) {
  case TokenKind::Let:
  case TokenKind::Var:
    return binding();
  case TokenKind::Input:
    return input();
  case TokenKind::Output:
    return output(false);
  case TokenKind::Train:
    take();
    return output(true);
  case TokenKind::Shared:
    return nameAndValue<SharedStatement>("the shared part's name");
  case TokenKind::Return: {
    take();
    auto* result = make<ReturnStatement>(first.span);
    result->value = unbracketed(expression());
    result->span = since(first.span);
    return result;
  }
  case TokenKind::Param: {
    take();
    auto* result = make<ParamStatement>(first.span);
    result->name = expectName("the parameter's name");
    if (!panic && expect(TokenKind::Colon, "':' and the parameter's type")) result->type = type();
    result->value = panic ? errorExpr(here()) : valueAfterAssign();
    if (!result->type) result->type = make<NamedType>(first.span);
    result->span = since(first.span);
    return result;
  }
  case TokenKind::Assert: {
    take();
    auto* result = make<AssertStatement>(first.span);
    result->condition = expression();
    if (!panic && at(TokenKind::Assign)) {
      error(Diag::AssignInCondition, here()).fix("compare with '=='", {{here(), "=="}});
      take();
      expression();
      result->condition = errorExpr(result->condition->span, {result->condition});
    }
    if (!panic && accept(TokenKind::Comma)) result->message = expression();
    result->span = since(first.span);
    return result;
  }
  default:
    break;
  }
  std::string_view word = text(first);
  if (word == "labels") return nameAndValue<LabelsStatement>("an output's name");
  if (word == "metric") return nameAndValue<MetricStatement>("the metric's name");
  if (word == "init") return selectorsAndValue<InitStatement>();
  if (word == "preprocess" || word == "augment") return picture(word == "augment");
  if (word == "phase" || word == "step") return namedSection(word == "phase");
  if (word == "group" && at(TokenKind::Identifier)) {
    take();
    auto* result = make<GroupStatement>(first.span);
    result->selectors = expression();
    result->body = panic ? Body{here(), {}, false} : body(Section::Group, false);
    result->span = since(first.span);
    return result;
  }
  failExpected(owner == Section::Network ? "a statement" : "a statement or '}'");
  return nullptr;
}

Statement* Parser::namedSection(bool phase) {
  Token first = take();
  auto* result = context.make<SectionStatement>(phase, first.span);
  result->name = expectName(phase ? "the phase's name" : "the step's name");
  if (!panic) result->body = body(Section::Part, false);
  result->span = since(first.span);
  return result;
}

/// `= value`, after which the statement ends.
Expr* Parser::valueAfterAssign() {
  if (at(TokenKind::Equal)) {
    error(Diag::ExpectedToken, here(), "'='", "'=='").fix("write '='", {{here(), "="}});
    take();
  } else if (at(TokenKind::Colon) && next().kind == TokenKind::Assign) {
    Span colon = here();
    take();
    take();
    error(Diag::ExpectedToken, since(colon), "'='", "':='").fix("write '='", {{colon, ""}});
  } else if (!expect(TokenKind::Assign)) {
    return errorExpr(previousEnd());
  }
  return expression();
}

Statement* Parser::binding() {
  Token first = take();
  auto* result = context.make<BindingStatement>(first.kind == TokenKind::Var, first.span);
  result->pattern = pattern();
  unbracketed(result->pattern);
  if (!panic && at(TokenKind::Colon) && next().kind != TokenKind::Assign) {
    Span colon = here();
    take();
    type();
    error(Diag::TypeOnLet, since(colon)).fix("leave the type out", {{since(colon), ""}});
  }
  result->value = panic ? errorExpr(here()) : valueAfterAssign();
  result->span = since(first.span);
  return result;
}

Statement* Parser::assignment(Section owner) {
  Token first = current();
  auto* result = make<AssignStatement>(first.span);
  if (at(TokenKind::String)) {
    result->selector = stringToken();
    if (owner != Section::Kernels) error(Diag::AssignTarget, first.span);
  } else {
    take();
    result->name = {text(first), first.span};
  }
  take();                                                                  // '='
  if (text(stream.tokens[position - 1]) == ":") accept(TokenKind::Assign); // ':=', which has been reported
  result->value = expression();
  result->span = since(first.span);
  return result;
}

Statement* Parser::expressionStatement(Section, bool asValue) {
  Token first = current();
  auto* result = make<ExprStatement>(first.span);
  if (!startsExpression()) {
    if (at(TokenKind::Invalid))
      panic = true;
    else
      fail(Diag::ExpectedToken, here(), "a statement", found())
          .note("where a statement goes on in the next line, its line ends with the operator");
    return nullptr;
  }
  if (at(TokenKind::If))
    result->value = ifExpression(asValue);
  else if (at(TokenKind::For))
    result->value = forExpression(false);
  else
    result->value = expression();
  result->span = since(first.span);
  bool assigns = !panic && at(TokenKind::Assign) && !current().newlineBefore;
  if (assigns) {
    Diagnostic& diagnostic = error(Diag::AssignTarget, result->span);
    auto* member = as<MemberExpr>(result->value);
    auto* base = member ? as<NameExpr>(member->base) : nullptr;
    if (base && base->name == "self")
      diagnostic.note("layers are made where they are applied: image |> conv(8, 3) @conv1");
    take();
    expression();
    return nullptr;
  }
  if (panic && !as<ErrorExpr>(result->value)) result->value = errorExpr(result->span, {result->value});
  return result;
}

Statement* Parser::input() {
  Token first = take();
  auto* result = make<InputStatement>(first.span);
  result->name = expectName("the input's name");
  if (!panic && accept(TokenKind::Colon))
    result->type = type();
  else if (!panic && at(TokenKind::Assign) && section == Section::Train)
    result->value = valueAfterAssign();
  else if (!panic && at(TokenKind::Assign) && next(2).kind == TokenKind::LeftBracket) {
    error(Diag::ExpectedToken, here(), "':' and the input's type", found())
        .fix("write ':'", {{{here().file, previousEnd().end, here().end}, ":"}});
    take();
    result->type = type();
  } else if (!panic)
    failExpected("':' and the input's type");
  result->span = since(first.span);
  return result;
}

Statement* Parser::output(bool trainOnly) {
  Span first = trainOnly ? stream.tokens[position - 1].span : here();
  auto* result = make<OutputStatement>(first);
  result->trainOnly = trainOnly;
  expect(TokenKind::Output);
  if (!panic) result->name = expectName("the output's name");
  if (!panic && at(TokenKind::Colon) && next().kind != TokenKind::Assign) {
    Span colon = here();
    take();
    type();
    error(Diag::TypeOnLet, since(colon)).fix("leave the type out", {{since(colon), ""}});
  } else if (!panic && atStatementEnd()) {
    failExpected("'=' and what the output is");
  }
  result->value = panic ? errorExpr(here()) : valueAfterAssign();
  result->span = since(first);
  return result;
}

Statement* Parser::picture(bool augment) {
  Token first = take();
  auto* result = context.make<PictureStatement>(augment, first.span);
  Token open = current();
  if (accept(TokenKind::LeftBracket)) {
    Newlines inside(*this, true);
    do result->names.push_back(expectName("an input's name"));
    while (!panic && accept(TokenKind::Comma));
    closeBracket(TokenKind::RightBracket, open);
  } else {
    result->names.push_back(expectName("an input's name"));
  }
  result->value = panic ? errorExpr(here()) : valueAfterAssign();
  result->span = since(first.span);
  return result;
}

template <typename T> Statement* Parser::nameAndValue(std::string_view what) {
  Token first = take();
  auto* result = make<T>(first.span);
  result->name = expectName(what);
  result->value = panic ? errorExpr(here()) : valueAfterAssign();
  result->span = since(first.span);
  return result;
}

template <typename T> Statement* Parser::selectorsAndValue() {
  Token first = take();
  auto* result = make<T>(first.span);
  result->selectors = expression();
  result->value = panic ? errorExpr(here()) : valueAfterAssign();
  result->span = since(first.span);
  return result;
}

} // namespace cnn
