// JPEG by libjpeg-turbo: https://github.com/libjpeg-turbo/libjpeg-turbo/blob/main/doc/libjpeg.txt
#include "exif.h"
#include "formats.h"
#include "shared_library.h"

#include <csetjmp>
#include <cstdio> // jpeglib.h wants it
#include <cstring>

#include <jpeglib.h>

#include <jerror.h> // its numbers depend on what the other one defines

namespace cnn {
namespace {

// More than encoders write (10 to 20 in a progressive file); each goes through the whole picture once more.
constexpr int maxScans = 100;
// Each block of 8 x 8 pixels has at least one bit in some scan, but for arithmetic coding.
constexpr std::int64_t mostPixelsPerByte = 512;

struct Library {
  SharedLibrary file{CNN_JPEG_LIBRARY, "libjpeg62-turbo"};
  decltype(&jpeg_std_error) stdError;
  decltype(&jpeg_CreateDecompress) create;
  decltype(&jpeg_destroy_decompress) destroy;
  decltype(&jpeg_mem_src) setSource;
  decltype(&jpeg_save_markers) saveMarkers;
  decltype(&jpeg_read_header) readHeader;
  decltype(&jpeg_start_decompress) start;
  decltype(&jpeg_read_scanlines) readRows;
  decltype(&jpeg_finish_decompress) finish;

  Library() {
    file.find("jpeg_std_error", stdError);
    file.find("jpeg_CreateDecompress", create);
    file.find("jpeg_destroy_decompress", destroy);
    file.find("jpeg_mem_src", setSource);
    file.find("jpeg_save_markers", saveMarkers);
    file.find("jpeg_read_header", readHeader);
    file.find("jpeg_start_decompress", start);
    file.find("jpeg_read_scanlines", readRows);
    file.find("jpeg_finish_decompress", finish);
  }
};

const Library& library() {
  static const Library opened;
  return opened;
}

/// One decompression. The library leaves its functions by longjmp, so each call of it stands in `step`, whose
/// work holds nothing that wants to be destroyed.
class Decoder {
public:
  Decoder(const std::string& path, Bytes file) : path(path), functions(library()) {
    info.err = functions.stdError(&errors);
    errors.error_exit = [](j_common_ptr common) { leave(common); };
    errors.emit_message = [](j_common_ptr common, int level) {
      if (level < 0 && losesPixels(common->err->msg_code)) leave(common);
    };
    errors.output_message = [](j_common_ptr) {};
    info.client_data = this;
    step([&] {
      functions.create(&info, JPEG_LIB_VERSION, sizeof(info));
      created = true;
      functions.setSource(&info, file.data(), file.size());
      functions.saveMarkers(&info, JPEG_APP0 + 1, 0xffff);
      functions.readHeader(&info, TRUE);
    });
  }
  ~Decoder() {
    if (created) functions.destroy(&info);
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
    if (code == JERR_OUT_OF_MEMORY)
      return Status::error(CNN_ERROR_MEMORY, "%s: no memory to decode a picture of %u x %u", path.c_str(),
                           info.image_height, info.image_width);
    if (code == JWRN_JPEG_EOF || code == JERR_INPUT_EOF || code == JERR_INPUT_EMPTY ||
        code == JWRN_HIT_MARKER)
      return Status::error(CNN_ERROR_FORMAT, "%s: truncated: the picture's end is missing", path.c_str());
    return Status::error(CNN_ERROR_FORMAT, "%s: not a JPEG that can be read: %s", path.c_str(), message);
  }

  PictureHeader header() const {
    PictureHeader found{static_cast<int>(info.image_height), static_cast<int>(info.image_width), 1};
    for (jpeg_saved_marker_ptr marker = info.marker_list; marker; marker = marker->next)
      if (marker->data_length >= 6 && std::memcmp(marker->data, "Exif\0", 6) == 0) {
        found.orientation = exifOrientation({marker->data + 6, marker->data_length - 6});
        break;
      }
    return found;
  }

  void limitScans() {
    progress.progress_monitor = [](j_common_ptr common) {
      auto* decompress = reinterpret_cast<j_decompress_ptr>(common);
      if (decompress->input_scan_number <= maxScans) return;
      auto& decoder = *static_cast<Decoder*>(common->client_data);
      std::snprintf(decoder.message, sizeof(decoder.message), "more than %d scans", maxScans);
      decoder.code = 0;
      std::longjmp(decoder.back, 1);
    };
    info.progress = &progress;
  }

