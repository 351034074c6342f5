#include "handles.h"

#include "../../runtime/data/loader.h"
#include "../../runtime/data/picture_changes.h"
#include "../../runtime/image/mask.h"

#include <cnn/data.hpp>

#include <zlib.h>

namespace {

std::string bigEndian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

std::string chunk(const std::string& kind, const std::string& data) {
  std::string both = kind + data;
  auto sum = crc32(0, reinterpret_cast<const Bytef*>(both.data()), static_cast<uInt>(both.size()));
  return bigEndian(static_cast<std::uint32_t>(data.size())) + both +
         bigEndian(static_cast<std::uint32_t>(sum));
}

/// `rows`: what the file holds of each, packed as `bits` and `colour` say.
std::string png(int width, int bits, int colour, const std::vector<std::string>& rows,
                const std::string& palette = "") {
  std::string header = bigEndian(static_cast<std::uint32_t>(width)) +
                       bigEndian(static_cast<std::uint32_t>(rows.size())) + static_cast<char>(bits) +
                       static_cast<char>(colour) + std::string(3, '\0');
  std::string raw;
  for (const std::string& row : rows) raw += '\0' + row;
  std::string packed(compressBound(raw.size()), '\0');
  uLongf size = packed.size();
  REQUIRE(compress(reinterpret_cast<Bytef*>(packed.data()), &size, reinterpret_cast<const Bytef*>(raw.data()),
                   raw.size()) == Z_OK);
  packed.resize(size);
  return "\x89PNG\r\n\x1a\n" + chunk("IHDR", header) + (palette.empty() ? "" : chunk("PLTE", palette)) +
         chunk("IDAT", packed) + chunk("IEND", "");
}

constexpr int grey = 0, colours = 2, indexed = 3;

/// pictures/ and masks/ of three train and two test pictures, 4 x 6 and more; a picture's red is 50 times its
/// mask.
struct Pairs : TemporaryFolder {
  Pairs() {
    for (const char* split : {"train", "test"})
      for (const char* kind : {"pictures", "masks"}) std::filesystem::create_directories(path / kind / split);
    for (int n = 0; n < 3; ++n) add("train", n);
    for (int n = 0; n < 2; ++n) add("test", n);
  }
  void add(const std::string& split, int n) {
    std::vector<std::string> picture(4), mask(4);
    for (int y = 0; y < 4; ++y)
      for (int x = 0; x < 6 + n; ++x) {
        int label = (x + 2 * y + n) % 4;
        picture[size_t(y)] += {static_cast<char>(label * 50), 7, 9};
        mask[size_t(y)] += static_cast<char>(label == 3 ? 255 : label);
      }
    std::string name = split + "/" + std::to_string(n) + ".png";
    writeFile(*this / ("pictures/" + name), png(6 + n, 8, colours, picture));
    writeFile(*this / ("masks/" + name), png(6 + n, 8, grey, mask));
  }
  cnn::Result<cnn::DataSplits> load() const {
    std::string first = *this / "pictures", second = *this / "masks";
    const char *names[] = {"", ""}, *values[] = {first.c_str(), second.c_str()};
    return cnn::load_data({"pairs", 2, names, values}, "", &image);
  }
  cnn_tensor image{"image", CNN_U8, 4, {-1, 3, 3, 4}}, mask{"mask", CNN_U8, 3, {-1, 3, 4}};
};

} // namespace

TEST_CASE("a mask has the numbers in its file, whatever they look like") {
  TemporaryFolder folder;
  std::string palette;
  for (int i = 0; i < 4; ++i) palette += {static_cast<char>(200 - i), 3, static_cast<char>(90 * i)};
  auto of = [&](const std::string& bytes) {
    writeFile(folder / "a.png", bytes);
    return cnn::read_mask(folder / "a.png").or_exit().pixels;
  };
  using Pixels = std::vector<std::uint8_t>;
  CHECK(of(png(3, 8, grey, {{0, 5, '\xff'}, {1, 2, 3}})) == Pixels{0, 5, 255, 1, 2, 3});
  CHECK(of(png(3, 8, indexed, {{0, 3, 1}}, palette)) == Pixels{0, 3, 1});
  CHECK(of(png(5, 2, indexed, {{'\x1b', '\x80'}}, palette)) == Pixels{0, 1, 2, 3, 2});
  CHECK(of(png(5, 2, grey, {{'\x1b', '\x80'}})) == Pixels{0, 1, 2, 3, 2});
  CHECK(of(png(3, 4, grey, {{'\x0f', '\x70'}})) == Pixels{0, 15, 7});
  CHECK(of(png(9, 1, grey, {{'\x81', '\x80'}})) == Pixels{1, 0, 0, 0, 0, 0, 0, 1, 1});

  writeFile(folder / "a.png", png(1, 8, colours, {{1, 2, 3}}));
  CHECK_THAT(cnn::read_mask(folder / "a.png").message(),
             Catch::Contains("a.png: a mask is a PNG with a palette"));
  writeFile(folder / "a.png", png(1, 16, grey, {{1, 2}}));
  CHECK(!cnn::read_mask(folder / "a.png"));
}

