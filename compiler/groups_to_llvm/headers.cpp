//===- headers.cpp - The C and the C++ header of a library ---------------------------------------------===//

#include "groups_to_llvm/c_names.h"
#include "groups_to_llvm/emit_library.h"
#include "groups_to_llvm/own_symbols.h"

#include <algorithm>
#include <cctype>

namespace cnn {
namespace {

struct Argument {
  std::string name;     ///< as an identifier in both languages
  std::string constant; ///< the middle of LENET_IMAGE_SIZE
  std::string plain;    ///< the beginning of image_size
  const char* type;     ///< of its elements
  int64_t size;         ///< elements of one sample
  std::string shape;    ///< [N, 1, 28, 28]
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

std::vector<Argument> argumentsOf(const std::vector<TensorInfo>& tensors) {
  std::vector<Argument> arguments;
  for (const TensorInfo& tensor : tensors) {
    Argument argument{tensor.name, "", "", elementType(tensor.element), 1, "["};
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
  HeaderWriter(const LibraryPlan& plan, const std::string& version)
      : plan(plan), version(version), name(plan.name), inputs(argumentsOf(plan.network.inputs)),
        outputs(argumentsOf(plan.network.outputs)), targets(argumentsOf(plan.network.targets)) {
    std::vector<Argument*> all;
    for (auto* list : {&inputs, &outputs, &targets})
      for (Argument& argument : *list) all.push_back(&argument);
    std::vector<std::string> names;
    for (Argument* argument : all) names.push_back(argument->name);
    std::vector<std::string> identifiers = identifiersOf(names), constants = constantsOf(names),
                             plain = plainNamesOf(names);
    for (size_t i = 0; i < all.size(); ++i)
      all[i]->name = identifiers[i], all[i]->constant = constants[i], all[i]->plain = plain[i];
    names.clear();
    for (const TrainingSettings::Phase& phase : plan.training.phases)
      if (plan.network.trains() && !plan.training.steps && plan.training.phases.size() > 1)
        names.push_back(phase.name);
    phases = identifiersOf(names), phaseConstants = constantsOf(names);
  }

  std::string cHeader() const {
    std::string text = banner() + guard("_H") + "#include <cnn/model.h>\n" +
                       (plan.network.trains() ? "#include <cnn/training.h>\n" : "") + tableNames() +
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
    bool trains = plan.network.trains();
    std::string text = banner() + "#include <cnn/cxx20.hpp>\n#ifdef CNN_CXX20\n" + guard("_HPP") +
                       "#include \"" + name + ".h\"\n\n" + "#include <cnn/" +
                       (trains ? "training.hpp" : "model.hpp") + ">\n\nnamespace " + name +
                       " {\ninline namespace v_" + version + " {\n\n";
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
    return text + "};\n\n} // namespace v_" + version + "\n} // namespace " + name + "\n#endif\n#endif\n";
  }

private:
  const LibraryPlan& plan;
  const std::string &version, &name;
  std::vector<Argument> inputs, outputs, targets;
  std::vector<std::string> phases, phaseConstants; ///< of the train section; none where it has only one

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
  /// Once a file; the headers of two versions in one file are a mistake.
  std::string guard(const char* ending) const {
    std::string macro = "CNNC_" + upper(name) + ending, number = "0x" + version + "u";
    return "#ifdef " + macro + "\n#if " + macro + " != " + number + "\n#error \"two versions of " + name +
           " in one source file: compile one of them with --prefix NAME\"\n#endif\n#else\n#define " + macro +
           " " + number + "\n\n";
  }
  /// The tables carry a hash of the code, so that a program never gets another version's.
  std::string tableNames() const {
    std::string text =
        "\n/* The code that this header belongs to: with another version's, a program does not link. */\n";
    for (const char* table : {"_description", "_inference", "_training"})
      if (table != std::string("_training") || plan.network.trains())
        text += "#define " + name + table + " " + versioned(name + table, version) + "\n";
    return text;
  }
  std::string shapes() const { return join(inputs, ", ", shapeOf) + " to " + join(outputs, ", ", shapeOf); }
  std::string sizes(const std::string& before, const std::string& between, const std::string& after,
                    bool capital) const {
    std::string text;
    for (const auto* list : {&inputs, &outputs, &targets})
      for (const Argument& a : *list)
        text += before + (capital ? a.constant : a.plain) + between + std::to_string(a.size) + after;
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

  /// A_B, A_C from "A_" and B, C.
  static std::string phaseList(const std::vector<std::string>& names, const std::string& prefix) {
    std::string text;
    for (const std::string& phase : names) text += (text.empty() ? "" : ", ") + prefix + phase;
    return text;
  }

  std::string cPhases() const {
    if (phases.empty()) return "";
    return "\n/* The phases of training. */\nenum { " + phaseList(phaseConstants, upper(name) + "_PHASE_") +
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
    if (phases.empty()) return "";
    return "\n  /// The phases of training.\n  enum class Phase : std::uint32_t { " + phaseList(phases, "") +
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

void emitHeaders(const LibraryPlan& plan, const std::string& version, std::string& c, std::string& cpp) {
  HeaderWriter writer(plan, version);
  c = writer.cHeader();
  cpp = writer.cppHeader();
}

} // namespace cnn
