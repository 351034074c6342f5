/// Calls, chains, and the application of blocks to tensors.
#include "ast_to_dialect/elaborator.h"

#include <algorithm>

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

std::string listed(const std::vector<std::string_view>& names, size_t first) {
  std::string list;
  for (size_t i = first; i < names.size(); ++i) list += (list.empty() ? "" : ", ") + std::string(names[i]);
  return list;
}

/// A tensor, a network's result, or a list of tensors: what makes a call an application.
bool isSubject(const Value& value) {
  if (value.tensor()) return true;
  const List* list = value.list();
  return list && !list->empty() && std::all_of(list->begin(), list->end(), isSubject);
}

/// An error, or a list that holds one.
bool isPoisoned(const Value& value) {
  const List* list = value.list();
  return value.isPoison() || (list && std::any_of(list->begin(), list->end(), isPoisoned));
}

std::string join(const std::string& path, std::string_view rest) {
  if (path.empty()) return std::string(rest);
  return rest.empty() ? path : path + "." + std::string(rest);
}

} // namespace

bool Elaborator::checkArgument(const Value& value, Takes takes, std::string_view argument,
                               std::string_view owner, Span span, const Frame& frame) {
  if (value.isPoison()) return false;
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
    error(Diag::FreeDimension, span, frame, what);
  else
    suggestValue(error(Diag::TypeMismatch, span, frame, what, describe(takes), value.describe()), value,
                 takes, span);
  return false;
}

void Elaborator::suggestValue(Diagnostic& diagnostic, const Value& value, Takes takes, Span given) {
  // A named argument's span begins with its name.
  std::string_view text = program.sources.text(given);
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
  else if (wantsWhole && real && text.find_first_not_of("0123456789.") == std::string_view::npos)
    diagnostic.fix("write a whole number", {{span, std::to_string(int64_t(*real))}});
  else if (wantsWhole && real)
    diagnostic.fix("round down",
                   {{{span.file, span.begin, span.begin}, "floor("}, {{span.file, span.end, span.end}, ")"}});
}

std::shared_ptr<BlockValue> Elaborator::withArguments(const BlockValue& block,
                                                      const std::vector<Argument>& arguments,
                                                      const std::vector<Given>& values, size_t firstIndex,
                                                      Span span, const Frame& frame) {
  if (block.decl && !block.decl->parametersComplete) return nullptr;
  auto result = std::make_shared<BlockValue>(block);
  result->span = span;
  Signature known = signature(block);
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
        std::string list = listed(known.names, known.first);
        error(Diag::UnknownArgument, argument.name.span, frame, name, argument.name.text)
            .didYouMean(nearest(argument.name.text, names))
            .note(list.empty() ? name + " has no arguments" : "the arguments of " + name + " are " + list);
        ok = false;
        continue;
      }
      auto earlier = result->given.find(index);
      bool ofThisCall = earlier != result->given.end() && span.file == earlier->second.span.file &&
                        earlier->second.span.begin >= span.begin && earlier->second.span.end <= span.end;
      bool twice = ofThisCall && std::ranges::count_if(arguments, [&](const Argument& other) {
                                   return other.name.present() && other.name.text == argument.name.text;
                                 }) > 1;
      if (twice) { // the parser has reported it
        ok = false;
        continue;
      }
      if (earlier != result->given.end()) {
        error(Diag::ArgumentGivenTwice, argument.name.span, frame, name, argument.name.text)
            .secondary(earlier->second.span, "given here");
        ok = false;
        continue;
      }
    } else {
      while (place < known.names.size() && result->given.count(place)) ++place;
      if (place == known.names.size()) {
        size_t most = known.names.size() - known.first;
        std::string takes = most == 0   ? "no arguments"
                            : most == 1 ? "one argument"
                                        : "at most " + std::to_string(most) + " arguments";
        Diagnostic& diagnostic = error(Diag::TooManyArguments, argument.value->span, frame, name, takes,
                                       int64_t(arguments.size() - firstIndex));
        if (isSubject(values[i].value) && firstIndex == 0)
          diagnostic.note("the tensor comes first, or before '|>': " +
                          std::string(program.sources.text(argument.value->span)) + " |> " + name + "(…)");
        return nullptr;
      }
      index = place;
    }
    const Given& given = values[i];
    if (isPoisoned(given.value)) {
      ok = false;
      continue;
    }
    if (block.op)
      ok = checkArgument(given.value, block.op->arguments[index].takes, known.names[index], name, given.span,
                         frame) &&
           ok;
    if (block.decl && block.decl->parameters[index].type)
      ok = checkType(given.value, block.decl->parameters[index].type,
                     "'" + std::string(known.names[index]) + "' of " + name, given.span, frame) &&
           ok;
    result->given[index] = given;
  }
  return ok ? result : nullptr;
}

