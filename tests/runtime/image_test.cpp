#include "picture_files.h"

#include <cnn/data.hpp>
#include <cnn/image.hpp>

namespace {

// Red rises to the right, green downwards, blue is 200.
std::vector<std::uint8_t> colours(int width, int height) {
  std::vector<std::uint8_t> pixels;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      pixels.insert(pixels.end(),
                    {static_cast<std::uint8_t>(x * 10), static_cast<std::uint8_t>(y * 10), 200});
  return pixels;
}

void writePng(const std::string& path, int width, int height) {
  ::writePng(path, width, height, colours(width, height), PngKind());
}

} // namespace

TEST_CASE("a PNG becomes planes, in colour or grey") {
  TemporaryFolder folder;
  writePng(folder / "a.png", 5, 4);
  cnn::Image image = cnn::read_image(folder / "a.png", 3).or_exit();
  REQUIRE((image.channels == 3 && image.height == 4 && image.width == 5));
  REQUIRE(image.pixels[3] == 30);              // red of (3, 0)
  REQUIRE(image.pixels[20 + 2 * 5 + 1] == 20); // green of (1, 2)
  REQUIRE(image.pixels[40] == 200);
  cnn::Image grey = cnn::read_image(folder / "a.png", 1).or_exit();
  REQUIRE(grey.pixels.size() == 20);
  REQUIRE(grey.pixels[0] == Approx(200 * 0.114).margin(2));
  std::vector<float> values(60);
  const float mean[] = {0, 0, 0.5f}, deviation[] = {1, 1, 0.25f};
  cnn::image_to_floats(image, values, mean, deviation);
  REQUIRE(values[3] == Approx(30 / 255.0));
  REQUIRE(values[40] == Approx((200 / 255.0 - 0.5) / 0.25));
}

TEST_CASE("a JPEG is read") {
  TemporaryFolder folder;
  writeJpeg(folder / "a.jpg", 16, 16, colours(16, 16));
  cnn::Image image = cnn::read_image(folder / "a.jpg", 3).or_exit();
  REQUIRE(image.pixels[2 * 256 + 17] == Approx(200).margin(12));
}

TEST_CASE("pictures of another size are scaled and cut at the centre") {
  cnn::Image wide{1, 10, 30, std::vector<std::uint8_t>(300)};
  for (std::size_t y = 0; y < 10; ++y)
    for (std::size_t x = 10; x < 20; ++x) wide.pixels[y * 30 + x] = 255;
  cnn::Image fitted = cnn::fit_image(wide, 5, 5).or_exit();
  REQUIRE((fitted.height == 5 && fitted.width == 5));
  for (std::uint8_t pixel : fitted.pixels) REQUIRE(pixel > 180);
  REQUIRE(fitted.pixels[12] == 255);
  cnn::Image same = cnn::fit_image(wide, 10, 30).or_exit();
  REQUIRE(same.pixels == wide.pixels);
  cnn::Image larger = cnn::fit_image(wide, 40, 60).or_exit();
  REQUIRE((larger.height == 40 && larger.width == 60));
  REQUIRE(!cnn::fit_image(wide, 0, 5));
}

TEST_CASE("files that are no pictures are named") {
  TemporaryFolder folder;
  writeFile(folder / "text.png", "no picture");
  writePng(folder / "cut.png", 50, 50);
  std::string bytes = readFile(folder / "cut.png");
  writeFile(folder / "cut.png", bytes.substr(0, bytes.size() / 2));
  for (const char* name : {"text.png", "cut.png", "none.png"}) {
    auto image = cnn::read_image(folder / name, 3);
    REQUIRE(!image);
    REQUIRE_THAT(image.message(), Catch::StartsWith(folder / name));
  }
}

