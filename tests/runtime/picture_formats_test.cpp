// PNG, JPEG and WebP of every kind as pictures, and what of them is refused.
#include "picture_files.h"

#include "../../runtime/image/mask.h"
#include "../../runtime/image/shared_library.h"

#include <cnn/image.hpp>

#include <sys/stat.h>
#include <thread>
#include <zlib.h>

namespace {

/// One pixel's samples, before they are 8-bit red, green and blue.
struct Samples {
  int colour, bits;

  int count() const {
    return colour == PNG_COLOR_TYPE_RGB          ? 3
           : colour == PNG_COLOR_TYPE_RGB_ALPHA  ? 4
           : colour == PNG_COLOR_TYPE_GRAY_ALPHA ? 2
                                                 : 1;
  }
  unsigned at(int x, int y, int sample) const {
    return (static_cast<unsigned>(x) * 4099u + static_cast<unsigned>(y) * 977u +
            static_cast<unsigned>(sample) * 333u) &
           ((1u << bits) - 1);
  }
  PixelBytes rows(int width, int height) const {
    PixelBytes bytes;
    for (int y = 0; y < height; ++y) {
      unsigned held = 0, heldBits = 0;
      for (int x = 0; x < width; ++x)
        for (int s = 0; s < count(); ++s) {
          held = held << bits | at(x, y, s);
          heldBits += static_cast<unsigned>(bits);
          for (; heldBits >= 8; heldBits -= 8)
            bytes.push_back(static_cast<std::uint8_t>(held >> (heldBits - 8)));
        }
      if (heldBits) bytes.push_back(static_cast<std::uint8_t>(held << (8 - heldBits)));
    }
    return bytes;
  }
  std::uint8_t byte(int x, int y, int sample) const {
    unsigned value = at(x, y, sample);
    return static_cast<std::uint8_t>(bits == 16 ? value >> 8 : value * 255 / ((1u << bits) - 1));
  }
};

std::uint8_t greyOf(int red, int green, int blue) {
  return static_cast<std::uint8_t>((19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16);
}

std::uint8_t pixel(const cnn::Image& image, int channel, int x, int y) {
  return image.pixels[static_cast<std::size_t>((channel * image.height + y) * image.width + x)];
}

PixelBytes smooth(int width, int height, int components) {
  PixelBytes pixels;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x)
      for (int c = 0; c < components; ++c)
        pixels.push_back(static_cast<std::uint8_t>(20 + 2 * x + (c + 1) * y + 25 * c));
  return pixels;
}

/// 3 x 2 blocks of 8 x 8 pixels, each of its own grey, so that no compression mixes them.
constexpr int blocksDown = 2, blocksAcross = 3, block = 8;
PixelBytes blocks(int components) {
  PixelBytes pixels;
  for (int y = 0; y < blocksDown * block; ++y)
    for (int x = 0; x < blocksAcross * block; ++x)
      pixels.insert(pixels.end(), static_cast<std::size_t>(components),
                    static_cast<std::uint8_t>(40 * (y / block * blocksAcross + x / block)));
  return pixels;
}

} // namespace

TEST_CASE("a PNG of any colour type, depth and order of rows becomes 8-bit planes") {
  TemporaryFolder folder;
  const std::string path = folder / "a.png";
  std::vector<png_color> palette;
  for (int i = 0; i < 256; ++i)
    palette.push_back(
        {static_cast<png_byte>(i * 7), static_cast<png_byte>(255 - i), static_cast<png_byte>(i)});
  for (int colour : {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_PALETTE, PNG_COLOR_TYPE_RGB,
                     PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB_ALPHA})
    for (int bits : {1, 2, 4, 8, 16})
      for (bool interlaced : {false, true})
        for (int transparent : {-1, 1}) {
          bool isPalette = colour == PNG_COLOR_TYPE_PALETTE, isGrey = colour == PNG_COLOR_TYPE_GRAY;
          if ((bits < 8 && !isPalette && !isGrey) || (bits == 16 && isPalette)) continue;
          if (transparent >= 0 && !isPalette && !isGrey) continue;
          INFO("colour type " << colour << ", bits " << bits << ", interlaced " << interlaced
                              << ", transparent " << transparent);
          const int width = 13, height = 11;
          Samples samples{colour, bits};
          PngKind kind{colour, bits, interlaced, {}, {}, transparent};
          if (isPalette) kind.palette.assign(palette.begin(), palette.begin() + (1 << bits));
          writePng(path, width, height, samples.rows(width, height), kind);
          cnn::Image image = cnn::read_image(path, 3).or_exit(), grey = cnn::read_image(path, 1).or_exit();
          REQUIRE((image.channels == 3 && image.height == height && image.width == width));
          REQUIRE((grey.channels == 1 && grey.height == height && grey.width == width));
          for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x) {
              int red = samples.byte(x, y, 0), green = red, blue = red;
              if (isPalette) {
                const png_color& entry = palette[samples.at(x, y, 0)];
                red = entry.red, green = entry.green, blue = entry.blue;
              } else if (samples.count() >= 3) {
                green = samples.byte(x, y, 1), blue = samples.byte(x, y, 2);
              }
              REQUIRE(pixel(image, 0, x, y) == red);
              REQUIRE(pixel(image, 1, x, y) == green);
              REQUIRE(pixel(image, 2, x, y) == blue);
              REQUIRE(pixel(grey, 0, x, y) == greyOf(red, green, blue));
            }
          bool isMask = (isPalette || isGrey) && bits <= 8;
          auto mask = cnn::read_mask(path);
          REQUIRE(mask.ok() == isMask);
          for (int y = 0; isMask && y < height; ++y)
            for (int x = 0; x < width; ++x) REQUIRE(pixel(*mask, 0, x, y) == samples.at(x, y, 0));
        }
}

