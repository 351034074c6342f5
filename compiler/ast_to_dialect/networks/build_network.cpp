/// Puts whole networks together: which are built, with which arguments, and what is left out.
#include "ast_to_dialect/evaluate/calls.h"
#include "ast_to_dialect/evaluate/evaluation.h"
#include "ast_to_dialect/evaluate/statements.h"
#include "ast_to_dialect/evaluate/value_text.h"
#include "ast_to_dialect/networks/networks.h"
#include "ast_to_dialect/networks/parameters.h"
#include "ast_to_dialect/operators/building.h"

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
const Given* valueSetFor(Elaborator& e, const Parameter& parameter) {
  auto found = e.setValues.find(parameter.name.text);
  if (found == e.setValues.end()) return nullptr;
  e.setUsed.insert(std::string(parameter.name.text));
  return &found->second;
}

/// Follows `network A = B(…)` to the declaration with a body. Names of parameters without a value go to
/// `open`.
const CallableDecl* resolveNetwork(Elaborator& e, const CallableDecl& decl, std::map<size_t, Given>& given,
                                   const Module*& module, std::vector<std::string>& open) {
  const CallableDecl* current = &decl;
  for (uint32_t depth = 0; depth < Elaborator::maxDepth; ++depth) {
    Environment names;
    Frame frame{module, &names, nullptr};
    for (size_t i = 0; i < current->parameters.size(); ++i) {
      const Parameter& parameter = current->parameters[i];
      if (given.count(i)) continue;
      if (const Given* value = valueSetFor(e, parameter)) {
        if (parameter.type && !checkType(e, value->value, parameter.type,
                                         "--set " + std::string(parameter.name.text), value->span, frame))
          return nullptr;
        given[i] = *value;
      } else if (!parameter.defaultValue) {
        open.push_back(std::string(parameter.name.text));
      }
    }
    if (!open.empty()) return nullptr;
    if (!current->value) return current;
    if (!bindParameters(e, *current, given, 0, current->name.span, frame, frame)) return nullptr;
    Value value = evaluate(e, current->value, frame);
    const BlockValue* base = value.block();
    if (!base || !base->decl || base->decl->kind != Kind::Network) {
      if (!value.isPoison())
        e.error(Diag::TypeMismatch, current->value->span, frame, "network " + std::string(current->name.text),
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
  e.error(Diag::CircularDefinition, decl.name.span, Frame{&e.program.main(), &none, nullptr}, decl.name.text);
  return nullptr;
}

static void eraseUnused(mlir::Block& block) {
  for (mlir::Operation& op : llvm::make_early_inc_range(llvm::reverse(block)))
    if (op.use_empty() && op.getNumResults() > 0) op.erase();
}

void finishFunction(Elaborator& e, FunctionOp function, const std::vector<std::string>& inputs,
                    const std::vector<NamedTensor>& results) {
  mlir::Block& block = function.getBody().front();
  e.builder.setInsertionPointToEnd(&block);
  llvm::SmallVector<mlir::Value> values;
  llvm::SmallVector<mlir::Type> types;
  for (const NamedTensor& result : results) {
    values.push_back(result.value);
    types.push_back(result.value.getType());
  }
  ReturnOp::create(e.builder, function.getLoc(), values);
  function.setFunctionType(e.builder.getFunctionType(block.getArgumentTypes(), types));
  // All at once: one by one, each makes an attribute of them all.
  auto named = [&](const std::string& name) {
    return e.builder.getDictionaryAttr(e.builder.getNamedAttr("cnn.name", e.builder.getStringAttr(name)));
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

bool buildNetwork(Elaborator& e, const CallableDecl& decl, const std::vector<const TrainDecl*>& recipes,
                  const std::string& name, std::map<size_t, Given> given, bool mustBuild) {
  if (!decl.parametersComplete) return false;
  Environment none;
  Frame outside{&e.program.main(), &none, nullptr};
  const Module* module = &e.program.main();
  if (auto found = module->globals.find(decl.name.text); found != module->globals.end())
    module = found->second.module;
  std::vector<std::string> open;
  const CallableDecl* base = resolveNetwork(e, decl, given, module, open);
  if (!base) {
    if (!open.empty() && mustBuild)
      e.error(Diag::OpenParameters, decl.name.span, outside, decl.name.text, listed(open));
    else if (!open.empty())
      e.result.skipped.push_back(name + ": " + listed(open));
    return false;
  }
  NetworkState state;
  e.net = &state;
  e.poisonedOutput = false;
  mlir::Location where = locationOf(e, decl.name.span, "");
  e.builder.setInsertionPointToEnd(e.result.module->getBody());
  state.op = NetworkOp::create(e.builder, where, name, mlir::DictionaryAttr());
  mlir::Block& body = state.op.getBody().emplaceBlock();
  e.builder.setInsertionPointToEnd(&body);
  state.predict = FunctionOp::create(e.builder, where, "predict", e.builder.getFunctionType({}, {}));
  e.builder.setInsertionPointToEnd(&state.predict.getBody().front());

  Environment names;
  Instance root;
  root.name = decl.name.text;
  Frame frame{module, &names, &root};
  size_t errors = e.diagnostics.count();
  if (bindParameters(e, *base, given, 0, decl.name.span, frame, outside)) {
    nameArguments(state.op, *base, names, e.builder);
    execute(e, base->body, frame, false);
    state.incomplete =
        e.poisonedOutput || !base->body.complete || e.diagnostics.count() != errors || e.exhausted();
    if (state.inputs.empty() && !state.incomplete)
      e.error(Diag::NoInput, decl.name.span, outside, decl.name.text, "input");
    if (state.outputs.empty() && !state.incomplete)
      e.error(Diag::NoInput, decl.name.span, outside, decl.name.text, "output");
    checkProbeNames(e, outside);
    applyInits(e);
    for (const TrainDecl* train : recipes) evaluateTrainSection(e, *train, frame);
    warnOfUnused(e, outside);
  }
  // An editor asks by syntax trees: for it the module need not be whole, but for budgets.
  if (!e.observations || e.targets.count(decl.name.text)) finishNetwork(e);
  evaluateTargetSections(e, decl, name, frame);
  if (e.observations) e.observations->madeOf(decl.name.text, std::move(state.parts));
  e.net = nullptr;
  return true;
}

/// Ends @predict, and removes what nothing uses: what only a dropped part needs does not exist.
void finishNetwork(Elaborator& e) {
  if (e.diagnostics.hasErrors()) return;
  std::vector<std::string> inputs;
  for (const NamedTensor& input : e.net->inputs) inputs.push_back(input.name);
  std::vector<NamedTensor> outputs;
  for (const NamedTensor& output : e.net->outputs)
    if (!output.trainOnly) outputs.push_back(output);
  outputs.insert(outputs.end(), e.net->probes.begin(), e.net->probes.end());
  if (!e.net->probes.empty())
    e.net->op->setAttr("probes", e.builder.getI64IntegerAttr(int64_t(e.net->probes.size())));
  finishFunction(e, e.net->predict, inputs, outputs);
  llvm::StringSet<> used;
  e.net->op.walk([&](GetOp get) { used.insert(get.getParameter()); });
  for (NetworkParameter& info : e.net->parameters)
    if ((info.unused = !used.contains(info.path))) info.op.erase();
  if (!e.net->assertions.empty()) e.net->op->setAttr("asserts", assertionsAttribute(e));
  if (!e.net->preprocess.empty()) e.net->op->setAttr("preprocess", e.builder.getArrayAttr(e.net->preprocess));
  if (!e.net->labels.empty()) {
    llvm::SmallVector<mlir::NamedAttribute> labels;
    for (auto& [output, file] : e.net->labels)
      labels.push_back(e.builder.getNamedAttr(output, e.builder.getStringAttr(file)));
    e.net->op->setAttr("labels", e.builder.getDictionaryAttr(labels));
  }
}

void readSettings(Elaborator& e) {
  for (auto& [name, text] : e.options.settings) {
    FileId file = e.program.sources.addText("--set " + name, text);
    Environment none;
    Frame frame{&e.program.main(), &none, nullptr};
    size_t reported = e.diagnostics.count();
    const Expr* expr = parseExpression(e.program.sources, file, e.program.context, e.diagnostics);
    e.setValues[name] = {evaluate(e, expr, frame), expr->span};
    // Names of a file are checked before anything is evaluated; these belong to none.
    if (e.setValues[name].value.isPoison() && e.diagnostics.count() == reported)
      e.diagnostics.report(Diag::UnknownName, expr->span, text);
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
  readSettings(*this);
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
    buildNetwork(*this, *network, recipes[network], std::string(network->name.text), {}, must);
  }
  for (const TrainDecl* train : others) buildRecipe(*this, *train, found);
  // A network that was imported can be asked for by name.
  if (!found) {
    auto global = main.globals.find(options.network);
    auto* network = global == main.globals.end() ? nullptr : as<CallableDecl>(global->second.decl);
    std::vector<std::string_view> names;
    for (auto& [name, entry] : main.globals)
      if (entry.decl && entry.decl->kind == Kind::Network) names.push_back(name);
    if (network && network->kind == Kind::Network)
      buildNetwork(*this, *network, {}, options.network, {}, true);
    else
      diagnostics.report(Diag::UnknownNetwork, Span{}, options.network)
          .note(networksNote(options.network, names));
  }
  reportUnknownProbes(*this);
  reportUnknownSettings(*this);
  checkUnusedDeclarations(*this);
  if (diagnostics.hasErrors()) {
    result.module = nullptr;
  } else if (!observations && mlir::failed(mlir::verify(*result.module))) {
    llvm::report_fatal_error(llvm::Twine("the front end built a module that does not verify: ") + opError);
  }
  return std::move(result);
}

/// Of --set: what no network of the file has taken.
void reportUnknownSettings(Elaborator& e) {
  std::vector<std::string_view> names;
  for (const Decl* decl : e.program.main().file.declarations)
    if (auto* network = as<CallableDecl>(decl); network && network->kind == Kind::Network)
      for (const Parameter& parameter : network->parameters) names.push_back(parameter.name.text);
  for (auto& [name, given] : e.setValues) {
    if (e.setUsed.count(name) || given.value.isPoison()) continue;
    Diagnostic& diagnostic = e.diagnostics.report(Diag::UnknownParameter, given.span, name);
    if (std::string_view near = nearest(name, names); !near.empty())
      diagnostic.note("did you mean " + std::string(near) + "?");
  }
}

/// `train Net(classes = 100) as cifar { … }`: a network of its own, under the recipe's name.
void buildRecipe(Elaborator& e, const TrainDecl& train, bool& found) {
  Environment none;
  Frame frame{&e.program.main(), &none, nullptr};
  std::string name(train.alias.present() ? train.alias.text : train.network.text);
  if (!train.alias.present()) {
    e.diagnostics.report(Diag::Shadowing, train.network.span, name)
        .note("a second recipe for a network has a name: train " + name + " as …");
    return;
  }
  bool wanted = e.options.network.empty() || e.options.network == name;
  found = found || wanted;
  if (!wanted) return;
  const Global& entry = e.program.main().globals.find(train.network.text)->second;
  auto* decl = as<CallableDecl>(entry.decl);
  BlockValue base;
  base.decl = decl;
  base.module = entry.module;
  std::vector<Given> values;
  for (const Argument& argument : train.arguments)
    values.push_back({evaluate(e, argument.value, frame), argument.value->span});
  auto bound = withArguments(e, base, train.arguments, values, 0, train.network.span, frame);
  if (bound) buildNetwork(e, *decl, {&train}, name, bound->given, true);
}

} // namespace cnn
