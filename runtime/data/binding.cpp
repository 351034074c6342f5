#include "binding.h"

#include "../model/finite.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace cnn {
namespace {

constexpr const char* elementNames[] = {"f32", "i32", "u8", "i64"};

std::string shapeText(std::span<const std::int64_t> shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text.append(i ? ", " : "").append(std::to_string(shape[i]));
  return text.append("]");
}

// [28, 28] is [1, 28, 28]: extents of 1 carry nothing.
std::vector<std::int64_t> withoutOnes(std::span<const std::int64_t> shape) {
  std::vector<std::int64_t> rest;
  std::copy_if(shape.begin(), shape.end(), std::back_inserter(rest),
               [](std::int64_t extent) { return extent != 1; });
  return rest;
}

bool convertible(int from, int to) {
  return from == to || (from == CNN_U8 && to == CNN_F32) ||
         (to == CNN_I32 && (from == CNN_U8 || from == CNN_I64)) ||
         (to == CNN_I64 && (from == CNN_U8 || from == CNN_I32));
}

// A label beyond the range becomes the range's end, not some other label.
template <class From, class To>
void convertAll(const std::uint8_t* from, std::uint8_t* to, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) {
    From value;
    std::memcpy(&value, from + static_cast<std::size_t>(i) * sizeof(From), sizeof(From));
    To converted = std::in_range<To>(value) ? static_cast<To>(value)
                   : value < From{0}        ? std::numeric_limits<To>::min()
                                            : std::numeric_limits<To>::max();
    std::memcpy(to + static_cast<std::size_t>(i) * sizeof(To), &converted, sizeof(To));
  }
}

/// Element `index` of whole numbers, as the source has it.
std::int64_t wholeNumber(int element, const std::uint8_t* from, std::int64_t index) {
  auto at = [&]<class Value>(Value value) {
    std::memcpy(&value, from + static_cast<std::size_t>(index) * sizeof(value), sizeof(value));
    return std::int64_t{value};
  };
  return element == CNN_U8    ? at(std::uint8_t{})
         : element == CNN_I64 ? at(std::int64_t{})
                              : at(std::int32_t{});
}

/// [C, H, W], [H, W], or one pixel of so many channels.
Picture formOf(const Column& column, const cnn_tensor& tensor) {
  Picture form;
  form.element = column.element;
  form.classes = tensor.element != CNN_F32 && (tensor.element != CNN_U8 || tensor.rank == 3);
  std::size_t rank = column.shape.size();
  for (std::size_t i = 0; i < rank; ++i) {
    if (rank >= 2 && i + 2 >= rank)
      (i + 2 == rank ? form.height : form.width) = column.shape[i];
    else
      form.channels *= column.shape[i];
  }
  return form;
}

/// The shape without height and width, which are the last two dimensions.
std::vector<std::int64_t> withoutSize(std::span<const std::int64_t> shape) {
  return withoutOnes(shape.size() < 2 ? shape : shape.first(shape.size() - 2));
}

std::size_t channelsOf(const Column& column) {
  return column.shape.size() == 3 ? static_cast<std::size_t>(column.shape[0]) : 1;
}

} // namespace