TEST_CASE("JPEGs in grey, colour and CMYK, sequential and progressive, are read") {
  TemporaryFolder folder;
  const std::string path = folder / "a.jpg";
  const int width = 37, height = 21;
  for (int components : {1, 3, 4})
    for (bool progressive : {false, true}) {
      INFO(components << " components, progressive " << progressive);
      PixelBytes pixels = smooth(width, height, components);
      writeJpeg(path, width, height, pixels, {.components = components, .progressive = progressive});
      cnn::Image image = cnn::read_image(path, 3).or_exit(), grey = cnn::read_image(path, 1).or_exit();
      REQUIRE((image.height == height && image.width == width && image.channels == 3 && grey.channels == 1));
      REQUIRE_THAT(cnn::read_mask(path).message(), Catch::Contains("a mask is a PNG"));
      for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
          const std::uint8_t* from = &pixels[static_cast<std::size_t>((y * width + x) * components)];
          int colour[3] = {from[0], from[components > 1], from[components > 1 ? 2 : 0]};
          if (components == 4)
            for (int& each : colour) each = each * from[3] / 255;
          for (int c = 0; c < 3; ++c) REQUIRE(std::abs(pixel(image, c, x, y) - colour[c]) <= 8);
          REQUIRE(std::abs(pixel(grey, 0, x, y) - greyOf(colour[0], colour[1], colour[2])) <= 8);
        }
    }
}

TEST_CASE("a lossless WebP is its pixels") {
  TemporaryFolder folder;
  PixelBytes pixels = smooth(17, 9, 3);
  writeWebp(folder / "a.webp", 17, 9, pixels);
  cnn::Image image = cnn::read_image(folder / "a.webp", 3).or_exit();
  for (int y = 0; y < 9; ++y)
    for (int x = 0; x < 17; ++x)
      for (int c = 0; c < 3; ++c)
        REQUIRE(pixel(image, c, x, y) == pixels[static_cast<std::size_t>((y * 17 + x) * 3 + c)]);
  REQUIRE_THAT(cnn::read_mask(folder / "a.webp").message(), Catch::Contains("a mask is a PNG"));
}

TEST_CASE("pictures are turned as their EXIF orientation says, in all formats, and so is their size") {
  TemporaryFolder folder;
  // The blocks 0 1 2 / 3 4 5 as they are seen: EXIF 2.32, 4.6.4.
  const std::vector<std::vector<int>> seen[] = {
      {{0, 1, 2}, {3, 4, 5}},   {{2, 1, 0}, {5, 4, 3}},   {{5, 4, 3}, {2, 1, 0}},   {{3, 4, 5}, {0, 1, 2}},
      {{0, 3}, {1, 4}, {2, 5}}, {{3, 0}, {4, 1}, {5, 2}}, {{5, 2}, {4, 1}, {3, 0}}, {{2, 5}, {1, 4}, {0, 3}}};
  const int width = blocksAcross * block, height = blocksDown * block;
  for (int orientation = 0; orientation <= 9; ++orientation)
    for (bool bigEndian : {false, true}) {
      const std::string exif = exifOf(orientation, bigEndian);
      writeJpeg(folder / "a.jpg", width, height, blocks(3), {.exif = exif});
      writePng(folder / "a.png", width, height, blocks(3), {.exif = exif});
      writePng(folder / "mask.png", width, height, blocks(1), {.colour = PNG_COLOR_TYPE_GRAY, .exif = exif});
      writeWebp(folder / "a.webp", width, height, blocks(3), exif);
      // 0 and 9 are no orientations.
      const auto& wanted = seen[orientation >= 1 && orientation <= 8 ? orientation - 1 : 0];
      for (const char* name : {"a.jpg", "a.png", "a.webp", "mask.png"}) {
        INFO(name << ", orientation " << orientation);
        bool isMask = std::string(name) == "mask.png";
        cnn::Image image =
            isMask ? cnn::read_mask(folder / name).or_exit() : cnn::read_image(folder / name, 3).or_exit();
        cnn::ImageSize size = cnn::read_image_size(folder / name).or_exit();
        REQUIRE((image.height == size.height && image.width == size.width));
        REQUIRE(image.height == static_cast<int>(wanted.size()) * block);
        for (int y = 0; y < image.height; ++y)
          for (int x = 0; x < image.width; ++x) {
            int expected =
                40 * wanted[static_cast<std::size_t>(y / block)][static_cast<std::size_t>(x / block)];
            for (int c = 0; c < image.channels; ++c) REQUIRE(std::abs(pixel(image, c, x, y) - expected) <= 2);
          }
      }
    }
}

