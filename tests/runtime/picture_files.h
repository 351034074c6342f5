// Picture files of every kind, written with the libraries of their formats.
#pragma once

#include "handles.h"

#include <cstdint>
#include <cstring>

#include <jpeglib.h>
#include <png.h>
#include <webp/encode.h>

using PixelBytes = std::vector<std::uint8_t>;

struct PngKind {
  int colour = PNG_COLOR_TYPE_RGB, bits = 8;
  bool interlaced = false;
  std::vector<png_color> palette = {};
  std::string exif = {};
  int transparent = -1; // a palette's entry that is, or a grey value
};

/// `rows`: as PNG stores them, without filters.
inline void writePng(const std::string& path, int width, int height, const PixelBytes& rows,
                     const PngKind& kind = {}) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  REQUIRE(file != nullptr);
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_init_io(png, file);
  png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height), kind.bits,
               kind.colour, kind.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  if (!kind.palette.empty())
    png_set_PLTE(png, info, kind.palette.data(), static_cast<int>(kind.palette.size()));
  if (kind.transparent >= 0) {
    png_byte alpha[256];
    std::fill(std::begin(alpha), std::end(alpha), png_byte{255});
    alpha[kind.transparent & 255] = 0;
    png_color_16 grey{};
    grey.gray = static_cast<png_uint_16>(kind.transparent);
    png_set_tRNS(png, info, alpha, static_cast<int>(std::max<std::size_t>(1, kind.palette.size())), &grey);
  }
  std::string exif = kind.exif;
  if (!exif.empty())
    png_set_eXIf_1(png, info, static_cast<png_uint_32>(exif.size()),
                   reinterpret_cast<png_bytep>(exif.data()));
  png_write_info(png, info);
  std::size_t row = png_get_rowbytes(png, info);
  REQUIRE(rows.size() == row * static_cast<std::size_t>(height));
  int passes = png_set_interlace_handling(png);
  for (int pass = 0; pass < passes; ++pass)
    for (int y = 0; y < height; ++y) png_write_row(png, rows.data() + row * static_cast<std::size_t>(y));
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  REQUIRE(std::fclose(file) == 0);
}

struct JpegKind {
  int components = 3;
  bool progressive = false;
  int quality = 95;
  std::string exif = {};
  std::vector<jpeg_scan_info> scans = {};
};

/// `pixels`: grey, red-green-blue, or inverted CMYK.
inline void writeJpeg(const std::string& path, int width, int height, const PixelBytes& pixels,
                      const JpegKind& kind = {}) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  REQUIRE(file != nullptr);
  jpeg_compress_struct info;
  jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  jpeg_stdio_dest(&info, file);
  info.image_width = static_cast<JDIMENSION>(width);
  info.image_height = static_cast<JDIMENSION>(height);
  info.input_components = kind.components;
  info.in_color_space = kind.components == 1 ? JCS_GRAYSCALE : kind.components == 3 ? JCS_RGB : JCS_CMYK;
  jpeg_set_defaults(&info);
  jpeg_set_quality(&info, kind.quality, TRUE);
  if (kind.progressive) jpeg_simple_progression(&info);
  if (!kind.scans.empty()) {
    info.scan_info = kind.scans.data();
    info.num_scans = static_cast<int>(kind.scans.size());
  }
  jpeg_start_compress(&info, TRUE);
  if (!kind.exif.empty()) {
    const std::string marker = std::string("Exif\0\0", 6) + kind.exif;
    jpeg_write_marker(&info, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(marker.data()),
                      static_cast<unsigned>(marker.size()));
  }
  while (info.next_scanline < info.image_height) {
    auto* row = const_cast<JSAMPROW>(pixels.data()) +
                std::size_t{info.next_scanline} * static_cast<std::size_t>(width * kind.components);
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  REQUIRE(std::fclose(file) == 0);
}

inline std::string littleEndian(std::uint32_t value, int bytes = 4) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(value >> 8 * i);
  return text;
}

/// Lossless, of red-green-blue pixels; with EXIF data in the extended form.
inline void writeWebp(const std::string& path, int width, int height, const PixelBytes& pixels,
                      const std::string& exif = {}) {
  std::uint8_t* packed = nullptr;
  std::size_t bytes = WebPEncodeLosslessRGB(pixels.data(), width, height, 3 * width, &packed);
  REQUIRE(bytes > 0);
  std::string file(reinterpret_cast<char*>(packed), bytes);
  WebPFree(packed);
  if (!exif.empty()) {
    std::string chunks = "WEBPVP8X" + littleEndian(10) + littleEndian(8) +
                         littleEndian(static_cast<std::uint32_t>(width - 1), 3) +
                         littleEndian(static_cast<std::uint32_t>(height - 1), 3) + file.substr(12) + "EXIF" +
                         littleEndian(static_cast<std::uint32_t>(exif.size())) + exif;
    if (exif.size() % 2) chunks += '\0';
    file = "RIFF" + littleEndian(static_cast<std::uint32_t>(chunks.size())) + chunks;
  }
  writeFile(path, file);
}

/// EXIF data of one entry, the orientation, in either byte order.
inline std::string exifOf(int orientation, bool bigEndian) {
  auto number = [&](std::uint32_t value, int bytes) {
    std::string text = littleEndian(value, bytes);
    return bigEndian ? std::string(text.rbegin(), text.rend()) : text;
  };
  return (bigEndian ? "MM" : "II") + number(42, 2) + number(8, 4) + number(1, 2) + number(0x0112, 2) +
         number(3, 2) + number(1, 4) + number(static_cast<std::uint32_t>(orientation), 2) +
         std::string(6, '\0');
}
