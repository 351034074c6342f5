#include "handles.h"

#include "../../runtime/data/augment.h"
#include "../../runtime/data/loader.h"

#include <cnn/data.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <set>
#include <thread>
#include <zlib.h>

namespace {

std::string bigEndian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

std::string idx(const std::vector<std::uint32_t>& shape, const std::string& values) {
  std::string bytes("\0\0\x08", 3);
  bytes += static_cast<char>(shape.size());
  for (std::uint32_t extent : shape) bytes += bigEndian(extent);
  return bytes + values;
}

std::string ramp(std::size_t count) {
  std::string values;
  for (std::size_t i = 0; i < count; ++i) values += static_cast<char>(i * 7);
  return values;
}

void writeGzip(const std::string& path, const std::string& bytes) {
  gzFile file = gzopen(path.c_str(), "wb");
  REQUIRE(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())) == static_cast<int>(bytes.size()));
  REQUIRE(gzclose(file) == Z_OK);
}

std::string npy(const std::string& header, const std::string& values) {
  std::string bytes("\x93NUMPY\x01\x00", 8);
  bytes += static_cast<char>(header.size() & 255);
  bytes += static_cast<char>(header.size() >> 8);
  return bytes + header + values;
}

} // namespace

TEST_CASE("IDX files are read, plain and gzip") {
  TemporaryFolder folder;
  std::string pictures = ramp(5 * 3 * 2), labels("\0\1\2\1\0", 5);
  writeFile(folder / "images", idx({5, 3, 2}, pictures));
  writeGzip(folder / "images.gz", idx({5, 3, 2}, pictures));
  writeFile(folder / "labels", idx({5}, labels));
  for (const char* name : {"images", "images.gz"}) {
    cnn::Dataset data = cnn::read_idx(folder / name, folder / "labels").or_exit();
    REQUIRE(data.count == 5);
    REQUIRE(data.columns[0].shape == std::vector<std::int64_t>{1, 3, 2});
    REQUIRE(std::string(data.columns[0].bytes.begin(), data.columns[0].bytes.end()) == pictures);
    REQUIRE(std::memcmp(data.columns[1].bytes.data(), labels.data(), labels.size()) == 0);
  }
}

TEST_CASE("broken IDX files are named, with what is wrong") {
  TemporaryFolder folder;
  std::string good = idx({5, 3, 2}, ramp(30)), labels = idx({5}, std::string(5, '\1'));
  writeFile(folder / "labels", labels);
  auto failure = [&](const std::string& name) {
    auto data = cnn::read_idx(folder / name, folder / "labels");
    REQUIRE(!data);
    REQUIRE_THAT(data.message(), Catch::Contains(folder / ""));
    return std::string(data.message());
  };
  auto of = [&](const std::string& bytes) {
    writeFile(folder / "images", bytes);
    return failure("images");
  };
  REQUIRE_THAT(of(""), Catch::Contains("truncated: 4 bytes of the header"));
  REQUIRE_THAT(of(good.substr(0, 10)), Catch::Contains("truncated: 6 bytes of the header"));
  REQUIRE_THAT(of(good.substr(0, 40)),
               Catch::Contains("images: truncated: 6 bytes of the pictures are missing"));
  REQUIRE_THAT(of(good + "x"), Catch::Contains("oversized"));
  REQUIRE_THAT(of("PNG!" + good), Catch::Contains("not an IDX file"));
  REQUIRE_THAT(of(idx({30}, ramp(30))), Catch::Contains("of rank 3") && Catch::Contains("rank 1"));
  REQUIRE_THAT(of(idx({5, 0, 2}, "")), Catch::Contains("empty: its extent in dimension 1 is 0"));
  REQUIRE_THAT(of(idx({~0u, ~0u, ~0u}, "")), Catch::Contains("impossible extent"));
  REQUIRE_THAT(of(idx({1u << 20, 1u << 10, 1u << 10}, "x")), Catch::Contains("truncated"));
  REQUIRE_THAT(of(idx({4, 3, 2}, ramp(24))),
               Catch::Contains("has 5 labels, but") && Catch::Contains("has 4 pictures"));

  writeGzip(folder / "images.gz", good);
  std::string packed = readFile(folder / "images.gz");
  writeFile(folder / "images.gz", packed.substr(0, packed.size() - 12));
  REQUIRE_THAT(failure("images.gz"), Catch::Contains("truncated"));
  packed[packed.size() / 2] ^= 0x55;
  writeFile(folder / "images.gz", packed);
  failure("images.gz");
  REQUIRE_THAT(failure("none"), Catch::Contains("No such file"));
  REQUIRE_THAT(failure(""), Catch::Contains("not a file"));
}

