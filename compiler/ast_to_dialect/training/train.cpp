/// Train sections: @loss and the settings that the runtime needs.
#include "ast_to_dialect/evaluate/evaluation.h"
#include "ast_to_dialect/evaluate/statements.h"
#include "ast_to_dialect/networks/batch_statistics.h"
#include "ast_to_dialect/networks/networks.h"
#include "ast_to_dialect/networks/parameters.h"
#include "ast_to_dialect/operators/building.h"
#include "ast_to_dialect/training/train_draws.h"
#include "ast_to_dialect/training/train_labels.h"
#include "ast_to_dialect/training/train_part.h"

#include "mlir/IR/IRMapping.h"

#include <algorithm>

namespace cnn {

using namespace ast;

namespace {

/// The same values with the tensors of another function. What values share they share afterwards.
class Mapped {
public:
  explicit Mapped(const mlir::IRMapping& mapping) : mapping(mapping) {}

  Value operator()(const Value& value) {
    if (auto* tensor = value.get<mlir::Value>()) return mapping.lookupOrDefault(*tensor);
    const List* list = value.list();
    const Members* members = value.members();
    if (!list && !members) return value;
    const void* shared = list ? static_cast<const void*>(list) : members;
    if (auto known = done.find(shared); known != done.end()) return known->second;
    Value result = list ? Value(map(*list)) : Value(map(*members));
    done.try_emplace(shared, result);
    return result;
  }

private:
  List map(const List& list) {
    List result;
    for (const Value& element : list) result.push_back((*this)(element));
    return result;
  }

  std::shared_ptr<const Members> map(const Members& members) {
    auto result = std::make_shared<Members>(members);
    for (auto& [name, member] : result->values) member = (*this)(member);
    return result;
  }

  const mlir::IRMapping& mapping;
  std::map<const void*, Value> done;
};

/// Evaluates one train section.
class Trainer {
public:
  Trainer(Elaborator& elaborator, const TrainDecl& decl, FunctionOp loss, const Frame& frame)
      : e(elaborator), decl(decl), loss(loss), frame(frame), inputs(e.net->inputs.size()),
        reader(elaborator, frame), draws(elaborator, frame) {}

  void run() {
    statements(decl.body);
    checkBatches();
    applyInits(e); // of parts that only training has
    if (weightsFrom) weights(*weightsFrom);
    finishPart(section);
    for (TrainPart& phase : phases) finishPart(phase);
    for (TrainPart& step : steps) finishPart(step);
    if (complete(decl.body)) checkComplete();
    checkSteps();
    draws.checkPictures(pictures);
  }

  TrainPart section;
  std::vector<NamedTensor> results;
  std::vector<std::string> targets;
  std::vector<Span> targetSpans;

private:
  static constexpr int64_t defaultBatch = 64;
  static bool complete(const Body& body) { return body.complete; }

  void missing(const std::string& setting) {
    e.diagnostics.report(Diag::MissingSetting, decl.network.span, decl.network.text, setting);
  }

  void finishPart(TrainPart& part) {
    Frame own = frameOf(part);
    TrainPartReader(e, own).select(part);
    stop(part);
  }

  void checkComplete() {
    auto has = [](std::string_view name) {
      return [name](const TrainPart& part) { return part.settings.count(name) > 0; };
    };
    bool optimizer = has("optimizer")(section) ||
                     (!phases.empty() && std::ranges::all_of(phases, has("optimizer"))) || !steps.empty();
    if (!has("loss")(section) && steps.empty()) missing("loss");
    if (!optimizer) missing("optimizer");
    for (const TrainPart& step : steps) {
      std::string list;
      for (std::string_view name : {"loss", "update", "optimizer"})
        if (!has(name)(step) && !(name == "optimizer" && has(name)(section)))
          list += (list.empty() ? "" : ", ") + std::string(name);
      if (!list.empty())
        e.error(Diag::MissingSetting, step.span, frame, decl.network.text,
                list + " for step '" + step.name + "'");
    }
  }

  /// Where the part's own names are known.
  Frame frameOf(const TrainPart& part) const {
    return {frame.module, part.names ? part.names.get() : frame.environment, frame.instance};
  }

