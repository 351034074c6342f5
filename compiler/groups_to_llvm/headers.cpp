//===- headers.cpp - The C and the C++ header of a library ---------------------------------------------===//

#include "groups_to_llvm/emit_library.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace cnn {
namespace {

struct Argument {
  std::string name;  ///< as an identifier in both languages
  const char* type;  ///< of its elements
  int64_t size;      ///< elements of one sample
  std::string shape; ///< [N, 1, 28, 28]
};

const char* elementType(kernel::Element element) {
  switch (element) {
  case kernel::Element::f32:
    return "float";
  case kernel::Element::i32:
    return "int32_t";
  case kernel::Element::u8:
    return "uint8_t";
  case kernel::Element::i64:
    return "int64_t";
  }
  return "";
}

/// Dots become underscores; a name that is none in C and C++, or one of the functions' own, gets one at its
/// end.
std::string identifierOf(std::string name) {
  for (char& c : name)
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  static const std::set<std::string> own = {"model",  "batch",   "hyper", "results", "options",
                                            "create", "predict", "std",   "cnn"};
  std::string lower = name;
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  bool reserved = own.count(name) || (lower == name && libraryNameOf(name).empty());
  return reserved ? name + "_" : name;
}

std::vector<Argument> argumentsOf(const std::vector<TensorInfo>& tensors) {
  std::vector<Argument> arguments;
  for (const TensorInfo& tensor : tensors) {
    Argument argument{identifierOf(tensor.name), elementType(tensor.element), 1, "["};
    for (int64_t extent : tensor.shape) {
      if (extent >= 0) argument.size *= extent;
      argument.shape += (argument.shape.size() > 1 ? ", " : "") + (extent < 0 ? "N" : std::to_string(extent));
    }
    argument.shape += "]";
    arguments.push_back(std::move(argument));
  }
  return arguments;
}

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

template <typename Render>
std::string join(const std::vector<Argument>& arguments, const char* separator, Render render) {
  std::string text;
  for (const Argument& argument : arguments) text += (text.empty() ? "" : separator) + render(argument);
  return text;
}

class HeaderWriter {
public:
  explicit HeaderWriter(const LibraryPlan& plan)
      : plan(plan), name(plan.name), inputs(argumentsOf(plan.network.inputs)),
        outputs(argumentsOf(plan.network.outputs)), targets(argumentsOf(plan.network.targets)) {}

  bool check(std::string& error) const {
    std::set<std::string> seen;
    for (const auto* list : {&inputs, &outputs, &targets}) {
      for (const Argument& argument : *list) {
        if (seen.insert(argument.name).second) continue;
        error = "network " + plan.network.name + ": two of its inputs and outputs are both '" +
                argument.name + "' in C";
        return false;
      }
    }
    seen.clear();
    for (const std::string& phase : phases()) {
      if (seen.insert(phase).second) continue;
      error = "network " + plan.network.name + ": two of its phases are both '" + phase + "' in C";
      return false;
    }
    return true;
  }

  std::string cHeader() const {
    std::string guard = upper(name) + "_H";
    std::string text = banner() + "#ifndef " + guard + "\n#define " + guard + "\n\n#include <cnn/model.h>\n" +
                       (plan.network.trains() ? "#include <cnn/training.h>\n" : "") +
                       "\n#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
    text += "/* What the model is: inputs, outputs, parameters, target. */\nextern const cnn_description " +
            name + "_description;\nextern const cnn_inference " + name + "_inference;\n";
    if (plan.network.trains()) text += "extern const cnn_training " + name + "_training;\n";
    text += "\n/* Values of one sample. */\nenum {\n" +
            sizes("  " + upper(name) + "_", "_SIZE = ", ",\n", true) + "};\n\n";
    text += "/* Options may be null. On an error *model is null and message says why. */\n"
            "static inline int32_t " +
            name +
            "_create(const cnn_options* options, cnn_model** model, char* message,\n"
            "    size_t message_bytes) {\n"
            "  return cnn_model_create(&" +
            name + "_inference, options, model, message, message_bytes);\n}\n\n";
    text += "/* " + shapes() + " */\nstatic inline int32_t " + name + "_predict(cnn_model* model, " +
            join(inputs, ", ", constPointer) + ", " + join(outputs, ", ", pointer) + ", int64_t batch) {\n" +
            "  const void* const inputs[] = {" + join(inputs, ", ", argumentName) + "};\n" +
            "  void* const outputs[] = {" + join(outputs, ", ", argumentName) + "};\n" +
            "  return cnn_model_predict(model, inputs, outputs, batch);\n}\n";
    if (plan.network.trains()) text += cTraining();
    return text + "\n#ifdef __cplusplus\n}\n#endif\n#endif\n";
  }

