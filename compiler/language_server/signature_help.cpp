//===- signature_help.cpp - The arguments of the call that is being written ----------------------------===//

#include "calls.h"
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

/// A loss is hardly ever the step of a pipeline: the tensors that it is of are the first that one writes.
size_t shownTensors(const Operator& op, const OpenCall& call) {
  bool takesThem = op.family == Family::Loss || op.family == Family::Metric;
  return takesThem && op.subjects > 0 && !call.piped ? size_t(op.subjects) : 0;
}

Shown shownOf(const Operator& op, size_t tensors) {
  Shown shown;
  shown.signature.label = std::string(op.name) + "(";
  shown.signature.documentation = op.documentation;
  for (size_t i = 0; i < tensors; ++i) addParameter(shown, "", "tensor", std::string(op.documentation));
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

} // namespace

lsp::SignatureHelp signatureHelp(const Analysis& analysis, uint32_t offset) {
  lsp::SignatureHelp result;
  Context context = contextAt(analysis, offset);
  if (!context.call) return result;
  const OpenCall& call = *context.call;
  Callee callee = calleeOf(analysis, call);
  if (!callee.decl && !callee.op) return result;
  size_t tensors = callee.op ? shownTensors(*callee.op, call) : 0;
  Shown shown = callee.op ? shownOf(*callee.op, tensors) : shownOf(analysis, *callee.symbol, *callee.decl);
  size_t active = tensors ? call.argument : argumentPlace(analysis, call);
  for (size_t i = 0; i < shown.names.size(); ++i)
    if (!call.named.empty() && shown.names[i] == call.named) active = i;
  result.signatures.push_back(std::move(shown.signature));
  result.activeParameter = int(active);
  return result;
}

} // namespace cnn::language_server
