//===- completion.cpp - What can be written at a place -------------------------------------------------===//

#include "calls.h"
#include "features.h"
#include "text.h"

#include "ast_to_dialect/names/names.h"
#include "ast_to_dialect/operators/reference.h"
#include "dsl/ast/children.h"

#include <algorithm>
#include <filesystem>

namespace cnn::language_server {

using namespace ast;
using ItemKind = lsp::CompletionItemKind;

namespace {

constexpr std::string_view declarationWords[] = {"block", "budget",  "func",  "kernels",
                                                 "let",   "network", "train", "use"};
constexpr std::string_view valueWords[] = {"false", "for", "if", "not", "true"};
constexpr std::string_view typeWords[] = {"block", "bool", "float", "int", "string"};
constexpr std::string_view funcStatements[] = {"assert", "for", "if", "let", "return", "var"};
constexpr std::string_view blockStatements[] = {"assert", "for",    "if",     "init", "let",
                                                "param",  "return", "shared", "var"};
constexpr std::string_view networkStatements[] = {"assert", "for",   "if",     "init",  "input",
                                                  "labels", "let",   "output", "param", "preprocess",
                                                  "shared", "train", "var"};
constexpr std::string_view trainStatements[] = {"assert", "augment", "group", "if",     "init", "input",
                                                "let",    "metric",  "phase", "shared", "step"};
constexpr std::string_view partStatements[] = {"group", "if", "let", "metric"}; ///< of a phase or step

class Completer {
public:
  Completer(const Analysis& analysis, uint32_t offset, bool snippets)
      : analysis(analysis), snippets(snippets), context(contextAt(analysis, offset)), offset(offset) {}

  lsp::CompletionList run() {
    switch (context.expected) {
    case Expected::Nothing:
      break;
    case Expected::Declaration:
      words(declarationWords, "1");
      break;
    case Expected::Statement:
      statement();
      break;
    case Expected::Value:
      value();
      break;
    case Expected::Stage:
      stage();
      break;
    case Expected::Member:
      member();
      break;
    case Expected::Type:
      words(typeWords, "1");
      words(elementTypeNames, "1");
      break;
    case Expected::Network:
      symbols([](const Symbol& symbol) { return symbol.kind == Symbol::Kind::Network; }, "1");
      break;
    case Expected::Input:
      symbols([](const Symbol& symbol) { return symbol.kind == Symbol::Kind::Input; }, "1");
      break;
    case Expected::Output:
      symbols([](const Symbol& symbol) { return symbol.kind == Symbol::Kind::Output; }, "1");
      break;
    case Expected::File:
      files();
      break;
    case Expected::Machine:
      for (const Machine& machine : machines) add(std::string(machine.name), ItemKind::Value, "1");
      break;
    case Expected::Path:
      paths();
      break;
    case Expected::Text:
      text();
      break;
    }
    return std::move(result);
  }

private:
  // ---- items ----

  /// The text that replaces the word that is being typed.
  lsp::CompletionItem& add(const std::string& label, ItemKind kind, std::string_view rank,
                           const std::string& text) {
    lsp::CompletionItem item(label, kind, std::string(rank) + label);
    item.filterText = label;
    item.textEdit = lsp::TextEdit{rangeOf(analysis.sources, context.word), text};
    result.items.push_back(std::move(item));
    return result.items.back();
  }

  lsp::CompletionItem& add(const std::string& label, ItemKind kind, std::string_view rank) {
    return add(label, kind, rank, label);
  }

  template <typename Words> void words(const Words& list, std::string_view rank) {
    for (std::string_view word : list) add(std::string(word), ItemKind::Keyword, rank, std::string(word));
  }

  void document(lsp::CompletionItem& item, const std::string& text) {
    if (!text.empty()) item.documentation = lsp::MarkupContent{lsp::MarkupKind::Markdown, text};
  }