  const std::string& path;
  const Library& functions;
  jpeg_decompress_struct info{};

private:
  /// Of the library's warnings those after which it makes pixels up; the others are about what stands between
  /// them, and PIL and torchvision are silent about all.
  static bool losesPixels(int warning) {
    return warning == JWRN_JPEG_EOF || warning == JWRN_HIT_MARKER || warning == JWRN_HUFF_BAD_CODE ||
           warning == JWRN_ARITH_BAD_CODE || warning == JWRN_MUST_RESYNC;
  }
  [[noreturn]] static void leave(j_common_ptr common) {
    auto& decoder = *static_cast<Decoder*>(common->client_data);
    common->err->format_message(common, decoder.message);
    decoder.code = common->err->msg_code;
    std::longjmp(decoder.back, 1);
  }

  jpeg_error_mgr errors{};
  jpeg_progress_mgr progress{};
  std::jmp_buf back;
  char message[JMSG_LENGTH_MAX] = "";
  int code = 0;
  bool created = false, failed = false;
};

bool isJpeg(Bytes file) {
  return file.size() >= 3 && file[0] == 0xff && file[1] == 0xd8 && file[2] == 0xff;
}

Result<PictureHeader> readHeader(const std::string& path, Bytes file) {
  if (Status bad = library().file.status(path); !bad) return bad;
  Decoder decoder(path, file);
  if (!decoder.step([] {})) return decoder.failure();
  return decoder.header();
}

/// Photoshop's CMYK, which is stored inverted, as PIL converts it; in place, 4 samples become 3.
void toColour(std::uint8_t* row, JDIMENSION width) {
  for (JDIMENSION x = 0; x < width; ++x) {
    unsigned black = row[4 * x + 3];
    for (JDIMENSION c = 0; c < 3; ++c) {
      unsigned product = (255u - row[4 * x + c]) * black + 128;
      row[3 * x + c] = static_cast<std::uint8_t>(black - (((product >> 8) + product) >> 8));
    }
  }
}

Result<Image> decode(const std::string& path, Bytes file, Form form) {
  if (form == Form::numbers) return noMask(path);
  if (Status bad = library().file.status(path); !bad) return bad;
  Decoder decoder(path, file);
  jpeg_decompress_struct& info = decoder.info;
  if (!decoder.step([] {})) return decoder.failure();
  PictureHeader header = decoder.header();
  if (Status bad = checkSize(path, header, file.size(), info.arith_code ? 0 : mostPixelsPerByte); !bad)
    return bad;
  if (info.num_components != 1 && info.num_components != 3 && info.num_components != 4)
    return Status::error(CNN_ERROR_FORMAT, "%s: a JPEG of %d components, expected 1, 3 or 4", path.c_str(),
                         info.num_components);
  bool isPrint = info.num_components == 4;
  info.out_color_space = isPrint                                          ? JCS_CMYK
                         : form == Form::grey || info.num_components == 1 ? JCS_GRAYSCALE
                                                                          : JCS_RGB;
  // The coefficients of a progressive picture, 2 bytes each, and room for the rows at hand.
  std::int64_t pixels = std::int64_t{header.height} * header.width;
  info.mem->max_memory_to_use = static_cast<long>((std::int64_t{64} << 20) + 12 * pixels);
  decoder.limitScans();
  if (!decoder.step([&] { decoder.functions.start(&info); })) return decoder.failure();
  Planes planes(form == Form::colour ? 3 : 1, header.height, header.width);
  std::vector<std::uint8_t> buffer(std::size_t{info.output_width} *
                                   static_cast<std::size_t>(info.output_components));
  JSAMPROW row = buffer.data();
  bool done = decoder.step([&] {
    while (info.output_scanline < info.output_height) {
      auto y = static_cast<int>(info.output_scanline);
      if (decoder.functions.readRows(&info, &row, 1) != 1) break;
      if (isPrint) toColour(row, info.output_width);
      planes.setRow(y, row, isPrint ? 3 : info.output_components);
    }
    decoder.functions.finish(&info);
  });
  if (!done) return decoder.failure();
  return planes.take();
}

} // namespace

const PictureFormat jpegFormat = {isJpeg, readHeader, decode};

} // namespace cnn
