//===- signature_help.cpp - The arguments of the call that is being written ----------------------------===//

#include "context.h"
#include "features.h"
#include "text.h"

#include "ast_to_dialect/operators/reference.h"
#include "dsl/ast/children.h"

#include <algorithm>

namespace cnn::language_server {

using namespace ast;

namespace {

struct Shown {
  lsp::SignatureInformation signature;
  std::vector<std::string> names;
};

void addParameter(Shown& shown, const std::string& name, const std::string& text,
                  const std::string& documentation) {
  std::string& label = shown.signature.label;
  if (!shown.names.empty()) label += ", ";
  unsigned begin = label.size();
  label += text;
  lsp::ParameterInformation parameter;
  parameter.labelString = text;
  parameter.labelOffsets = {begin, unsigned(label.size())};
  parameter.documentation = documentation;
  shown.signature.parameters.push_back(std::move(parameter));
  shown.names.push_back(name);
}

Shown shownOf(const Operator& op) {
  Shown shown;
  shown.signature.label = std::string(op.name) + "(";
  shown.signature.documentation = op.documentation;
  for (const OperatorArgument& argument : op.arguments) {
    std::string text(argument.name);
    if (argument.defaultText == "-")
      text += " = …";
    else if (!argument.required())
      text += " = " + std::string(argument.defaultText);
    addParameter(shown, std::string(argument.name), text,
                 std::string(argument.documentation) + " (" + std::string(cnn::describe(argument.takes)) +
                     ")");
  }
  shown.signature.label += ")";
  return shown;
}

Shown shownOf(const Analysis& analysis, const Symbol& symbol, const CallableDecl& decl) {
  Shown shown;
  shown.signature.label = std::string(decl.name.text) + "(";
  shown.signature.documentation = documentation(symbol);
  std::vector<std::string> texts = parameters(analysis, decl);
  size_t first = decl.kind == Kind::Block ? 1 : 0;
  for (size_t i = 0; i < texts.size(); ++i)
    addParameter(shown, std::string(decl.parameters[first + i].name.text), texts[i], "");
  shown.signature.label += ")";
  return shown;
}

/// The leading arguments that are names of tensors, where the call has no closing bracket.
size_t openSubjects(const Analysis& analysis, const OpenCall& call) {
  size_t count = 0;
  const std::vector<Token>& tokens = analysis.tokens.tokens;
  auto token =
      std::ranges::upper_bound(tokens, call.bracket, {}, [](const Token& t) { return t.span.begin; });
  for (; token != tokens.end() && token->kind == TokenKind::Identifier; token += 2) {
    if (token + 1 == tokens.end() || token[1].kind != TokenKind::Comma) break;
    const Symbol* symbol = namedAt(analysis, token->span);
    const Observation* seen = symbol ? analysis.observations.of(symbol->span) : nullptr;
    if (!seen || !seen->isTensor) break;
    ++count;
  }
  return count;
}

/// Leading arguments that are tensors are what the call is applied to.
size_t subjects(const Analysis& analysis, const OpenCall& call) {
  std::vector<const Node*> nodes = nodesAt(analysis.syntax(), call.callee.begin);
  for (const Node* node : nodes) {
    auto* written = as<CallExpr>(node);
    if (!written || written->callee->span.begin != call.callee.begin) continue;
    if (!written->arguments.empty() && as<ErrorExpr>(written->arguments[0].value)) break;
    size_t count = 0;
    for (const Argument& argument : written->arguments) {
      const Observation* seen = analysis.observations.of(*argument.value);
      if (argument.name.present() || !seen || !seen->isTensor) break;
      ++count;
    }
    return count;
  }
  return openSubjects(analysis, call);
}

} // namespace

lsp::SignatureHelp signatureHelp(const Analysis& analysis, uint32_t offset) {
  lsp::SignatureHelp result;
  Context context = contextAt(analysis, offset);
  if (!context.call) return result;
  const OpenCall& call = *context.call;
  Shown shown;
  const Symbol* symbol = calleeOf(analysis, call);
  auto* callable = symbol && !symbol->parameter ? as<CallableDecl>(symbol->node) : nullptr;
  if (callable)
    shown = shownOf(analysis, *symbol, *callable);
  else if (const Operator* op = findOperator(analysis.text(call.callee)); op && !symbol)
    shown = shownOf(*op);
  else
    return result;
  size_t active = call.argument - std::min(call.argument, call.piped ? 0 : subjects(analysis, call));
  for (size_t i = 0; i < shown.names.size(); ++i)
    if (shown.names[i] == call.named) active = i;
  result.signatures.push_back(std::move(shown.signature));
  result.activeParameter = int(active);
  return result;
}

} // namespace cnn::language_server
