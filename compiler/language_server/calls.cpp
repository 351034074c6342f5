//===- calls.cpp - What is called at a place, and which argument is being written -----------------------===//

#include "calls.h"

#include "dsl/ast/children.h"

#include <algorithm>

namespace cnn::language_server {

using namespace ast;

namespace {

const Symbol* visible(const Analysis& analysis, FileId file, uint32_t offset, std::string_view name) {
  std::vector<const Symbol*> symbols = analysis.names.visibleAt(file, offset);
  auto found = std::ranges::find(symbols, name, &Symbol::name);
  return found == symbols.end() ? nullptr : *found;
}

/// The symbol that a name stands for; where the tree does not have it, told from its text.
const Symbol* namedAt(const Analysis& analysis, Span name) {
  if (const Symbol* resolved = analysis.names.at(name.file, name.end)) return resolved;
  std::string_view text = analysis.text(name);
  size_t dot = text.find('.');
  const Symbol* first = visible(analysis, name.file, name.begin, text.substr(0, dot));
  if (dot == std::string_view::npos) return first;
  if (!first || first->kind != Symbol::Kind::File) return nullptr;
  std::string_view member = text.substr(dot + 1);
  if (!first->module->globals.contains(member)) return nullptr;
  return visible(analysis, first->module->file.file, 0, member);
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

/// The argument at a place, or of the name that is given to it.
template <typename List, typename Name>
auto argumentIn(const List& list, size_t place, std::string_view named, Name nameOf)
    -> decltype(&*list.begin()) {
  if (named.empty()) return place < list.size() ? &list[place] : nullptr;
  auto found = std::ranges::find(list, named, nameOf);
  return found == list.end() ? nullptr : &*found;
}

} // namespace

Callee calleeOf(const Analysis& analysis, const OpenCall& call) {
  const Symbol* symbol = namedAt(analysis, call.callee);
  if (!symbol) return {findOperator(analysis.text(call.callee)), nullptr, nullptr};
  auto* decl = symbol->parameter ? nullptr : as<CallableDecl>(symbol->node);
  if (decl && decl->kind == Kind::Network && !decl->hasParameterList && symbol->module)
    if (const CallableDecl* base = networkWithBody(*symbol->module, *decl)) decl = base;
  return {nullptr, symbol, decl};
}

size_t argumentPlace(const Analysis& analysis, const OpenCall& call) {
  return call.argument - std::min(call.argument, call.piped ? 0 : subjects(analysis, call));
}

const OperatorArgument* argumentOf(const Analysis& analysis, const OpenCall& call, const Operator& op) {
  return argumentIn(op.arguments, argumentPlace(analysis, call), call.named, &OperatorArgument::name);
}

const Parameter* parameterOf(const Analysis& analysis, const OpenCall& call, const CallableDecl& decl) {
  size_t subject = decl.kind == Kind::Block ? 1 : 0;
  return argumentIn(decl.parameters, argumentPlace(analysis, call) + subject, call.named,
                    [](const Parameter& parameter) { return parameter.name.text; });
}

} // namespace cnn::language_server