TEST_CASE("EXIF data that is cut or says something else leaves a picture as it is") {
  TemporaryFolder folder;
  const std::string path = folder / "a.jpg", whole = exifOf(6, false);
  for (std::size_t length = 1; length < whole.size(); ++length) {
    writeJpeg(path, 16, 8, smooth(16, 8, 3), {.exif = whole.substr(0, length)});
    cnn::Image image = cnn::read_image(path, 3).or_exit();
    INFO(length);
    REQUIRE((image.width == 16 || length >= 20)); // from there on the value is there
  }
  std::string far = whole;
  far.replace(4, 4, "\xff\xff\xff\xff"); // where the directory is
  writeJpeg(path, 16, 8, smooth(16, 8, 3), {.exif = far});
  REQUIRE(cnn::read_image(path, 3).or_exit().width == 16);
  std::string many = whole;
  many.replace(8, 4, "\xff\xff\x13\x01"); // 65535 entries, the first of another tag
  writeJpeg(path, 16, 8, smooth(16, 8, 3), {.exif = many});
  REQUIRE(cnn::read_image(path, 3).or_exit().width == 16);
}

TEST_CASE("progressive and interlaced pictures and WebP that are cut off are errors as well") {
  TemporaryFolder folder;
  writeJpeg(folder / "a.jpg", 24, 24, smooth(24, 24, 3), {.progressive = true, .exif = exifOf(3, true)});
  writeJpeg(folder / "grey.jpg", 24, 24, smooth(24, 24, 1), {.components = 1});
  writePng(folder / "a.png", 24, 24, smooth(24, 24, 3), {.interlaced = true});
  writeWebp(folder / "a.webp", 24, 24, smooth(24, 24, 3));
  writeWebp(folder / "exif.webp", 24, 24, smooth(24, 24, 3), exifOf(6, true));
  for (const char* name : {"a.jpg", "grey.jpg", "a.png", "a.webp", "exif.webp"}) {
    const std::string path = folder / name, whole = readFile(path);
    REQUIRE(cnn::read_image(path, 1).ok());
    for (std::size_t length = 0; length < whole.size(); ++length) {
      writeFile(path, whole.substr(0, length));
      auto image = cnn::read_image(path, 3);
      INFO(name << " cut to " << length << ": " << image.message());
      REQUIRE(!image);
      REQUIRE_THAT(image.message(), Catch::StartsWith(path + ": "));
    }
    writeFile(path, whole + "more");
    REQUIRE(cnn::read_image(path, 3).ok());
    writeFile(path, whole);
    // Changed anywhere: a picture or an error, never a crash.
    for (std::size_t at = 0; at < whole.size(); ++at) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ 1 << at % 8);
      writeFile(path, changed);
      auto image = cnn::read_image(path, 3);
      if (!image) REQUIRE_THAT(image.message(), Catch::StartsWith(path + ": "));
    }
  }
}

TEST_CASE("sizes that a file cannot hold are refused before memory is taken for them") {
  TemporaryFolder folder;
  writePng(folder / "a.png", 20, 20, smooth(20, 20, 3));
  std::string png = readFile(folder / "a.png");
  for (auto [width, height, message] :
       {std::tuple("\x00\x00\xff\xff", "\x00\x00\x00\x14", ""),
        std::tuple("\x7f\xff\xff\xff", "\x00\x00\x00\x14", ""),
        std::tuple("\x00\x00\xff\xff", "\x00\x00\xff\xff", "at most 268435456 pixels"),
        std::tuple("\x00\x00\x3f\xff", "\x00\x00\x3f\xff", "cannot hold the picture of 16383 x 16383")}) {
    std::string changed = png;
    changed.replace(16, 8, std::string(width, 4) + std::string(height, 4));
    std::uint32_t sum =
        static_cast<std::uint32_t>(crc32(0, reinterpret_cast<const Bytef*>(changed.data()) + 12, 17));
    std::string little = littleEndian(sum);
    changed.replace(29, 4, std::string(little.rbegin(), little.rend()));
    writeFile(folder / "a.png", changed);
    REQUIRE_THAT(cnn::read_image(folder / "a.png", 3).message(),
                 Catch::Contains(message) && Catch::Contains("a.png: "));
  }
  writeJpeg(folder / "a.jpg", 20, 20, smooth(20, 20, 3));
  std::string jpeg = readFile(folder / "a.jpg");
  std::size_t frame = jpeg.find("\xff\xc0");
  jpeg.replace(frame + 5, 4, std::string("\x3f\xff\x3f\xff", 4));
  writeFile(folder / "a.jpg", jpeg);
  REQUIRE_THAT(cnn::read_image(folder / "a.jpg", 3).message(),
               Catch::Contains("cannot hold the picture of 16383 x 16383"));
}