  /// `conv(${1:out}, ${2:kernel})`: the arguments that must be given.
  std::string callText(const std::string& name, const std::vector<std::string>& required,
                       lsp::CompletionItem& item) {
    if (required.empty() || !snippets) return name;
    std::string text = name + "(";
    for (size_t i = 0; i < required.size(); ++i)
      text += (i ? ", " : "") + std::string("${") + std::to_string(i + 1) + ":" + required[i] + "}";
    item.insertTextFormat = lsp::InsertTextFormat::Snippet;
    return text + ")";
  }

  void add(const Operator& op, std::string_view rank) {
    std::string name(op.name);
    lsp::CompletionItem& item =
        add(name, op.isSetting() ? ItemKind::Constructor : ItemKind::Function, rank, name);
    item.detail = operatorSignature(op);
    document(item, describe(op));
    std::vector<std::string> required;
    for (const OperatorArgument& argument : op.arguments)
      if (argument.required()) required.push_back(std::string(argument.name));
    item.textEdit->newText = callText(name, required, item);
  }

  void add(const Symbol& symbol, std::string_view rank) {
    std::string name(symbol.name);
    auto* callable = symbol.parameter ? nullptr : as<CallableDecl>(symbol.node);
    lsp::CompletionItem& item = add(name, kindOf(symbol), rank, name);
    item.detail = header(analysis, symbol);
    const Observation* seen = callable ? nullptr : analysis.observations.of(symbol.span);
    if (seen && seen->times) item.detail += " = " + std::string(seen->value);
    document(item, documentation(symbol));
    if (!callable) return;
    std::vector<std::string> required;
    for (size_t i = callable->kind == Kind::Block ? 1 : 0; i < callable->parameters.size(); ++i)
      if (!callable->parameters[i].defaultValue)
        required.push_back(std::string(callable->parameters[i].name.text));
    item.textEdit->newText = callText(name, required, item);
  }

  static ItemKind kindOf(const Symbol& symbol) {
    switch (symbol.kind) {
    case Symbol::Kind::Func:
      return ItemKind::Function;
    case Symbol::Kind::Block:
      return ItemKind::Method;
    case Symbol::Kind::Network:
      return ItemKind::Class;
    case Symbol::Kind::File:
      return ItemKind::Module;
    case Symbol::Kind::Dimension:
      return ItemKind::TypeParameter;
    default:
      return ItemKind::Variable;
    }
  }

  /// Behind what is written of its own declaration, as in `let y = x |> `.
  bool isBeingDeclared(const Symbol& symbol) const {
    auto* statement = symbol.parameter ? nullptr : as<Statement>(symbol.node);
    if (!statement || statement->span.file != analysis.file() || statement->span.end > offset) return false;
    std::string_view between = analysis.text({analysis.file(), statement->span.end, offset});
    return between.find_first_of("\n;}") == std::string_view::npos;
  }

  template <typename Test> void symbols(Test wanted, std::string_view rank) {
    std::vector<std::string_view> seen;
    for (const Symbol* symbol : analysis.names.visibleAt(analysis.file(), offset)) {
      bool other = !wanted(*symbol) || isBeingDeclared(*symbol);
      if (other || std::ranges::count(seen, symbol->name)) continue;
      seen.push_back(symbol->name);
      add(*symbol, rank);
    }
  }

  template <typename Test> void operators(Test wanted, std::string_view rank) {
    for (const Operator& op : allOperators())
      if (wanted(op.family)) add(op, rank);
  }

  void functions(std::string_view rank) {
    for (std::string_view name : builtinFunctions)
      add(std::string(name), ItemKind::Function, rank,
          snippets ? std::string(name) + "($1)" : std::string(name))
          .insertTextFormat = snippets ? lsp::InsertTextFormat::Snippet : lsp::InsertTextFormat::PlainText;
  }

  // ---- places ----

  template <typename Names> void settings(const Names& names) {
    for (std::string_view name : names) {
      lsp::CompletionItem& item = add(std::string(name), ItemKind::Property, "0", std::string(name) + " = ");
      item.detail = "setting";
      document(item, std::string(settingMeaning(name)));
    }
  }

