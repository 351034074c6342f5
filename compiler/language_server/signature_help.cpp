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

/// Told by what it was found to be, or in a call that is not closed by what its name stands for.
bool isTensor(const Analysis& analysis, const Expr& value) {
  const Observation* seen = analysis.observations.of(value);
  const Symbol* symbol = as<NameExpr>(&value) ? analysis.names.at(value.span.file, value.span.end) : nullptr;
  if (!seen && symbol) seen = analysis.observations.of(symbol->span);
  return seen && seen->isTensor;
}

/// Leading arguments that are tensors are what the call is applied to.
size_t subjects(const Analysis& analysis, const OpenCall& call) {
  for (const Node* node : nodesAt(analysis.syntax(), call.callee.begin)) {
    auto* written = as<CallExpr>(node);
    if (!written || written->callee->span.begin != call.callee.begin) continue;
    auto other = std::ranges::find_if(written->arguments, [&](const Argument& argument) {
      return argument.name.present() || !isTensor(analysis, *argument.value);
    });
    return size_t(other - written->arguments.begin());
  }
  return 0;
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
