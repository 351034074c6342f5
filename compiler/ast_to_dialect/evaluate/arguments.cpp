/// Arguments: which parameter each is for, and whether it fits.
#include "ast_to_dialect/evaluate/advice.h"
#include "ast_to_dialect/evaluate/calls.h"
#include "ast_to_dialect/evaluate/evaluation.h"
#include "ast_to_dialect/evaluate/statements.h"

#include <algorithm>
#include <cmath>

namespace cnn {

using namespace ast;

namespace {

/// The parameters of something callable, whatever it is declared by.
struct Signature {
  std::vector<std::string_view> names;
  size_t first = 0; ///< the subject of a block is not an argument
};

Signature signature(const BlockValue& block) {
  Signature result;
  if (block.op)
    for (const OperatorArgument& argument : block.op->arguments) result.names.push_back(argument.name);
  if (block.decl) {
    for (const Parameter& parameter : block.decl->parameters) result.names.push_back(parameter.name.text);
    result.first = block.decl->kind == Kind::Block ? 1 : 0;
  }
  return result;
}

} // namespace

bool checkArgument(Elaborator& e, const Value& value, Takes takes, std::string_view argument,
                   std::string_view owner, Span span, const Frame& frame) {
  if (value.isPoison()) return false;
  if (value.list() && !countStep(e, span, frame, value.list()->size() / 16)) return false;
  auto all = [&](auto&& test) {
    return value.list() && std::all_of(value.list()->begin(), value.list()->end(), test);
  };
  auto isInt = [](const Value& v) { return v.get<int64_t>() != nullptr; };
  auto isNumber = [](const Value& v) { return v.number().has_value(); };
  bool fits = true;
  switch (takes) {
  case Takes::Int:
    fits = isInt(value);
    break;
  case Takes::Float:
    fits = isNumber(value);
    break;
  case Takes::Bool:
    fits = value.get<bool>();
    break;
  case Takes::String:
    fits = value.get<std::string>();
    break;
  case Takes::Ints:
    fits = isInt(value) || all(isInt);
    break;
  case Takes::Padding:
    fits = isInt(value) || all(isInt) || value.get<std::string>();
    break;
  case Takes::Floats:
    fits = isNumber(value) || all(isNumber);
    break;
  case Takes::Strings:
    fits = value.get<std::string>() || all([](const Value& v) { return v.get<std::string>() != nullptr; });
    break;
  case Takes::Type:
    fits = value.get<ElementType>() != nullptr;
    break;
  case Takes::Tile:
    fits = all([](const Value& v) { return v.get<int64_t>() && *v.get<int64_t>() >= 1; }) &&
           (value.list()->size() == 2 || value.list()->size() == 3);
    break;
  case Takes::Any:
    break;
  }
  if (fits) return true;
  std::string what = "'" + std::string(argument) + "' of " + std::string(owner);
  if (value.get<Dimension>())
    e.error(Diag::FreeDimension, span, frame, what);
  else
    suggestValue(e, e.error(Diag::TypeMismatch, span, frame, what, describe(takes), value.describe()), value,
                 takes, span);
  return false;
}

void suggestValue(Elaborator& e, Diagnostic& diagnostic, const Value& value, Takes takes, Span given) {
  // A named argument's span begins with its name.
  std::string_view text = e.program.sources.text(given);
  size_t equals = text.find('=');
  bool named = equals != std::string_view::npos && text.find_first_of("\"([{<>!=") == equals &&
               text.substr(equals).substr(0, 2) != "==";
  size_t skipped = named ? text.find_first_not_of(" \t\r\n", equals + 1) : 0;
  if (skipped == std::string_view::npos) return;
  Span span{given.file, given.begin + uint32_t(skipped), given.end};
  text = text.substr(skipped);
  auto* whole = value.get<int64_t>();
  auto* real = value.get<double>();
  bool wantsWhole = takes == Takes::Int || takes == Takes::Ints || takes == Takes::Padding;
  if (takes == Takes::Bool && whole && (*whole == 0 || *whole == 1))
    diagnostic.fix("write a truth value", {{span, *whole ? "true" : "false"}});
  else if (wantsWhole && real && *real == std::floor(*real) && std::abs(*real) < 1e15 &&
           text.find_first_not_of("0123456789.") == std::string_view::npos)
    diagnostic.fix("write a whole number", {{span, std::to_string(int64_t(*real))}});
  else if (wantsWhole && real)
    diagnostic.suggest("round down", {{{span.file, span.begin, span.begin}, "floor("},
                                      {{span.file, span.end, span.end}, ")"}});
}

/// An argument with the comma or the brackets that belong to it.
static Span wholeArgument(const std::vector<Argument>& arguments, size_t i, std::string_view text) {
  Span span = arguments[i].span();
  if (i + 1 < arguments.size()) return {span.file, span.begin, arguments[i + 1].span().begin};
  size_t open = text.rfind('(', span.begin), close = text.find(')', span.end);
  bool alone = i == 0 && open != std::string_view::npos && close != std::string_view::npos;
  if (alone) return {span.file, uint32_t(open), uint32_t(close + 1)};
  return i == 0 ? span : Span{span.file, arguments[i - 1].span().end, span.end};
}

static constexpr std::string_view channelsAreKnown =
    "the channels of what comes in are known: leave them out";

/// What PyTorch's order of arguments makes of `batch_norm(16)` and `linear(3072, 10)`. True when it was
/// reported.
bool inputChannelsGiven(Elaborator& e, const BlockValue& block, const std::vector<Argument>& arguments,
                        size_t i, size_t index, const Value& value, const Frame& frame) {
  if (!block.op || arguments[i].name.present()) return false;
  const OperatorArgument& argument = block.op->arguments[index];
  auto* whole = value.get<int64_t>();
  Span span = arguments[i].value->span;
  std::string_view text = e.program.sources.file(span.file).text;
  if (argument.namedOnly) {
    Diagnostic& diagnostic = e.error(Diag::NamedOnly, span, frame, block.op->name, argument.name);
    if (whole && *whole > 1)
      diagnostic.note(std::string(channelsAreKnown))
          .fix("leave it out", {{wholeArgument(arguments, i, text), ""}});
    else
      diagnostic.suggest("write its name",
                         {{{span.file, span.begin, span.begin}, std::string(argument.name) + " = "}});
    return true;
  }
  bool second = i == 1 && block.op->name == "linear" && index == 1 && whole && !arguments[0].name.present();
  if (!second) return false;
  e.error(Diag::TypeMismatch, span, frame, "'bias' of linear", "true or false", value.describe())
      .note("the features of what comes in are known: leave them out")
      .fix("leave the first number out", {{wholeArgument(arguments, 0, text), ""}});
  return true;
}

const BlockValue* aliasedBlock(Elaborator& e, const CallableDecl* decl, const Module* module) {
  if (!decl || decl->kind != Kind::Network || !decl->value || decl->hasParameterList) return nullptr;
  if (auto known = e.aliases.find(decl); known != e.aliases.end()) return known->second.get();
  if (!e.evaluating.insert(decl).second) return nullptr; // reported where it is built
  Environment names;
  Value value = evaluate(e, decl->value, {module, &names, nullptr});
  e.evaluating.erase(decl);
  const BlockValue* base = value.block();
  if (!base || !base->decl || base->decl->kind != Kind::Network) return nullptr;
  auto whole = std::make_shared<BlockValue>(*base);
  if (const BlockValue* further = aliasedBlock(e, base->decl, base->module)) {
    *whole = *further;
    for (auto& [parameter, given] : base->given) whole->give(parameter, given);
  }
  return (e.aliases[decl] = std::move(whole)).get();
}

std::shared_ptr<BlockValue> withArguments(Elaborator& e, const BlockValue& block,
                                          const std::vector<Argument>& arguments,
                                          const std::vector<Given>& values, size_t firstIndex, Span span,
                                          const Frame& frame) {
  if (block.decl && !block.decl->parametersComplete) return nullptr;
  auto result = std::make_shared<BlockValue>(block);
  result->span = span;
  const BlockValue* base = aliasedBlock(e, block.decl, block.module);
  const CallableDecl* declared = base ? base->decl : block.decl;
  Signature known = signature(base ? *base : block);
  auto earlierGiven = [&](size_t parameter) -> const Given* {
    if (auto own = result->given.find(parameter); own != result->given.end()) return &own->second;
    if (!base) return nullptr;
    auto inherited = base->given.find(parameter);
    return inherited == base->given.end() ? nullptr : &inherited->second;
  };
  std::string name = block.name();
  bool ok = true;
  size_t place = known.first;
  for (size_t i = firstIndex; i < arguments.size(); ++i) {
    const Argument& argument = arguments[i];
    size_t index = known.names.size();
    if (argument.name.present()) {
      for (size_t j = known.first; j < known.names.size(); ++j)
        if (known.names[j] == argument.name.text) index = j;
      if (index == known.names.size()) {
        std::vector<std::string_view> names(known.names.begin() + known.first, known.names.end());
        e.error(Diag::UnknownArgument, argument.name.span, frame, name, argument.name.text)
            .didYouMean(nearest(argument.name.text, names))
            .note(names.empty() ? name + " has no arguments"
                                : "the arguments of " + name + " are " + listed(names));
        ok = false;
        continue;
      }
      const Given* earlier = earlierGiven(index);
      bool ofThisCall = earlier && span.file == earlier->span.file && earlier->span.begin >= span.begin &&
                        earlier->span.end <= span.end;
      bool twice = ofThisCall && std::ranges::count_if(arguments, [&](const Argument& other) {
                                   return other.name.present() && other.name.text == argument.name.text;
                                 }) > 1;
      if (twice) { // the parser has reported it
        ok = false;
        continue;
      }
      if (earlier) {
        e.error(Diag::ArgumentGivenTwice, argument.name.span, frame, name, argument.name.text)
            .secondary(earlier->span, "given here");
        ok = false;
        continue;
      }
    } else {
      while (place < known.names.size() && earlierGiven(place)) ++place;
      if (place == known.names.size()) {
        size_t most = known.names.size() - known.first;
        std::string takes = most == 0   ? "no arguments"
                            : most == 1 ? "one argument"
                                        : "at most " + std::to_string(most) + " arguments";
        Diagnostic& diagnostic = e.error(Diag::TooManyArguments, argument.value->span, frame, name, takes,
                                         int64_t(arguments.size() - firstIndex));
        if (values[i].value.isSubject() && firstIndex == 0)
          diagnostic.note("the tensor comes first, or before '|>': " +
                          std::string(e.program.sources.text(argument.value->span)) + " |> " + name + "(…)");
        else if (most == 0 && i == 0)
          adviseOnArguments(diagnostic, name, values[i].value,
                            wholeArgument(arguments, i, e.program.sources.file(span.file).text));
        return nullptr;
      }
      index = place;
    }
    const Given& given = values[i];
    if (given.value.holdsPoison()) {
      ok = false;
      continue;
    }
    if (inputChannelsGiven(e, block, arguments, i, index, given.value, frame)) {
      ok = false;
      result->give(index, given); // for the places of those after it
      continue;
    }
    if (block.op)
      ok = checkArgument(e, given.value, block.op->arguments[index].takes, known.names[index], name,
                         given.span, frame) &&
           ok;
    if (declared && declared->parameters[index].type)
      ok = checkType(e, given.value, declared->parameters[index].type,
                     "'" + std::string(known.names[index]) + "' of " + name, given.span, frame) &&
           ok;
    result->give(index, given);
  }
  return ok ? result : nullptr;
}

bool fitsType(const Elaborator& e, const Value& value, const Type* type) {
  if (value.isPoison()) return true;
  if (auto* named = as<NamedType>(type)) {
    if (named->name == "int") return value.get<int64_t>();
    if (named->name == "float") return value.number().has_value();
    if (named->name == "bool") return value.get<bool>();
    if (named->name == "string") return value.get<std::string>();
    if (named->name == "block") return value.block();
    return true;
  }
  const List* list = value.list();
  if (auto* wanted = as<ListType>(type))
    return list && std::all_of(list->begin(), list->end(),
                               [&](const Value& v) { return fitsType(e, v, wanted->element); });
  if (auto* row = as<RowType>(type)) {
    if (!list || list->size() != row->columns.size()) return false;
    for (size_t i = 0; i < list->size(); ++i)
      if (!fitsType(e, (*list)[i], row->columns[i])) return false;
    return true;
  }
  return value.tensor() != nullptr;
}

bool checkType(Elaborator& e, const Value& value, const Type* type, const std::string& what, Span span,
               const Frame& frame) {
  if (value.isPoison()) return false;
  if (value.list() && !countStep(e, span, frame, value.elementCount() / 16)) return false;
  if (fitsType(e, value, type)) return true;
  if (value.get<Dimension>()) {
    e.error(Diag::FreeDimension, span, frame, what);
    return false;
  }
  Diagnostic& diagnostic = e.error(Diag::TypeMismatch, span, frame, what,
                                   std::string(e.program.sources.text(type->span)), value.describe());
  auto* named = as<NamedType>(type);
  auto* text = value.get<std::string>();
  if (named && named->name == "int") suggestValue(e, diagnostic, value, Takes::Int, span);
  if (named && named->name == "bool") suggestValue(e, diagnostic, value, Takes::Bool, span);
  bool quotedName =
      named && named->name == "block" && text && e.program.sources.text(span).ends_with("\"" + *text + "\"");
  if (quotedName && (findOperator(*text) || frame.module->globals.count(*text)))
    diagnostic.fix("write it without quotes",
                   {{{span.file, span.end - uint32_t(text->size()) - 2, span.end}, *text}});
  return false;
}

bool bindParameters(Elaborator& e, const CallableDecl& decl, const std::map<size_t, Given>& given,
                    size_t first, Span span, const Frame& callee, const Frame& caller) {
  bool ok = true;
  for (size_t i = first; i < decl.parameters.size(); ++i) {
    const Parameter& parameter = decl.parameters[i];
    Value value;
    if (auto found = given.find(i); found != given.end()) {
      value = found->second.value;
    } else if (parameter.defaultValue) {
      value = evaluate(e, parameter.defaultValue, callee);
      if (parameter.type &&
          !checkType(e, value, parameter.type, "the default of '" + std::string(parameter.name.text) + "'",
                     parameter.defaultValue->span, callee))
        value = Poison{};
    } else {
      e.error(Diag::MissingArgument, span, caller, decl.name.text, parameter.name.text)
          .secondary(parameter.name.span, "declared here");
      ok = false;
    }
    auto* named = parameter.type ? as<NamedType>(parameter.type) : nullptr;
    if (auto* i = value.get<int64_t>(); i && named && named->name == "float") value = double(*i);
    callee.environment->names[parameter.name.text] = value;
    if (e.observations) e.observations->bound(parameter.name.span, value, callee);
  }
  return ok;
}

Value callRecord(Elaborator& e, const Record& base, const CallExpr& expr, const Frame& frame) {
  auto record = std::make_shared<Record>(base);
  record->span = expr.span;
  std::string name(base.op->name);
  size_t place = 0;
  bool ok = true;
  for (const Argument& argument : expr.arguments) {
    Value value = evaluate(e, argument.value, frame);
    const OperatorArgument* known = nullptr;
    std::string key;
    if (argument.name.present()) {
      known = base.op->argument(argument.name.text);
      key = argument.name.text;
      if (!known) {
        std::vector<std::string_view> names;
        for (auto& candidate : base.op->arguments) names.push_back(candidate.name);
        e.error(Diag::UnknownArgument, argument.name.span, frame, name, key)
            .didYouMean(nearest(key, names))
            .note(names.empty() ? name + " has no arguments"
                                : "the arguments of " + name + " are " + listed(names));
        ok = false;
        continue;
      }
    } else {
      while (place < base.op->arguments.size() && record->arguments.count(base.op->arguments[place].name))
        ++place;
      if (place < base.op->arguments.size()) {
        known = &base.op->arguments[place];
        key = known->name;
      } else {
        size_t most = base.op->arguments.size();
        e.error(Diag::TooManyArguments, argument.value->span, frame, name,
                most == 0 ? "no arguments" : "at most " + std::to_string(most),
                int64_t(expr.arguments.size()));
        return Poison{};
      }
    }
    if (known)
      ok = checkArgument(e, value, known->takes, key, name, argument.value->span, frame) && ok;
    else if (value.holdsPoison())
      ok = false;
    record->depth = std::max(record->depth, value.depth() + 1);
    record->arguments[key] = {value, argument.span()};
  }
  Value result = std::shared_ptr<const Record>(record);
  return ok && givenAll(e, result, expr.span, frame) ? result : Value();
}

} // namespace cnn
