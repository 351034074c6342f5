//===- read_tensor.cpp - The values of ONNX's tensors, in the model or in files beside it ------------===//
//
// What a model says of sizes and places is a stranger's word: it is compared with what is there before any
// memory is taken.
//
//===---------------------------------------------------------------------------------------------------===//

#include "read_tensor.h"

#include <onnx/onnx_pb.h>

#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>

namespace cnn::onnx_import {
namespace {

namespace fs = std::filesystem;

struct Unreadable {
  std::string why;
};

float halfToFloat(uint16_t half) {
  int exponent = half >> 10 & 31, mantissa = half & 1023;
  float magnitude = exponent == 0    ? std::ldexp(static_cast<float>(mantissa), -24)
                    : exponent == 31 ? (mantissa ? NAN : INFINITY)
                                     : std::ldexp(static_cast<float>(mantissa + 1024), exponent - 25);
  return half & 0x8000 ? -magnitude : magnitude;
}

float brainToFloat(uint16_t half) {
  uint32_t bits = uint32_t{half} << 16;
  float value;
  std::memcpy(&value, &bits, sizeof(value));
  return value;
}

/// Digits and nothing else.
std::optional<uint64_t> decimal(const std::string& text) {
  uint64_t number = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return number;
}

/// Where the bytes of a tensor lie.
struct Place {
  std::string location;
  uint64_t offset = 0;
  std::optional<uint64_t> length;
};

Place placeOf(const onnx::TensorProto& tensor) {
  Place place;
  std::map<std::string, std::string> entries;
  for (const onnx::StringStringEntryProto& entry : tensor.external_data())
    if (!entries.emplace(entry.key(), entry.value()).second)
      throw Unreadable{"external data: " + printable(entry.key()) + " is given twice"};
  auto number = [&](const char* key) -> std::optional<uint64_t> {
    auto found = entries.find(key);
    if (found == entries.end()) return std::nullopt;
    if (auto parsed = decimal(found->second)) return parsed;
    throw Unreadable{"external data: " + std::string(key) + ": expected a whole number, found '" +
                     printable(found->second) + "'"};
  };
  place.location = entries["location"];
  place.offset = number("offset").value_or(0);
  place.length = number("length");
  return place;
}

bool isInside(const fs::path& file, const fs::path& folder) {
  fs::path relative = file.lexically_relative(folder);
  return !relative.empty() && *relative.begin() != ".." && relative != ".";
}

/// The file that a location names: beside the model, or below. Links may not lead out; a model that is itself
/// a link, as in a store of downloads, may have its weights beside what it stands for.
fs::path fileAt(const std::string& location, const std::string& modelPath) {
  fs::path relative = fs::path(location).lexically_normal(), folder = fs::path(modelPath).parent_path();
  if (folder.empty()) folder = ".";
  bool outside = location.empty() || location.find('\0') != std::string::npos || relative.is_absolute() ||
                 *relative.begin() == "..";
  std::error_code failure, ofModel;
  fs::path file = outside ? fs::path() : fs::canonical(folder / relative, failure);
  if (failure) throw Unreadable{"weights in '" + printable(location) + "': " + failure.message()};
  if (!outside) {
    fs::path model = fs::canonical(modelPath, ofModel);
    outside =
        !isInside(file, fs::canonical(folder, failure)) && (ofModel || !isInside(file, model.parent_path()));
  }
  if (outside) throw Unreadable{"weights in '" + printable(location) + "': expected a file beside the model"};
  if (!fs::is_regular_file(file, failure))
    throw Unreadable{"weights in '" + printable(location) + "': expected a regular file"};
  return file;
}

/// The elements of a tensor, from its raw bytes in the model or in a file.
template <typename From>
std::vector<From> rawElements(const onnx::TensorProto& tensor, uint64_t count, const std::string& modelPath) {
  uint64_t wanted = count * sizeof(From);
  auto expectBytes = [&](uint64_t found, const std::string& where) {
    if (found != wanted)
      throw Unreadable{"expected " + std::to_string(wanted) + " bytes" + where + ", found " +
                       std::to_string(found)};
  };
  std::vector<From> elements;
  if (tensor.data_location() != onnx::TensorProto::EXTERNAL) {
    expectBytes(tensor.raw_data().size(), "");
    elements.resize(count);
    std::memcpy(elements.data(), tensor.raw_data().data(), wanted);
    return elements;
  }
  Place place = placeOf(tensor);
  fs::path path = fileAt(place.location, modelPath);
  std::string where = " in '" + printable(place.location) + "'";
  if (place.length) expectBytes(*place.length, where + ", the tensor's length");
  std::error_code failure;
  uint64_t size = fs::file_size(path, failure);
  if (failure || place.offset > size || wanted > size - place.offset)
    throw Unreadable{"expected " + std::to_string(wanted) + " bytes from " + std::to_string(place.offset) +
                     " on" + where + ", which has " + std::to_string(failure ? 0 : size)};
  elements.resize(count);
  std::ifstream file(path, std::ios::binary);
  if (!file || !file.seekg(static_cast<std::streamoff>(place.offset)) ||
      !file.read(reinterpret_cast<char*>(elements.data()), static_cast<std::streamsize>(wanted)))
    throw Unreadable{"cannot read the weights" + where};
  return elements;
}

template <typename To, typename From, typename Fields, typename Convert>
void read(const onnx::TensorProto& tensor, uint64_t count, const std::string& modelPath, const Fields& fields,
          std::vector<To>& to, Convert convert) {
  auto append = [&](const auto& elements) {
    to.reserve(count);
    for (const auto& element : elements) to.push_back(static_cast<To>(convert(static_cast<From>(element))));
  };
  bool raw = tensor.data_location() == onnx::TensorProto::EXTERNAL || tensor.has_raw_data();
  if (raw && fields.size()) throw Unreadable{"expected its values in one place, found two"};
  if (raw) {
    std::vector<From> elements = rawElements<From>(tensor, count, modelPath);
    if constexpr (std::is_same_v<From, To>)
      to = std::move(elements);
    else
      append(elements);
    return;
  }
  if (static_cast<uint64_t>(fields.size()) != count)
    throw Unreadable{"expected as many values as its shape has, " + std::to_string(count) + ", found " +
                     std::to_string(fields.size())};
  append(fields);
}

uint64_t countOf(const onnx::TensorProto& tensor, Constant& constant) {
  constexpr int64_t most = int64_t{1} << 40;
  int64_t count = 1;
  for (int64_t extent : tensor.dims()) {
    if (extent < 0 || (extent > 0 && count > most / extent))
      throw Unreadable{"expected a possible shape, found an extent of " + std::to_string(extent)};
    count *= extent;
    constant.shape.push_back(extent);
  }
  return static_cast<uint64_t>(count);
}

void readValues(const onnx::TensorProto& tensor, const std::string& modelPath, Constant& to) {
  if (tensor.has_segment()) throw Unreadable{"a tensor in segments is not read"};
  uint64_t count = countOf(tensor, to);
  auto same = [](auto value) { return value; };
  switch (tensor.data_type()) {
  case onnx::TensorProto::FLOAT:
    return read<float, float>(tensor, count, modelPath, tensor.float_data(), to.floats, same);
  case onnx::TensorProto::DOUBLE:
    return read<float, double>(tensor, count, modelPath, tensor.double_data(), to.floats, same);
  case onnx::TensorProto::FLOAT16:
    return read<float, uint16_t>(tensor, count, modelPath, tensor.int32_data(), to.floats, halfToFloat);
  case onnx::TensorProto::BFLOAT16:
    return read<float, uint16_t>(tensor, count, modelPath, tensor.int32_data(), to.floats, brainToFloat);
  case onnx::TensorProto::INT64:
    return read<int64_t, int64_t>(tensor, count, modelPath, tensor.int64_data(), to.ints, same);
  case onnx::TensorProto::INT32:
    return read<int64_t, int32_t>(tensor, count, modelPath, tensor.int32_data(), to.ints, same);
  case onnx::TensorProto::INT8:
    return read<int64_t, int8_t>(tensor, count, modelPath, tensor.int32_data(), to.ints, same);
  case onnx::TensorProto::BOOL:
  case onnx::TensorProto::UINT8:
    return read<int64_t, uint8_t>(tensor, count, modelPath, tensor.int32_data(), to.ints, same);
  default:
    throw Unreadable{"has elements of " + describe(static_cast<Element>(tensor.data_type())) +
                     ", which are not read"};
  }
}

} // namespace

Constant readTensor(const onnx::TensorProto& tensor, const std::string& modelPath) {
  Constant constant;
  constant.element = static_cast<Element>(tensor.data_type());
  try {
    readValues(tensor, modelPath, constant);
  } catch (const Unreadable& unreadable) {
    constant.problem = "tensor " + printable(tensor.name()) + ": " + unreadable.why;
  }
  return constant;
}

} // namespace cnn::onnx_import
