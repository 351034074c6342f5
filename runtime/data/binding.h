// Which column of a data set feeds which input of a network, and how its values become that input's.
#ifndef CNN_DATA_BINDING_H
#define CNN_DATA_BINDING_H

#include "../image/resize.h"

#include <cnn/data.hpp>

#include <array>
#include <span>

namespace cnn {

class BoundColumn {
public:
  /// Checks element types and shapes; `dataset` must stay where it is. With `resized` height and width may be
  /// any.
  static Result<BoundColumn> make(const Dataset& dataset, const Column& column, const cnn_tensor& tensor,
                                  bool resized = false);

  /// Fed by no column: what a train section draws.
  bool isEmpty() const { return !column; }
  const Column& source() const { return *column; }
  const cnn_tensor& tensor() const { return *target; }
  /// Of one sample of the input.
  std::size_t bytes() const;
  /// The form of one sample; height and width are 0 where the pictures are in files.
  const Picture& picture() const { return form; }
  /// One sample of the input's size in the source's elements to the input's: u8 pictures to f32 by value /
  /// 255 and normalisation, labels to i32.
  void convert(const std::uint8_t* from, std::uint8_t* to) const { convert(from, to, count); }
  void convert(const std::uint8_t* from, std::uint8_t* to, std::int64_t values) const;
  /// The labels that may be in it, which checkLabels finds out.
  void expectClasses(const cnn_labels& labels) {
    ignored = labels.ignores ? labels.ignored : -1;
    classCount = labels.classes;
  }
  /// Whether the labels read from `file` are among those; nothing is checked where none were expected.
  Status checkClasses(const std::string& file, std::span<const std::uint8_t> labels) const;
  const std::uint8_t* sample(std::int64_t index) const {
    return column->bytes.data() + static_cast<std::size_t>(index) * column->sample_bytes();
  }

private:
  const Column* column = nullptr;
  const cnn_tensor* target = nullptr;
  Picture form;
  std::int64_t count = 0;                     // of the input's elements
  std::int64_t classCount = 0, ignored = -1;  // 0: not known
  std::vector<std::array<float, 256>> tables; // by channel, for u8 to f32
  std::vector<float> mean, deviation;         // by channel, for f32 to f32; empty: none
};

/// For each tensor a column, for null an empty one: the one of its name; where there is none, the next column
/// without a namesake. Errors name the data set, the input, expected and found. `resized`: for each tensor,
/// or empty.
Result<std::vector<BoundColumn>> bindColumns(const Dataset& dataset,
                                             std::span<const cnn_tensor* const> tensors,
                                             const std::vector<bool>& resized = {});

/// The description's inputs, then the train section's targets.
std::vector<const cnn_tensor*> trainingInputs(const cnn_training& table);

/// Every label that a loss or a metric reads must be below the number of classes, or one that does
/// not count. Labels in files are checked whenever they are read.
Status checkLabels(const cnn_training& table, const Dataset& dataset, std::span<BoundColumn> columns);

/// No number that a column gives to training may be NaN or infinite.
Status checkFinite(const Dataset& dataset, std::span<const BoundColumn> columns);

} // namespace cnn
#endif