TEST_CASE("a JPEG with more scans than encoders write is refused") {
  TemporaryFolder folder;
  std::vector<jpeg_scan_info> scans;
  auto add = [&](int coefficient, int high, int low) {
    scans.push_back({1, {0, 0, 0, 0}, coefficient, coefficient, high, low});
  };
  add(0, 0, 0);
  for (int k = 1; k < 64; ++k) add(k, 0, 1);
  for (int k = 1; k < 36; ++k) add(k, 1, 0);
  REQUIRE(scans.size() == 99);
  writeJpeg(folder / "a.jpg", 32, 32, smooth(32, 32, 1), {.components = 1, .scans = scans});
  REQUIRE(cnn::read_image(folder / "a.jpg", 1).ok());
  for (int k = 36; k < 64; ++k) add(k, 1, 0);
  writeJpeg(folder / "a.jpg", 32, 32, smooth(32, 32, 1), {.components = 1, .scans = scans});
  REQUIRE_THAT(cnn::read_image(folder / "a.jpg", 1).message(),
               Catch::Contains("a.jpg: ") && Catch::Contains("more than 100 scans"));
}

TEST_CASE("what is no regular file is not opened, and what is no picture is named") {
  TemporaryFolder folder;
  const std::string pipe = folder / "pipe.png";
  REQUIRE(mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(std::string(cnn::read_image(pipe, 3).message()) == pipe + ": not a file: it is a named pipe");
  CHECK(std::string(cnn::read_image_size(pipe).message()) == pipe + ": not a file: it is a named pipe");
  CHECK_THAT(cnn::read_image(folder.path.string(), 3).message(), Catch::Contains("it is a folder"));
  CHECK_THAT(cnn::read_image("/dev/zero", 3).message(), Catch::Contains("it is a device"));
  writeFile(folder / "a.png", "GIF89a");
  CHECK_THAT(cnn::read_image(folder / "a.png", 3).message(),
             Catch::Contains("not a PNG, JPEG or WebP: it begins with 47 49 46 38"));
  writeFile(folder / "a.png", "");
  CHECK_THAT(cnn::read_image(folder / "a.png", 3).message(), Catch::Contains("it is empty"));
}

TEST_CASE("a picture library that is not there is an error that names its package") {
  cnn::SharedLibrary none("libnone.so.9", "libnone9"), other("libz.so.1", "zlib1g");
  void (*function)() = nullptr;
  none.find("f", function);
  CHECK(function == nullptr);
  CHECK_THAT(none.status("a.png").message(),
             Catch::StartsWith("a.png: the library that reads it cannot be opened (libnone.so.9") &&
                 Catch::EndsWith("Debian's package is libnone9"));
  other.find("zlibVersion", function);
  CHECK((function != nullptr && other.status("a.png").ok()));
  other.find("no_such_function", function);
  CHECK_THAT(other.status("a.png").message(), Catch::Contains("no function no_such_function"));
}

TEST_CASE("pictures are decoded alike by several threads at once") {
  TemporaryFolder folder;
  writeJpeg(folder / "a", 64, 48, smooth(64, 48, 3), {.progressive = true});
  writePng(folder / "b", 64, 48, smooth(64, 48, 3), {.interlaced = true});
  writeWebp(folder / "c", 64, 48, smooth(64, 48, 3));
  std::vector<cnn::Image> expected;
  for (const char* name : {"a", "b", "c"}) expected.push_back(cnn::read_image(folder / name, 3).or_exit());
  std::vector<std::thread> threads;
  std::atomic<int> same = 0;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round)
        for (std::size_t i = 0; i < 3; ++i) {
          auto image = cnn::read_image(folder / std::string(1, static_cast<char>('a' + i)), 3);
          same += image.ok() && image->pixels == expected[i].pixels;
        }
    });
  for (std::thread& thread : threads) thread.join();
  REQUIRE(same == 4 * 20 * 3);
}
