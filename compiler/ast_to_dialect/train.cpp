/// Train sections: @loss and the settings that the runtime needs.
#include "ast_to_dialect/elaborator.h"

#include "mlir/IR/IRMapping.h"

#include <algorithm>

namespace cnn {

using namespace ast;

namespace {

/// The same value with the tensors of another function.
Value mapped(const Value& value, const mlir::IRMapping& mapping) {
  if (auto* tensor = value.get<mlir::Value>()) return mapping.lookupOrDefault(*tensor);
  if (const List* list = value.list()) {
    List result;
    for (const Value& element : *list) result.push_back(mapped(element, mapping));
    return result;
  }
  if (const Members* members = value.members()) {
    auto result = std::make_shared<Members>(*members);
    for (auto& [name, member] : result->values) member = mapped(member, mapping);
    return std::shared_ptr<const Members>(result);
  }
  return value;
}

/// Evaluates one train section.
class Trainer {
public:
  Trainer(Elaborator& elaborator, const TrainDecl& decl, FunctionOp loss, const Frame& frame)
      : e(elaborator), decl(decl), loss(loss), frame(frame), inputs(e.net->inputs.size()) {}

  void run() {
    statements(decl.body);
    if (!settings.count("loss") && complete(decl.body)) missing("loss");
    if (!settings.count("optimizer") && complete(decl.body)) missing("optimizer");
  }

  llvm::SmallVector<mlir::NamedAttribute> attributes;
  std::vector<NamedTensor> results;
  std::vector<std::string> targets;

private:
  static bool complete(const Body& body) { return body.complete; }

  void missing(std::string_view setting) {
    e.diagnostics.report(Diag::MissingSetting, decl.network.span, decl.network.text, setting);
  }

  void put(llvm::StringRef name, mlir::Attribute value) {
    attributes.push_back(e.builder.getNamedAttr(name, value));
  }

  void statements(const Body& body) {
    for (const Statement* statement : body.statements) {
      if (auto* s = as<InputStatement>(statement))
        target(*s);
      else if (auto* s = as<AssignStatement>(statement))
        setting(*s);
      else if (auto* s = as<MetricStatement>(statement))
        metric(*s);
      else if (auto* s = as<GroupStatement>(statement))
        group(*s);
      else if (auto* s = as<SectionStatement>(statement))
        part(*s);
      else if (auto* s = as<ExprStatement>(statement); s && as<IfExpr>(s->value))
        branch(*as<IfExpr>(s->value));
      else
        e.execute(*statement, frame, false);
    }
  }

  void branch(const IfExpr& expr) {
    std::optional<bool> condition = e.evaluateCondition(expr.condition, frame);
    if (condition) statements(*condition ? expr.thenBody : expr.elseBody);
  }

  void target(const InputStatement& statement) {
    std::string name(statement.name.text);
    Value& bound = frame.environment->names[statement.name.text];
    bound = Poison{};
    auto* type = statement.type ? as<ast::TensorType>(statement.type) : nullptr;
    if (!type) {
      if (statement.value) e.error(Diag::NotCompiledYet, statement.span, frame, "an input that is not data");
      return;
    }
    auto dimensions = e.shape(*type, frame, true);
    if (!dimensions || !type->element.present()) return;
    auto tensor =
        cnn::TensorType::get(&e.context, *dimensions, e.elementType(type->element.text), LayoutAttr());
    mlir::Value value = loss.getBody().front().addArgument(tensor, e.location(statement.span, name));
    e.remember(value, type->span, "input " + name);
    targets.push_back(name);
    bound = value;
    if (e.observations) e.observations->bound(statement.name.span, value, frame);
  }

  /// Values an image to their mean over the batch.
  mlir::Value mean(const Value& value, std::string_view what, Span span) {
    if (value.isPoison()) return {};
    mlir::Value tensor = value.tensor();
    unsigned rank = tensor ? mlir::cast<cnn::TensorType>(tensor.getType()).getRank() : 2;
    if (rank > 1) {
      Diagnostic& diagnostic = e.error(Diag::BadSetting, span, frame, what,
                                       "one value an image [N], such as a loss gives", value.describe());
      if (tensor) e.addOrigin(diagnostic, tensor);
      return {};
    }
    if (rank == 0) return tensor;
    return e.build<BatchMeanOp>(tensor, span, what, std::string(what), frame);
  }