TEST_CASE("a data set that is not there is reported with the places looked in") {
  TemporaryFolder folder;
  auto data = cnn::fashion_mnist(folder.path.string());
  REQUIRE(!data);
  REQUIRE_THAT(data.message(), Catch::Contains("Fashion-MNIST was not found") &&
                                   Catch::Contains(folder.path.string() + ": no train-images-idx3-ubyte") &&
                                   Catch::Contains("dataset-fashion-mnist"));
}

TEST_CASE("CIFAR's binary files are read and checked") {
  TemporaryFolder folder;
  std::string record = ramp(3072);
  writeFile(folder / "data_batch_1.bin", '\3' + record + '\7' + record);
  for (int i = 2; i <= 5; ++i)
    writeFile(folder / ("data_batch_" + std::to_string(i) + ".bin"), '\0' + record);
  writeFile(folder / "test_batch.bin", '\1' + record);
  cnn::DataSplits data = cnn::cifar10(folder.path.string()).or_exit();
  REQUIRE(data.train.count == 6);
  REQUIRE(data.test.count == 1);
  REQUIRE(data.train.columns[1].bytes[1] == 7);
  REQUIRE(data.train.columns[0].bytes[5] == static_cast<std::uint8_t>(record[5]));
  REQUIRE(data.test.labels[1] == "automobile");

  auto failure = [&](const std::string& bytes) {
    writeFile(folder / "test_batch.bin", bytes);
    auto broken = cnn::cifar10(folder.path.string());
    REQUIRE(!broken);
    REQUIRE_THAT(broken.message(), Catch::Contains(folder / "test_batch.bin"));
    return std::string(broken.message());
  };
  REQUIRE_THAT(failure(""), Catch::Contains("empty"));
  REQUIRE_THAT(failure('\1' + record + "more"), Catch::Contains("truncated: 3069 bytes of the last record"));
  REQUIRE_THAT(failure('\12' + record), Catch::Contains("record 0 has label 10, expected 0 to 9"));
}

TEST_CASE(".npy files are read") {
  TemporaryFolder folder;
  const float values[] = {1, 2, 3, 4, 5, 6};
  writeFile(folder / "a.npy", npy("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }\n",
                                  std::string(reinterpret_cast<const char*>(values), 24)));
  std::int64_t count = 0;
  cnn::Column column = cnn::read_npy(folder / "a.npy", count).or_exit();
  REQUIRE(count == 3);
  REQUIRE(column.element == CNN_F32);
  REQUIRE(column.shape == std::vector<std::int64_t>{2});
  REQUIRE(std::memcmp(column.bytes.data(), values, 24) == 0);
}

TEST_CASE("what is written as .npy is read again") {
  TemporaryFolder folder;
  cnn::Column column{"", CNN_I32, {2, 3}, std::vector<std::uint8_t>(4 * 6 * 5)};
  for (std::size_t i = 0; i < column.bytes.size(); ++i) column.bytes[i] = static_cast<std::uint8_t>(i);
  REQUIRE(cnn::write_npy(folder / "a.npy", column, 5).ok());
  std::int64_t count = 0;
  cnn::Column read = cnn::read_npy(folder / "a.npy", count).or_exit();
  REQUIRE(count == 5);
  REQUIRE(read.shape == column.shape);
  REQUIRE(read.element == CNN_I32);
  REQUIRE(read.bytes == column.bytes);
  REQUIRE(readFile(folder / "a.npy").size() % 64 == 120 % 64);
  REQUIRE_THAT(cnn::write_npy(folder / "no/a.npy", column, 5).message(),
               Catch::Contains("cannot write: No such file"));
}

