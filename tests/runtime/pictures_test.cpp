// Pictures of any size on their way to a network: preprocess, augment, files that are read when they are
// needed.
#include "picture_files.h"
#include "trainee.h"

#include "../../runtime/data/augment.h"
#include "../../runtime/data/binding.h"

#include <cnn/image.hpp>

#include <functional>
#include <numeric>
#include <set>

namespace {

const char* const size[] = {"size"};

/// A change with one argument, the size, as text.
struct Change {
  explicit Change(const char* name, const char* text)
      : value{text}, change{{name, 1, size, value}, nullptr, 0, 0} {}
  Change(const Change&) = delete;
  const char* value[1];
  cnn_augment change;
};

std::unique_ptr<cnn::Augmentation> make(const char* name, const char* text) {
  return cnn::makeAugmentation(Change(name, text).change.setting).or_exit();
}

std::vector<std::uint8_t> apply(const cnn::Augmentation& change, const cnn::Picture& picture,
                                const std::vector<std::uint8_t>& pixels) {
  std::vector<std::uint8_t> result(change.becomes(picture).or_exit().bytes());
  change.apply(picture, pixels.data(), result.data(), {}).or_exit();
  return result;
}

} // namespace

TEST_CASE(
    "resize makes the shorter side as long as it says, and the longer one in proportion, rounded down") {
  auto becomes = [](const char* text, std::int64_t height, std::int64_t width) {
    cnn::Picture picture = make("resize", text)->becomes({3, height, width}).or_exit();
    return std::pair(picture.height, picture.width);
  };
  using Pair = std::pair<std::int64_t, std::int64_t>;
  CHECK(becomes("256", 375, 500) == Pair(256, 341)); // torchvision's int(256 * 500 / 375)
  CHECK(becomes("256", 500, 375) == Pair(341, 256));
  CHECK(becomes("256", 100, 100) == Pair(256, 256));
  CHECK(becomes("[24, 16]", 100, 50) == Pair(24, 16));
  CHECK(!make("resize", "256")->becomes({1, 1, 30000}).ok());
  CHECK_THAT(cnn::makeAugmentation(Change("resize", "0").change.setting).message(),
             Catch::Contains("size is 0"));
  CHECK_THAT(cnn::makeAugmentation(Change("resize", "[1, 2, 3]").change.setting).message(),
             Catch::Contains("one number, or height and width"));
}

TEST_CASE("resize is bilinear, and antialiased where a picture becomes smaller") {
  // Two columns to four: a quarter and three quarters of the way.
  auto wide = apply(*make("resize", "[1, 4]"), {1, 1, 2}, {0, 100});
  CHECK(wide[0] == 0);
  CHECK(wide[1] == 25);
  CHECK(wide[2] == 75);
  CHECK(wide[3] == 100);
  // Every second column white: a quarter of the size is grey, where plain bilinear would take single columns.
  std::vector<std::uint8_t> stripes(64 * 64);
  for (std::size_t i = 0; i < stripes.size(); ++i) stripes[i] = i % 2 ? 255 : 0;
  std::vector<std::uint8_t> grey = apply(*make("resize", "16"), {1, 64, 64}, stripes);
  for (std::size_t i = 0; i < grey.size(); ++i)
    CHECK(std::abs(grey[i] - 127) <=
          (i % 16 == 0 || i % 16 == 15 ? 30 : 1)); // beyond the edge its pixels repeat
  // Classes are never mixed; numbers with a fraction are not rounded.
  for (std::uint8_t pixel : apply(*make("resize", "[3, 3]"), {1, 2, 2, CNN_U8, true}, {7, 9, 9, 7}))
    CHECK((pixel == 7 || pixel == 9));
  const float numbers[] = {0.0f, 1.0f};
  float mixed[4];
  make("resize", "[1, 4]")
      ->apply({1, 1, 2, CNN_F32}, reinterpret_cast<const std::uint8_t*>(numbers),
              reinterpret_cast<std::uint8_t*>(mixed), {})
      .or_exit();
  CHECK(mixed[1] == Approx(0.25));
}

TEST_CASE("center_crop begins where torchvision's does, and refuses what is too small") {
  auto first = [](std::int64_t width, const char* text) {
    std::vector<std::uint8_t> pixels(static_cast<std::size_t>(width));
    std::iota(pixels.begin(), pixels.end(), std::uint8_t{0});
    return int(apply(*make("center_crop", text), {1, 1, width}, pixels)[0]);
  };
  CHECK(first(4, "[1, 2]") == 1);
  CHECK(first(3, "[1, 2]") == 0); // half a pixel: to the even side
  CHECK(first(5, "[1, 2]") == 2);
  CHECK(first(7, "[1, 2]") == 2);
  CHECK_THAT(make("center_crop", "4")->becomes({3, 5, 3}).message(),
             Catch::Contains("expected a picture of at least 4 x 4, found 5 x 3"));
}