bool Elaborator::fitsType(const Value& value, const Type* type) const {
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
                               [&](const Value& v) { return fitsType(v, wanted->element); });
  if (auto* row = as<RowType>(type)) {
    if (!list || list->size() != row->columns.size()) return false;
    for (size_t i = 0; i < list->size(); ++i)
      if (!fitsType((*list)[i], row->columns[i])) return false;
    return true;
  }
  return value.tensor() != nullptr;
}

bool Elaborator::checkType(const Value& value, const Type* type, const std::string& what, Span span,
                           const Frame& frame) {
  if (value.isPoison()) return false;
  if (fitsType(value, type)) return true;
  if (value.get<Dimension>()) {
    error(Diag::FreeDimension, span, frame, what);
    return false;
  }
  Diagnostic& diagnostic = error(Diag::TypeMismatch, span, frame, what,
                                 std::string(program.sources.text(type->span)), value.describe());
  auto* named = as<NamedType>(type);
  auto* text = value.get<std::string>();
  if (named && named->name == "int") suggestValue(diagnostic, value, Takes::Int, span);
  if (named && named->name == "bool") suggestValue(diagnostic, value, Takes::Bool, span);
  bool quotedName =
      named && named->name == "block" && text && program.sources.text(span).ends_with("\"" + *text + "\"");
  if (quotedName && (findOperator(*text) || frame.module->globals.count(*text)))
    diagnostic.fix("write it without quotes",
                   {{{span.file, span.end - uint32_t(text->size()) - 2, span.end}, *text}});
  return false;
}

bool Elaborator::bindParameters(const CallableDecl& decl, const std::map<size_t, Given>& given, size_t first,
                                Span span, const Frame& callee, const Frame& caller) {
  bool ok = true;
  for (size_t i = first; i < decl.parameters.size(); ++i) {
    const Parameter& parameter = decl.parameters[i];
    Value value;
    if (auto found = given.find(i); found != given.end()) {
      value = found->second.value;
    } else if (parameter.defaultValue) {
      value = evaluate(parameter.defaultValue, callee);
      if (parameter.type &&
          !checkType(value, parameter.type, "the default of '" + std::string(parameter.name.text) + "'",
                     parameter.defaultValue->span, callee))
        value = Poison{};
    } else {
      error(Diag::MissingArgument, span, caller, decl.name.text, parameter.name.text)
          .secondary(parameter.name.span, "declared here");
      ok = false;
    }
    auto* named = parameter.type ? as<NamedType>(parameter.type) : nullptr;
    if (auto* i = value.get<int64_t>(); i && named && named->name == "float") value = double(*i);
    callee.environment->names[parameter.name.text] = value;
    if (observations) observations->bound(parameter.name.span, value, callee);
  }
  return ok;
}

Value Elaborator::callRecord(const Record& base, const CallExpr& expr, const Frame& frame) {
  auto record = std::make_shared<Record>(base);
  record->span = expr.span;
  std::string name(base.op->name);
  size_t place = 0;
  bool ok = true;
  for (const Argument& argument : expr.arguments) {
    Value value = evaluate(argument.value, frame);
    const OperatorArgument* known = nullptr;
    std::string key;
    if (argument.name.present()) {
      known = base.op->argument(argument.name.text);
      key = argument.name.text;
      if (!known) {
        std::vector<std::string_view> names;
        for (auto& candidate : base.op->arguments) names.push_back(candidate.name);
        std::string list = listed(names, 0);
        error(Diag::UnknownArgument, argument.name.span, frame, name, key)
            .didYouMean(nearest(key, names))
            .note(list.empty() ? name + " has no arguments" : "the arguments of " + name + " are " + list);
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
        error(Diag::TooManyArguments, argument.value->span, frame, name,
              most == 0 ? "no arguments" : "at most " + std::to_string(most), int64_t(expr.arguments.size()));
        return Poison{};
      }
    }
    if (known)
      ok = checkArgument(value, known->takes, key, name, argument.value->span, frame) && ok;
    else if (isPoisoned(value))
      ok = false;
    record->arguments[key] = {value, argument.span()};
  }
  Value result = std::shared_ptr<const Record>(record);
  return ok && givenAll(result, expr.span, frame) ? result : Value();
}