  /// What the runtime has to know of a loss or metric to compute it from predictions: {kind, name, output,
  /// parameter, target}. -1 for what is no output or target; such a one is computed by @loss only.
  void describe(const std::string& name, mlir::Value value) {
    mlir::Operation* op = value.getDefiningOp();
    bool simple = op && mlir::isa<CrossEntropyOp, MseOp, AccuracyOp>(op);
    int64_t output = -1, targetIndex = -1;
    double parameter = 0;
    if (simple) {
      for (size_t i = 0, count = 0; i < e.net->outputs.size(); ++i) {
        if (e.net->outputs[i].trainOnly) continue;
        if (outputs.lookupOrDefault(e.net->outputs[i].value) == op->getOperand(0)) output = int64_t(count);
        ++count;
      }
      if (auto argument = mlir::dyn_cast<mlir::BlockArgument>(op->getOperand(1)))
        targetIndex = int64_t(argument.getArgNumber()) - int64_t(inputs);
      if (auto entropy = mlir::dyn_cast<CrossEntropyOp>(op))
        parameter = entropy.getLabelSmoothing().convertToDouble();
    }
    auto number = [&](int64_t i) { return e.builder.getI64IntegerAttr(i); };
    auto text = [&](llvm::StringRef t) { return e.builder.getStringAttr(t); };
    metrics.push_back(e.builder.getDictionaryAttr(
        {e.builder.getNamedAttr("kind", text(simple ? mnemonic(op) : llvm::StringRef("custom"))),
         e.builder.getNamedAttr("name", text(name)), e.builder.getNamedAttr("output", number(output)),
         e.builder.getNamedAttr("parameter", e.builder.getF64FloatAttr(parameter)),
         e.builder.getNamedAttr("target", number(targetIndex))}));
  }

  void metric(const MetricStatement& statement) {
    Value value = e.evaluate(statement.value, frame);
    frame.environment->names[statement.name.text] = value;
    std::string name(statement.name.text);
    if (mlir::Value tensor = mean(value, name, statement.value->span)) {
      laterMetrics.push_back({name, tensor, statement.span, false});
      laterSources.push_back(value.tensor());
    }
  }

  void setting(const AssignStatement& statement) {
    std::string name(statement.name.text);
    Span span = statement.value->span;
    settings.insert(name);
    if (name == "freeze") {
      Selection selection = e.evaluateSelection(statement.value, frame);
      freeze(selection);
      return;
    }
    Value value = e.evaluate(statement.value, frame);
    if (value.isPoison()) return;
    auto wrong = [&](std::string_view expected) {
      Diagnostic& diagnostic = e.error(Diag::BadSetting, span, frame, name, expected, value.describe());
      // data = "fashion_mnist"
      auto* text = value.get<std::string>();
      const Operator* named = text ? findOperator(*text) : nullptr;
      bool asName = named && named->isSetting() && e.program.sources.text(span) == "\"" + *text + "\"";
      if (asName) diagnostic.fix("write it without quotes", {{span, *text + "()"}});
    };
    const Record* record = value.record();
    auto isFamily = [&](Family family) { return record && record->op->family == family; };
    if (name == "loss") {
      if (mlir::Value tensor = mean(value, "loss", span)) {
        results.push_back({"loss", tensor, span, false});
        lossSource = value.tensor();
      }
    } else if (name == "optimizer") {
      if (isFamily(Family::Optimizer))
        put("optimizer", optimizer(*record));
      else
        wrong("an optimizer such as adam(lr = 1e-3)");
    } else if (name == "schedule") {
      if (isFamily(Family::Schedule))
        put("schedule", numbers(*record));
      else
        wrong("a schedule such as one_cycle(max_lr = 3e-3)");
    } else if (name == "data") {
      if (isFamily(Family::Data))
        put("data", e.recordAttribute(*record));
      else
        wrong("a source of data such as fashion_mnist()");
    } else if (name == "weights") {
      if (record && record->op->name == "load")
        weights(*record);
      else
        wrong("load(\"file.safetensors\")");
    } else if (name == "batch" || name == "epochs" || name == "accumulate" || name == "seed") {
      auto* whole = value.get<int64_t>();
      bool fits = whole && *whole >= (name == "seed" ? 0 : 1) && *whole <= INT32_MAX;
      if (fits && name == "accumulate" && *whole > 1)
        notYet(statement);
      else if (fits)
        put(name, e.builder.getI64IntegerAttr(*whole));
      else
        wrong(name == "seed" ? "a whole number of at least 0" : "a whole number of at least 1");
    } else if (name == "clip_norm" || name == "validation" || name == "ema") {
      std::optional<double> number = value.number();
      bool fits = number && *number > 0 && (name == "clip_norm" || *number < 1);
      if (fits && name == "ema")
        notYet(statement);
      else if (fits)
        put(name, e.builder.getF64FloatAttr(*number));
      else
        wrong(name == "clip_norm" ? "a number above 0" : "a number between 0 and 1");
    } else if (name == "stop") {
      if (record && record->op->name == "patience")
        notYet(statement);
      else
        wrong("patience(metric, epochs)");
    }
  }

