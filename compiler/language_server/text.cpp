//===- text.cpp - How operators, declarations and observations are shown -------------------------------===//

#include "text.h"

#include "ast_to_dialect/operators/reference.h"

#include <algorithm>
#include <functional>

namespace cnn::language_server {

using namespace ast;

std::string grouped(uint64_t number) {
  std::string digits = std::to_string(number);
  for (int64_t at = int64_t(digits.size()) - 3; at > 0; at -= 3) digits.insert(size_t(at), ",");
  return digits;
}

std::string documentation(std::string_view comment) {
  std::string result;
  while (!comment.empty()) {
    size_t end = std::min(comment.find('\n'), comment.size());
    std::string_view line = comment.substr(0, end);
    comment.remove_prefix(std::min(end + 1, comment.size()));
    size_t begin = line.find_first_not_of(" \t");
    line.remove_prefix(std::min(begin, line.size()));
    if (line.starts_with("///")) line.remove_prefix(3);
    if (line.starts_with(' ')) line.remove_prefix(1);
    while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    result += std::string(line) + "\n";
  }
  return result;
}

std::string documentation(const Symbol& symbol) {
  if (symbol.parameter) return "";
  if (auto* decl = as<Decl>(symbol.node)) return documentation(decl->doc);
  auto* statement = as<Statement>(symbol.node);
  return statement ? documentation(statement->doc) : "";
}

std::string describe(const OperatorArgument& argument) {
  std::string text = "`" + std::string(argument.name) + "`: " + std::string(argument.documentation) + " (" +
                     std::string(cnn::describe(argument.takes)) + ")";
  if (!argument.required() && argument.defaultText != "-")
    text += ", `" + std::string(argument.defaultText) + "` when left out";
  return text;
}

std::string describe(const Operator& op) {
  std::string text(op.documentation);
  if (!op.source.empty()) text += " (" + std::string(op.source) + ")";
  text += "\n";
  for (const OperatorArgument& argument : op.arguments) text += "\n- " + describe(argument);
  return text;
}

std::vector<std::string> parameters(const Analysis& analysis, const CallableDecl& decl) {
  std::vector<std::string> result;
  for (size_t i = decl.kind == Kind::Block ? 1 : 0; i < decl.parameters.size(); ++i) {
    const Parameter& parameter = decl.parameters[i];
    Span span = parameter.span.valid() ? parameter.span : parameter.name.span;
    result.push_back(span.valid() ? std::string(analysis.text(span)) : "");
  }
  return result;
}

/// The declaration up to its body or value, on one line.
static std::string headerOf(const Analysis& analysis, const CallableDecl& decl) {
  std::string text = decl.kind == Kind::Func ? "func " : decl.kind == Kind::Block ? "block " : "network ";
  text += decl.name.text;
  if (decl.hasParameterList) {
    std::string list =
        decl.kind == Kind::Block && !decl.parameters.empty() ? std::string(decl.parameters[0].name.text) : "";
    for (const std::string& parameter : parameters(analysis, decl))
      list += (list.empty() ? "" : ", ") + parameter;
    text += "(" + list + ")";
  }
  if (decl.resultType) text += " -> " + std::string(analysis.text(decl.resultType->span));
  return text;
}

std::string header(const Analysis& analysis, const Symbol& symbol) {
  std::string name(symbol.name);
  if (symbol.parameter) {
    const Parameter& parameter = *symbol.parameter;
    return parameter.span.valid() ? std::string(analysis.text(parameter.span)) : name;
  }
  if (auto* callable = as<CallableDecl>(symbol.node)) return headerOf(analysis, *callable);
  switch (symbol.kind) {
  case Symbol::Kind::File:
    return "use \"" + symbol.module->path + "\" as " + name;
  case Symbol::Kind::Dimension:
    return name + ": a free dimension";
  case Symbol::Kind::Var:
    return "var " + name;
  case Symbol::Kind::Input:
    return "input " + name;
  case Symbol::Kind::Output:
    return "output " + name;
  case Symbol::Kind::Param:
    return "param " + name;
  case Symbol::Kind::Shared:
    return "shared " + name;
  case Symbol::Kind::Metric:
    return "metric " + name;
  default:
    return "let " + name;
  }
}

std::string shape(const Observation& seen) {
  size_t bracket = seen.isTensor ? seen.value.find('[') : std::string::npos;
  return std::string(bracket == std::string::npos ? seen.value : seen.value.substr(bracket)) +
         (seen.varies ? ", varies" : "");
}

std::string describe(const Observation& seen) {
  std::string text = "`" + std::string(seen.value) + "`";
  std::string details;
  auto add = [&](const std::string& detail) { details += (details.empty() ? "" : " · ") + detail; };
  if (seen.cost.parameters) add(grouped(seen.cost.parameters) + " parameters");
  if (seen.cost.macs) add(grouped(seen.cost.macs) + " MACs a picture");
  if (!seen.path.empty()) add("path `" + seen.path + "`");
  if (!details.empty()) text += "\n\n" + details;
  if (!seen.varies) return text;
  std::string first = seen.instance.empty() ? seen.network : "`" + seen.instance + "` of " + seen.network;
  text += "\n\nvaries: evaluated " + grouped(seen.times) + " times";
  if (!seen.network.empty()) text += ", this is the first, in " + first;
  return text;
}

std::vector<const Symbol*> members(const Analysis& analysis, const CallableDecl& network) {
  std::vector<const Symbol*> result;
  auto add = [&](Span span) {
    if (const Symbol* symbol = analysis.names.declaredAt(span)) result.push_back(symbol);
  };
  std::function<void(const Pattern&)> pattern = [&](const Pattern& node) {
    if (as<NamePattern>(&node)) return add(node.span);
    for (const Pattern* element : static_cast<const ListPattern&>(node).elements) pattern(*element);
  };
  for (const Statement* statement : network.body.statements) {
    if (auto* s = as<InputStatement>(statement)) add(s->name.span);
    if (auto* s = as<OutputStatement>(statement)) add(s->name.span);
    if (auto* s = as<ParamStatement>(statement)) add(s->name.span);
    if (auto* s = as<SharedStatement>(statement)) add(s->name.span);
    if (auto* s = as<BindingStatement>(statement)) pattern(*s->pattern);
  }
  return result;
}

} // namespace cnn::language_server
