#include "handles.h"
#include "linear_library.h"

#include "../../runtime/training/initial_weights.h"

#include <cnn/cnn.hpp>
#include <cnn/path_pattern.hpp>

namespace {

using Small = linear::Library<>;

/// A setting as the generated tables hold it.
struct Load {
  std::vector<const char*> names, values;
  cnn_setting setting{};

  Load(std::vector<const char*> names, std::vector<const char*> values)
      : names(std::move(names)), values(std::move(values)) {
    setting = {"load", static_cast<std::uint32_t>(this->names.size()), this->names.data(),
               this->values.data()};
  }
};

cnn::Model make(const Small& library) {
  return cnn::Model::create(library.inference, {}).or_exit();
}

/// body.safetensors: fc.weight, fc.bias, bn.running_mean, and PyTorch's counter.
void saveBody(const TemporaryFolder& folder) {
  Small library;
  cnn::Model model = make(library);
  model.initialise(3).or_exit();
  model.save((folder / "body.safetensors").c_str()).or_exit();
}

std::vector<float> masters(const cnn::Model& model) {
  float* from = cnn_model_parameters(model.handle());
  return {from, from + model.description().parameter_floats};
}

} // namespace

TEST_CASE("patterns cover whole segments and all below them") {
  using cnn::matches_path;
  REQUIRE(matches_path("layer1", "layer1.0.conv1.weight"));
  REQUIRE(!matches_path("layer1", "layer10.weight"));
  REQUIRE(matches_path("*.bias", "a.b.bias"));
  REQUIRE(matches_path("conv*", "conv12.weight"));
  REQUIRE(!matches_path("fc.weight", "fc"));
}

TEST_CASE("weights of a part come from a file with names relative to it") {
  TemporaryFolder folder;
  saveBody(folder);
  Small library;
  library.parameters[0].name = "body.fc.weight";
  library.parameters[1].name = "head.bias";
  library.parameters[2].name = "body.bn.running_mean";
  cnn::Model model = make(library);
  model.initialise(4).or_exit();
  std::vector<float> before = masters(model);
  Load load({"file", "into", "except"}, {"body.safetensors", "body", "[fc.bias]"});
  cnn::loadInitialWeights(model, load.setting, folder.path.string()).or_exit();

  Small other;
  cnn::Model source = make(other);
  source.initialise(3).or_exit();
  std::vector<float> expected = masters(source), found = masters(model);
  std::size_t bias = Small::C::biasOffset, mean = Small::C::meanOffset;
  REQUIRE(std::equal(found.begin(), found.begin() + bias, expected.begin()));
  REQUIRE(std::equal(found.begin() + bias, found.begin() + mean, before.begin() + bias));
  REQUIRE(!std::equal(found.begin(), found.begin() + bias, before.begin()));
}

TEST_CASE("all differences between a file and a part are one report, and nothing is changed") {
  TemporaryFolder folder;
  saveBody(folder);
  linear::Library<5> library;
  library.parameters[0].name = "body.fc.weight";
  library.parameters[1].name = "body.offset";
  library.parameters[2].name = "body.bn.running_mean";
  cnn::Model model = cnn::Model::create(library.inference, {}).or_exit();
  model.initialise(4).or_exit();
  std::vector<float> before = masters(model);
  Load load({"file", "into"}, {"body.safetensors", "body"});
  cnn::Status status = cnn::loadInitialWeights(model, load.setting, folder.path.string());
  REQUIRE(status.code() == CNN_ERROR_MISMATCH);
  REQUIRE_THAT(status.message(),
               Catch::Contains("body.safetensors does not fit body of the network Linear: 3 differences") &&
                   Catch::Contains("shape       fc.weight: expected [3, 25], found F32 [3,16]") &&
                   Catch::Contains("missing     offset: expected [3]") &&
                   Catch::Contains("unexpected  fc.bias: found F32 [3]"));
  REQUIRE(masters(model) == before);
}

TEST_CASE("a weights setting that makes no sense is an error") {
  TemporaryFolder folder;
  Small library;
  cnn::Model model = make(library);
  REQUIRE_THAT(
      cnn::loadInitialWeights(model, Load({"file"}, {"nowhere.safetensors"}).setting, folder.path.string())
          .message(),
      Catch::Contains("nowhere.safetensors"));
  REQUIRE_THAT(cnn::loadInitialWeights(model, Load({"form"}, {"x"}).setting, "").message(),
               Catch::Contains("unknown argument form"));
}

TEST_CASE("training begins with the section's weights, unless told otherwise") {
  TemporaryFolder folder;
  saveBody(folder);
  Small library;
  Load load({"file"}, {"body.safetensors"});
  library.training.weights = &load.setting;
  library.phase.hyper.lr = 0;
  cnn::Dataset data;
  data.source = "zeros";
  data.count = 4;
  data.columns.push_back({"image", CNN_U8, {1, 4, 4}, std::vector<std::uint8_t>(64)});
  data.columns.push_back({"label", CNN_U8, {}, std::vector<std::uint8_t>(4)});
  auto firstWeight = [&](cnn::TrainerOptions options) {
    cnn::Model model = make(library);
    options.quiet = true;
    options.folder = folder.path.string();
    cnn::Trainer trainer(model, library.training, options);
    cnn::Dataset train = {}, test = {};
    train.source = data.source, train.count = data.count, train.columns = data.columns;
    trainer.use({std::move(train), std::move(test)});
    trainer.run().or_exit();
    return masters(model)[0];
  };
  Small other;
  cnn::Model source = make(other);
  source.initialise(3).or_exit();
  REQUIRE(firstWeight({.seed = 9}) == masters(source)[0]);
  REQUIRE(firstWeight({.seed = 9, .initialise = false}) == 0);
}
