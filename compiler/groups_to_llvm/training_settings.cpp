//===- training_settings.cpp - Reading a network's `training` attribute --------------------------------===//

#include "groups_to_llvm/training_settings.h"

#include "mlir/IR/BuiltinAttributes.h"

#include "llvm/ADT/STLExtras.h"

using namespace mlir;

namespace cnn {
namespace {

/// Reads the entries of one dictionary; the first that is not as it should be is kept as the error.
class Reader {
public:
  Reader(DictionaryAttr dictionary, std::string& error) : dictionary(dictionary), error(error) {}

  void number(StringRef key, double& value) const {
    Attribute found = dictionary.get(key);
    if (!found) return;
    if (auto real = dyn_cast<FloatAttr>(found))
      value = real.getValueAsDouble();
    else if (auto whole = dyn_cast<IntegerAttr>(found))
      value = static_cast<double>(whole.getValue().getSExtValue());
    else
      fail(key, "a number");
  }
  template <typename Integer> void integer(StringRef key, Integer& value) const {
    Attribute found = dictionary.get(key);
    if (!found) return;
    if (auto whole = dyn_cast<IntegerAttr>(found))
      value = static_cast<Integer>(whole.getValue().getSExtValue());
    else
      fail(key, "an integer");
  }
  void flag(StringRef key, bool& value) const {
    Attribute found = dictionary.get(key);
    if (!found) return;
    if (auto flag = dyn_cast<BoolAttr>(found))
      value = flag.getValue();
    else
      fail(key, "true or false");
  }
  void text(StringRef key, std::string& value) const {
    Attribute found = dictionary.get(key);
    if (!found) return;
    if (auto string = dyn_cast<StringAttr>(found))
      value = string.str();
    else
      fail(key, "a string");
  }
  template <typename Visit> void list(StringRef key, Visit visit) const {
    Attribute found = dictionary.get(key);
    if (!found) return;
    auto array = dyn_cast<ArrayAttr>(found);
    if (!array) return fail(key, "a list");
    for (Attribute element : array) visit(element);
  }
  /// A nested dictionary; empty where there is none.
  Reader nested(StringRef key) const {
    Attribute found = dictionary.get(key);
    if (found && !isa<DictionaryAttr>(found)) fail(key, "a dictionary");
    auto inner = dyn_cast_or_null<DictionaryAttr>(found);
    return Reader(inner ? inner : DictionaryAttr::get(dictionary.getContext()), error);
  }
  Reader of(Attribute attribute, StringRef key) const {
    auto inner = dyn_cast<DictionaryAttr>(attribute);
    if (!inner) fail(key, "a list of dictionaries");
    return Reader(inner ? inner : DictionaryAttr::get(dictionary.getContext()), error);
  }
  auto keys() const {
    return llvm::map_range(dictionary, [](NamedAttribute entry) { return entry.getName().strref(); });
  }
  bool has(StringRef key) const { return dictionary.contains(key); }
  void fail(const Twine& key, const Twine& expected) const {
    if (error.empty()) error = ("training attribute '" + key + "': expected " + expected).str();
  }

private:
  DictionaryAttr dictionary;
  std::string& error;
};

TrainingSettings::Setting readSetting(const Reader& reader) {
  TrainingSettings::Setting setting;
  reader.text("name", setting.name);
  reader.list("arguments", [&](Attribute attribute) {
    Reader entry = reader.of(attribute, "arguments");
    TrainingSettings::Argument& argument = setting.arguments.emplace_back();
    entry.text("name", argument.name);
    entry.text("value", argument.value);
  });
  return setting;
}

/// The number and the arguments of an optimizer or a schedule: {kind = "sgd", lr = 0.1}.
template <class Kind, size_t count>
void readKind(const Reader& reader, StringRef key, const Kind (&kinds)[count], int32_t& number,
              typename Kind::Values& values) {
  std::string name;
  reader.text("kind", name);
  const Kind* kind = llvm::find_if(kinds, [&](const Kind& each) { return name == each.name; });
  if (kind == std::end(kinds)) {
    std::string names;
    for (const Kind& each : kinds)
      names += (names.empty() ? "" : &each + 1 == std::end(kinds) ? " or " : ", ") + std::string(each.name);
    return reader.fail(key + ".kind", names);
  }
  number = int32_t(kind - kinds);
  values = defaultsOf(*kind);
  SmallVector<StringRef> known{"kind"};
  for (const auto& argument : kind->arguments) {
    known.push_back(argument.name);
    double& value = values.*argument.field;
    if (argument.is.kind == NumberKind::flag) {
      bool flag = value != 0;
      reader.flag(argument.name, flag);
      value = flag;
    } else {
      reader.number(argument.name, value);
      if (!*argument.defaultText && !reader.has(argument.name))
        reader.fail(key + "." + argument.name, "a number");
    }
  }
  for (StringRef given : reader.keys())
    if (!llvm::is_contained(known, given)) reader.fail(key + "." + given, "no such key of " + name);
}

void readMetrics(const Reader& reader, TrainingSettings& settings) {
  reader.list("metrics", [&](Attribute attribute) {
    Reader entry = reader.of(attribute, "metrics");
    TrainingSettings::Metric& metric = settings.metrics.emplace_back();
    entry.text("name", metric.name);
    entry.text("kind", metric.kind);
    entry.integer("output", metric.output);
    entry.integer("target", metric.target);
    entry.flag("percent", metric.percent);
    entry.flag("higher_is_better", metric.higherIsBetter);
  });
}

std::vector<std::string> readNames(const Reader& reader, StringRef key) {
  std::vector<std::string> names;
  reader.list(key, [&](Attribute element) {
    if (auto name = dyn_cast<StringAttr>(element))
      names.push_back(name.str());
    else
      reader.fail(key, "a list of strings");
  });
  return names;
}

void readGroups(const Reader& reader, TrainingSettings::Phase& phase) {
  if (reader.has("groups")) phase.groups.clear();
  reader.list("groups", [&](Attribute attribute) {
    Reader entry = reader.of(attribute, "groups");
    TrainingSettings::Group& group = phase.groups.emplace_back();
    entry.number("lr_scale", group.lrScale);
    entry.number("weight_decay", group.weightDecay);
    group.parameters = readNames(entry, "parameters");
  });
}

/// What the section says for all phases or steps, or what one of them says instead.
void readPhase(const Reader& reader, TrainingSettings::Phase& phase) {
  double clipNorm = phase.hyper.clip_norm; // is no argument of the optimizer
  if (reader.has("optimizer"))
    readKind(reader.nested("optimizer"), "optimizer", optimizerKinds, phase.optimizer, phase.hyper);
  phase.hyper.clip_norm = clipNorm;
  reader.number("clip_norm", phase.hyper.clip_norm);
  if (reader.has("schedule"))
    readKind(reader.nested("schedule"), "schedule", scheduleKinds, phase.schedule, phase.scheduleArguments);
  readGroups(reader, phase);
  reader.integer("batch", phase.batch);
  reader.integer("epochs", phase.epochs);
  reader.integer("accumulate", phase.accumulate);
  Reader stop = reader.nested("stop");
  stop.integer("metric", phase.stopMetric);
  stop.integer("epochs", phase.stopEpochs);
  reader.text("name", phase.name);
  phase.frozen = readNames(reader, "frozen");
}

} // namespace

bool readPictureChanges(ArrayAttr list, std::vector<TrainingSettings::Augment>& changes, std::string& error) {
  if (!list) return true;
  for (Attribute change : list) {
    auto dictionary = dyn_cast<DictionaryAttr>(change);
    Reader entry(dictionary ? dictionary : DictionaryAttr::get(list.getContext()), error);
    if (!dictionary) entry.fail("augments", "a list of dictionaries");
    TrainingSettings::Augment& added = changes.emplace_back();
    static_cast<TrainingSettings::Setting&>(added) = readSetting(entry);
    entry.list("inputs", [&](Attribute element) {
      if (auto index = dyn_cast<IntegerAttr>(element))
        added.inputs.push_back(index.getInt());
      else
        entry.fail("augments.inputs", "a list of integers");
    });
  }
  return error.empty();
}

bool readTrainingSettings(DictionaryAttr attribute, TrainingSettings& settings, std::string& error) {
  error.clear();
  Reader reader(attribute, error);
  TrainingSettings::Phase all;
  readPhase(reader, all);
  settings.steps = reader.has("steps");
  const char* parts = settings.steps ? "steps" : "phases";
  reader.list(parts, [&](Attribute attribute) {
    TrainingSettings::Phase& phase = settings.phases.emplace_back(all);
    Reader own = reader.of(attribute, parts);
    readPhase(own, phase);
    if (!own.has("optimizer") && !reader.has("optimizer"))
      reader.fail("optimizer", "one for each phase or step");
  });
  if (settings.steps && reader.has("phases")) reader.fail("steps", "no phases beside them");
  reader.list("draws", [&](Attribute attribute) {
    Reader entry = reader.of(attribute, "draws");
    TrainingSettings::Draw& draw = settings.draws.emplace_back();
    entry.integer("input", draw.input);
    entry.text("kind", draw.kind);
    entry.number("a", draw.a);
    entry.number("b", draw.b);
    if (draw.kind != "normal" && draw.kind != "uniform") entry.fail("draws.kind", "normal or uniform");
  });
  reader.list("labels", [&](Attribute attribute) {
    Reader entry = reader.of(attribute, "labels");
    TrainingSettings::Labels& labels = settings.labels.emplace_back();
    entry.integer("input", labels.input);
    entry.integer("classes", labels.classes);
    if (entry.has("ignored")) entry.integer("ignored", labels.ignored.emplace());
  });
  if (settings.phases.empty()) {
    settings.phases.push_back(all);
    if (!reader.has("optimizer")) reader.fail("optimizer", "a dictionary");
  }
  readMetrics(reader, settings);
  reader.integer("seed", settings.seed);
  reader.number("validation", settings.validation);
  reader.number("ema", settings.ema);
  if (reader.has("data")) settings.data = readSetting(reader.nested("data"));
  if (reader.has("weights")) settings.weights = readSetting(reader.nested("weights"));
  if (reader.has("augments"))
    readPictureChanges(dyn_cast<ArrayAttr>(attribute.get("augments")), settings.augments, error);
  if (settings.metrics.size() < settings.losses())
    reader.fail("metrics", "the loss or losses, then each metric");
  return error.empty();
}

} // namespace cnn
