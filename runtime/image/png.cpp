// PNG by libpng: http://www.libpng.org/pub/png/libpng-1.4.0-manual.pdf
#include "exif.h"
#include "formats.h"
#include "shared_library.h"

#include <csetjmp>
#include <cstdio>
#include <cstring>

#include <png.h>

namespace cnn {
namespace {

// Deflate packs at most 1032 bytes into one, and a byte holds at most 8 pixels.
constexpr std::int64_t mostPixelsPerByte = 8 * 1032;
constexpr std::uint32_t maxSide = 1 << 28;

struct Library {
  SharedLibrary file{CNN_PNG_LIBRARY, "libpng16-16"};
  decltype(&png_create_read_struct) create;
  decltype(&png_create_info_struct) createInfo;
  decltype(&png_destroy_read_struct) destroy;
  decltype(&png_get_error_ptr) errorPointer;
  decltype(&png_get_io_ptr) sourcePointer;
  decltype(&png_set_read_fn) setSource;
  decltype(&png_set_user_limits) setLimits;
  decltype(&png_set_crc_action) setCrcAction;
  decltype(&png_read_info) readInfo;
  decltype(&png_get_image_height) height;
  decltype(&png_get_image_width) width;
  decltype(&png_get_bit_depth) bitDepth;
  decltype(&png_get_color_type) colourType;
  decltype(&png_get_eXIf_1) exif;
  decltype(&png_set_expand) expand;
  decltype(&png_set_strip_16) strip16;
  decltype(&png_set_strip_alpha) stripAlpha;
  decltype(&png_set_packing) unpack;
  decltype(&png_set_interlace_handling) interlacePasses;
  decltype(&png_read_update_info) updateInfo;
  decltype(&png_get_rowbytes) rowBytes;
  decltype(&png_read_row) readRow;
  decltype(&png_read_end) readEnd;

  Library() {
    file.find("png_create_read_struct", create);
    file.find("png_create_info_struct", createInfo);
    file.find("png_destroy_read_struct", destroy);
    file.find("png_get_error_ptr", errorPointer);
    file.find("png_get_io_ptr", sourcePointer);
    file.find("png_set_read_fn", setSource);
    file.find("png_set_user_limits", setLimits);
    file.find("png_set_crc_action", setCrcAction);
    file.find("png_read_info", readInfo);
    file.find("png_get_image_height", height);
    file.find("png_get_image_width", width);
    file.find("png_get_bit_depth", bitDepth);
    file.find("png_get_color_type", colourType);
    file.find("png_get_eXIf_1", exif);
    file.find("png_set_expand", expand);
    file.find("png_set_strip_16", strip16);
    file.find("png_set_strip_alpha", stripAlpha);
    file.find("png_set_packing", unpack);
    file.find("png_set_interlace_handling", interlacePasses);
    file.find("png_read_update_info", updateInfo);
    file.find("png_get_rowbytes", rowBytes);
    file.find("png_read_row", readRow);
    file.find("png_read_end", readEnd);
  }
};

const Library& library() {
  static const Library opened;
  return opened;
}

/// One decompression. The library's errors leave it by longjmp, so each call of it stands in `step`, whose
/// work holds nothing that wants to be destroyed.
class Decoder {
public:
  Decoder(const std::string& path, Bytes file) : path(path), functions(library()), rest(file) {
    png = functions.create(
        PNG_LIBPNG_VER_STRING, this, [](png_structp png, png_const_charp text) { leave(png, text); },
        [](png_structp, png_const_charp) {});
    info = png ? functions.createInfo(png) : nullptr;
    if (!info) {
      failed = outOfMemory = true;
      return;
    }
    step([&] {
      functions.setSource(png, this,
                          [](png_structp png, png_bytep to, std::size_t bytes) { read(png, to, bytes); });
      functions.setLimits(png, maxSide, maxSide);
      functions.setCrcAction(png, PNG_CRC_ERROR_QUIT, PNG_CRC_ERROR_QUIT);
      functions.readInfo(png, info);
    });
  }
  ~Decoder() {
    if (png) functions.destroy(&png, info ? &info : nullptr, nullptr);
  }
  Decoder(const Decoder&) = delete;

  template <class Work> bool step(Work work) {
    if (failed) return false;
    if (setjmp(back) != 0) {
      failed = true;
      return false;
    }
    work();
    return true;
  }

  Status failure() const {
    if (outOfMemory)
      return Status::error(CNN_ERROR_MEMORY, "%s: no memory to decode a picture", path.c_str());
    if (isTruncated)
      return Status::error(CNN_ERROR_FORMAT, "%s: truncated: the picture's end is missing", path.c_str());
    return Status::error(CNN_ERROR_FORMAT, "%s: not a PNG that can be read: %s", path.c_str(), message);
  }