  std::string cppHeader() const {
    std::string guard = upper(name) + "_HPP";
    bool trains = plan.network.trains();
    std::string text = banner() + "#ifndef " + guard + "\n#define " + guard + "\n\n#include \"" + name +
                       ".h\"\n\n" + "#include <cnn/" + (trains ? "training.hpp" : "model.hpp") +
                       ">\n\nnamespace " + name + " {\n\n";
    text += "// Values of one sample.\n" + sizes("inline constexpr std::size_t ", "_size = ", ";\n", false) +
            "\n";
    text += "using cnn::Options;\n";
    if (trains) text += "using cnn::Hyper;\n";
    text += std::string("\nclass Model : public cnn::") + (trains ? "TrainableModel" : "Model") +
            " {\npublic:\n" + "  using " + (trains ? "TrainableModel::TrainableModel" : "cnn::Model::Model") +
            ";\n\n" + "  static cnn::Result<Model> create(const Options& options = {}) {\n" +
            "    return cnn::Model::create<Model>(" + name + "_inference, options);\n  }\n\n" + "  /// " +
            shapes() + ". The lengths give N.\n" + "  cnn::Status predict(" + join(inputs, ", ", constSpan) +
            ", " + join(outputs, ", ", span) + ") {\n    return run({" + join(inputs, ", ", argumentName) +
            "}, {" + join(outputs, ", ", argumentName) + "});\n  }\n";
    if (trains) text += cppTraining();
    return text + "};\n\n} // namespace " + name + "\n#endif\n";
  }

private:
  const LibraryPlan& plan;
  const std::string& name;
  std::vector<Argument> inputs, outputs, targets;

  static std::string argumentName(const Argument& a) { return a.name; }
  static std::string constPointer(const Argument& a) {
    return std::string("const ") + a.type + "* " + a.name;
  }
  static std::string pointer(const Argument& a) { return std::string(a.type) + "* " + a.name; }
  static std::string spanType(const Argument& a) {
    return (a.type == std::string("float") ? "" : "std::") + std::string(a.type);
  }
  static std::string constSpan(const Argument& a) { return "std::span<const " + spanType(a) + "> " + a.name; }
  static std::string span(const Argument& a) { return "std::span<" + spanType(a) + "> " + a.name; }
  static std::string shapeOf(const Argument& a) { return a.name + " " + a.shape; }

  std::string banner() const {
    return "/* " + plan.network.name + ", compiled by cnnc for " + plan.network.target + ". Link lib" + name +
           ".a and libcnn_runtime.a. */\n";
  }
  std::string shapes() const { return join(inputs, ", ", shapeOf) + " to " + join(outputs, ", ", shapeOf); }
  std::string sizes(const std::string& before, const std::string& between, const std::string& after,
                    bool capital) const {
    std::string text;
    for (const auto* list : {&inputs, &outputs, &targets})
      for (const Argument& a : *list)
        text += before + (capital ? upper(a.name) : a.name) + between + std::to_string(a.size) + after;
    return text;
  }
  bool isDrawn(size_t input) const {
    return std::any_of(plan.training.draws.begin(), plan.training.draws.end(),
                       [&](const TrainingSettings::Draw& draw) { return draw.input == int64_t(input); });
  }

  /// What a training step is given: all but what is drawn.
  std::vector<Argument> trained() const {
    std::vector<Argument> all;
    for (size_t i = 0; i < inputs.size(); ++i)
      if (!isDrawn(i)) all.push_back(inputs[i]);
    all.insert(all.end(), targets.begin(), targets.end());
    return all;
  }
  /// The names in the order of the tables; `none` for what is drawn.
  std::string trainedNames(const std::string& none) const {
    std::string text;
    for (size_t i = 0; i < inputs.size(); ++i) text += (i ? ", " : "") + (isDrawn(i) ? none : inputs[i].name);
    for (const Argument& target : targets) text += ", " + target.name;
    return text;
  }

  /// "Gives the loss." or the steps of the section.
  std::string losses() const {
    if (!plan.training.steps) return "the loss";
    std::string names;
    for (const TrainingSettings::Phase& step : plan.training.phases)
      names += (names.empty() ? "" : ", ") + step.name;
    return "the losses of the steps (" + names + ")";
  }

