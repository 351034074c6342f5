#include "other_formats.h"

#include <cstring>

namespace cnn {
namespace {

constexpr char pytorch[] =
    "PyTorch's own format: write it anew in Python by safetensors.torch.save_file(torch.load(FILE, "
    "map_location=\"cpu\"), \"net.safetensors\"), of a whole model its state_dict()";

struct Row {
  const char* begin;
  size_t length;
  const char* format;
};
constexpr Row rows[] = {
    {"\x89HDF\r\n", 6, "HDF5, as Keras writes it"},
    {"GGUF", 4, "GGUF"},
    {"\x93NUMPY", 6, "an array of NumPy"},
    {"\x1f\x8b", 2, "gzip: unpack it first"},
    {"version https://git-lfs", 23, "a pointer of Git LFS to the file: `git lfs pull` fetches it"},
    {"<!DOCTYPE", 9, "an HTML page in place of the file"},
    {"<html", 5, "an HTML page in place of the file"},
    {"\x80\x02", 2, pytorch}, // a pickle, which torch.save wrote until version 1.5
};

bool contains(const unsigned char* begin, size_t bytes, const char* text) {
  return memmem(begin, bytes, text, strlen(text)) != nullptr;
}

} // namespace

const char* otherFormat(const unsigned char* begin, size_t bytes) {
  for (const Row& row : rows)
    if (bytes >= row.length && memcmp(begin, row.begin, row.length) == 0) return row.format;
  // A zip archive begins with its first file's name.
  if (bytes >= 4 && memcmp(begin, "PK\3\4", 4) == 0)
    return contains(begin, bytes, ".npy") ? "an archive of NumPy's arrays"
           : contains(begin, bytes, "/data.pkl") || contains(begin, bytes, "/.format_version") ||
                   contains(begin, bytes, "/byteorder") || contains(begin, bytes, "/version")
               ? pytorch
               : "a zip archive";
  // The first field of ONNX's ModelProto, ir_version, then producer_name or opset_import.
  if (bytes >= 3 && begin[0] == 0x08 && begin[1] > 0 && begin[1] < 32 &&
      (begin[2] == 0x12 || begin[2] == 0x42))
    return "an ONNX model: `cnnc import` makes a network and its weights of it";
  return nullptr;
}

} // namespace cnn