TEST_CASE("broken .npy files are named, with what is wrong") {
  TemporaryFolder folder;
  auto failure = [&](const std::string& bytes) {
    writeFile(folder / "a.npy", bytes);
    std::int64_t count = 0;
    auto column = cnn::read_npy(folder / "a.npy", count);
    REQUIRE(!column);
    REQUIRE_THAT(column.message(), Catch::StartsWith(folder / "a.npy"));
    return std::string(column.message());
  };
  auto header = [](const std::string& descr, const std::string& order, const std::string& shape) {
    return "{'descr': " + descr + ", 'fortran_order': " + order + ", 'shape': " + shape + ", }\n";
  };
  REQUIRE_THAT(failure("short"), Catch::Contains("truncated"));
  REQUIRE_THAT(failure("no numpy here"), Catch::Contains("not an .npy file"));
  REQUIRE_THAT(failure(npy(header("'<f8'", "False", "(3,)"), "")), Catch::Contains("found '<f8'"));
  REQUIRE_THAT(failure(npy(header("'<f4'", "True", "(3,)"), "")), Catch::Contains("C order"));
  REQUIRE_THAT(failure(npy(header("'<f4'", "False", "(3,"), "")), Catch::Contains("shape"));
  REQUIRE_THAT(failure(npy(header("'<f4'", "False", "(3, -2)"), "")), Catch::Contains("shape"));
  REQUIRE_THAT(failure(npy(header("'<f4'", "False", "()"), "")), Catch::Contains("shape"));
  REQUIRE_THAT(failure(npy(header("'<f4'", "False", "(99999999999, 99999999999)"), "")),
               Catch::Contains("impossible"));
  REQUIRE_THAT(failure(npy(header("'<f4'", "False", "(3,)"), "12345678")),
               Catch::Contains("truncated: 4 bytes"));
  REQUIRE_THAT(failure(npy(header("'|u1'", "False", "(3,)"), "1234")), Catch::Contains("oversized"));
  REQUIRE_THAT(failure(npy("{}", "")), Catch::Contains("found none"));
  std::string good = npy(header("'<f4'", "False", "(3, 2)"), std::string(24, 'x'));
  for (std::size_t length = 0; length < good.size(); ++length) failure(good.substr(0, length));
}

TEST_CASE("settings name what they do not understand") {
  auto failure = [](const cnn_setting& setting) {
    auto data = cnn::load_data(setting, "", nullptr);
    REQUIRE(!data);
    return std::string(data.message());
  };
  const char* const names[] = {"mean", "std"};
  const char* const texts[] = {"[0.5, oops]", "[0.5]"};
  const char* const uneven[] = {"[0.5, 0.5]", "[0.5]"};
  const char* const zero[] = {"0.5", "0"};
  const char* const unknown[] = {"colour", ""};
  REQUIRE_THAT(failure({"imagenet", 0, nullptr, nullptr}), Catch::Contains("known are fashion_mnist, mnist"));
  REQUIRE_THAT(failure({"mnist", 2, names, texts}), Catch::Contains("mean: expected a list of numbers"));
  REQUIRE_THAT(failure({"mnist", 2, names, uneven}), Catch::Contains("mean has 2 values and std 1"));
  REQUIRE_THAT(failure({"mnist", 2, names, zero}), Catch::Contains("std is 0"));
  REQUIRE_THAT(failure({"mnist", 1, unknown, uneven}), Catch::Contains("unknown argument colour"));
  REQUIRE_THAT(failure({"folder", 0, nullptr, nullptr}), Catch::Contains("not a picture"));
}

namespace {

cnn_setting setting(const char* name) {
  return {name, 0, nullptr, nullptr};
}

std::vector<std::uint8_t> augment(const cnn_setting& which, const std::vector<std::uint8_t>& picture,
                                  cnn::RandomWords words) {
  auto made = cnn::makeAugmentation(which).or_exit();
  std::vector<std::uint8_t> changed(picture.size());
  made->apply({1, 3, 3}, picture.data(), changed.data(), words).or_exit();
  return changed;
}

} // namespace

