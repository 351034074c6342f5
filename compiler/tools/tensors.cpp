//===- tensors.cpp - Arrays from and to .npy files for a network's inputs and outputs ------------------===//

#include "tensors.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <limits>

namespace cnn::tools {
namespace {

std::size_t elementBytes(int element) {
  return element == CNN_U8 ? 1 : element == CNN_I64 ? 8 : 4;
}

double numberAt(const std::uint8_t* bytes, int element, std::size_t index) {
  switch (element) {
  case CNN_F32: {
    float value;
    std::memcpy(&value, bytes + 4 * index, 4);
    return static_cast<double>(value);
  }
  case CNN_I32: {
    std::int32_t value;
    std::memcpy(&value, bytes + 4 * index, 4);
    return value;
  }
  case CNN_I64: {
    std::int64_t value;
    std::memcpy(&value, bytes + 8 * index, 8);
    return static_cast<double>(value);
  }
  default:
    return bytes[index];
  }
}

/// A number that a whole type does not reach becomes its lowest or highest.
template <typename T> T convert(double number) {
  using Limits = std::numeric_limits<T>;
  if constexpr (Limits::is_integer) {
    if (!(number > static_cast<double>(Limits::lowest()))) return Limits::lowest();
    if (number >= static_cast<double>(Limits::max())) return Limits::max();
  }
  return static_cast<T>(number);
}

template <typename T> void store(std::uint8_t* bytes, std::size_t index, double number) {
  T value = convert<T>(number);
  std::memcpy(bytes + sizeof(T) * index, &value, sizeof(T));
}

void putNumber(std::uint8_t* bytes, int element, std::size_t index, double number) {
  switch (element) {
  case CNN_F32:
    return store<float>(bytes, index, number);
  case CNN_I32:
    return store<std::int32_t>(bytes, index, number);
  case CNN_I64:
    return store<std::int64_t>(bytes, index, number);
  default:
    return store<std::uint8_t>(bytes, index, number);
  }
}

/// [1, 28, 28] and [28, 28] are one: extents of 1 carry nothing.
std::vector<std::int64_t> withoutOnes(std::vector<std::int64_t> shape) {
  std::erase(shape, 1);
  return shape;
}

std::string shapeText(const std::vector<std::int64_t>& shape) {
  std::string text;
  for (std::int64_t extent : shape)
    text += (text.empty() ? "" : ", ") + (extent < 0 ? "N" : std::to_string(extent));
  return "[" + text + "]";
}

Status wrongShape(const std::string& path, const cnn_tensor& tensor, const std::vector<std::int64_t>& found) {
  std::vector<std::int64_t> wanted(tensor.shape, tensor.shape + tensor.rank);
  bool channelsLast = wanted.size() == 4 && found.size() == 4 && found[1] == wanted[2] &&
                      found[2] == wanted[3] && found[3] == wanted[1];
  return Status::error(CNN_ERROR_MISMATCH, "%s: %s takes an array %s, found %s%s", path.c_str(), tensor.name,
                       shapeText(wanted).c_str(), shapeText(found).c_str(),
                       channelsLast ? ": channels come before height and width" : "");
}

} // namespace

std::int64_t sampleElements(const cnn_tensor& tensor) {
  std::int64_t elements = 1;
  for (int i = 0; i < tensor.rank; ++i)
    if (tensor.shape[i] >= 0) elements *= tensor.shape[i];
  return elements;
}

std::size_t sampleBytes(const cnn_tensor& tensor) {
  return static_cast<std::size_t>(sampleElements(tensor)) * elementBytes(tensor.element);
}

Batch allocate(const cnn_tensor& tensor, std::int64_t batch) {
  return {&tensor, std::vector<std::uint8_t>(sampleBytes(tensor) * static_cast<std::size_t>(batch))};
}

Result<std::size_t> whichTensor(const std::string& argument, const std::vector<const cnn_tensor*>& tensors,
                                std::size_t position, std::string& file) {
  std::size_t equals = argument.find('=');
  if (equals == std::string::npos) {
    file = argument;
    if (position >= tensors.size())
      return Status::error(CNN_ERROR_ARGUMENT, "%s: expected at most %zu files", file.c_str(),
                           tensors.size());
    return position;
  }
  std::string name = argument.substr(0, equals), known;
  file = argument.substr(equals + 1);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (name == tensors[i]->name) return i;
    known += (known.empty() ? "" : ", ") + std::string(tensors[i]->name);
  }
  return Status::error(CNN_ERROR_ARGUMENT, "there is no '%s'; expected one of %s", name.c_str(),
                       known.c_str());
}