Value Elaborator::call(const CallExpr& expr, const Frame& frame, const PathHint& hint, const Value* piped) {
  calledNode = expr.callee;
  while (auto* paren = as<ParenExpr>(calledNode)) calledNode = paren->inner;
  Value callee = evaluate(expr.callee, frame);
  auto* function = piped ? nullptr : callee.get<FunctionValue>();
  const Record* record = piped ? nullptr : callee.record();
  const BlockValue* block = callee.block();
  if (!expr.closed && (function || record || block)) return Poison{};
  if (function) return callFunction(*function, expr, frame);
  if (record) return callRecord(*record, expr, frame);
  std::vector<Given> values;
  if (!block) {
    for (const Argument& argument : expr.arguments)
      if (expr.closed) evaluate(argument.value, frame);
    if (!callee.isPoison()) error(Diag::NotCallable, expr.callee->span, frame, callee.describe());
    return Poison{};
  }
  bool poisoned = false;
  for (const Argument& argument : expr.arguments) {
    values.push_back({evaluate(argument.value, frame), argument.value->span});
    poisoned = poisoned || isPoisoned(values.back().value);
  }
  std::vector<Value> subjects;
  if (piped) subjects.push_back(*piped);
  size_t first = 0;
  while (first < values.size() && !expr.arguments[first].name.present() && isSubject(values[first].value))
    subjects.push_back(values[first++].value);
  if (poisoned) return Poison{};
  bool wantsList = block->op && block->op->subjects < 0 && subjects.empty() && !values.empty();
  if (wantsList) {
    error(Diag::NotATensor, values[0].span, frame, block->name(), values[0].value.describe())
        .note(block->name() + " takes a list of tensors");
    return Poison{};
  }
  auto bound = withArguments(*block, expr.arguments, values, first, expr.span, frame);
  if (!bound) return Poison{};
  if (subjects.empty()) return std::shared_ptr<const BlockValue>(bound);
  return apply(*bound, subjects, expr.span, frame, hint);
}

/// Applies what stands right of a `|>`.
Value Elaborator::applyStage(const Expr* stage, const Value& subject, const Frame& frame,
                             const PathHint& hint) {
  Cost before = observations ? observations->total() : Cost{};
  Value value = applyStageNode(stage, subject, frame, hint);
  if (observations) observations->applied(*stage, value, frame, before);
  return value;
}

Value Elaborator::applyStageNode(const Expr* stage, const Value& subject, const Frame& frame, PathHint hint) {
  Span span = stage->span;
  const Expr* inner = stage;
  if (auto* labeled = as<LabeledExpr>(inner)) {
    hint.label = evaluateString(*labeled->path, frame);
    hint.span = labeled->path->span;
    inner = labeled->inner;
  }
  if (auto* expr = as<CallExpr>(inner)) return call(*expr, frame, hint, &subject);
  Value value = evaluate(inner, frame);
  if (value.isPoison()) return Poison{};
  const BlockValue* block = value.block();
  if (!block) {
    error(Diag::NotCallable, span, frame, value.describe());
    return Poison{};
  }
  return apply(*block, {subject}, span, frame, hint);
}

/// A look at a value is no part of the network, and changes no part's number.
static bool isProbe(const BlockValue& block) {
  return block.op && block.op->name == "probe";
}

static bool isProbe(const Expr& stage, const Frame& frame) {
  auto* call = as<CallExpr>(&stage);
  auto* name = call ? as<NameExpr>(call->callee) : nullptr;
  return name && name->name == "probe" && !frame.environment->find("probe") &&
         !frame.module->globals.count("probe");
}

Value Elaborator::chain(const ChainExpr& expr, const Frame& frame, const PathHint& hint) {
  PathHint inner;
  if (hint.label)
    inner.prefix = join(hint.prefix, *hint.label);
  else if (hint.position)
    inner.prefix = join(hint.prefix, *hint.position);
  Value value = evaluate(expr.stages[0], frame);
  if (value.isPoison()) return Poison{};
  if (value.record()) { // a chain of settings, such as augmentations
    List list{value};
    for (size_t i = 1; i < expr.stages.size(); ++i) list.push_back(evaluate(expr.stages[i], frame));
    for (size_t i = 1; i < list.size(); ++i) {
      if (list[i].isPoison()) return Poison{};
      if (list[i].record()) continue;
      error(Diag::TypeMismatch, expr.stages[i]->span, frame, "in this chain", "a setting",
            list[i].describe());
      return Poison{};
    }
    return list;
  }
  if (isSubject(value)) {
    for (size_t i = 1, part = 0; i < expr.stages.size() && !value.isPoison(); ++i) {
      if (!step(expr.stages[i]->span, frame)) return Poison{};
      bool counts = !inner.prefix.empty() && !isProbe(*expr.stages[i], frame);
      inner.position = counts ? std::optional(std::to_string(part++)) : std::nullopt;
      value = applyStage(expr.stages[i], value, frame, inner);
    }
    return value;
  }
  auto chain = std::make_shared<BlockValue>();
  chain->span = expr.span;
  for (size_t i = 0; i < expr.stages.size(); ++i) {
    Value stage = i == 0 ? value : evaluate(expr.stages[i], frame);
    if (stage.isPoison()) return Poison{};
    auto* block = stage.get<std::shared_ptr<const BlockValue>>();
    if (!block && i == 0) {
      error(Diag::NotATensor, expr.stages[0]->span, frame,
            std::string(program.sources.text(expr.stages[1]->span)), value.describe());
      return Poison{};
    }
    if (!block) {
      error(Diag::NotCallable, expr.stages[i]->span, frame, stage.describe());
      return Poison{};
    }
    chain->chain.push_back(*block);
    chain->chainNodes.push_back(expr.stages[i]);
  }
  return std::shared_ptr<const BlockValue>(chain);
}