TEST_CASE("flips mirror, or leave as it is") {
  const std::vector<std::uint8_t> picture{1, 2, 3, 4, 5, 6, 7, 8, 9};
  REQUIRE(augment(setting("random_hflip"), picture, {0, 0, 0, 0}) ==
          std::vector<std::uint8_t>{3, 2, 1, 6, 5, 4, 9, 8, 7});
  REQUIRE(augment(setting("random_vflip"), picture, {0, 0, 0, 0}) ==
          std::vector<std::uint8_t>{7, 8, 9, 4, 5, 6, 1, 2, 3});
  REQUIRE(augment(setting("random_hflip"), picture, {~0u, 0, 0, 0}) == picture);
}

TEST_CASE("a padded crop shifts by up to the padding and fills with zero") {
  const std::vector<std::uint8_t> picture{1, 2, 3, 4, 5, 6, 7, 8, 9};
  const char* const names[] = {"padding"};
  const char* const values[] = {"1"};
  const cnn_setting crop{"random_crop", 1, names, values};
  REQUIRE(augment(crop, picture, {0, 0, 0, 0}) == std::vector<std::uint8_t>{0, 0, 0, 0, 1, 2, 0, 4, 5});
  REQUIRE(augment(crop, picture, {~0u, ~0u, ~0u, ~0u}) ==
          std::vector<std::uint8_t>{5, 6, 0, 8, 9, 0, 0, 0, 0});
  std::set<int> seen; // by what is at the centre: each shift has another pixel there
  for (std::uint32_t i = 0; i < 200; ++i) seen.insert(augment(crop, picture, {i << 25, 0, i << 28, 0})[4]);
  REQUIRE(seen.size() == 9);
}

TEST_CASE("a resized crop of everything is the picture, and of a part is larger") {
  const char* const names[] = {"scale", "ratio"};
  const char* const all[] = {"[1, 1]", "[1, 1]"};
  const char* const quarter[] = {"[0.25, 0.25]", "[1, 1]"};
  const char* const wrong[] = {"[1, 0.5]", "[1, 1]"};
  std::vector<std::uint8_t> picture(16), changed(16);
  for (std::uint8_t i = 0; i < 16; ++i) picture[i] = static_cast<std::uint8_t>(10 * i);
  const cnn_setting whole{"random_resized_crop", 2, names, all},
      part{"random_resized_crop", 2, names, quarter};
  const cnn::Picture square{1, 4, 4}, classes{1, 4, 4, CNN_U8, true};
  cnn::makeAugmentation(whole)
      .or_exit()
      ->apply(square, picture.data(), changed.data(), {1, 2, 3, 4})
      .or_exit();
  REQUIRE(changed == picture);

  auto made = cnn::makeAugmentation(part).or_exit();
  std::set<int> places;
  for (std::uint32_t draw = 0; draw < 200; ++draw) {
    std::vector<std::uint8_t> mask(16);
    made->apply(square, picture.data(), changed.data(), {draw, 0, 0, 0}).or_exit();
    made->apply(classes, picture.data(), mask.data(), {draw, 0, 0, 0}).or_exit();
    std::uint8_t corner = mask[0];
    places.insert(corner);
    // A part of 2 x 2 pixels, each twice in both directions; bilinear the corners are the same.
    for (int y = 0; y < 4; ++y)
      for (int x = 0; x < 4; ++x) REQUIRE(mask[y * 4 + x] == corner + 40 * (y / 2) + 10 * (x / 2));
    for (int at : {0, 3, 12, 15}) REQUIRE(changed[at] == mask[at]);
    REQUIRE((changed[1] == corner + 2 || changed[1] == corner + 3)); // a quarter of the way: 2.5
  }
  REQUIRE(places.size() == 9);
  REQUIRE_THAT(cnn::makeAugmentation({"random_resized_crop", 2, names, wrong}).message(),
               Catch::Contains("scale: expected two numbers"));
}