  void put(llvm::StringRef name, mlir::Attribute value) {
    section.attributes.push_back(e.builder.getNamedAttr(name, value));
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
        section.groupStatements.push_back(s);
      else if (auto* s = as<SectionStatement>(statement))
        part(*s);
      else if (auto* s = as<SharedStatement>(statement))
        shared(*s);
      else if (auto* s = as<ExprStatement>(statement); s && as<IfExpr>(s->value))
        branch(*as<IfExpr>(s->value));
      else if (as<InitStatement>(statement))
        execute(e, *statement, top(), false);
      else if (auto* s = as<PictureStatement>(statement))
        pictures.push_back(s), execute(e, *s, frame, false);
      else
        execute(e, *statement, frame, false);
    }
  }

public:
  /// The sizes of training's batches: the section's, or each phase's.
  std::vector<int64_t> batches() const {
    auto batchOf = [](const TrainPart& part, int64_t otherwise) {
      for (mlir::NamedAttribute attribute : part.attributes)
        if (attribute.getName() == "batch")
          return mlir::cast<mlir::IntegerAttr>(attribute.getValue()).getInt();
      return otherwise;
    };
    int64_t batch = batchOf(section, defaultBatch);
    if (phases.empty()) return {batch};
    std::vector<int64_t> all;
    for (const TrainPart& phase : phases) all.push_back(batchOf(phase, batch));
    return all;
  }

private:
  /// Of training, against what the network asserts about its batch.
  void checkBatches() {
    for (int64_t batch : batches()) checkTrainingBatch(e, batch, frame);
  }

  /// The names of the section, and paths as in the network itself.
  Frame top() { return {frame.module, frame.environment, &network}; }

  /// A part that only training has: its path is its name.
  void shared(const SharedStatement& statement) {
    if (claimPath(e, std::string(statement.name.text), "", statement.name.span, top()))
      execute(e, statement, top(), false);
    else
      frame.environment->names[statement.name.text] = Poison{};
  }

  void branch(const IfExpr& expr) {
    std::optional<bool> condition = evaluateCondition(e, expr.condition, frame);
    if (condition) statements(*condition ? expr.thenBody : expr.elseBody);
  }

  void target(const InputStatement& statement) {
    if (statement.value) return draws.add(statement);
    std::string name(statement.name.text);
    Value& bound = frame.environment->names[statement.name.text];
    bound = Poison{};
    auto* type = statement.type ? as<ast::TensorType>(statement.type) : nullptr;
    if (!type) return;
    auto dimensions = evaluateShape(e, *type, frame, true);
    if (!dimensions || !type->element.present()) return;
    if (!checkInput(e, statement.name, *type, *dimensions, frame)) return;
    auto tensor =
        cnn::TensorType::get(&e.context, *dimensions, elementTypeNamed(e, type->element.text), LayoutAttr());
    mlir::Value value = loss.getBody().front().addArgument(tensor, locationOf(e, statement.span, name));
    rememberOrigin(e, value, type->span, "input", statement.name.text);
    targets.push_back(name);
    targetSpans.push_back(statement.name.span);
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
      if (tensor) addOrigin(e, diagnostic, tensor);
      const BlockValue* block = value.block();
      if (block && block->op && block->op->subjects == 2)
        diagnostic.note("it is applied to an output and a target: " + block->name() + "(logits, label)");
      return {};
    }
    if (rank == 0) return tensor;
    return buildOp<BatchMeanOp>(e, tensor, span, what, std::string(what), frame);
  }

  /// A loss or metric that is one operator: of which output and target, by index; -1 for other values.
  struct Described {
    bool simple = false;
    int64_t output = -1, target = -1;
  };

  Described placeOf(mlir::Value value) const {
    mlir::Operation* op = value.getDefiningOp();
    Described place;
    place.simple = mlir::isa_and_nonnull<MeasureOpInterface>(op);
    if (!place.simple) return place;
    for (size_t i = 0, count = 0; i < e.net->outputs.size(); ++i) {
      if (e.net->outputs[i].trainOnly) continue;
      if (outputs.lookupOrDefault(e.net->outputs[i].value) == op->getOperand(0))
        place.output = int64_t(count);
      ++count;
    }
    if (auto argument = mlir::dyn_cast<mlir::BlockArgument>(op->getOperand(1)))
      place.target = int64_t(argument.getArgNumber()) - int64_t(inputs);
    return place;
  }