TEST_CASE("random_crop and random_resized_crop make one size of any") {
  auto crop = make("random_crop", "2"), part = make("random_resized_crop", "[3, 5]");
  std::vector<std::uint8_t> pixels(6 * 4);
  std::iota(pixels.begin(), pixels.end(), std::uint8_t{0});
  std::vector<std::uint8_t> result(4);
  std::set<int> seen;
  for (std::uint32_t i = 0; i < 300; ++i) {
    crop->apply({1, 6, 4}, pixels.data(), result.data(), {i * 0x9e3779b9u, i, i * 0x85ebca6bu, i}).or_exit();
    CHECK((result[1] == result[0] + 1 && result[2] == result[0] + 4));
    seen.insert(result[0]);
  }
  CHECK(seen.size() == 5 * 3);
  CHECK(!crop->becomes({1, 1, 9}).ok());
  cnn::Picture picture = part->becomes({3, 100, 20}).or_exit();
  CHECK((picture.height == 3 && picture.width == 5));
}

namespace {

/// A grey picture, bright in the upper, middle or lower third.
void writePicture(const std::string& path, int height, int width, int bright) {
  std::vector<std::uint8_t> pixels;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      pixels.push_back(
          static_cast<std::uint8_t>((3 * y / height == bright ? 180 : 20) + (x * 7 + y * 5) % 40));
  writePng(path, width, height, pixels, {.colour = PNG_COLOR_TYPE_GRAY});
}

/// train/ and test/ with three classes of pictures of different sizes.
struct Folder : TemporaryFolder {
  Folder() {
    for (const char* split : {"train", "test"})
      for (int label = 0; label < 3; ++label) {
        std::filesystem::create_directories(path / split / std::to_string(label));
        for (int n = 0; n < 12; ++n) writePicture(file(split, label, n), 12 + n, 30 - 2 * n, label);
      }
  }
  std::string file(const std::string& split, int label, int n) const {
    return (path / split / std::to_string(label) / (std::to_string(n) + ".png")).string();
  }
};

/// The library with a preprocess, and a folder as its data.
struct Classifier {
  Small library{linear_optimizer()};
  Change resize{"resize", "6"}, crop{"center_crop", "4"};
  cnn_augment preprocess[2] = {resize.change, crop.change};
  const char* const noName[1] = {""};
  const char* folder[1];
  cnn_setting data;

  static linear::Optimizer linear_optimizer() { return {CNN_ADAM, false}; }
  explicit Classifier(const char* path) : folder{path}, data{"folder", 1, noName, folder} {
    library.description.preprocess = preprocess;
    library.description.preprocess_count = 2;
    library.training.data = &data;
    library.phase.hyper.lr = 0.02;
  }
  cnn::Status train(std::vector<float>& weights, int threads = 1, std::function<void()> afterStep = {}) {
    cnn::Model model = makeTrainee(library, threads);
    cnn::Trainer trainer(model, library.training, {.epochs = 40, .validation = validation, .quiet = true});
    if (afterStep) trainer.on_step([&](std::int64_t, double, std::span<const float>) { afterStep(); });
    if (cnn::Status bad = trainer.run(); !bad) return bad;
    weights = parametersOf(model);
    auto metrics = trainer.test();
    if (!metrics) return std::move(metrics).error();
    accuracy = (*metrics)[1].value;
    return {};
  }
  double validation = 0.2, accuracy = 0;
};

} // namespace

