/// Puts whole networks together: which are built, with which arguments, and what is left out.
#include "ast_to_dialect/elaborator.h"
#include "ast_to_dialect/value_text.h"

#include "dsl/source_to_ast/parser.h"
#include "mlir/IR/Verifier.h"

#include <algorithm>

namespace cnn {

using namespace ast;

Elaborator::Elaborator(const Program& program, mlir::MLIRContext& context, const ElaborationOptions& options,
                       DiagnosticEngine& diagnostics)
    : program(program), context(context), options(options), diagnostics(diagnostics),
      observations(options.observations), builder(&context),
      opErrors(&context, [this](mlir::Diagnostic& diagnostic) {
        opError = diagnostic.str();
        return mlir::success();
      }) {
  context.getOrLoadDialect<CnnDialect>();
}

Elaboration elaborate(const Program& program, mlir::MLIRContext& context, const ElaborationOptions& options,
                      DiagnosticEngine& diagnostics) {
  checkNames(program, diagnostics, options.names);
  return Elaborator(program, context, options, diagnostics).run();
}

/// The value that --set gives to a parameter of this name.
const Given* Elaborator::setValue(const Parameter& parameter) {
  auto found = setValues.find(parameter.name.text);
  if (found == setValues.end()) return nullptr;
  setUsed.insert(std::string(parameter.name.text));
  return &found->second;
}

/// Follows `network A = B(…)` to the declaration with a body. Names of parameters without a value go to
/// `open`.
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
        if (parameter.type && !checkType(value->value, parameter.type,
                                         "--set " + std::string(parameter.name.text), value->span, frame))
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
        error(Diag::TypeMismatch, current->value->span, frame, "network " + std::string(current->name.text),
              "a network", value.describe());
      return nullptr;
    }
    std::map<size_t, Given> whole = base->given;
    if (!current->hasParameterList)
      for (auto& [parameter, value] : given) whole[parameter] = value;
    current = base->decl;
    if (!current->parametersComplete) return nullptr;
    module = base->module;
    given = std::move(whole);
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
  // All at once: one by one, each makes an attribute of them all.
  auto named = [&](const std::string& name) {
    return builder.getDictionaryAttr(builder.getNamedAttr("cnn.name", builder.getStringAttr(name)));
  };
  llvm::SmallVector<mlir::DictionaryAttr> arguments, returned;
  for (const std::string& input : inputs) arguments.push_back(named(input));
  for (const NamedTensor& result : results) returned.push_back(named(result.name));
  function.setAllArgAttrs(arguments);
  function.setAllResultAttrs(returned);
  eraseUnused(block);
}

/// `arguments = {act = "relu"}`: for messages about weights of a network with others.
static void nameArguments(NetworkOp network, const CallableDecl& decl, Environment& values,
                          mlir::Builder& builder) {
  llvm::SmallVector<mlir::NamedAttribute> list;
  for (const Parameter& parameter : decl.parameters)
    if (const Value* value = values.find(parameter.name.text))
      list.push_back(builder.getNamedAttr(llvm::StringRef(parameter.name.text),
                                          builder.getStringAttr(valueText(*value))));
  if (!list.empty()) network->setAttr("arguments", builder.getDictionaryAttr(list));
}

bool Elaborator::buildNetwork(const CallableDecl& decl, const std::vector<const TrainDecl*>& recipes,
                              const std::string& name, std::map<size_t, Given> given, bool mustBuild) {
  if (!decl.parametersComplete) return false;
  Environment none;
  Frame outside{&program.main(), &none, nullptr};
  const Module* module = &program.main();
  if (auto found = module->globals.find(decl.name.text); found != module->globals.end())
    module = found->second.module;
  std::vector<std::string> open;
  const CallableDecl* base = resolveNetwork(decl, given, module, open);
  if (!base) {
    if (!open.empty() && mustBuild)
      error(Diag::OpenParameters, decl.name.span, outside, decl.name.text, listed(open));
    else if (!open.empty())
      result.skipped.push_back(name + ": " + listed(open));
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
    nameArguments(state.op, *base, names, builder);
    execute(base->body, frame, false);
    state.incomplete = poisonedOutput || !base->body.complete || diagnostics.count() != errors || exhausted();
    if (state.inputs.empty() && !state.incomplete)
      error(Diag::NoInput, decl.name.span, outside, decl.name.text, "input");
    if (state.outputs.empty() && !state.incomplete)
      error(Diag::NoInput, decl.name.span, outside, decl.name.text, "output");
    checkProbeNames(outside);
    applyInits();
    for (const TrainDecl* train : recipes) trainSection(*train, frame);
    warnOfUnused(outside);
  }
  // An editor asks by syntax trees: for it the module need not be whole, but for budgets.
  if (!observations || targets.count(decl.name.text)) finishNetwork();
  targetSections(decl, name, frame);
  if (observations) observations->madeOf(decl.name.text, std::move(state.parts));
  net = nullptr;
  return true;
}

