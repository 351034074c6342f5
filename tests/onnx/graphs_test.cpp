// Random ONNX models: what is imported computes what the specification says; all else is refused.
#include "imported.h"
#include "random_graph.h"

#include "onnx_to_dsl/operator_table.h"

#include <onnx/checker.h>
#include <onnx/defs/schema.h>

#include <catch2/catch.hpp>
#include <rapidcheck.h>

#include <cmath>
#include <cstdlib>

using namespace cnn::test;

namespace {

/// The newest operator set of the library that these tests are linked with.
int64_t newestOfLibrary() {
  return onnx::OpSchemaRegistry::DomainToVersionRange::Instance().Map().at("").second;
}

/// Why ONNX's own checker refuses a model; empty where it does not, or does not know the operator set.
std::string checkerRefuses(const onnx::ModelProto& model) {
  for (const onnx::OperatorSetIdProto& set : model.opset_import())
    if (set.version() > newestOfLibrary()) return "";
  try {
    onnx::checker::check_model(model);
  } catch (const std::exception& error) {
    return error.what();
  }
  return "";
}

/// Differences that rounding to f32 somewhere explains.
bool isNear(double a, double b, double scale) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (std::isinf(a) || std::isinf(b)) return a == b;
  return std::abs(a - b) <= 1e-5 * (1e-2 + scale);
}

/// Whether an input has a free size besides the batch.
bool hasFreeSizes(const onnx::ModelProto& model) {
  for (const onnx::ValueInfoProto& input : model.graph().input())
    for (int i = 1; i < input.type().tensor_type().shape().dim_size(); ++i)
      if (input.type().tensor_type().shape().dim(i).has_dim_param()) return true;
  return false;
}

/// What is wrong with an import; empty where nothing is. Counts what became of the models.
struct Verdicts {
  size_t imported = 0, refused = 0, unknown = 0;

  std::string judge(const RandomGraph& graph) {
    std::vector<Array> inputs;
    for (const onnx::ValueInfoProto& input : graph.model.graph().input())
      inputs.push_back(graph.inputs.at(input.name()));
    Imported imported = importAndRun(graph.model.SerializeAsString(), inputs);
    if (imported.mistake) return imported.refusal;
    if (!imported.refusal.empty()) return ++refused, "";
    onnx::ModelProto live = withoutUnused(graph.model);
    if (std::string why = checkerRefuses(live); !why.empty())
      return "imported, but ONNX's checker says " + why;
    std::vector<Array> expected;
    try {
      expected = evaluate(live, graph.inputs);
    } catch (const Invalid& invalid) {
      if (hasFreeSizes(live)) return ++refused, ""; // where they are given, the language refuses this one
      return "imported, but invalid: " + std::string(invalid.what());
    } catch (const Unknown& unknown) {
      return "imported, but the evaluator does not know " + std::string(unknown.what());
    }
    ++this->imported;
    for (size_t i = 0; i < expected.size(); ++i) {
      if (imported.outputs[i].shape != expected[i].shape) return "an output of another shape";
      double scale = 0;
      for (double value : expected[i].data)
        if (std::isfinite(value)) scale = std::max(scale, std::abs(value));
      for (size_t k = 0; k < expected[i].data.size(); ++k)
        if (!isNear(imported.outputs[i].data[k], expected[i].data[k], scale))
          return "another value: " + std::to_string(imported.outputs[i].data[k]) + ", expected " +
                 std::to_string(expected[i].data[k]);
    }
    return "";
  }
};

} // namespace

TEST_CASE("random models are imported as they are, or refused") {
  Verdicts verdicts;
  bool holds = rc::check("random models are imported as they are, or refused", [&] {
    auto numbers = *rc::gen::container<std::vector<uint32_t>>(400, rc::gen::arbitrary<uint32_t>());
    Choices choices(std::move(numbers));
    RandomGraph graph = randomGraph(choices);
    std::string wrong = verdicts.judge(graph);
    if (!wrong.empty()) RC_FAIL(wrong + "\n" + graph.model.DebugString());
  });
  CHECK(holds);
}