  /// Names of the train section's phases; none where it has only one.
  std::vector<std::string> phases() const {
    std::vector<std::string> names;
    for (const TrainingSettings::Phase& phase : plan.training.phases)
      if (plan.network.trains() && !plan.training.steps && plan.training.phases.size() > 1)
        names.push_back(identifierOf(phase.name));
    return names;
  }

  /// A_B, A_C from "A_" and the phases' names in capitals, or the names alone.
  static std::string phaseList(const std::vector<std::string>& names, const std::string& prefix) {
    std::string text;
    for (const std::string& phase : names)
      text += (text.empty() ? "" : ", ") + (prefix.empty() ? phase : prefix + upper(phase));
    return text;
  }

  std::string cPhases() const {
    std::vector<std::string> names = phases();
    if (names.empty()) return "";
    return "\n/* The phases of training. */\nenum { " + phaseList(names, upper(name) + "_PHASE_") +
           " };\n\n"
           "/* Optimizer state and steps begin anew; train_step is this phase's from now on. Training begins "
           "with the\n"
           " * first. */\n"
           "static inline int32_t " +
           name +
           "_begin_phase(cnn_model* model, uint32_t phase) {\n"
           "  return cnn_training_set_phase(model, phase);\n}\n";
  }

  std::string cppPhases() const {
    std::vector<std::string> names = phases();
    if (names.empty()) return "";
    return "\n  /// The phases of training.\n  enum class Phase : std::uint32_t { " + phaseList(names, "") +
           " };\n"
           "  /// Optimizer state and steps begin anew; train_step is this phase's from now on. Training "
           "begins with the\n"
           "  /// first; cnn::Trainer runs them all.\n"
           "  cnn::Status begin_phase(Phase phase) {\n"
           "    return TrainableModel::begin_phase(training_table(), static_cast<std::uint32_t>(phase));\n  "
           "}\n";
  }

  std::string cTraining() const {
    std::vector<Argument> all = trained();
    return "\n/* Once before training; reserves memory for batches of max_batch (0: the train section's). "
           "*/\n"
           "static inline int32_t " +
           name +
           "_attach_training(cnn_model* model, int64_t max_batch) {\n"
           "  return cnn_training_attach(model, &" +
           name +
           "_training, max_batch);\n}\n\n"
           "/* " +
           join(all, ", ", shapeOf) +
           ". hyper may be null: as the train section says. results may be null:\n"
           " * " +
           losses() +
           ", then each metric. */\n"
           "static inline int32_t " +
           name + "_train_step(cnn_model* model, " + join(all, ", ", constPointer) +
           ", int64_t batch,\n    const cnn_hyper* hyper, float* results) {\n"
           "  const void* const inputs[] = {" +
           trainedNames("0") +
           "};\n"
           "  return cnn_training_step(model, inputs, batch, hyper, results);\n}\n" +
           cPhases();
  }

  std::string cppTraining() const {
    std::vector<Argument> all = trained();
    std::string parameters = join(all, ", ", constSpan), names = trainedNames("nullptr");
    return "\n  static const cnn_training& training_table() { return " + name +
           "_training; }\n\n"
           "  /// " +
           join(all, ", ", shapeOf) + ". Gives " +
           (plan.training.steps ? "the first of " + losses() + "; all of them and"
                                : std::string("the loss;")) +
           " the metrics are in results().\n"
           "  cnn::Result<float> train_step(" +
           parameters +
           ", const Hyper& hyper = {}) {\n"
           "    return step(training_table(), {" +
           names +
           "}, hyper);\n  }\n"
           "  /// The first half of train_step" +
           (plan.training.steps ? ", of one step" : "") +
           ": gradients() and results(). Then clip() and update()" +
           (plan.training.steps ? ", which goes on to the next step" : "") +
           ".\n"
           "  cnn::Result<float> forward_backward(" +
           parameters +
           ") {\n"
           "    return TrainableModel::forward_backward(training_table(), {" +
           names + "});\n  }\n" + cppPhases();
  }
};

} // namespace

bool emitHeaders(const LibraryPlan& plan, std::string& c, std::string& cpp, std::string& error) {
  HeaderWriter writer(plan);
  if (!writer.check(error)) return false;
  c = writer.cHeader();
  cpp = writer.cppHeader();
  return true;
}

} // namespace cnn