Result<Batch> readBatch(const std::string& path, const cnn_tensor& tensor, std::int64_t& batch) {
  std::int64_t count = 0;
  Result<Column> column = read_npy(path, count);
  if (!column) return std::move(column).error();
  std::int64_t found = column->elements() * count;
  std::vector<std::int64_t> wanted(tensor.shape + 1, tensor.shape + std::max(1, tensor.rank)),
      whole = column->shape;
  whole.insert(whole.begin(), count);
  bool batched = withoutOnes(column->shape) == withoutOnes(wanted);
  // A single sample may come without its batch dimension.
  if (!batched && withoutOnes(whole) != withoutOnes(wanted)) return wrongShape(path, tensor, whole);
  if (!batched) count = 1;
  if (batch != 0 && batch != count)
    return Status::error(CNN_ERROR_MISMATCH, "%s: expected a batch of %lld, found %lld samples", path.c_str(),
                         static_cast<long long>(batch), static_cast<long long>(count));
  batch = count;
  Batch result = allocate(tensor, batch);
  if (column->element == tensor.element) {
    result.bytes = std::move(column->bytes);
    return result;
  }
  if (column->element == CNN_U8 && tensor.element == CNN_F32) {
    for (std::size_t i = 0; i < static_cast<std::size_t>(found); ++i)
      store<float>(result.bytes.data(), i, static_cast<float>(column->bytes[i]) / 255.0f);
    return result;
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(found); ++i)
    putNumber(result.bytes.data(), tensor.element, i, numberAt(column->bytes.data(), column->element, i));
  return result;
}

Status writeBatch(const std::string& path, const Batch& batch) {
  Column column;
  column.element = batch.tensor->element;
  for (int i = 1; i < batch.tensor->rank; ++i) column.shape.push_back(batch.tensor->shape[i]);
  column.bytes = batch.bytes;
  return write_npy(path, column, static_cast<std::int64_t>(batch.bytes.size() / sampleBytes(*batch.tensor)));
}

Status writeFloats(const std::string& path, const std::vector<float>& values) {
  Column column;
  column.element = CNN_F32;
  column.bytes.resize(4 * values.size());
  if (!values.empty()) std::memcpy(column.bytes.data(), values.data(), column.bytes.size());
  return write_npy(path, column, static_cast<std::int64_t>(values.size()));
}

std::int64_t nearestBatch(const cnn_description& description, std::int64_t wanted, bool training) {
  auto* failed = description.failed_assertion;
  auto holds = [&](std::int64_t batch) { return batch >= 1 && (!failed || failed(batch, training) < 0); };
  constexpr std::int64_t farthest = 4096;
  for (std::int64_t away = 0; away <= farthest; ++away)
    for (std::int64_t batch : {wanted + away, wanted - away})
      if (holds(batch)) return batch;
  return 0;
}

std::vector<std::int64_t> shapeOf(const cnn_tensor& tensor, std::int64_t batch) {
  std::vector<std::int64_t> shape(tensor.shape, tensor.shape + tensor.rank);
  for (std::int64_t& extent : shape)
    if (extent < 0) extent = batch;
  return shape;
}

} // namespace cnn::tools