TEST_CASE("a share of 500 models drawn by seed is imported, and right") {
  Verdicts verdicts;
  const char* wanted = std::getenv("CNN_ONNX_GRAPHS"); // SEED,COUNT
  uint64_t seed = 1, count = 500;
  if (wanted) std::sscanf(wanted, "%lu,%lu", &seed, &count);
  for (uint64_t i = 0; i < count; ++i) {
    Choices choices(seed * 1000003 + i);
    RandomGraph graph = randomGraph(choices);
    std::string wrong = verdicts.judge(graph);
    if (wrong.empty()) continue;
    UNSCOPED_INFO("model " << i << " of seed " << seed << ": " << wrong << "\n"
                           << graph.model.DebugString().substr(0, 6000));
    CHECK(wrong.empty());
  }
  WARN(verdicts.imported << " imported, " << verdicts.refused << " refused");
  CHECK(verdicts.imported * 5 >= count); // the generator makes what can be imported
  CHECK(verdicts.refused * 10 >= count);
}

TEST_CASE("the table of operators agrees with ONNX's schemas in each operator set") {
  using namespace cnn::onnx_import;
  auto takes = [](const AttributeSchema& attribute) {
    static constexpr onnx::AttributeProto::AttributeType types[] = {
        onnx::AttributeProto::INT, onnx::AttributeProto::FLOAT, onnx::AttributeProto::STRING,
        onnx::AttributeProto::INTS};
    return types[attribute.otherwise.index()];
  };
  for (const OperatorSchema& ours : allOperators())
    for (int64_t set = oldestSet; set <= newestOfLibrary(); ++set) {
      INFO(ours.name << " in operator set " << set);
      const onnx::OpSchema* theirs = onnx::OpSchemaRegistry::Schema(ours.name, static_cast<int>(set), "");
      bool exists = set >= ours.since && std::string_view(ours.name) != "Gelu"; // newer than the library
      REQUIRE((theirs != nullptr) == exists);
      if (!theirs) continue;
      std::map<std::string, onnx::OpSchema::Attribute> attributes = theirs->attributes();
      size_t count = 0;
      for (const AttributeSchema& attribute : ours.attributes) {
        if (!attribute.sets.contains(set)) continue;
        INFO(attribute.name);
        auto found = attributes.find(attribute.name);
        REQUIRE(found != attributes.end());
        CHECK(found->second.type == takes(attribute));
        bool mustBeGiven = attribute.required || std::string_view(attribute.name) == "kernel_shape";
        CHECK((!found->second.required || mustBeGiven));
        if (found->second.default_value.has_i())
          CHECK(found->second.default_value.i() == std::get<int64_t>(attribute.otherwise));
        if (found->second.default_value.has_f())
          CHECK(found->second.default_value.f() == std::get<float>(attribute.otherwise));
        if (found->second.default_value.has_s())
          CHECK(found->second.default_value.s() == std::get<const char*>(attribute.otherwise));
        ++count;
      }
      CHECK(count == attributes.size());
      std::vector<const InputSchema*> inputs;
      for (const InputSchema& input : ours.inputs)
        if (input.sets.contains(set)) inputs.push_back(&input);
      REQUIRE(inputs.size() == theirs->inputs().size());
      for (size_t i = 0; i < inputs.size(); ++i) {
        bool optional = theirs->inputs()[i].GetOption() == onnx::OpSchema::Optional;
        CHECK(inputs[i]->optional == optional);
      }
      CHECK(ours.variadicInputs == (theirs->max_input() == std::numeric_limits<int>::max()));
      CHECK(ours.variadicOutputs == (theirs->max_output() == std::numeric_limits<int>::max()));
      if (!ours.variadicOutputs) CHECK(static_cast<int>(ours.outputs) >= theirs->max_output());
    }
}