Result<BoundColumn> BoundColumn::make(const Dataset& dataset, const Column& column, const cnn_tensor& tensor,
                                      bool resized) {
  std::span<const std::int64_t> wanted(tensor.shape + 1,
                                       static_cast<std::size_t>(std::max(0, tensor.rank - 1)));
  const char *from = elementNames[column.element & 3], *to = elementNames[tensor.element & 3];
  if (tensor.rank < 1 || tensor.shape[0] >= 0)
    return Status::error(CNN_ERROR_ARGUMENT,
                         "the network's input %s has no batch dimension, so no data can feed it",
                         tensor.name);
  resized = resized || column.in_files();
  if (resized ? withoutSize(wanted) != withoutSize(column.shape)
              : withoutOnes(wanted) != withoutOnes(column.shape))
    return Status::error(CNN_ERROR_MISMATCH,
                         "%s: column %s: the network expects samples of shape %s, found %s",
                         dataset.source.c_str(), column.name.c_str(), shapeText(wanted).c_str(),
                         shapeText(column.shape).c_str());
  if (!convertible(column.element, tensor.element))
    return Status::error(CNN_ERROR_MISMATCH, "%s: column %s: the network's input %s is %s, found %s",
                         dataset.source.c_str(), column.name.c_str(), tensor.name, to, from);
  if (tensor.element == CNN_U8 && column.shape.size() == 3 && !dataset.mean.empty())
    return Status::error(
        CNN_ERROR_ARGUMENT,
        "%s: mean and std are for an f32 input, but %s is u8: the network itself can normalise, by "
        "%s |> to_float |> normalize(mean = …, std = …)",
        dataset.source.c_str(), tensor.name, tensor.name);
  std::size_t channels = channelsOf(column);
  bool normalised = tensor.element == CNN_F32 && column.shape.size() == 3 && !dataset.mean.empty();
  if (normalised && dataset.mean.size() != channels)
    return Status::error(CNN_ERROR_ARGUMENT,
                         "%s: mean and std have %zu values, but pictures have %zu channels",
                         dataset.source.c_str(), dataset.mean.size(), channels);
  BoundColumn bound;
  bound.column = &column;
  bound.target = &tensor;
  bound.form = formOf(column, tensor);
  bound.count = 1;
  for (std::int64_t extent : wanted) bound.count *= extent;
  if (normalised) {
    bound.mean = dataset.mean;
    bound.deviation = dataset.deviation;
  }
  if (column.element == CNN_U8 && tensor.element == CNN_F32) {
    bound.tables.resize(channels);
    for (std::size_t c = 0; c < channels; ++c)
      for (std::size_t v = 0; v < 256; ++v) {
        float value = static_cast<float>(v) / 255.0f;
        bound.tables[c][v] = normalised ? (value - bound.mean[c]) / bound.deviation[c] : value;
      }
  }
  return bound;
}

std::size_t BoundColumn::bytes() const {
  std::size_t each = target->element == CNN_U8 ? 1 : target->element == CNN_I64 ? 8 : 4;
  return static_cast<std::size_t>(count) * each;
}

void BoundColumn::convert(const std::uint8_t* from, std::uint8_t* to, std::int64_t values) const {
  if (!tables.empty()) {
    auto* numbers = reinterpret_cast<float*>(to);
    std::int64_t plane = values / static_cast<std::int64_t>(tables.size());
    for (const auto& table : tables)
      for (std::int64_t i = 0; i < plane; ++i) *numbers++ = table[*from++];
    return;
  }
  if (column->element == target->element) {
    std::memcpy(to, from, static_cast<std::size_t>(values) * form.elementBytes());
    if (mean.empty()) return;
    auto* numbers = reinterpret_cast<float*>(to);
    std::int64_t plane = values / static_cast<std::int64_t>(mean.size());
    for (std::size_t c = 0; c < mean.size(); ++c)
      for (std::int64_t i = 0; i < plane; ++i, ++numbers) *numbers = (*numbers - mean[c]) / deviation[c];
    return;
  }
  if (target->element == CNN_I32)
    column->element == CNN_U8 ? convertAll<std::uint8_t, std::int32_t>(from, to, values)
                              : convertAll<std::int64_t, std::int32_t>(from, to, values);
  else
    column->element == CNN_U8 ? convertAll<std::uint8_t, std::int64_t>(from, to, values)
                              : convertAll<std::int32_t, std::int64_t>(from, to, values);
}

