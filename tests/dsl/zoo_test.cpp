// The zoo's networks have the parameters that torchvision's have: as many, with the same names and shapes.
#include "elaborated.h"

#include "dialect/dialect.h"

#include <catch2/catch.hpp>

#include <map>

using namespace cnn;
using test::Elaborated;

namespace {

/// `hash`: FNV-1a, 64 bits, of a line "name extent extent …" for each tensor of torchvision's state_dict but
/// num_batches_tracked, sorted by name; of U-Net those of milesial's Pytorch-UNet. The auxiliary heads of
/// GoogLeNet and Inception v3 are left out.
struct Known {
  const char* network;
  int64_t parameters;
  uint64_t hash;
};
const std::map<std::string, std::vector<Known>> known = {
    {"alexnet.cnn", {{"AlexNet", 61'100'840, 0x4b1001a5281ebb6}}},
    {"convnext.cnn",
     {{"ConvNeXtTiny", 28'589'128, 0x3a0855f4ac0a1345},
      {"ConvNeXtSmall", 50'223'688, 0x7ef9bbe41f5cdd28},
      {"ConvNeXtBase", 88'591'464, 0x492974bfc49c7b1b},
      {"ConvNeXtLarge", 197'767'336, 0x4f3decfc89f23280}}},
    {"densenet.cnn",
     {{"DenseNet121", 7'978'856, 0x66a467c127b6acef},
      {"DenseNet161", 28'681'000, 0x4717c49796c7528a},
      {"DenseNet169", 14'149'480, 0x285b1e976acac331},
      {"DenseNet201", 20'013'928, 0x31e04861a7d41bf}}},
    {"efficientnet.cnn",
     {{"EfficientNetB0", 5'288'548, 0xed34cc810c72e5a6},
      {"EfficientNetB1", 7'794'184, 0xfb08d5018987af90},
      {"EfficientNetB2", 9'109'994, 0x1339827520064987},
      {"EfficientNetB3", 12'233'232, 0xb345e19b90f50e7d},
      {"EfficientNetB4", 19'341'616, 0x968241c9d5144949},
      {"EfficientNetB5", 30'389'784, 0xc0049bfc6ca3bb21},
      {"EfficientNetB6", 43'040'704, 0x9e37f018b1313a61},
      {"EfficientNetB7", 66'347'960, 0xc1340058e00c1d71}}},
    {"googlenet.cnn", {{"GoogLeNet", 6'624'904, 0xbca8d5675ff37b49}}},
    {"inception_v3.cnn", {{"InceptionV3", 23'834'568, 0x40340cdc17a51edd}}},
    {"mnasnet.cnn", {{"MNASNet", 4'383'312, 0x1ce570689a7e0890}}},
    {"mobilenet_v2.cnn", {{"MobileNetV2", 3'504'872, 0x20bb0434031c877}}},
    {"mobilenet_v3.cnn",
     {{"MobileNetV3Small", 2'542'856, 0x5a3ade4149b8150d},
      {"MobileNetV3Large", 5'483'032, 0x7416e4cac8ab754}}},
    {"resnet.cnn",
     {{"ResNet18", 11'689'512, 0xeff72a609153c9ca},
      {"ResNet34", 21'797'672, 0x5dca93d487aa8c72},
      {"ResNet50", 25'557'032, 0x7ed64358f1dc6581},
      {"ResNet101", 44'549'160, 0xf2a1401f5684022},
      {"ResNet152", 60'192'808, 0x1b66a3a1c12d2296},
      {"ResNeXt50", 25'028'904, 0x4e1a58d309f1efde},
      {"ResNeXt101", 88'791'336, 0x5b4680a0d199ed9d},
      {"WideResNet50", 68'883'240, 0x16623000887baa6d},
      {"WideResNet101", 126'886'696, 0x6d6b7385b4c1a5de}}},
    {"squeezenet.cnn",
     {{"SqueezeNet10", 1'248'424, 0x15945e8aaa2a333d}, {"SqueezeNet11", 1'235'496, 0x45c2ceefe5131e}}},
    {"unet.cnn", {{"UNet", 31'037'698, 0xb449503bc5b5d925}}},
    {"vgg.cnn",
     {{"VGG11", 132'863'336, 0x914691f6cb559f3},
      {"VGG13", 133'047'848, 0x2c4a99f811fb6d64},
      {"VGG16", 138'357'544, 0x23bd6d2c2b3cc50a},
      {"VGG19", 143'667'240, 0xbb42992c17d33f8e},
      {"VGG11Normed", 132'868'840, 0xdec23a16288d69c3},
      {"VGG16Normed", 138'365'992, 0x959e429e751aae13}}},
};

uint64_t hashOf(NetworkOp network) {
  std::map<std::string, std::string> lines;
  network.walk([&](ParameterOp parameter) {
    std::string& line = lines[parameter.getSymName().str()];
    for (int64_t extent : mlir::cast<TensorType>(parameter.getType()).getFixedFrom(0))
      line += " " + std::to_string(extent);
  });
  uint64_t hash = 0xcbf29ce484222325;
  for (auto& [name, shape] : lines)
    for (char c : name + shape + "\n") hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

} // namespace

TEST_CASE("the zoo has torchvision's parameters") {
  std::vector<std::string> files = test::filesIn(CNN_TEST_PROGRAMS "/../../examples/zoo", ".cnn");
  CHECK(files.size() == known.size());
  for (auto& [file, networks] : known) {
    Elaborated zoo(test::readFile(CNN_TEST_PROGRAMS "/../../examples/zoo/" + file), {}, file);
    INFO(file << "\n" << toText(zoo.diagnostics));
    REQUIRE(zoo.errors() == "");
    size_t built = 0;
    zoo.result.module->walk([&](NetworkOp) { ++built; });
    CHECK(built == networks.size());
    for (const Known& expected : networks) {
      INFO(expected.network);
      auto network = zoo.result.module->lookupSymbol<NetworkOp>(expected.network);
      REQUIRE(network);
      CHECK(zoo.parameterCount(expected.network) == expected.parameters);
      CHECK(hashOf(network) == expected.hash);
    }
  }
}