  /// Whether training should make the value larger: of a sum, what holds of its first term.
  static bool isHigherBetter(mlir::Value value) {
    mlir::Operation* op = value.getDefiningOp();
    if (auto measure = llvm::dyn_cast_or_null<MeasureOpInterface>(op)) return measure.isHigherBetter();
    if (auto scale = llvm::dyn_cast_or_null<ScaleOp>(op))
      return isHigherBetter(scale.getInput()) != (scale.getFactor().isNegative());
    return llvm::isa_and_nonnull<AddOp, SubOp>(op) && isHigherBetter(op->getOperand(0));
  }

  /// The operator of a measure.
  static llvm::StringRef kindOf(mlir::Operation* op) {
    if (auto accuracy = llvm::dyn_cast_or_null<AccuracyOp>(op); accuracy && accuracy.getK()) return "top_k";
    return llvm::isa_and_nonnull<MeasureOpInterface>(op) ? mnemonic(op) : "custom";
  }

  /// {kind, name, output, target, percent, higher_is_better}
  void describe(const std::string& name, mlir::Value value) {
    mlir::Operation* op = value.getDefiningOp();
    Described place = placeOf(value);
    auto measure = llvm::dyn_cast_or_null<MeasureOpInterface>(op);
    auto number = [&](int64_t i) { return e.builder.getI64IntegerAttr(i); };
    auto text = [&](llvm::StringRef t) { return e.builder.getStringAttr(t); };
    llvm::SmallVector<mlir::NamedAttribute> entry(
        {e.builder.getNamedAttr("kind", text(kindOf(op))), e.builder.getNamedAttr("name", text(name)),
         e.builder.getNamedAttr("output", number(place.output)),
         e.builder.getNamedAttr("target", number(place.target)),
         e.builder.getNamedAttr("percent", e.builder.getBoolAttr(measure && measure.isPercentage())),
         e.builder.getNamedAttr("higher_is_better", e.builder.getBoolAttr(isHigherBetter(value)))});
    metrics.push_back(e.builder.getDictionaryAttr(entry));
  }

  void metric(const MetricStatement& statement) {
    Value value = evaluate(e, statement.value, frame);
    frame.environment->names[statement.name.text] = value;
    std::string name(statement.name.text);
    if (mlir::Value tensor = mean(value, name, statement.value->span)) {
      laterMetrics.push_back({name, tensor, statement.span, false});
      laterSources.push_back(value.tensor());
    }
  }

  void setting(const AssignStatement& statement) {
    if (statement.name.text == "accumulate") accumulateSpan = statement.value->span;
    if (reader.setting(statement, section)) return;
    std::string name(statement.name.text);
    Span span = statement.value->span;
    Value value = evaluate(e, statement.value, frame);
    if (value.isPoison()) return;
    auto wrong = [&](std::string_view expected) { reader.wrong(statement, value, expected); };
    const Record* record = value.record();
    if (name == "loss") {
      lossSpan = span;
      if (mlir::Value tensor = mean(value, "loss", span)) {
        results.push_back({"loss", tensor, span, false});
        lossSource = value.tensor();
        frame.environment->names["loss"] = value; // for stop
      }
    } else if (name == "data") {
      if (record && record->op->family == Family::Data)
        put("data", recordAttribute(e, *record));
      else
        wrong("a source of data such as fashion_mnist()");
    } else if (name == "weights") {
      if (record && record->op->name == "load")
        weightsFrom = *value.get<std::shared_ptr<const Record>>();
      else
        wrong("load(\"file.safetensors\")");
    } else if (name == "seed") {
      auto* whole = value.get<int64_t>();
      if (whole && *whole >= 0 && *whole <= INT32_MAX)
        put(name, e.builder.getI64IntegerAttr(*whole));
      else
        wrong("a whole number of at least 0");
    } else if (name == "validation" || name == "ema") {
      std::optional<double> number = value.number();
      if (number && *number > 0 && *number < 1)
        put(name, e.builder.getF64FloatAttr(*number));
      else
        wrong("a number between 0 and 1");
    }
  }

  /// The file's names are known when it is read; where it goes is known now.
  void weights(const Record& record) {
    if (auto into = record.arguments.find("into"); into != record.arguments.end()) {
      std::string path = *into->second.value.get<std::string>() + ".";
      bool any = std::ranges::any_of(e.net->parameters, [&](const NetworkParameter& info) {
        return llvm::StringRef(info.path).starts_with(path);
      });
      path.pop_back();
      if (!any && !e.net->incomplete) e.error(Diag::NothingSelected, into->second.span, frame, path);
    }
    put("weights", recordAttribute(e, record));
  }

