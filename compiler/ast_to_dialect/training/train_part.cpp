/// The settings that train sections, their phases and steps have in common.
#include "ast_to_dialect/training/train_part.h"

#include "ast_to_dialect/evaluate/calls.h"
#include "ast_to_dialect/evaluate/evaluation.h"
#include "ast_to_dialect/evaluate/statements.h"
#include <algorithm>
#include <cmath>

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
      put(optimizer(*record));
    else
      wrong("an optimizer such as adam(lr = 1e-3)");
  } else if (name == "schedule") {
    if (record && record->op->family == Family::Schedule)
      put(numbers(*record));
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

namespace {

/// What PyTorch demands of the numbers of optimizers and schedules, or what would otherwise mean nothing.
struct Range {
  std::string_view argument;
  double least = 0, most = HUGE_VAL;
  bool withoutLeast = false;
  std::string_view text = "at least 0";
  bool holds(double value) const { return value <= most && (withoutLeast ? value > least : value >= least); }
};

const Range* rangeOf(std::string_view argument) {
  static constexpr Range ranges[] = {
      {"lr"},
      {"max_lr"},
      {"min_lr"},
      {"momentum"},
      {"weight_decay"},
      {"eps"},
      {"warmup"},
      {"gamma"},
      {"step_size", 1, HUGE_VAL, false, "at least 1"},
      {"pct_start", 0, 1, false, "a share from 0 to 1"},
      {"div_factor", 0, HUGE_VAL, true, "a number above 0"},
      {"final_div_factor", 0, HUGE_VAL, true, "a number above 0"},
  };
  auto found = std::ranges::find(ranges, argument, &Range::argument);
  return found == std::end(ranges) ? nullptr : found;
}

} // namespace

/// The numbers of a setting, defaults included: {kind, name = value, …}.
mlir::DictionaryAttr TrainPartReader::numbers(const Record& record) {
  llvm::SmallVector<mlir::NamedAttribute> list{
      e.builder.getNamedAttr("kind", e.builder.getStringAttr(std::string(record.op->name)))};
  for (const OperatorArgument& argument : record.op->arguments) {
    auto given = record.arguments.find(argument.name);
    if (argument.takes == Takes::Bool) {
      bool value =
          given != record.arguments.end() ? *given->second.value.get<bool>() : argument.defaultText == "true";
      list.push_back(e.builder.getNamedAttr(argument.name, e.builder.getBoolAttr(value)));
    } else if (argument.takes == Takes::Int || argument.takes == Takes::Float) {
      double value = given != record.arguments.end()
                         ? *given->second.value.number()
                         : std::strtod(std::string(argument.defaultText).c_str(), nullptr);
      if (const Range* range = rangeOf(argument.name);
          range && given != record.arguments.end() && !range->holds(value))
        e.error(Diag::BadArgument, given->second.span, frame, "'" + std::string(argument.name) + "'",
                record.op->name,
                "expected " + std::string(range->text) + ", found " + Value(value).describe());
      bool whole = argument.takes == Takes::Int;
      list.push_back(e.builder.getNamedAttr(
          argument.name, whole ? mlir::Attribute(e.builder.getI64IntegerAttr(int64_t(value)))
                               : mlir::Attribute(e.builder.getF64FloatAttr(value))));
    }
  }
  return e.builder.getDictionaryAttr(list);
}

mlir::DictionaryAttr TrainPartReader::optimizer(const Record& record) {
  llvm::SmallVector<mlir::NamedAttribute> list(numbers(record).getValue());
  if (record.op->argument("betas")) {
    double betas[2] = {0.9, 0.999};
    if (auto given = record.arguments.find("betas"); given != record.arguments.end()) {
      const List* pair = given->second.value.list();
      if (!pair || pair->size() != 2)
        e.error(Diag::BadArgument, given->second.span, frame, "'betas'", record.op->name,
                "expected two numbers");
      else
        for (size_t i = 0; i < 2; ++i) {
          betas[i] = *(*pair)[i].number();
          if (!(betas[i] >= 0 && betas[i] < 1))
            e.error(Diag::BadArgument, given->second.span, frame, "'betas'", record.op->name,
                    "expected numbers from 0 to below 1, found " + (*pair)[i].describe());
        }
    }
    list.push_back(e.builder.getNamedAttr("beta1", e.builder.getF64FloatAttr(betas[0])));
    list.push_back(e.builder.getNamedAttr("beta2", e.builder.getF64FloatAttr(betas[1])));
  }
  auto settings = e.builder.getDictionaryAttr(list);
  auto nesterov = settings.getAs<mlir::BoolAttr>("nesterov");
  auto number = [&](llvm::StringRef name) {
    auto value = settings.getAs<mlir::FloatAttr>(name);
    return value ? value.getValueAsDouble() : 0;
  };
  if (nesterov && nesterov.getValue() && (number("momentum") == 0 || number("dampening") != 0))
    e.error(Diag::BadArgument, record.arguments.at("nesterov").span, frame, "'nesterov'", record.op->name,
            "expected a momentum above 0 and no dampening with it");
  return settings;
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