TEST_CASE("pairs bind a picture to the input and its mask to the target, by their names") {
  Pairs folder;
  cnn::DataSplits data = folder.load().or_exit();
  REQUIRE((data.train.count == 3 && data.test.count == 2));
  REQUIRE(data.train.columns.size() == 2);
  CHECK(data.train.columns[0].files[1] == folder / "pictures/train/1.png");
  CHECK(data.train.columns[1].files[1] == folder / "masks/train/1.png");
  const cnn_tensor* tensors[] = {&folder.image, &folder.mask};
  auto columns = cnn::bindColumns(data.train, tensors).or_exit();
  CHECK(columns[1].source().name == "masks");
}

TEST_CASE("a picture and its mask are cut and mirrored alike, and masks are never scaled to other classes") {
  Pairs folder;
  cnn::DataSplits data = folder.load().or_exit();
  data.train.mean = data.train.deviation = {0.5f, 0.5f, 0.5f}; // of f32 inputs only
  folder.image.element = CNN_F32;
  const cnn_tensor* tensors[] = {&folder.image, &folder.mask};
  const char *noName[] = {""}, *size[] = {"[3, 4]"};
  const std::uint32_t both[] = {0, 1};
  std::uint32_t named = GENERATE(2u, 1u); // a mask that nothing names goes along with its picture
  cnn_augment changes[] = {{{"random_resized_crop", 1, noName, size}, both, named, 0},
                           {{"random_hflip", 0, nullptr, nullptr}, both, named, 0}};
  bool exact = GENERATE(true, false);
  if (exact) changes[0].setting.name = "random_crop";
  cnn::ChangePlan plan;
  plan.changes = {&changes[0], &changes[1]};
  auto columns = cnn::bindColumns(data.train, tensors).or_exit();
  cnn::LoaderPlan loading;
  loading.changes = cnn::makeChanges(plan, data.train, columns).or_exit();
  loading.samples = {0, 1, 2};
  loading.batch = 3;
  cnn::Loader loader(columns, std::move(loading));
  for (std::int64_t epoch = 0; epoch < 20; ++epoch) {
    loader.start(epoch);
    const cnn::Batch* batch = loader.next();
    REQUIRE(batch);
    for (int i = 0; i < 3 * 12; ++i) {
      int label = static_cast<const std::uint8_t*>(batch->inputs[1])[i];
      CHECK((label <= 2 || label == 255));
      if (!exact) continue;
      float red = static_cast<const float*>(batch->inputs[0])[i / 12 * 36 + i % 12];
      CHECK(red == Approx((50 * (label == 255 ? 3 : label) / 255.0 - 0.5) / 0.5).margin(1e-6));
    }
  }
}

TEST_CASE("what does not belong together is listed") {
  Pairs folder;
  SECTION("a picture without a mask") {
    std::filesystem::remove(folder / "masks/train/1.png");
    CHECK_THAT(folder.load().message(), Catch::Contains("masks/train: no mask of the same name for ") &&
                                            Catch::Contains("pictures/train/1.png"));
  }
  SECTION("masks without a picture, the first of many") {
    for (int n = 10; n < 20; ++n)
      std::filesystem::copy_file(folder / "masks/test/0.png",
                                 folder / ("masks/test/" + std::to_string(n) + ".png"));
    CHECK_THAT(folder.load().message(), Catch::Contains("pictures/test: no picture of the same name for ") &&
                                            Catch::Contains("masks/test/14.png and 5 more"));
  }
  SECTION("sizes that differ") {
    std::filesystem::copy_file(folder / "masks/train/2.png", folder / "masks/train/0.png",
                               std::filesystem::copy_options::overwrite_existing);
    CHECK_THAT(folder.load().message(), Catch::Contains("a picture and its mask have different sizes: ") &&
                                            Catch::Contains("pictures/train/0.png (4 x 6) and ") &&
                                            Catch::Contains("masks/train/0.png (4 x 8)"));
  }
  SECTION("two pictures of one name") {
    std::filesystem::copy_file(folder / "pictures/train/0.png", folder / "pictures/train/0.jpg");
    CHECK_THAT(folder.load().message(),
               Catch::Contains("0.jpg and ") && Catch::Contains("have the same name"));
  }
  SECTION("no such folder") {
    std::filesystem::remove_all(folder / "masks/test");
    CHECK_THAT(folder.load().message(), Catch::Contains("masks/test: cannot read"));
  }
}

TEST_CASE("a label that is no class ends the reading, with its file, one that does not count is none") {
  Pairs folder;
  cnn::DataSplits data = folder.load().or_exit();
  const cnn_tensor* tensors[] = {&folder.image, &folder.mask};
  folder.image.shape[2] = folder.mask.shape[1] = 4, folder.image.shape[3] = folder.mask.shape[2] = 6;
  auto columns = cnn::bindColumns(data.train, tensors).or_exit();
  cnn_labels labels{1, GENERATE(3, 2), 1, GENERATE(255, 254)};
  columns[1].expectClasses(labels);
  cnn::LoaderPlan plan;
  plan.samples = {0};
  cnn::Loader loader(columns, std::move(plan));
  loader.start(0);
  bool right = labels.classes == 3 && labels.ignored == 255;
  CHECK((loader.next() != nullptr) == right);
  if (!right) CHECK_THAT(loader.takeFailure().message(), Catch::Contains("masks/train/0.png: label "));
}