Value Elaborator::apply(const BlockValue& block, const std::vector<Value>& subjects, Span span,
                        const Frame& frame, const PathHint& hint) {
  for (const Value& subject : subjects)
    if (subject.isPoison()) return Poison{};
  if (!frame.instance || !net) {
    error(Diag::PartNotHere, span, frame, block.name(), "outside a network or block");
    return Poison{};
  }
  for (const Value& subject : subjects) {
    if (isSubject(subject)) continue;
    error(Diag::NotATensor, span, frame, block.name(), subject.describe());
    return Poison{};
  }
  if (++net->layers > maxLayers) {
    error(Diag::TooManySteps, span, frame, maxLayers, "layers");
    return Poison{};
  }
  std::string relative;
  if (hint.label)
    relative = join(hint.prefix, *hint.label);
  else if (block.label)
    relative = join(hint.prefix, *block.label);
  else if (hint.position)
    relative = join(hint.prefix, *hint.position);

  if (!block.chain.empty() && !block.sharedPath) {
    if (observations) observations->named(span, relative.empty() ? "" : join(frame.instance->path, relative));
    PathHint inner;
    inner.prefix = relative;
    return applyChain(block, subjects, span, frame, inner, !relative.empty());
  }
  std::string path = relative.empty() ? "" : join(frame.instance->path, relative);
  if (block.sharedPath) {
    bool again = !net->sharedApplied.insert(*block.sharedPath).second;
    BlockValue own = block;
    own.sharedPath.reset();
    if (observations) observations->named(span, *block.sharedPath);
    Instance shared;
    shared.path = *block.sharedPath;
    shared.caller = frame.instance;
    shared.callSpan = span;
    shared.name = block.name();
    shared.repeated = again || frame.instance->repeated;
    shared.depth = frame.instance->depth + 1;
    Frame inner{frame.module, frame.environment, &shared};
    if (!own.chain.empty()) {
      return applyChain(own, subjects, span, inner, {}, true);
    }
    return own.op ? applyOperator(own, subjects, span, inner, shared.path)
                  : applyDeclared(own, subjects, span, inner, shared.path);
  }
  if (path.empty())
    path = nextPath(block.name(), frame);
  else if (!claimPath(path, block.name(), hint.span.valid() ? hint.span : span, frame))
    return Poison{};
  net->parts[path] = {block.name(), span};
  if (observations) observations->named(span, path);
  return block.op ? applyOperator(block, subjects, span, frame, path)
                  : applyDeclared(block, subjects, span, frame, path);
}

/// The parts of a chain one after the other; they are numbered below the hint's prefix where it has a name.
Value Elaborator::applyChain(const BlockValue& block, const std::vector<Value>& subjects, Span span,
                             const Frame& frame, PathHint hint, bool numbered) {
  std::vector<Value> value = subjects;
  for (size_t i = 0, part = 0; i < block.chain.size(); ++i) {
    bool counts = numbered && !isProbe(*block.chain[i]);
    hint.position = counts ? std::optional(std::to_string(part++)) : std::nullopt;
    Cost before = observations ? observations->total() : Cost{};
    const Expr& node = *block.chainNodes[i];
    if (observations && counts)
      observations->named(node.span, join(frame.instance->path, join(hint.prefix, *hint.position)));
    Value next = apply(*block.chain[i], value, span, frame, hint);
    if (observations) observations->applied(node, next, frame, before);
    if (next.isPoison()) return next;
    value = {next};
  }
  return value[0];
}