namespace {

struct LoaderData {
  cnn::Dataset data;
  cnn_tensor image{"image", CNN_F32, 4, {-1, 1, 2, 2}}, label{"label", CNN_I32, 1, {-1}};

  LoaderData() {
    data.source = "numbers";
    data.count = 23;
    data.columns.push_back({"image", CNN_U8, {1, 2, 2}, {}});
    data.columns.push_back({"label", CNN_U8, {}, {}});
    for (std::uint8_t n = 0; n < 23; ++n) {
      for (int i = 0; i < 4; ++i) data.columns[0].bytes.push_back(n);
      data.columns[1].bytes.push_back(n);
    }
  }
  std::unique_ptr<cnn::Loader> loader(bool shuffle = true) {
    const cnn_tensor* tensors[] = {&image, &label};
    cnn::LoaderPlan plan;
    plan.samples.resize(23);
    std::iota(plan.samples.begin(), plan.samples.end(), 0);
    plan.batch = 5;
    plan.shuffle = shuffle;
    plan.seed = 3;
    return std::make_unique<cnn::Loader>(cnn::bindColumns(data, tensors).or_exit(), std::move(plan));
  }
};

std::vector<std::int32_t> labelsOf(cnn::Loader& loader, std::int64_t epoch, std::int64_t position = 0) {
  std::vector<std::int32_t> labels;
  loader.start(epoch, position);
  while (const cnn::Batch* batch = loader.next()) {
    auto* image = static_cast<const float*>(batch->inputs[0]);
    auto* label = static_cast<const std::int32_t*>(batch->inputs[1]);
    for (std::int64_t i = 0; i < batch->count; ++i) {
      REQUIRE(image[i * 4 + 3] == static_cast<float>(label[i]) / 255.0f);
      labels.push_back(label[i]);
    }
  }
  return labels;
}

} // namespace

TEST_CASE("an epoch has every sample once, in an order of its own, and can begin anywhere") {
  LoaderData data;
  auto loader = data.loader();
  REQUIRE(loader->batches() == 5);
  auto first = labelsOf(*loader, 0), second = labelsOf(*loader, 1);
  REQUIRE(first != second);
  auto sorted = first;
  std::sort(sorted.begin(), sorted.end());
  for (std::int32_t i = 0; i < 23; ++i) REQUIRE(sorted[static_cast<std::size_t>(i)] == i);
  REQUIRE(labelsOf(*loader, 0) == first);
  REQUIRE(labelsOf(*loader, 0, 3) == std::vector<std::int32_t>(first.begin() + 15, first.end()));
  REQUIRE(labelsOf(*loader, 0, 5).empty());
  loader = data.loader(false);
  REQUIRE(labelsOf(*loader, 4) == sorted);
}

TEST_CASE("a loader can be left in the middle of an epoch") {
  LoaderData data;
  for (int batches = 0; batches < 4; ++batches) {
    auto loader = data.loader();
    loader->start(0);
    for (int i = 0; i < batches; ++i) REQUIRE(loader->next() != nullptr);
    if (batches == 2) loader->start(1);
  }
}

TEST_CASE("bytes with channels are a picture, bytes without are classes") {
  cnn::Dataset data;
  data.count = 1;
  data.columns.push_back({"image", CNN_U8, {1, 2, 2}, std::vector<std::uint8_t>(4)});
  data.columns.push_back({"mask", CNN_U8, {2, 2}, std::vector<std::uint8_t>(4)});
  const cnn_tensor image{"image", CNN_U8, 4, {-1, 1, 2, 2}}, mask{"mask", CNN_U8, 3, {-1, 2, 2}};
  const cnn_tensor* tensors[] = {&image, &mask};
  std::vector<cnn::BoundColumn> columns = cnn::bindColumns(data, tensors).or_exit();
  REQUIRE(!columns[0].picture().classes);
  REQUIRE(columns[1].picture().classes);
}