  /// `stop = patience(metric, epochs)`, of the section or a phase.
  void stop(TrainPart& part) {
    if (!part.stop) return;
    Value value = evaluate(e, part.stop->value, frameOf(part));
    if (value.isPoison()) return;
    Span span = part.stop->value->span;
    auto wrong = [&](std::string_view expected, const Value& found) {
      e.error(Diag::BadSetting, span, frame, "stop", expected, found.describe());
    };
    const Record* record = value.record();
    if (!record || record->op->name != "patience") return wrong("patience(metric, epochs)", value);
    const Value& watched = record->arguments.at("metric").value;
    const Value& epochs = record->arguments.at("epochs").value;
    if (watched.isPoison()) return;
    mlir::Value tensor = watched.tensor();
    auto found = std::ranges::find(laterSources, tensor);
    int64_t index = tensor && tensor == lossSource          ? 0
                    : tensor && found != laterSources.end() ? losses() + (found - laterSources.begin())
                                                            : -1;
    if (index < 0) return wrong("a metric of this section, or loss", watched);
    if (*epochs.get<int64_t>() < 1) return wrong("at least 1 epoch", epochs);
    if (!section.settings.count("validation") && complete(decl.body))
      e.error(Diag::MissingSetting, span, frame, decl.network.text, "validation, which stop watches");
    part.attributes.push_back(e.builder.getNamedAttr(
        "stop", e.builder.getDictionaryAttr(
                    {e.builder.getNamedAttr("epochs", e.builder.getI64IntegerAttr(*epochs.get<int64_t>())),
                     e.builder.getNamedAttr("metric", e.builder.getI64IntegerAttr(index))})));
  }

  int64_t losses() const { return std::max<int64_t>(1, int64_t(steps.size())); }

  void part(const SectionStatement& statement) {
    bool isStep = statement.kind == Kind::Step;
    std::vector<TrainPart>& parts = isStep ? steps : phases;
    std::string name(statement.name.text), kind = isStep ? "step" : "phase";
    if (!(isStep ? phases : steps).empty()) {
      e.error(Diag::PartNotHere, statement.name.span, frame, "a " + kind,
              isStep ? "beside phases" : "beside steps")
          .secondary((isStep ? phases : steps).front().span, "the first of them");
      return;
    }
    auto earlier = std::ranges::find(parts, name, &TrainPart::name);
    if (earlier != parts.end()) {
      e.error(Diag::DuplicateSetting, statement.name.span, frame, kind + " " + name)
          .secondary(earlier->span, "first here");
      return;
    }
    TrainPart& part = parts.emplace_back();
    part.name = name;
    part.span = statement.name.span;
    part.names = std::make_shared<Environment>(Environment{frame.environment, {}});
    Frame inner = frameOf(part);
    TrainPartReader own(e, inner);
    for (const Statement* item : statement.body.statements) {
      if (auto* s = as<AssignStatement>(item)) {
        if (!own.setting(*s, part) && isStep && s->name.text == "loss") stepLoss(*s, inner, part);
      } else if (auto* s = as<GroupStatement>(item)) {
        part.groupStatements.push_back(s);
      } else if (as<BindingStatement>(item)) {
        execute(e, *item, inner, false);
      } else if (item->span.valid()) {
        e.error(Diag::PartNotHere, item->span, frame, "this",
                "in a " + kind + ", which has settings and groups");
      }
    }
  }

  void stepLoss(const AssignStatement& statement, const Frame& inner, TrainPart& step) {
    Value value = evaluate(e, statement.value, inner);
    mlir::Value tensor = value.isPoison() ? mlir::Value() : mean(value, "loss", statement.value->span);
    if (!tensor) return;
    step.loss = value.tensor();
    results.push_back({step.name, tensor, step.span, false});
  }