/// Ends @predict, and removes what nothing uses: what only a dropped part needs does not exist.
void Elaborator::finishNetwork() {
  if (diagnostics.hasErrors()) return;
  std::vector<std::string> inputs;
  for (const NamedTensor& input : net->inputs) inputs.push_back(input.name);
  std::vector<NamedTensor> outputs;
  for (const NamedTensor& output : net->outputs)
    if (!output.trainOnly) outputs.push_back(output);
  outputs.insert(outputs.end(), net->probes.begin(), net->probes.end());
  if (!net->probes.empty())
    net->op->setAttr("probes", builder.getI64IntegerAttr(int64_t(net->probes.size())));
  finishFunction(net->predict, inputs, outputs);
  llvm::StringSet<> used;
  net->op.walk([&](GetOp get) { used.insert(get.getParameter()); });
  for (NetworkParameter& info : net->parameters)
    if ((info.unused = !used.contains(info.path))) info.op.erase();
  if (!net->assertions.empty()) net->op->setAttr("asserts", assertionsAttribute());
  if (!net->preprocess.empty()) net->op->setAttr("preprocess", builder.getArrayAttr(net->preprocess));
  if (!net->labels.empty()) {
    llvm::SmallVector<mlir::NamedAttribute> labels;
    for (auto& [output, file] : net->labels)
      labels.push_back(builder.getNamedAttr(output, builder.getStringAttr(file)));
    net->op->setAttr("labels", builder.getDictionaryAttr(labels));
  }
}

void Elaborator::readSettings() {
  for (auto& [name, text] : options.settings) {
    FileId file = program.sources.addText("--set " + name, text);
    Environment none;
    Frame frame{&program.main(), &none, nullptr};
    size_t reported = diagnostics.count();
    const Expr* expr = parseExpression(program.sources, file, program.context, diagnostics);
    setValues[name] = {evaluate(expr, frame), expr->span};
    // Names of a file are checked before anything is evaluated; these belong to none.
    if (setValues[name].value.isPoison() && diagnostics.count() == reported)
      diagnostics.report(Diag::UnknownName, expr->span, text);
  }
}

static std::string networksNote(std::string_view wanted, const std::vector<std::string_view>& names) {
  if (names.empty()) return "the file has no networks";
  if (std::string_view near = nearest(wanted, names); !near.empty())
    return "did you mean " + std::string(near) + "?";
  return "the file has " + listed(names);
}

Elaboration Elaborator::run() {
  const Module& main = program.main();
  result.module = mlir::ModuleOp::create(builder, mlir::FileLineColLoc::get(&context, main.path, 1, 1));
  readSettings();
  std::map<const CallableDecl*, std::vector<const TrainDecl*>> recipes;
  std::vector<const TrainDecl*> others;
  for (const Decl* decl : main.file.declarations) {
    if (auto* section = as<TargetDecl>(decl)) targets[section->network.text].push_back(section);
    auto* train = as<TrainDecl>(decl);
    if (!train) continue;
    auto found = main.globals.find(train->network.text);
    auto* network = found == main.globals.end() ? nullptr : as<CallableDecl>(found->second.decl);
    if (!network || network->kind != Kind::Network) continue; // checkNames has reported it
    bool plain = !train->alias.present() && train->arguments.empty() && recipes[network].empty();
    if (plain)
      recipes[network].push_back(train);
    else
      others.push_back(train);
  }
  bool found = options.network.empty();
  for (const Decl* decl : main.file.declarations) {
    auto* network = as<CallableDecl>(decl);
    if (!network || network->kind != Kind::Network) continue;
    bool wanted = options.network.empty() || network->name.text == options.network;
    found = found || wanted;
    if (!wanted) continue;
    bool must = !options.network.empty() || !recipes[network].empty() || targets.count(network->name.text);
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
    if (network && network->kind == Kind::Network)
      buildNetwork(*network, {}, options.network, {}, true);
    else
      diagnostics.report(Diag::UnknownNetwork, Span{}, options.network)
          .note(networksNote(options.network, names));
  }
  reportUnknownProbes();
  reportUnknownSettings();
  checkUnusedDeclarations();
  if (diagnostics.hasErrors()) {
    result.module = nullptr;
  } else if (!observations && mlir::failed(mlir::verify(*result.module))) {
    llvm::report_fatal_error(llvm::Twine("the front end built a module that does not verify: ") + opError);
  }
  return std::move(result);
}

/// Of --set: what no network of the file has taken.
void Elaborator::reportUnknownSettings() {
  std::vector<std::string_view> names;
  for (const Decl* decl : program.main().file.declarations)
    if (auto* network = as<CallableDecl>(decl); network && network->kind == Kind::Network)
      for (const Parameter& parameter : network->parameters) names.push_back(parameter.name.text);
  for (auto& [name, given] : setValues) {
    if (setUsed.count(name) || given.value.isPoison()) continue;
    Diagnostic& diagnostic = diagnostics.report(Diag::UnknownParameter, given.span, name);
    if (std::string_view near = nearest(name, names); !near.empty())
      diagnostic.note("did you mean " + std::string(near) + "?");
  }
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
  const Global& entry = program.main().globals.find(train.network.text)->second;
  auto* decl = as<CallableDecl>(entry.decl);
  BlockValue base;
  base.decl = decl;
  base.module = entry.module;
  std::vector<Given> values;
  for (const Argument& argument : train.arguments)
    values.push_back({evaluate(argument.value, frame), argument.value->span});
  auto bound = withArguments(base, train.arguments, values, 0, train.network.span, frame);
  if (bound) buildNetwork(*decl, {&train}, name, bound->given, true);
}

} // namespace cnn