  void statement() {
    std::string_view section = context.section;
    if (section == "train") settings(trainSettings);
    if (section == "phase") settings(phaseSettings);
    if (section == "step") settings(stepSettings);
    if (section == "group") settings(groupSettings);
    if (section == "budget") settings(budgetSettings);
    if (section == "train") return words(trainStatements, "1");
    if (section == "phase" || section == "step") return words(partStatements, "1");
    if (section == "group" || section == "budget" || section == "kernels") return;
    if (section == "network")
      words(networkStatements, "0");
    else if (section == "func")
      words(funcStatements, "0");
    else
      words(blockStatements, "0");
    value(); // a body may end with its value, and a var be bound anew
  }

  /// The family of settings that a statement is about, if it is.
  static std::optional<Family> familyOf(std::string_view target) {
    if (target == "optimizer") return Family::Optimizer;
    if (target == "schedule") return Family::Schedule;
    if (target == "data") return Family::Data;
    if (target == "init" || target == "param") return Family::Initialiser;
    if (target == "preprocess") return Family::Geometry;
    if (target == "augment") return Family::Augmentation;
    if (target == "loss") return Family::Loss;
    if (target == "metric") return Family::Metric;
    if (target == "weights" || target == "stop") return Family::Setting;
    return std::nullopt;
  }

  void value() {
    if (context.argumentStart) arguments();
    if (context.call) argumentValues();
    auto family = context.section == "kernels" ? Family::Algorithm : familyOf(context.target);
    if (family)
      operators(
          [&](Family candidate) {
            return candidate == *family || (family == Family::Metric && candidate == Family::Loss);
          },
          "1");
    bool plain = !family || *family == Family::Loss || *family == Family::Metric;
    symbols([](const Symbol&) { return true; }, plain ? "2" : "5");
    if (!plain) return;
    operators([](Family candidate) { return candidate == Family::Layer; }, "4");
    functions("5");
    words(valueWords, "6");
  }

  void stage() {
    auto family = familyOf(context.target);
    if (family == Family::Geometry)
      return operators([](Family candidate) { return candidate == Family::Geometry; }, "1");
    if (family == Family::Augmentation)
      return operators(
          [](Family candidate) { return candidate == Family::Augmentation || candidate == Family::Geometry; },
          "1");
    symbols(
        [](const Symbol& symbol) {
          return symbol.kind == Symbol::Kind::Block || symbol.kind == Symbol::Kind::Network ||
                 symbol.kind == Symbol::Kind::Shared || symbol.kind == Symbol::Kind::Let ||
                 symbol.kind == Symbol::Kind::Parameter || symbol.kind == Symbol::Kind::File;
        },
        "1");
    operators([](Family candidate) { return candidate == Family::Layer; }, "2");
  }

  void argument(const std::string& name, const std::string& detail, const std::string& documentation) {
    if (std::ranges::count(context.call->given, name)) return;
    lsp::CompletionItem& item = add(name, ItemKind::Field, "0", name + " = ");
    item.detail = detail;
    document(item, documentation);
  }

  void arguments() {
    auto [op, symbol, callable] = calleeOf(analysis, *context.call);
    if (op)
      for (const OperatorArgument& known : op->arguments)
        argument(std::string(known.name), std::string(cnn::describe(known.takes)), describe(known));
    if (!callable) return;
    for (size_t i = callable->kind == Kind::Block ? 1 : 0; i < callable->parameters.size(); ++i) {
      const Parameter& parameter = callable->parameters[i];
      if (!parameter.name.present()) continue;
      argument(std::string(parameter.name.text), std::string(analysis.text(parameter.span)), "");
    }
  }