static bool fitsElements(Elements wanted, mlir::Type element) {
  return wanted == Elements::Any ||
         (wanted == Elements::Bytes ? element.isUnsignedInteger(8) : element.isF32());
}

Diagnostic* Elaborator::wrongElements(Elements wanted, mlir::ValueRange tensors, Span span,
                                      std::string_view what, const Frame& frame) {
  for (mlir::Value tensor : tensors) {
    auto type = mlir::cast<cnn::TensorType>(tensor.getType());
    if (fitsElements(wanted, type.getElementType())) continue;
    std::string element;
    llvm::raw_string_ostream(element) << type.getElementType();
    Diagnostic& diagnostic = shapeError("expected " + std::string(describe(wanted)) + ", found '" + element +
                                            "' " + type.shapeText(),
                                        tensors, span, what, frame);
    if (wanted == Elements::Bytes && type.getElementType().isF32())
      diagnostic.note("what is f32 already needs no conversion");
    else if (type.getElementType().isUnsignedInteger(8))
      diagnostic.note(
          "'|> to_float' makes numbers from 0 to 1 of bytes, '|> cast(f32)' leaves them as they are");
    else if (type.getElementType().isInteger(32))
      diagnostic.note("'|> cast(f32)' makes f32 of whole numbers");
    return &diagnostic;
  }
  return nullptr;
}

Value Elaborator::applyOperator(const BlockValue& block, const std::vector<Value>& subjects, Span span,
                                const Frame& frame, const std::string& path) {
  std::vector<mlir::Value> tensors;
  for (const Value& subject : subjects) {
    if (const List* list = subject.list())
      for (const Value& element : *list) tensors.push_back(element.tensor());
    else
      tensors.push_back(subject.tensor());
  }
  for (mlir::Value tensor : tensors) {
    if (tensor) continue;
    error(Diag::NotATensor, span, frame, block.name(), "a list of lists");
    return Poison{};
  }
  const Operator& op = *block.op;
  // A number given as `target` stands for the last tensor.
  bool number = !op.arguments.empty() && op.arguments[0].name == "target";
  if (op.subjects >= 0 && tensors.size() + (number && block.given.count(0)) != size_t(op.subjects)) {
    error(Diag::TooManyArguments, span, frame, op.name,
          number             ? "two tensors, or a tensor and a number"
          : op.subjects == 1 ? "one tensor"
                             : std::to_string(op.subjects) + " tensors",
          int64_t(tensors.size()));
    return Poison{};
  }
  for (size_t i = 0; i < op.arguments.size(); ++i) {
    if (!op.arguments[i].required() || block.given.count(i)) continue;
    error(Diag::MissingArgument, span, frame, op.name, op.arguments[i].name);
    return Poison{};
  }
  Application application(*this, block, std::move(tensors), span, frame, path);
  if (op.family == Family::Layer)
    if (Diagnostic* wrong = wrongElements(op.elements, application.inputs(), span, op.name, frame)) {
      bool bytes = application.type().getElementType().isUnsignedInteger(8);
      if (bytes && op.elements == Elements::Real && application.isPiped())
        wrong->fix("convert the bytes", {{application.before(), "to_float |> "}});
      return Poison{};
    }
  Value result = op.build(application);
  return application.failed() ? Value() : result;
}

Value Elaborator::applyDeclared(const BlockValue& block, const std::vector<Value>& subjects, Span span,
                                const Frame& frame, const std::string& path) {
  const CallableDecl& decl = *block.decl;
  if (!decl.parametersComplete) return Poison{};
  if (frame.instance->depth >= maxDepth) {
    error(Diag::EndlessRecursion, span, frame, decl.name.text, int64_t(maxDepth));
    return Poison{};
  }
  Instance instance;
  instance.path = path;
  instance.caller = frame.instance;
  instance.callSpan = span;
  instance.name = decl.name.text;
  instance.repeated = frame.instance->repeated;
  instance.depth = frame.instance->depth + 1;
  Environment names;
  Frame inner{block.module, &names, &instance};
  if (decl.kind == Kind::Network) return applyNetwork(block, subjects, span, inner, frame);
  if (subjects.size() != 1) {
    error(Diag::TooManyArguments, span, frame, decl.name.text, "one tensor", int64_t(subjects.size()));
    return Poison{};
  }
  names.names[decl.parameters[0].name.text] = subjects[0];
  if (observations) observations->bound(decl.parameters[0].name.span, subjects[0], inner);
  if (!bindParameters(decl, block.given, 1, span, inner, frame)) return Poison{};
  return decl.value ? evaluate(decl.value, inner) : execute(decl.body, inner, false).value;
}

} // namespace cnn
