/// What is said about names of other libraries: what they are here, and that some are not.
#include "ast_to_dialect/foreign.h"
#include "ast_to_dialect/names/name_checker.h"

#include <algorithm>

namespace cnn {

using namespace ast;

bool NameChecker::foreign(Span span, std::string_view shown, std::string_view word, Place at) {
  const Foreign* known = foreignName(word);
  std::string_view meant = operatorOfTorch(word);
  if (!known && meant.empty()) {
    known = absentOperator(word);
    if (known) absent(span, shown, *known);
    return known;
  }
  Diagnostic& diagnostic = report(Diag::UnknownName, span, shown);
  if (!meant.empty()) translate(diagnostic, span, word, meant, at);
  if (known && !known->note.empty()) diagnostic.note(std::string(known->note));
  if (shown != word && diagnostic.noteList.empty())
    diagnostic.note("operators are built in, without a library's name");
  return true;
}

Diagnostic& NameChecker::absent(Span span, std::string_view shown, const Foreign& known) {
  Diagnostic& diagnostic = report(Diag::AbsentOperator, span, shown);
  if (!known.note.empty()) diagnostic.note(std::string(known.note));
  return diagnostic;
}

/// What PyTorch's optimizers have first: the parameters of a model.
static bool givesParameters(const Expr* value) {
  auto* call = as<CallExpr>(value);
  auto* member = call ? as<MemberExpr>(call->callee) : nullptr;
  return member && member->member.text == "parameters";
}

static bool isOne(const Expr* value) {
  auto* number = as<IntExpr>(value);
  auto* list = as<ListExpr>(value);
  if (list) return std::ranges::all_of(list->elements, isOne);
  return number && number->value == 1;
}

/// Whether a call gives what PyTorch's class needs beside the channels that come in.
static bool hasMore(const CallExpr& call, std::string_view word) {
  size_t needed = word.starts_with("Conv") ? 3 : word == "Linear" ? 2 : 1;
  auto counts = [](const Argument& argument) {
    return !argument.name.present() || argument.name.text == "kernel_size" ||
           argument.name.text == "out_channels" || argument.name.text == "out_features";
  };
  return size_t(std::ranges::count_if(call.arguments, counts)) >= needed;
}

/// The first argument with what separates it from the next; with the brackets where it is the only one.
static Span firstArgument(const CallExpr& call) {
  Span first = call.arguments.front().span();
  if (call.arguments.size() > 1) return {first.file, first.begin, call.arguments[1].span().begin};
  return {first.file, call.callee->span.end, call.span.end};
}

void NameChecker::translate(Diagnostic& diagnostic, Span span, std::string_view word, std::string_view meant,
                            Place at) {
  const Foreign* known = foreignName(word);
  bool isClass = word[0] >= 'A' && word[0] <= 'Z';
  bool called = at.call && at.call->closed && !at.call->arguments.empty();
  std::string name(meant);
  if (word == "AdaptiveAvgPool2d" && called) { // keeps [N, C, 1, 1]
    const std::vector<Argument>& sizes = at.call->arguments;
    bool whole = std::ranges::all_of(sizes, [](const Argument& argument) { return isOne(argument.value); });
    if (whole)
      diagnostic.fix("write global_avg_pool(keep_dims = true)",
                     {{at.call->span, name + "(keep_dims = true)"}});
    else
      diagnostic.note("only the mean over the whole picture is here: global_avg_pool");
    return;
  }
  // What is called so elsewhere and takes other arguments is for the reader to decide.
  bool fewer = called && isClass && takesInputChannels(word) && !hasMore(*at.call, word);
  bool sure = (isClass && !fewer) || !(meant == "conv" || meant == "linear" || meant == "batch_norm");
  if (known && !known->note.empty()) sure = false;
  const Argument* first = called && !at.call->arguments[0].name.present() ? &at.call->arguments[0] : nullptr;
  bool channels = first && isClass && takesInputChannels(word) && hasMore(*at.call, word);
  bool parameters = first && givesParameters(first->value);
  if (!channels && !parameters) {
    diagnostic.didYouMean({meant, sure});
    return;
  }
  std::vector<Edit> edits{{span, name}, {firstArgument(*at.call), ""}};
  diagnostic.fix("write " + name + ", without the first argument", std::move(edits));
  diagnostic.note(channels ? "the channels of what comes in are known"
                           : "an optimizer works on the network's parameters");
}

/// `nn.Conv2d`, `torch.nn.functional.relu`: reported as a whole. True when it was.
bool NameChecker::library(const MemberExpr& node, Place at) {
  const Expr* root = &node;
  while (auto* member = as<MemberExpr>(root)) root = member->base;
  auto* name = as<NameExpr>(root);
  if (!name || known(name->name) || module.incomplete || module.file.lostNames.count(name->name))
    return false;
  if (!isLibrary(name->name)) return false;
  std::string shown = std::string(name->name) + "." + std::string(node.member.text);
  if (!foreign(node.span, shown, node.member.text, at))
    report(Diag::UnknownName, node.span, shown).note("operators are built in, without a library's name");
  return true;
}

} // namespace cnn