  /// The file's names are known when it is read; where it goes is known now.
  void weights(const Record& record) {
    if (auto into = record.arguments.find("into"); into != record.arguments.end()) {
      std::string path = *into->second.value.get<std::string>() + ".";
      bool any = std::ranges::any_of(e.net->parameters, [&](const ParameterInfo& info) {
        return llvm::StringRef(info.path).starts_with(path);
      });
      path.pop_back();
      if (!any && !e.net->incomplete) e.error(Diag::NothingSelected, into->second.span, frame, path);
    }
    put("weights", e.recordAttribute(record));
  }

  void notYet(const AssignStatement& statement) {
    e.error(Diag::NotCompiledYet, statement.span, frame, "'" + std::string(statement.name.text) + "'");
  }

  /// The numbers of a setting, defaults included: {kind, name = value, …}.
  mlir::DictionaryAttr numbers(const Record& record) {
    llvm::SmallVector<mlir::NamedAttribute> list{
        e.builder.getNamedAttr("kind", e.builder.getStringAttr(std::string(record.op->name)))};
    for (const OperatorArgument& argument : record.op->arguments) {
      auto given = record.arguments.find(argument.name);
      if (argument.takes == Takes::Bool) {
        bool value = given != record.arguments.end() ? *given->second.value.get<bool>()
                                                     : argument.defaultText == "true";
        list.push_back(e.builder.getNamedAttr(argument.name, e.builder.getBoolAttr(value)));
      } else if (argument.takes == Takes::Int || argument.takes == Takes::Float) {
        double value = given != record.arguments.end()
                           ? *given->second.value.number()
                           : std::strtod(std::string(argument.defaultText).c_str(), nullptr);
        bool whole = argument.takes == Takes::Int;
        list.push_back(e.builder.getNamedAttr(
            argument.name, whole ? mlir::Attribute(e.builder.getI64IntegerAttr(int64_t(value)))
                                 : mlir::Attribute(e.builder.getF64FloatAttr(value))));
      }
    }
    return e.builder.getDictionaryAttr(list);
  }

  mlir::DictionaryAttr optimizer(const Record& record) {
    llvm::SmallVector<mlir::NamedAttribute> list(numbers(record).getValue());
    if (record.op->argument("betas")) {
      double betas[2] = {0.9, 0.999};
      if (auto given = record.arguments.find("betas"); given != record.arguments.end()) {
        const List* pair = given->second.value.list();
        if (!pair || pair->size() != 2)
          e.error(Diag::BadArgument, given->second.span, frame, "'betas'", record.op->name,
                  "expected two numbers");
        else
          for (size_t i = 0; i < 2; ++i) betas[i] = *(*pair)[i].number();
      }
      list.push_back(e.builder.getNamedAttr("beta1", e.builder.getF64FloatAttr(betas[0])));
      list.push_back(e.builder.getNamedAttr("beta2", e.builder.getF64FloatAttr(betas[1])));
    }
    return e.builder.getDictionaryAttr(list);
  }

  bool checkSelected(const Selection& selection) {
    bool all = true;
    for (const Selector& selector : selection.selectors) {
      bool any = std::ranges::any_of(e.net->parameters, [&](const ParameterInfo& info) {
        return matches(selector, info.owner, info.ownerPath, info.name);
      });
      if (!any && !e.net->incomplete)
        e.suggestSelector(e.error(Diag::NothingSelected, selector.span, frame, selector.text()), selector);
      all = all && any;
    }
    return all;
  }

  void freeze(const Selection& selection) {
    if (!checkSelected(selection)) return;
    for (ParameterInfo& info : e.net->parameters)
      if (matches(selection, info.owner, info.ownerPath, info.name)) info.op.setFrozen(true);
  }