  PictureHeader header() const {
    PictureHeader found{static_cast<int>(functions.height(png, info)),
                        static_cast<int>(functions.width(png, info)), 1};
    png_uint_32 bytes = 0;
    png_bytep exif = nullptr;
    if (functions.exif(png, info, &bytes, &exif) && exif) found.orientation = exifOrientation({exif, bytes});
    return found;
  }

  const std::string& path;
  const Library& functions;
  png_structp png = nullptr;
  png_infop info = nullptr;

private:
  [[noreturn]] static void leave(png_structp png, const char* text) {
    auto& decoder = *static_cast<Decoder*>(library().errorPointer(png));
    std::snprintf(decoder.message, sizeof(decoder.message), "%s", text);
    decoder.outOfMemory = std::strstr(text, "ut of memory") || std::strstr(text, "nsufficient memory");
    std::longjmp(decoder.back, 1);
  }
  static void read(png_structp png, png_bytep to, std::size_t bytes) {
    auto& decoder = *static_cast<Decoder*>(library().sourcePointer(png));
    if (bytes > decoder.rest.size()) {
      decoder.isTruncated = true;
      leave(png, "the file ends");
    }
    std::memcpy(to, decoder.rest.data(), bytes);
    decoder.rest = decoder.rest.subspan(bytes);
  }

  Bytes rest;
  std::jmp_buf back;
  char message[256] = "";
  bool failed = false, isTruncated = false, outOfMemory = false;
};

bool isPng(Bytes file) {
  return file.size() >= 8 && std::memcmp(file.data(), "\x89PNG\r\n\x1a\n", 8) == 0;
}

Result<PictureHeader> readHeader(const std::string& path, Bytes file) {
  if (Status bad = library().file.status(path); !bad) return bad;
  Decoder decoder(path, file);
  if (!decoder.step([] {})) return decoder.failure();
  return decoder.header();
}

Result<Image> decode(const std::string& path, Bytes file, Form form) {
  if (Status bad = library().file.status(path); !bad) return bad;
  Decoder decoder(path, file);
  const Library& functions = decoder.functions;
  if (!decoder.step([] {})) return decoder.failure();
  PictureHeader header = decoder.header();
  if (Status bad = checkSize(path, header, file.size(), mostPixelsPerByte); !bad) return bad;
  int colour = functions.colourType(decoder.png, decoder.info),
      bits = functions.bitDepth(decoder.png, decoder.info);
  if (form == Form::numbers &&
      ((colour != PNG_COLOR_TYPE_PALETTE && colour != PNG_COLOR_TYPE_GRAY) || bits > 8))
    return noMask(path);
  int passes = 1;
  std::size_t rowBytes = 0;
  bool planned = decoder.step([&] {
    if (form == Form::numbers) {
      functions.unpack(decoder.png);
    } else {
      functions.expand(decoder.png);
      functions.strip16(decoder.png); // the high bytes, as PIL and OpenCV take them
      functions.stripAlpha(decoder.png);
    }
    passes = functions.interlacePasses(decoder.png);
    functions.updateInfo(decoder.png, decoder.info);
    rowBytes = functions.rowBytes(decoder.png, decoder.info);
  });
  if (!planned) return decoder.failure();
  int samples = static_cast<int>(rowBytes / static_cast<std::size_t>(header.width));
  if (rowBytes % static_cast<std::size_t>(header.width) || (samples != 1 && samples != 3))
    return Status::error(CNN_ERROR_FORMAT, "%s: a PNG of %zu bytes in a row of %d pixels", path.c_str(),
                         rowBytes, header.width);
  Planes planes(form == Form::colour ? 3 : 1, header.height, header.width);
  // An interlaced picture comes in passes over all rows.
  std::vector<std::uint8_t> rows(rowBytes * static_cast<std::size_t>(passes > 1 ? header.height : 1));
  bool done = decoder.step([&] {
    for (int pass = 0; pass < passes; ++pass)
      for (int y = 0; y < header.height; ++y) {
        std::uint8_t* row = rows.data() + (passes > 1 ? static_cast<std::size_t>(y) * rowBytes : 0);
        functions.readRow(decoder.png, row, nullptr);
        if (pass + 1 == passes) planes.setRow(y, row, samples);
      }
    functions.readEnd(decoder.png, nullptr);
  });
  if (!done) return decoder.failure();
  return planes.take();
}

} // namespace

const PictureFormat pngFormat = {isPng, readHeader, decode};

} // namespace cnn