TEST_CASE("a picture that is cut off anywhere is an error, and so is a PNG with a changed byte") {
  TemporaryFolder folder;
  writePng(folder / "a.png", 20, 20);
  writeJpeg(folder / "a.jpg", 20, 20, colours(20, 20));
  for (const char* name : {"a.png", "a.jpg"}) {
    const std::string path = folder / name, whole = readFile(path);
    REQUIRE(cnn::read_image(path, 3).ok());
    auto refused = [&](std::string bytes) {
      writeFile(path, bytes);
      auto image = cnn::read_image(path, 3);
      return !image && std::string(image.message()).starts_with(path + ": ");
    };
    for (std::size_t length = 0; length < whole.size(); ++length) {
      INFO(name << " cut to " << length);
      REQUIRE(refused(whole.substr(0, length)));
    }
    for (std::size_t at = 0; at < whole.size(); ++at) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ 1 << at % 8);
      bool error = refused(changed); // of a JPEG many bytes may change
      INFO(name << " changed at " << at);
      if (std::string(name) == "a.png") REQUIRE(error);
    }
    writeFile(path, whole + "more");
    REQUIRE(cnn::read_image(path, 3).ok());
  }
}

TEST_CASE("a JPEG with more Huffman codes than there are values is an error") {
  TemporaryFolder folder;
  const std::string path = folder / "a.jpg";
  writeJpeg(path, 16, 16, colours(16, 16));
  std::string bytes = readFile(path);
  std::size_t tables = bytes.find("\xff\xc4");
  REQUIRE(tables != std::string::npos);
  // Both bytes of the length, then class and number, then how many codes have 1, 2, … bits.
  bytes.replace(tables + 5, 2, "\xff\xff");
  writeFile(path, bytes);
  REQUIRE_THAT(cnn::read_image(path, 3).message(),
               Catch::Contains("a.jpg: not a JPEG that can be read: Bogus Huffman"));
}

TEST_CASE("a folder of pictures by class is a data set") {
  TemporaryFolder folder;
  for (const char* split : {"train", "test"})
    for (const char* name : {"dog", "cat"}) {
      std::filesystem::create_directories(folder.path / split / name);
      for (int i = 0; i < 2; ++i)
        writePng((folder.path / split / name / (std::to_string(i) + ".png")).string(), 6 + i, 6);
    }
  writeFile(folder / "train/cat/notes.txt", "not a picture");
  const char* const names[] = {""};
  const std::string path = folder.path.string();
  const char* const values[] = {path.c_str()};
  cnn_tensor photo{"photo", CNN_F32, 4, {-1, 3, 4, 4}};
  cnn::DataSplits data = cnn::load_data({"folder", 1, names, values}, "", &photo).or_exit();
  REQUIRE(data.train.labels == std::vector<std::string>{"cat", "dog"});
  REQUIRE(data.train.count == 4);
  REQUIRE(data.train.columns[0].bytes.size() == 4 * 48);
  REQUIRE(data.train.columns[1].bytes[8] == 1);

  SECTION("a broken picture") {
    writeFile(folder / "test/dog/9.jpg", "broken");
    REQUIRE_THAT(cnn::load_data({"folder", 1, names, values}, "", &photo).message(),
                 Catch::Contains("dog/9.jpg"));
  }
  SECTION("a class without pictures") {
    std::filesystem::create_directories(folder.path / "train/emu");
    REQUIRE_THAT(cnn::load_data({"folder", 1, names, values}, "", &photo).message(),
                 Catch::Contains("emu: expected PNG, JPEG or WebP files"));
  }
  SECTION("other classes in the test split") {
    std::filesystem::rename(folder.path / "test/dog", folder.path / "test/dodo");
    REQUIRE_THAT(cnn::load_data({"folder", 1, names, values}, "", &photo).message(),
                 Catch::Contains("different class folders: do"));
  }
  SECTION("no folder") {
    REQUIRE_THAT(cnn::load_data({"folder", 1, names, values}, "/nonexistent", &photo).message(),
                 Catch::Contains("/nonexistent: cannot read"));
  }
}
