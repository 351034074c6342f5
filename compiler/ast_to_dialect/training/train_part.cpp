/// The settings that train sections, their phases and steps have in common.
#include "ast_to_dialect/training/train_part.h"

#include "ast_to_dialect/evaluate/calls.h"
#include "ast_to_dialect/evaluate/evaluation.h"
#include "ast_to_dialect/evaluate/statements.h"

#include <cnn/recipe.h>

#include <algorithm>
#include <span>

namespace cnn {

using namespace ast;

bool TrainPartReader::setting(const AssignStatement& statement, TrainPart& part) {
  std::string_view name = statement.name.text;
  part.settings.insert(std::string(name));
  auto put = [&](mlir::Attribute value) {
    part.attributes.push_back(e.builder.getNamedAttr(llvm::StringRef(name), value));
  };
  if (name == "freeze" || name == "update" || name == "stop") {
    (name == "freeze" ? part.freeze : name == "update" ? part.update : part.stop) = &statement;
    return true;
  }
  static constexpr std::string_view own[] = {"accumulate", "batch",     "clip_norm",
                                             "epochs",     "optimizer", "schedule"};
  if (!std::ranges::count(own, name)) return false;
  Value value = evaluate(e, statement.value, frame);
  if (value.isPoison()) return true;
  auto wrong = [&](std::string_view expected) { this->wrong(statement, value, expected); };
  const Record* record = value.record();
  if (name == "optimizer") {
    if (record && record->op->family == Family::Optimizer)
      put(recipe<OptimizerKind>(*record, optimizerKinds));
    else
      wrong("an optimizer such as adam(lr = 1e-3)");
  } else if (name == "schedule") {
    if (record && record->op->family == Family::Schedule)
      put(recipe<ScheduleKind>(*record, scheduleKinds));
    else
      wrong("a schedule such as one_cycle(max_lr = 3e-3)");
  } else if (name == "clip_norm") {
    std::optional<double> number = value.number();
    if (number && *number > 0)
      put(e.builder.getF64FloatAttr(*number));
    else
      wrong("a number above 0");
  } else {
    auto* whole = value.get<int64_t>();
    if (whole && *whole >= 1 && *whole <= INT32_MAX)
      put(e.builder.getI64IntegerAttr(*whole));
    else
      wrong("a whole number of at least 1");
  }
  return true;
}

void TrainPartReader::wrong(const AssignStatement& statement, const Value& value, std::string_view expected) {
  Span span = statement.value->span;
  Diagnostic& diagnostic =
      e.error(Diag::BadSetting, span, frame, statement.name.text, expected, value.describe());
  // data = "fashion_mnist"
  auto* text = value.get<std::string>();
  const Operator* named = text ? findOperator(*text) : nullptr;
  bool asName = named && named->isSetting() && e.program.sources.text(span) == "\"" + *text + "\"";
  if (asName) diagnostic.fix("write it without quotes", {{span, *text + "()"}});
  // batch = 64.0
  auto* real = value.get<double>();
  std::string whole = real && *real >= 1 && *real < 1e9 ? std::to_string(int64_t(*real)) : "";
  if (!whole.empty() && e.program.sources.text(span) == whole + ".0" && expected.starts_with("a whole"))
    diagnostic.fix("write a whole number", {{span, whole}});
}

/// The optimizer or schedule of a call with its arguments, defaults included: {kind, name = value, …}.
template <class Kind>
mlir::DictionaryAttr TrainPartReader::recipe(const Record& record, std::span<const Kind> kinds) {
  const Kind& kind = *std::ranges::find(kinds, record.op->name,
                                        [](const Kind& each) { return std::string_view(each.name); });
  typename Kind::Values values = defaultsOf(kind);
  auto bad = [&](std::string_view argument, Span span, const std::string& problem) {
    e.error(Diag::BadArgument, span, frame, "'" + std::string(argument) + "'", record.op->name, problem);
  };
  std::string_view pair; // whose first number was read
  for (const auto& argument : kind.arguments) {
    double& number = values.*argument.field;
    std::string_view name = argument.pair ? argument.pair : argument.name;
    bool second = argument.pair && pair == name;
    pair = argument.pair ? name : "";
    auto given = record.arguments.find(name);
    if (given == record.arguments.end()) continue;
    const Value* value = &given->second.value;
    if (argument.pair) {
      const List* list = value->list();
      if (!list || list->size() != 2) {
        if (!second) bad(name, given->second.span, "expected two numbers");
        continue;
      }
      value = &(*list)[second];
    }
    if (argument.is.kind == NumberKind::flag) {
      number = *value->get<bool>();
      continue;
    }
    number = *value->number();
    if (!argument.is.range.holds(number))
      bad(name, given->second.span,
          std::string("expected ") + argument.is.range.text + ", found " + Value(number).describe());
  }
  if constexpr (requires { kind.rules; })
    for (const OptimizerRule& rule : kind.rules)
      if (!rule.holds(values)) {
        auto given = record.arguments.find(rule.field);
        bad(rule.field, given == record.arguments.end() ? record.span : given->second.span,
            std::string("expected ") + rule.expected);
      }
  return attributeOf(kind, values);
}

/// {kind, name = value, …}
template <class Kind>
mlir::DictionaryAttr TrainPartReader::attributeOf(const Kind& kind, const typename Kind::Values& values) {
  llvm::SmallVector<mlir::NamedAttribute> list{
      e.builder.getNamedAttr("kind", e.builder.getStringAttr(kind.name))};
  for (const auto& argument : kind.arguments) {
    double number = values.*argument.field;
    mlir::Attribute value = argument.is.kind == NumberKind::flag ? e.builder.getBoolAttr(number != 0)
                            : argument.is.kind == NumberKind::whole
                                ? mlir::Attribute(e.builder.getI64IntegerAttr(int64_t(number)))
                                : mlir::Attribute(e.builder.getF64FloatAttr(number));
    list.push_back(e.builder.getNamedAttr(argument.name, value));
  }
  return e.builder.getDictionaryAttr(list);
}

/// Paths of what the selectors cover; empty, with an error, where one covers nothing.
std::set<std::string> TrainPartReader::selected(const Expr* selectors, bool statistics) {
  Selection selection = evaluateSelection(e, selectors, frame);
  std::set<std::string> paths;
  bool all = true;
  for (const Selector& selector : selection.selectors) {
    if (!countStep(e, selector.span, frame, e.net->parameters.size() / 8)) return paths;
    bool any = std::ranges::any_of(e.net->parameters, [&](const NetworkParameter& info) {
      return matches(selector, info.owner, info.ownerPath, info.name);
    });
    if (any || e.net->incomplete) continue;
    suggestSelector(e, e.error(Diag::NothingSelected, selector.span, frame, selector.text()), selector);
    all = false;
  }
  if (!all) return paths;
  for (const NetworkParameter& info : e.net->parameters)
    if ((statistics || !info.statistic) && matches(selection, info.owner, info.ownerPath, info.name))
      paths.insert(info.path);
  return paths;
}

void TrainPartReader::select(TrainPart& part) {
  if (part.freeze) part.frozen = selected(part.freeze->value, true);
  if (part.update) part.updated = selected(part.update->value, false);
  for (const GroupStatement* statement : part.groupStatements) group(*statement, part);
}

void TrainPartReader::group(const GroupStatement& statement, TrainPart& part) {
  TrainGroup& group = part.groups.emplace_back();
  group.parameters = selected(statement.selectors, false);
  for (const Statement* item : statement.body.statements) {
    auto* assign = as<AssignStatement>(item);
    if (!assign) continue;
    Value value = evaluate(e, assign->value, frame);
    if (auto number = value.number(); number && *number >= 0)
      group.numbers[std::string(assign->name.text)] = *number;
    else if (!value.isPoison())
      e.error(Diag::BadSetting, assign->value->span, frame, assign->name.text, "a number of at least 0",
              value.describe());
  }
}

mlir::ArrayAttr mergedGroups(Elaborator& e, llvm::ArrayRef<TrainGroup> groups) {
  using Numbers = std::map<std::string, double>;
  std::vector<std::pair<Numbers, llvm::SmallVector<mlir::Attribute>>> merged; // in order of first parameters
  for (const NetworkParameter& info : e.net->parameters) {
    Numbers numbers;
    for (const TrainGroup& group : groups)
      if (group.parameters.count(info.path))
        for (auto& [name, number] : group.numbers) numbers[name] = number;
    if (numbers.empty()) continue;
    auto same = std::ranges::find(merged, numbers, [](auto& entry) { return entry.first; });
    if (same == merged.end()) same = merged.insert(merged.end(), {numbers, {}});
    same->second.push_back(e.builder.getStringAttr(info.path));
  }
  llvm::SmallVector<mlir::Attribute> list;
  for (auto& [numbers, paths] : merged) {
    llvm::SmallVector<mlir::NamedAttribute> entries{
        e.builder.getNamedAttr("parameters", e.builder.getArrayAttr(paths))};
    for (auto& [name, number] : numbers)
      entries.push_back(e.builder.getNamedAttr(name, e.builder.getF64FloatAttr(number)));
    list.push_back(e.builder.getDictionaryAttr(entries));
  }
  return e.builder.getArrayAttr(list);
}

} // namespace cnn