  void group(const GroupStatement& statement) {
    Selection selection = e.evaluateSelection(statement.selectors, frame);
    if (!checkSelected(selection)) return;
    llvm::SmallVector<mlir::NamedAttribute> list;
    llvm::SmallVector<mlir::Attribute> paths;
    for (ParameterInfo& info : e.net->parameters)
      if (!info.op.getStatistic() && matches(selection, info.owner, info.ownerPath, info.name))
        paths.push_back(e.builder.getStringAttr(info.path));
    list.push_back(e.builder.getNamedAttr("parameters", e.builder.getArrayAttr(paths)));
    for (const Statement* item : statement.body.statements) {
      auto* assign = as<AssignStatement>(item);
      if (!assign) continue;
      Value value = e.evaluate(assign->value, frame);
      if (auto number = value.number(); number && *number >= 0)
        list.push_back(
            e.builder.getNamedAttr(std::string(assign->name.text), e.builder.getF64FloatAttr(*number)));
      else if (!value.isPoison())
        e.error(Diag::BadSetting, assign->value->span, frame, assign->name.text, "a number of at least 0",
                value.describe());
    }
    groups.push_back(e.builder.getDictionaryAttr(list));
  }

  void part(const SectionStatement& statement) {
    bool phase = statement.kind == Kind::Phase;
    settings.insert("loss"); // steps have their own
    settings.insert("optimizer");
    e.error(Diag::NotCompiledYet, statement.name.span, frame,
            std::string(phase ? "phase '" : "step '") + std::string(statement.name.text) + "'");
  }

public:
  void finish() {
    if (lossSource) describe("loss", lossSource);
    for (size_t i = 0; i < laterMetrics.size(); ++i) {
      describe(laterMetrics[i].name, laterSources[i]);
      results.push_back(laterMetrics[i]);
    }
    put("metrics", e.builder.getArrayAttr(metrics));
    put("groups", e.builder.getArrayAttr(groups));
    auto otherwise = [&](std::string_view name, mlir::Attribute value) {
      if (!settings.count(name)) put(std::string(name), value);
    };
    otherwise("batch", e.builder.getI64IntegerAttr(64));
    otherwise("epochs", e.builder.getI64IntegerAttr(1));
    otherwise("seed", e.builder.getI64IntegerAttr(0));
    otherwise("schedule", e.builder.getDictionaryAttr(
                              e.builder.getNamedAttr("kind", e.builder.getStringAttr("constant"))));
  }

  mlir::IRMapping outputs; ///< from @predict's values to @loss's

private:
  Elaborator& e;
  const TrainDecl& decl;
  FunctionOp loss;
  const Frame& frame;
  size_t inputs;
  std::set<std::string, std::less<>> settings;
  llvm::SmallVector<mlir::Attribute> metrics, groups;
  std::vector<NamedTensor> laterMetrics;
  std::vector<mlir::Value> laterSources;
  mlir::Value lossSource;
};

} // namespace

void Elaborator::trainSection(const TrainDecl& decl, const Frame& network) {
  mlir::OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToEnd(&net->op.getBody().front());
  auto loss = FunctionOp::create(builder, location(decl.span, ""), "loss", builder.getFunctionType({}, {}));
  mlir::Block& from = net->predict.getBody().front();
  mlir::Block& to = loss.getBody().front();
  mlir::IRMapping mapping;
  auto carry = [&](mlir::Value before, mlir::Value after) {
    mapping.map(before, after);
    if (auto found = origins.find(before); found != origins.end()) {
      Origin origin = found->second;
      origins[after] = origin;
    }
  };
  for (mlir::BlockArgument argument : from.getArguments())
    carry(argument, to.addArgument(argument.getType(), argument.getLoc()));
  builder.setInsertionPointToEnd(&to);
  for (mlir::Operation& op : from) {
    mlir::Operation* copy = builder.clone(op, mapping);
    for (auto [before, after] : llvm::zip(op.getResults(), copy->getResults())) carry(before, after);
  }

  Environment names;
  for (auto& [name, value] : network.environment->names) names.names[name] = mapped(value, mapping);
  Environment inner{&names, {}};
  Instance instance;
  instance.path = "loss";
  instance.name = decl.network.text;
  Frame frame{&program.main(), &inner, &instance};
  augments.clear();
  Trainer trainer(*this, decl, loss, frame);
  trainer.outputs = mapping;
  trainer.run();
  if (diagnostics.hasErrors()) return;
  trainer.finish();
  std::vector<std::string> inputs;
  for (const NamedTensor& input : net->inputs) inputs.push_back(input.name);
  inputs.insert(inputs.end(), trainer.targets.begin(), trainer.targets.end());
  finishFunction(loss, inputs, trainer.results);
  trainer.attributes.push_back(builder.getNamedAttr("augments", builder.getArrayAttr(augments)));
  net->op.setTrainingAttr(builder.getDictionaryAttr(trainer.attributes));
}

} // namespace cnn