  /// What does not go together with steps.
  void checkSteps() {
    if (steps.empty()) return;
    if (lossSpan.valid())
      e.error(Diag::PartNotHere, lossSpan, frame, "a loss of the whole section",
              "beside steps, which have their own");
    for (mlir::NamedAttribute& attribute : section.attributes) {
      int64_t batches = attribute.getName() == "accumulate"
                            ? mlir::cast<mlir::IntegerAttr>(attribute.getValue()).getInt()
                            : 1;
      if (batches != 1)
        e.error(Diag::BadSetting, accumulateSpan, frame, "accumulate", "1 where a section has steps",
                std::to_string(batches));
    }
  }

public:
  void finish() {
    if (lossSource) describe("loss", lossSource);
    for (const TrainPart& step : steps) describe(step.name + " loss", step.loss);
    for (size_t i = 0; i < laterMetrics.size(); ++i) {
      describe(laterMetrics[i].name, laterSources[i]);
      results.push_back(laterMetrics[i]);
    }
    put("metrics", e.builder.getArrayAttr(metrics));
    put("groups", mergedGroups(e, section.groups));
    if (mlir::ArrayAttr list = draws.attribute()) put("draws", list);
    finishParts(e, frame, section, phases, steps);
    auto otherwise = [&](std::string_view name, mlir::Attribute value) {
      if (!section.settings.count(name)) put(std::string(name), value);
    };
    otherwise("batch", e.builder.getI64IntegerAttr(defaultBatch));
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
  TrainPartReader reader;
  Instance network; ///< for the paths of parts that only training has
  std::vector<TrainPart> phases, steps;
  std::shared_ptr<const Record> weightsFrom;
  std::vector<const PictureStatement*> pictures;
  TrainDraws draws;
  Span lossSpan, accumulateSpan;
  llvm::SmallVector<mlir::Attribute> metrics;
  std::vector<NamedTensor> laterMetrics;
  std::vector<mlir::Value> laterSources;
  mlir::Value lossSource;
};

} // namespace

void evaluateTrainSection(Elaborator& e, const TrainDecl& decl, const Frame& network) {
  if (e.exhausted()) return;
  mlir::OpBuilder::InsertionGuard guard(e.builder);
  e.builder.setInsertionPointToEnd(&e.net->op.getBody().front());
  auto loss =
      FunctionOp::create(e.builder, locationOf(e, decl.span, ""), "loss", e.builder.getFunctionType({}, {}));
  mlir::Block& from = e.net->predict.getBody().front();
  mlir::Block& to = loss.getBody().front();
  mlir::IRMapping mapping;
  auto carry = [&](mlir::Value before, mlir::Value after) {
    mapping.map(before, after);
    if (auto found = e.origins.find(before); found != e.origins.end()) {
      Origin origin = found->second;
      e.origins[after] = origin;
    }
  };
  for (mlir::BlockArgument argument : from.getArguments())
    carry(argument, to.addArgument(argument.getType(), argument.getLoc()));
  e.builder.setInsertionPointToEnd(&to);
  for (mlir::Operation& op : from) {
    mlir::Operation* copy = e.builder.clone(op, mapping);
    for (auto [before, after] : llvm::zip(op.getResults(), copy->getResults())) carry(before, after);
  }

  Environment names;
  Mapped mapped(mapping);
  for (auto& [name, value] : network.environment->names) names.names[name] = mapped(value);
  Environment inner{&names, {}};
  Instance instance;
  instance.path = "loss";
  instance.name = decl.network.text;
  Frame frame{&e.program.main(), &inner, &instance};
  e.augments.clear();
  e.augmented.clear();
  Trainer trainer(e, decl, loss, frame);
  trainer.outputs = mapping;
  e.net->training = true;
  trainer.run();
  e.net->training = false;
  if (e.diagnostics.hasErrors()) return;
  trainer.finish();
  std::vector<std::string> inputs;
  for (const NamedTensor& input : e.net->inputs) inputs.push_back(input.name);
  inputs.insert(inputs.end(), trainer.targets.begin(), trainer.targets.end());
  finishFunction(e, loss, inputs, trainer.results);
  for (auto [i, span] : llvm::enumerate(trainer.targetSpans))
    if (to.getArgument(unsigned(e.net->inputs.size() + i)).use_empty())
      e.error(Diag::UnusedInput, span, frame, trainer.targets[i]);
  trainer.section.attributes.push_back(
      e.builder.getNamedAttr("augments", e.builder.getArrayAttr(e.augments)));
  assertBatchStatistics(e, loss, trainer.batches(), frame);
  if (mlir::ArrayAttr labels = labelsOf(loss))
    trainer.section.attributes.push_back(e.builder.getNamedAttr("labels", labels));
  e.net->op.setTrainingAttr(e.builder.getDictionaryAttr(trainer.section.attributes));
}

} // namespace cnn