TEST_CASE("a folder of pictures of different sizes trains, from files that are read for each batch") {
  Folder folder;
  const std::string path = folder.path.string();
  Classifier classifier(path.c_str());
  std::vector<float> one, two;
  classifier.train(one).or_exit();
  CHECK(classifier.accuracy > 0.95);
  classifier.train(two, 2).or_exit();
  CHECK(one == two);

  cnn::DataSplits splits = cnn::load_data(classifier.data, "", classifier.library.description).or_exit();
  CHECK(splits.train.columns[0].in_files());
  CHECK(splits.train.columns[0].bytes.empty());
  CHECK(splits.train.count == 36);

  SECTION("augment takes the place of preprocess in training") {
    Change other("resize", "[4, 4]");
    classifier.library.training.augments = &other.change;
    classifier.library.training.augment_count = 1;
    std::vector<float> augmented, other_preprocess;
    classifier.train(augmented).or_exit();
    CHECK(augmented != one);
    classifier.library.training.augment_count = 0;
    classifier.library.description.preprocess = &other.change;
    classifier.library.description.preprocess_count = 1;
    classifier.train(other_preprocess).or_exit();
    CHECK(augmented == other_preprocess);
  }
  SECTION("a random part of each picture") {
    Change part("random_resized_crop", "4");
    classifier.library.training.augments = &part.change;
    classifier.library.training.augment_count = 1;
    std::vector<float> augmented;
    classifier.train(augmented).or_exit();
    CHECK(augmented != one);
    // Evaluation knows nothing of it.
    cnn::Model model = makeTrainee(classifier.library);
    cnn::Trainer trainer(model, classifier.library.training, {.epochs = 1, .quiet = true});
    trainer.run().or_exit();
    double before = trainer.test().or_exit()[0].value;
    classifier.library.training.augment_count = 0;
    CHECK(trainer.test().or_exit()[0].value == before);
  }
  SECTION("a picture that is too small is named before the training begins") {
    writePicture(folder.file("train", 1, 5), 1, 1, 0);
    Change crop("center_crop", "4");
    classifier.library.description.preprocess = &crop.change;
    classifier.library.description.preprocess_count = 1;
    bool stepped = false;
    cnn::Status status = classifier.train(two, 1, [&] { stepped = true; });
    CHECK_THAT(status.message(),
               Catch::Contains(folder.file("train", 1, 5) + ": center_crop: expected a picture"));
    CHECK(!stepped);
  }
  SECTION("a chain that gives another size") {
    classifier.library.description.preprocess_count = 1;
    CHECK_THAT(classifier.train(two).message(), Catch::Contains("but the network takes 4 x 4"));
  }
  SECTION("a picture that is damaged in the middle of the training ends it with its name") {
    classifier.validation = 0;
    bool first = true;
    cnn::Status status = classifier.train(two, 1, [&] {
      if (std::exchange(first, false)) std::filesystem::resize_file(folder.file("train", 2, 3), 60);
    });
    CHECK_THAT(status.message(), Catch::Contains("2/3.png: truncated"));
  }
  SECTION("one that is damaged, which its header does not show") {
    std::string bytes = readFile(folder.file("test", 0, 0));
    writeFile(folder.file("test", 0, 0), bytes.substr(0, bytes.size() - 20));
    CHECK_THAT(classifier.train(two).message(), Catch::Contains("0/0.png: truncated"));
  }
}

TEST_CASE("pictures of one size in memory go through preprocess as well") {
  Small library;
  Change resize("resize", "4");
  library.description.preprocess = &resize.change;
  library.description.preprocess_count = 1;
  cnn::DataSplits data = splits();
  for (cnn::Dataset* each : {&data.train, &data.test}) { // every pixel four times
    std::vector<std::uint8_t>& bytes = each->columns[0].bytes;
    std::vector<std::uint8_t> small = std::exchange(bytes, {});
    each->columns[0].shape = {1, 8, 8};
    for (std::size_t n = 0; n < small.size() / 16; ++n)
      for (std::size_t p = 0; p < 64; ++p) bytes.push_back(small[n * 16 + p / 16 * 4 + p % 8 / 2]);
  }
  cnn::Model model = makeTrainee(library);
  cnn::Trainer trainer(model, library.training, {.epochs = 2, .quiet = true});
  trainer.use(std::move(data));
  trainer.run().or_exit();
  CHECK(trainer.test().ok());
  library.description.preprocess_count = 0;
  data = splits();
  data.train.columns[0].shape = {1, 2, 8};
  CHECK_THAT(failure(library, std::move(data)),
             Catch::Contains("expects samples of shape [1, 4, 4], found [1, 2, 8]"));
}

TEST_CASE("preprocess_image makes what the network takes, or says why not") {
  Small library;
  cnn::Image picture{1, 8, 16, std::vector<std::uint8_t>(128, 77)};
  cnn::Image fitted = cnn::preprocess_image(library.description, 0, picture).or_exit();
  CHECK((fitted.height == 4 && fitted.width == 4));
  Change resize("resize", "6"), crop("center_crop", "4");
  const cnn_augment both[] = {resize.change, crop.change};
  library.description.preprocess = both;
  library.description.preprocess_count = 2;
  cnn::Image cut = cnn::preprocess_image(library.description, 0, picture).or_exit();
  CHECK(cut.pixels == std::vector<std::uint8_t>(16, 77));
  library.description.preprocess_count = 1;
  CHECK_THAT(cnn::preprocess_image(library.description, 0, picture).message(),
             Catch::Contains("gives a picture of 6 x 12, but image is 4 x 4"));
  library.description.preprocess = both + 1;
  picture = {1, 3, 9, std::vector<std::uint8_t>(27)};
  CHECK_THAT(cnn::preprocess_image(library.description, 0, picture).message(),
             Catch::Contains("found 3 x 9"));
}

TEST_CASE("mean and std of the data are not for an input of bytes") {
  cnn::Dataset data;
  data.source = "bytes";
  data.count = 1;
  data.columns.push_back({"image", CNN_U8, {1, 1, 1}, {51}});
  data.mean = data.deviation = {0.5f};
  cnn_tensor image{"image", CNN_U8, 4, {-1, 1, 1, 1}};
  const cnn_tensor* tensors[] = {&image};
  CHECK_THAT(cnn::bindColumns(data, tensors).message(), Catch::Contains("image |> to_float |> normalize("));
}