TEST_CASE("a picture and its mask are changed alike") {
  cnn::Dataset data;
  data.source = "pairs";
  data.count = 40;
  data.columns.push_back({"image", CNN_U8, {1, 2, 2}, {}});
  data.columns.push_back({"mask", CNN_U8, {2, 2}, {}});
  for (int n = 0; n < 40; ++n)
    for (auto& column : data.columns) column.bytes.insert(column.bytes.end(), {51, 102, 153, 204});
  const cnn_tensor image{"image", CNN_F32, 4, {-1, 1, 2, 2}}, mask{"mask", CNN_I32, 3, {-1, 2, 2}};
  const cnn_tensor* tensors[] = {&image, &mask};
  cnn::LoaderPlan plan;
  plan.samples.resize(40);
  std::iota(plan.samples.begin(), plan.samples.end(), 0);
  plan.batch = 40;
  cnn::ColumnChanges& flip = plan.changes.emplace_back();
  flip.push_back(cnn::makeAugmentation(setting("random_hflip")).or_exit());
  flip.push_back(cnn::makeAugmentation(setting("random_hflip")).or_exit());
  cnn::Loader loader(cnn::bindColumns(data, tensors).or_exit(), std::move(plan));
  loader.start(0);
  const cnn::Batch* batch = loader.next();
  auto* images = static_cast<const float*>(batch->inputs[0]);
  auto* masks = static_cast<const std::int32_t*>(batch->inputs[1]);
  std::set<std::int32_t> first;
  for (int i = 0; i < 160; ++i) REQUIRE(images[i] == static_cast<float>(masks[i]) / 255.0f);
  for (int n = 0; n < 40; ++n) first.insert(masks[4 * n]);
  REQUIRE(first == std::set<std::int32_t>{51, 102});
}

TEST_CASE("normalising is (x / 255 - mean) / std by channel") {
  cnn::Dataset data;
  data.source = "two channels";
  data.count = 1;
  data.columns.push_back({"image", CNN_U8, {2, 1, 1}, {51, 102}});
  data.mean = {0.1f, 0.2f};
  data.deviation = {0.5f, 0.25f};
  cnn_tensor image{"image", CNN_F32, 4, {-1, 2, 1, 1}};
  const cnn_tensor* tensors[] = {&image};
  auto columns = cnn::bindColumns(data, tensors).or_exit();
  float values[2];
  columns[0].convert(columns[0].sample(0), reinterpret_cast<std::uint8_t*>(values));
  REQUIRE(values[0] == Approx(0.2));
  REQUIRE(values[1] == Approx(0.8));
  data.mean = data.deviation = {0.1f, 0.2f, 0.3f};
  REQUIRE_THAT(cnn::bindColumns(data, tensors).message(),
               Catch::Contains("3 values, but pictures have 2 channels"));
}

TEST_CASE("columns bind by name, the rest in order, and labels become i32") {
  cnn::Dataset data;
  data.source = "mixed";
  data.count = 2;
  std::int64_t numbers[] = {70000, std::int64_t{1} << 40};
  auto* bytes = reinterpret_cast<std::uint8_t*>(numbers);
  data.columns.push_back({"y", CNN_I64, {}, {bytes, bytes + 16}});
  data.columns.push_back({"picture", CNN_U8, {2}, {1, 2, 3, 4}});
  cnn_tensor x{"x", CNN_U8, 2, {-1, 2}}, y{"y", CNN_I32, 1, {-1}};
  const cnn_tensor* tensors[] = {&x, &y};
  auto columns = cnn::bindColumns(data, tensors).or_exit();
  std::int32_t label;
  columns[1].convert(columns[1].sample(0), reinterpret_cast<std::uint8_t*>(&label));
  REQUIRE(label == 70000);
  columns[1].convert(columns[1].sample(1), reinterpret_cast<std::uint8_t*>(&label));
  REQUIRE(label == std::numeric_limits<std::int32_t>::max()); // no class, and not another one
  std::uint8_t pixels[2];
  columns[0].convert(columns[0].sample(1), pixels);
  REQUIRE(pixels[1] == 4);
}