Result<std::vector<BoundColumn>> bindColumns(const Dataset& dataset,
                                             std::span<const cnn_tensor* const> tensors,
                                             const std::vector<bool>& resized) {
  std::vector<const Column*> chosen(tensors.size()), rest;
  for (const Column& column : dataset.columns) {
    auto namesake = std::find_if(tensors.begin(), tensors.end(), [&](const cnn_tensor* tensor) {
      return tensor && column.name == tensor->name;
    });
    if (namesake != tensors.end())
      chosen[static_cast<std::size_t>(namesake - tensors.begin())] = &column;
    else
      rest.push_back(&column);
  }
  std::vector<BoundColumn> bound;
  auto next = rest.begin();
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    if (!tensors[i]) {
      bound.emplace_back();
      continue;
    }
    if (!chosen[i] && next != rest.end()) chosen[i] = *next++;
    if (!chosen[i])
      return Status::error(CNN_ERROR_MISMATCH,
                           "%s has no column for the network's input %s: %zu columns for %zu inputs",
                           dataset.source.c_str(), tensors[i]->name, dataset.columns.size(), tensors.size());
    if (chosen[i]->in_files() && chosen[i]->files.size() != static_cast<std::size_t>(dataset.count))
      return Status::error(CNN_ERROR_FORMAT, "%s: column %s has %zu files, expected %lld",
                           dataset.source.c_str(), chosen[i]->name.c_str(), chosen[i]->files.size(),
                           static_cast<long long>(dataset.count));
    if (!chosen[i]->in_files() &&
        chosen[i]->bytes.size() != static_cast<std::size_t>(dataset.count) * chosen[i]->sample_bytes())
      return Status::error(CNN_ERROR_FORMAT, "%s: column %s has %zu bytes, expected %lld samples of %zu",
                           dataset.source.c_str(), chosen[i]->name.c_str(), chosen[i]->bytes.size(),
                           static_cast<long long>(dataset.count), chosen[i]->sample_bytes());
    Result<BoundColumn> column =
        BoundColumn::make(dataset, *chosen[i], *tensors[i], i < resized.size() && resized[i]);
    if (!column) return std::move(column).error();
    bound.push_back(*std::move(column));
  }
  return bound;
}

std::vector<const cnn_tensor*> trainingInputs(const cnn_training& table) {
  std::vector<const cnn_tensor*> tensors;
  for (std::uint32_t i = 0; i < table.description->input_count; ++i)
    tensors.push_back(&table.description->inputs[i]);
  for (std::uint32_t i = 0; i < table.target_count; ++i) tensors.push_back(&table.targets[i]);
  return tensors;
}

Status BoundColumn::checkClasses(const std::string& file, std::span<const std::uint8_t> labels) const {
  for (std::uint8_t label : labels)
    if (classCount && label >= classCount && label != ignored)
      return Status::error(CNN_ERROR_FORMAT, "%s: label %d, but the network has the classes 0 to %lld",
                           file.c_str(), label, static_cast<long long>(classCount - 1));
  return {};
}

Status checkLabels(const cnn_training& table, const Dataset& dataset, std::span<BoundColumn> columns) {
  for (std::uint32_t l = 0; l < table.label_count; ++l) {
    const cnn_labels& labels = table.labels[l];
    BoundColumn& column = columns[labels.input];
    if (column.isEmpty()) continue; // drawn
    if (column.source().in_files()) {
      column.expectClasses(labels);
      continue;
    }
    std::int64_t values = column.source().elements();
    for (std::int64_t i = 0; i < dataset.count; ++i)
      for (std::int64_t at = 0; at < values; ++at) {
        std::int64_t label = wholeNumber(column.source().element, column.sample(i), at);
        if (label >= 0 && label < labels.classes) continue;
        if (labels.ignores && label == labels.ignored) continue;
        return Status::error(CNN_ERROR_FORMAT,
                             "%s: sample %lld has label %lld, but the network has the classes 0 to %d",
                             dataset.source.c_str(), static_cast<long long>(i), static_cast<long long>(label),
                             labels.classes - 1);
      }
  }
  return {};
}

Status checkFinite(const Dataset& dataset, std::span<const BoundColumn> columns) {
  for (const BoundColumn& bound : columns) {
    if (bound.isEmpty() || bound.source().element != CNN_F32) continue;
    const Column& column = bound.source();
    auto each = static_cast<std::uint64_t>(column.elements());
    std::int64_t first = -1, samples = 0;
    std::vector<float> values(each);
    for (std::int64_t i = 0; i < dataset.count; ++i) {
      std::memcpy(values.data(), bound.sample(i), each * sizeof(float));
      if (countNotFinite(values.data(), each) == 0) continue;
      if (first < 0) first = i;
      ++samples;
    }
    if (samples > 0)
      return Status::error(CNN_ERROR_FORMAT,
                           "%s: column %s: %lld of %lld samples hold NaN or infinite values, the first is "
                           "sample %lld: nothing can be learnt from these",
                           dataset.source.c_str(), column.name.c_str(), static_cast<long long>(samples),
                           static_cast<long long>(dataset.count), static_cast<long long>(first));
  }
  return {};
}

} // namespace cnn