  /// What alone can be the value of the argument that is being written.
  void argumentValues() {
    auto [op, symbol, callable] = calleeOf(analysis, *context.call);
    const OperatorArgument* known = op ? argumentOf(analysis, *context.call, *op) : nullptr;
    const Parameter* declared = callable ? parameterOf(analysis, *context.call, *callable) : nullptr;
    auto* type = declared ? as<NamedType>(declared->type) : nullptr;
    if ((known && known->takes == Takes::Bool) || (type && type->name == "bool"))
      for (const char* word : {"false", "true"}) add(word, ItemKind::Value, "00");
    if (known && known->takes == Takes::Type)
      for (std::string_view name : elementTypeNames) add(std::string(name), ItemKind::Value, "00");
    if (!known) return;
    for (std::string_view word : wordsOf(*known)) {
      std::string quoted = "\"" + std::string(word) + "\"";
      add(quoted, ItemKind::Value, "00").filterText = word;
    }
  }

  static std::vector<std::string_view> wordsOf(const OperatorArgument& argument) {
    if (argument.takes == Takes::Padding) return {"same", "valid"};
    return argument.words;
  }

  /// In the string of an argument.
  void text() {
    const Operator* op = context.call ? calleeOf(analysis, *context.call).op : nullptr;
    const OperatorArgument* argument = op ? argumentOf(analysis, *context.call, *op) : nullptr;
    if (!argument) return;
    for (std::string_view word : wordsOf(*argument)) add(std::string(word), ItemKind::Value, "1");
    if (op->name == "load" && argument->name == "into") paths();
  }

  /// Parts of the network, one level below what is written.
  void paths() {
    const Parts* parts = analysis.observations.parts(context.network);
    if (!parts) return;
    std::string_view written = analysis.text(context.word);
    size_t level = written.rfind('.') + 1;
    std::string before;
    for (auto& [path, part] : *parts) {
      if (!path.starts_with(written.substr(0, level))) continue;
      std::string shown = path.substr(0, path.find('.', level));
      if (shown == before) continue;
      before = shown;
      lsp::CompletionItem& item = add(shown, ItemKind::Field, "1");
      if (shown == path) item.detail = part.name;
    }
  }

  void member() {
    std::vector<const Node*> nodes = nodesAt(analysis.syntax(), context.base);
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
      auto* expr = as<Expr>(*node);
      if (!expr || expr->span.end != context.base) continue;
      auto* name = as<NameExpr>(expr);
      const Symbol* symbol = name ? analysis.names.at(analysis.file(), context.base) : nullptr;
      if (symbol && symbol->kind == Symbol::Kind::File) {
        for (auto& [member, global] : symbol->module->globals)
          for (const Symbol* visible : analysis.names.visibleAt(symbol->module->file.file, 0))
            if (visible->name == member) add(*visible, "1");
        return;
      }
      if (const CallableDecl* network = analysis.observations.network(*expr))
        for (const Symbol* known : members(analysis, *network)) add(*known, "1");
    }
    for (std::string_view known : tensorMembers)
      add(std::string(known), ItemKind::Property, "2", std::string(known)).detail = "of a tensor";
  }

  /// .cnn files that a `use` can name: beside the document, and in the library's zoo.
  void files() {
    std::filesystem::path document(analysis.source().name);
    filesIn(document.parent_path(), "./", document.filename().string());
    if (!analysis.libraryPath.empty())
      filesIn(std::filesystem::path(analysis.libraryPath) / "zoo", "zoo/", "");
  }

  void filesIn(const std::filesystem::path& folder, const std::string& before, const std::string& without) {
    std::vector<std::string> names;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error))
      if (entry.path().extension() == ".cnn" && entry.path().filename() != without)
        names.push_back(before + entry.path().filename().string());
    std::ranges::sort(names);
    for (const std::string& name : names) add(name, ItemKind::File, "1", name);
  }

  const Analysis& analysis;
  bool snippets;
  Context context;
  uint32_t offset;
  lsp::CompletionList result;
};

} // namespace

lsp::CompletionList complete(const Analysis& analysis, uint32_t offset, bool snippets) {
  return Completer(analysis, offset, snippets).run();
}

} // namespace cnn::language_server
