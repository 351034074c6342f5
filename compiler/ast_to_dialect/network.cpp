/// Networks: inputs, outputs, asserts, and putting a whole one together.
#include "ast_to_dialect/elaborator.h"
#include "ast_to_dialect/names.h"

#include "dsl/source_to_ast/parser.h"
#include "mlir/IR/Verifier.h"
#include "llvm/Support/Format.h"

#include <algorithm>

namespace cnn {

using namespace ast;

Elaborator::Elaborator(const Program& program, mlir::MLIRContext& context, const ElaborationOptions& options,
                       DiagnosticEngine& diagnostics)
    : program(program), context(context), options(options), diagnostics(diagnostics), builder(&context) {
  context.getOrLoadDialect<CnnDialect>();
}

Elaboration elaborate(const Program& program, mlir::MLIRContext& context, const ElaborationOptions& options,
                      DiagnosticEngine& diagnostics) {
  checkNames(program, diagnostics);
  return Elaborator(program, context, options, diagnostics).run();
}

mlir::Type Elaborator::elementType(std::string_view name) {
  if (name == "f32") return builder.getF32Type();
  if (name == "f64") return builder.getF64Type();
  if (name == "bf16") return builder.getBF16Type();
  if (name == "u8") return builder.getIntegerType(8, /*isSigned=*/false);
  if (name == "i8") return builder.getI8Type();
  if (name == "i32") return builder.getI32Type();
  return builder.getI64Type();
}

/// With `declares` a capital name that is not bound yet becomes a free dimension.
std::optional<std::vector<mlir::AffineExpr>> Elaborator::shape(const ast::TensorType& type, const Frame& frame,
                                                               bool declares) {
  std::vector<mlir::AffineExpr> result;
  bool ok = true;
  for (const Expr* extent : type.shape) {
    auto* name = as<NameExpr>(extent);
    bool capital = name && name->name[0] >= 'A' && name->name[0] <= 'Z';
    if (declares && capital && !frame.environment->find(name->name) && !frame.module->globals.count(name->name))
      frame.environment->names[name->name] = Dimension{freeDimension(&context, std::string(name->name))};
    Value value = evaluate(extent, frame);
    if (auto* dimension = value.get<Dimension>()) {
      result.push_back(dimension->expr);
    } else if (auto* fixed = value.get<int64_t>(); fixed && *fixed >= 1 && *fixed <= INT32_MAX) {
      result.push_back(builder.getAffineConstantExpr(*fixed));
    } else {
      ok = false;
      if (!value.isPoison()) error(Diag::BadDimension, extent->span, frame, value.describe());
    }
  }
  return ok ? std::optional(result) : std::nullopt;
}

void Elaborator::input(const InputStatement& statement, const Frame& frame) {
  Value& bound = frame.environment->names[statement.name.text];
  bound = Poison{};
  if (frame.environment->parent) {
    error(Diag::PartNotHere, statement.span, frame, "an input", "inside if or for");
    return;
  }
  auto* type = statement.type ? as<ast::TensorType>(statement.type) : nullptr;
  if (!type) {
    if (statement.type && !statement.type->span.valid()) return;
    auto* named = statement.type ? as<NamedType>(statement.type) : nullptr;
    if (!named || !named->name.empty())
      error(Diag::TypeMismatch, statement.type ? statement.type->span : statement.span, frame, "an input",
            "a tensor type such as f32[N, 3, 224, 224]", "another type");
    return;
  }
  if (sub) return bindInput(statement, *type, frame);
  auto dimensions = shape(*type, frame, true);
  if (!dimensions || !type->element.present()) return;
  auto result = cnn::TensorType::get(&context, *dimensions, elementType(type->element.text), LayoutAttr());
  mlir::Block& block = net->predict.getBody().front();
  mlir::Value value = block.addArgument(result, location(statement.span, statement.name.text));
  remember(value, type->span, "input " + std::string(statement.name.text));
  net->inputs.push_back({std::string(statement.name.text), value, statement.name.span});
  frame.environment->names[statement.name.text] = value;
}

/// An input of a network that is used as a block: the tensor that it is applied to.
void Elaborator::bindInput(const InputStatement& statement, const ast::TensorType& type, const Frame& frame) {
  if (sub->next >= sub->subjects.size()) {
    ++sub->next;
    return;
  }
  mlir::Value value = sub->subjects[sub->next++].tensor();
  auto actual = value ? mlir::cast<cnn::TensorType>(value.getType()) : cnn::TensorType();
  if (!actual) return;
  bool fits = actual.getRank() == type.shape.size() &&
              (!type.element.present() || actual.getElementType() == elementType(type.element.text));
  for (unsigned i = 0; fits && i < actual.getRank(); ++i) {
    auto* name = as<NameExpr>(type.shape[i]);
    bool capital = name && name->name[0] >= 'A' && name->name[0] <= 'Z';
    if (capital && !frame.environment->find(name->name)) {
      if (auto fixed = actual.getFixed(i)) frame.environment->names[name->name] = *fixed;
      else frame.environment->names[name->name] = Dimension{actual.getShape()[i]};
      continue;
    }
    Value wanted = evaluate(type.shape[i], frame);
    if (wanted.isPoison()) return;
    mlir::AffineExpr expr = wanted.get<Dimension>() ? wanted.get<Dimension>()->expr
                            : wanted.get<int64_t>() ? builder.getAffineConstantExpr(*wanted.get<int64_t>())
                                                    : mlir::AffineExpr();
    fits = expr == actual.getShape()[i];
  }
  if (!fits) {
    std::string text;
    llvm::raw_string_ostream(text) << actual.getElementType();
    Diagnostic& diagnostic =
        error(Diag::ShapeMismatch, frame.instance->callSpan, frame, frame.instance->name,
              "expected " + std::string(program.sources.text(type.span)) + " for its input '" +
                  std::string(statement.name.text) + "', found " + text + actual.shapeText());
    diagnostic.note(statement.span, "the input is declared here");
    addOrigin(diagnostic, value);
    return;
  }
  frame.environment->names[statement.name.text] = value;
}

void Elaborator::output(const OutputStatement& statement, const Frame& frame) {
  Value value = evaluate(statement.value, frame);
  frame.environment->names[statement.name.text] = value;
  if (value.isPoison()) {
    (sub ? sub->poisoned : poisonedOutput) = true;
    return;
  }
  mlir::Value tensor = value.tensor();
  if (!tensor) {
    error(Diag::TypeMismatch, statement.value->span, frame, "output '" + std::string(statement.name.text) + "'",
          "a tensor", value.describe());
    (sub ? sub->poisoned : poisonedOutput) = true;
    return;
  }
  if (sub) {
    if (!statement.trainOnly) sub->outputs.push_back(std::string(statement.name.text));
    return;
  }
  net->outputs.push_back({std::string(statement.name.text), tensor, statement.name.span, statement.trainOnly});
}

void Elaborator::parameterStatement(const ParamStatement& statement, const Frame& frame) {
  frame.environment->names[statement.name.text] = Poison{};
  auto* type = as<ast::TensorType>(statement.type);
  if (!type || !frame.instance || !net) return;
  auto dimensions = shape(*type, frame, false);
  Value first = evaluate(statement.value, frame);
  if (!dimensions) return;
  llvm::SmallVector<int64_t> extents;
  for (mlir::AffineExpr dimension : *dimensions) {
    auto fixed = mlir::dyn_cast<mlir::AffineConstantExpr>(dimension);
    if (!fixed) {
      error(Diag::FreeDimension, type->span, frame, "the shape of a parameter");
      return;
    }
    extents.push_back(fixed.getValue());
  }
  InitAttr init = initialiser(first, extents, statement.value->span, frame);
  if (!init) return;
  std::string name(statement.name.text);
  std::string path = frame.instance->path.empty() ? name : frame.instance->path + "." + name;
  if (!claimPath(path, "", statement.name.span, frame)) return;
  if (mlir::Value value = parameter(frame.instance->path, "", name, extents, init, false, statement.name.span, frame))
    frame.environment->names[statement.name.text] = value;
}

void Elaborator::assertion(const AssertStatement& statement, const Frame& frame) {
  Value condition = evaluate(statement.condition, frame);
  std::string message;
  if (statement.message) {
    Value text = evaluate(statement.message, frame);
    if (auto* given = text.get<std::string>()) message = *given;
    else if (!text.isPoison())
      error(Diag::TypeMismatch, statement.message->span, frame, "an assert's message", "a string", text.describe());
  }
  if (auto* holds = condition.get<bool>()) {
    if (!*holds)
      error(Diag::AssertFailed, statement.condition->span, frame, message.empty() ? "" : ": " + message);
  } else if (condition.get<RunTimeCondition>()) {
    error(Diag::NotCompiledYet, statement.condition->span, frame, "an assert about a free dimension");
  } else if (!condition.isPoison()) {
    error(Diag::TypeMismatch, statement.condition->span, frame, "assert", "true or false", condition.describe());
  }
}

void Elaborator::picture(const PictureStatement& statement, const Frame& frame) {
  Value value = evaluate(statement.value, frame);
  if (value.isPoison() || sub) return;
  if (statement.kind == Kind::Preprocess) {
    error(Diag::NotCompiledYet, statement.span, frame, "preprocess");
    return;
  }
  if (statement.names.size() > 1) {
    error(Diag::NotCompiledYet, statement.span, frame, "augmenting several inputs at once");
    return;
  }
  for (const Identifier& name : statement.names) {
    Value* bound = frame.environment->find(name.text);
    bool isInput = bound && bound->get<mlir::Value>() &&
                   llvm::isa<mlir::BlockArgument>(*bound->get<mlir::Value>());
    if (bound && !bound->isPoison() && !isInput)
      error(Diag::TypeMismatch, name.span, frame, "a picture", "an input", bound->describe());
    if (isInput && llvm::cast<mlir::BlockArgument>(*bound->get<mlir::Value>()).getArgNumber() != 0)
      error(Diag::NotCompiledYet, name.span, frame, "augmenting another input than the first");
  }
  List records = value.list() ? *value.list() : List{value};
  llvm::SmallVector<mlir::Attribute> list;
  for (const Value& element : records) {
    const Record* record = element.record();
    if (!record || record->op->family != Family::Augmentation) {
      error(Diag::TypeMismatch, statement.value->span, frame,
            "augment", "a chain such as random_crop(28, 4) |> random_hflip",
            element.describe());
      return;
    }
    list.push_back(recordAttribute(*record));
  }
  augments.append(list.begin(), list.end());
}

static std::string valueText(const Value& value) {
  if (auto* text = value.get<std::string>()) return *text;
  if (auto* whole = value.get<int64_t>()) return std::to_string(*whole);
  if (auto* real = value.get<double>()) {
    llvm::SmallString<32> text;
    llvm::raw_svector_ostream(text) << llvm::format("%.17g", *real);
    return text.str().str();
  }
  if (auto* flag = value.get<bool>()) return *flag ? "true" : "false";
  if (const List* list = value.list()) {
    std::string text;
    for (const Value& element : *list) text += (text.empty() ? "" : ", ") + valueText(element);
    return "[" + text + "]";
  }
  return value.describe();
}

/// {arguments = [{name, value}], name}
mlir::DictionaryAttr Elaborator::recordAttribute(const Record& record) {
  llvm::SmallVector<mlir::Attribute> arguments;
  for (auto& [name, given] : record.arguments) {
    arguments.push_back(builder.getDictionaryAttr(
        {builder.getNamedAttr("name", builder.getStringAttr(name)),
         builder.getNamedAttr("value", builder.getStringAttr(valueText(given.value)))}));
  }
  return builder.getDictionaryAttr({builder.getNamedAttr("arguments", builder.getArrayAttr(arguments)),
                                    builder.getNamedAttr("name", builder.getStringAttr(std::string(record.op->name)))});
}

Value Elaborator::applyNetwork(const BlockValue& block, const std::vector<Value>& subjects, Span span,
                               const Frame& inner, const Frame& frame) {
  const CallableDecl& decl = *block.decl;
  if (!bindParameters(decl, block.given, 0, span, inner, frame)) return Poison{};
  if (decl.value) { // network A = B(…): the same instance, by B
    Value value = evaluate(decl.value, inner);
    const BlockValue* base = value.block();
    if (!base || !base->decl || base->decl->kind != Kind::Network) {
      if (!value.isPoison())
        error(Diag::TypeMismatch, decl.value->span, inner, "network " + std::string(decl.name.text), "a network", value.describe());
      return Poison{};
    }
    if (!evaluating.insert(&decl).second) {
      error(Diag::CircularDefinition, decl.name.span, frame, decl.name.text);
      return Poison{};
    }
    Environment names;
    Frame own{base->module, &names, inner.instance};
    Value result = applyNetwork(*base, subjects, span, own, frame);
    evaluating.erase(&decl);
    return result;
  }
  SubNetwork state;
  state.subjects = subjects;
  SubNetwork* outer = std::exchange(sub, &state);
  execute(decl.body, inner, false);
  sub = outer;
  if (state.next != subjects.size()) {
    error(Diag::TooManyArguments, span, frame, decl.name.text,
          state.next == 1 ? "one tensor" : std::to_string(state.next) + " tensors", int64_t(subjects.size()));
    return Poison{};
  }
  if (state.poisoned) return Poison{};
  auto members = std::make_shared<Members>();
  members->network = decl.name.text;
  members->outputs = state.outputs;
  for (auto& [name, value] : inner.environment->names) {
    bool isParameter = std::ranges::any_of(decl.parameters, [&](const Parameter& p) { return p.name.text == name; });
    if (!isParameter) members->values[std::string(name)] = value;
  }
  return std::shared_ptr<const Members>(members);
}

/// The value that --set gives to a parameter of this name.
const Given* Elaborator::setValue(const Parameter& parameter) {
  auto found = setValues.find(parameter.name.text);
  if (found == setValues.end()) return nullptr;
  setUsed.insert(std::string(parameter.name.text));
  return &found->second;
}

/// Follows `network A = B(…)` to the declaration with a body. Names of parameters without a value go to `open`.
const CallableDecl* Elaborator::resolveNetwork(const CallableDecl& decl, std::map<size_t, Given>& given,
                                               const Module*& module, std::vector<std::string>& open) {
  const CallableDecl* current = &decl;
  for (uint32_t depth = 0; depth < maxDepth; ++depth) {
    Environment names;
    Frame frame{module, &names, nullptr};
    for (size_t i = 0; i < current->parameters.size(); ++i) {
      const Parameter& parameter = current->parameters[i];
      if (given.count(i)) continue;
      if (const Given* value = setValue(parameter)) {
        if (parameter.type && !checkType(value->value, parameter.type, "--set " + std::string(parameter.name.text), value->span, frame))
          return nullptr;
        given[i] = *value;
      } else if (!parameter.defaultValue) {
        open.push_back(std::string(parameter.name.text));
      }
    }
    if (!open.empty()) return nullptr;
    if (!current->value) return current;
    if (!bindParameters(*current, given, 0, current->name.span, frame, frame)) return nullptr;
    Value value = evaluate(current->value, frame);
    const BlockValue* base = value.block();
    if (!base || !base->decl || base->decl->kind != Kind::Network) {
      if (!value.isPoison())
        error(Diag::TypeMismatch, current->value->span, frame, "network " + std::string(current->name.text), "a network",
              value.describe());
      return nullptr;
    }
    current = base->decl;
    if (!current->parametersComplete) return nullptr;
    module = base->module;
    given = base->given;
  }
  Environment none;
  error(Diag::CircularDefinition, decl.name.span, Frame{&program.main(), &none, nullptr}, decl.name.text);
  return nullptr;
}

static void eraseUnused(mlir::Block& block) {
  for (mlir::Operation& op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (op.use_empty() && op.getNumResults() > 0) op.erase();
}

void Elaborator::finishFunction(FunctionOp function, const std::vector<std::string>& inputs,
                                const std::vector<NamedTensor>& results) {
  mlir::Block& block = function.getBody().front();
  builder.setInsertionPointToEnd(&block);
  llvm::SmallVector<mlir::Value> values;
  llvm::SmallVector<mlir::Type> types;
  for (const NamedTensor& result : results) {
    values.push_back(result.value);
    types.push_back(result.value.getType());
  }
  ReturnOp::create(builder, function.getLoc(), values);
  function.setFunctionType(builder.getFunctionType(block.getArgumentTypes(), types));
  for (size_t i = 0; i < inputs.size(); ++i) function.setArgAttr(i, "cnn.name", builder.getStringAttr(inputs[i]));
  for (size_t i = 0; i < results.size(); ++i)
    function.setResultAttr(i, "cnn.name", builder.getStringAttr(results[i].name));
  eraseUnused(block);
}

bool Elaborator::buildNetwork(const CallableDecl& decl, const std::vector<const TrainDecl*>& recipes,
                              const std::string& name, std::map<size_t, Given> given, bool mustBuild) {
  if (!decl.parametersComplete) return false;
  Environment none;
  Frame outside{&program.main(), &none, nullptr};
  const Module* module = &program.main();
  if (auto found = module->globals.find(decl.name.text); found != module->globals.end()) module = found->second.module;
  std::vector<std::string> open;
  const CallableDecl* base = resolveNetwork(decl, given, module, open);
  if (!base) {
    std::string list;
    for (const std::string& parameter : open) list += (list.empty() ? "" : ", ") + parameter;
    if (!open.empty() && mustBuild) error(Diag::OpenParameters, decl.name.span, outside, decl.name.text, list);
    else if (!open.empty()) result.skipped.push_back(name + ": " + list);
    return false;
  }
  NetworkState state;
  net = &state;
  poisonedOutput = false;
  mlir::Location where = location(decl.name.span, "");
  builder.setInsertionPointToEnd(result.module->getBody());
  state.op = NetworkOp::create(builder, where, name, mlir::DictionaryAttr());
  mlir::Block& body = state.op.getBody().emplaceBlock();
  builder.setInsertionPointToEnd(&body);
  state.predict = FunctionOp::create(builder, where, "predict", builder.getFunctionType({}, {}));
  builder.setInsertionPointToEnd(&state.predict.getBody().front());

  Environment names;
  Instance root;
  root.name = decl.name.text;
  Frame frame{module, &names, &root};
  size_t errors = diagnostics.count();
  if (bindParameters(*base, given, 0, decl.name.span, frame, outside)) {
    execute(base->body, frame, false);
    state.incomplete = poisonedOutput || !base->body.complete || diagnostics.count() != errors;
    if (state.inputs.empty() && !hasStatement(base->body, Kind::Input))
      error(Diag::NoInput, decl.name.span, outside, decl.name.text, "input");
    if (state.outputs.empty() && !state.incomplete)
      error(Diag::NoInput, decl.name.span, outside, decl.name.text, "output");
    applyInits();
    for (const TrainDecl* train : recipes) trainSection(*train, frame);
  }
  finishNetwork();
  targetSections(decl, frame);
  net = nullptr;
  return true;
}

bool Elaborator::hasStatement(const Body& body, Kind kind) {
  return std::ranges::any_of(body.statements, [&](const Statement* s) { return s->kind == kind; });
}

/// Ends @predict, and removes what nothing uses: what only a dropped part needs does not exist.
void Elaborator::finishNetwork() {
  if (diagnostics.hasErrors()) return;
  std::vector<std::string> inputs;
  for (const NamedTensor& input : net->inputs) inputs.push_back(input.name);
  std::vector<NamedTensor> outputs;
  for (const NamedTensor& output : net->outputs)
    if (!output.trainOnly) outputs.push_back(output);
  finishFunction(net->predict, inputs, outputs);
  llvm::StringSet<> used;
  net->op.walk([&](GetOp get) { used.insert(get.getParameter()); });
  for (ParameterInfo& info : net->parameters)
    if ((info.unused = !used.contains(info.path))) info.op.erase();
  if (!net->labels.empty()) {
    llvm::SmallVector<mlir::NamedAttribute> labels;
    for (auto& [output, file] : net->labels) labels.push_back(builder.getNamedAttr(output, builder.getStringAttr(file)));
    net->op->setAttr("labels", builder.getDictionaryAttr(labels));
  }
}

void Elaborator::readSettings() {
  for (auto& [name, text] : options.settings) {
    FileId file = program.sources.addText("--set " + name, text);
    Environment none;
    Frame frame{&program.main(), &none, nullptr};
    const Expr* expr = parseExpression(program.sources, file, program.context, diagnostics);
    setValues[name] = {evaluate(expr, frame), expr->span};
  }
}

Elaboration Elaborator::run() {
  const Module& main = program.main();
  result.module = mlir::ModuleOp::create(builder, mlir::FileLineColLoc::get(&context, main.path, 1, 1));
  readSettings();
  std::map<const CallableDecl*, std::vector<const TrainDecl*>> recipes;
  std::vector<const TrainDecl*> others;
  for (const Decl* decl : main.file.declarations) {
    auto* train = as<TrainDecl>(decl);
    if (!train) continue;
    auto found = main.globals.find(train->network.text);
    auto* network = found == main.globals.end() ? nullptr : as<CallableDecl>(found->second.decl);
    if (!network || network->kind != Kind::Network) continue; // checkNames has reported it
    bool plain = !train->alias.present() && train->arguments.empty() && recipes[network].empty();
    if (plain) recipes[network].push_back(train);
    else others.push_back(train);
  }
  bool found = options.network.empty();
  for (const Decl* decl : main.file.declarations) {
    auto* network = as<CallableDecl>(decl);
    if (!network || network->kind != Kind::Network) continue;
    bool wanted = options.network.empty() || network->name.text == options.network;
    found = found || wanted;
    if (!wanted) continue;
    bool must = !options.network.empty() || !recipes[network].empty();
    buildNetwork(*network, recipes[network], std::string(network->name.text), {}, must);
  }
  for (const TrainDecl* train : others) buildRecipe(*train, found);
  // A network that was imported can be asked for by name.
  if (!found) {
    auto global = main.globals.find(options.network);
    auto* network = global == main.globals.end() ? nullptr : as<CallableDecl>(global->second.decl);
    std::vector<std::string_view> names;
    for (auto& [name, entry] : main.globals)
      if (entry.decl && entry.decl->kind == Kind::Network) names.push_back(name);
    if (network && network->kind == Kind::Network) buildNetwork(*network, {}, options.network, {}, true);
    else
      diagnostics.report(Diag::UnknownNetwork, Span{}, options.network)
          .note(names.empty() ? "the file has no networks" : "did you mean " + std::string(nearest(options.network, names)) + "?");
  }
  for (auto& [name, given] : setValues)
    if (!setUsed.count(name) && !given.value.isPoison()) diagnostics.report(Diag::UnknownParameter, given.span, name);
  if (diagnostics.hasErrors()) {
    result.module = nullptr;
  } else if (mlir::failed(mlir::verify(*result.module))) {
    llvm::report_fatal_error("the front end built a module that does not verify");
  }
  return std::move(result);
}

/// `train Net(classes = 100) as cifar { … }`: a network of its own, under the recipe's name.
void Elaborator::buildRecipe(const TrainDecl& train, bool& found) {
  Environment none;
  Frame frame{&program.main(), &none, nullptr};
  std::string name(train.alias.present() ? train.alias.text : train.network.text);
  if (!train.alias.present()) {
    diagnostics.report(Diag::Shadowing, train.network.span, name)
        .note("a second recipe for a network has a name: train " + name + " as …");
    return;
  }
  bool wanted = options.network.empty() || options.network == name;
  found = found || wanted;
  if (!wanted) return;
  auto* decl = as<CallableDecl>(program.main().globals.find(train.network.text)->second.decl);
  BlockValue base;
  base.decl = decl;
  std::vector<Given> values;
  for (const Argument& argument : train.arguments)
    values.push_back({evaluate(argument.value, frame), argument.value->span});
  auto bound = withArguments(base, train.arguments, values, 0, train.network.span, frame);
  if (bound) buildNetwork(*decl, {&train}, name, bound->given, true);
}

} // namespace cnn
