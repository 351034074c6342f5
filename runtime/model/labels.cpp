#include "labels.h"

#include <cstdio>
#include <cstring>

namespace cnn {
namespace {

template <class Label> Label at(const void* values, int64_t index) {
  Label label;
  memcpy(&label, static_cast<const unsigned char*>(values) + index * static_cast<int64_t>(sizeof label),
         sizeof label);
  return label;
}

bool isClass(const cnn_labels& labels, int32_t label) {
  return (label >= 0 && label < labels.classes) || (labels.ignores && label == labels.ignored);
}

// Blocks without an exit in their middle, which the compiler turns into vector code: most labels are right.
template <class Label> int64_t firstWrong(const cnn_labels& labels, const void* values, int64_t count) {
  constexpr int64_t block = 1024;
  for (int64_t begin = 0; begin < count; begin += block) {
    int64_t end = count - begin < block ? count : begin + block;
    bool wrong = false;
    for (int64_t i = begin; i < end; ++i) wrong |= !isClass(labels, at<Label>(values, i));
    for (int64_t i = begin; wrong && i < end; ++i)
      if (!isClass(labels, at<Label>(values, i))) return i;
  }
  return -1;
}

} // namespace

int32_t labelAt(const cnn_tensor& tensor, const void* values, int64_t index) {
  return tensor.element == CNN_U8 ? at<uint8_t>(values, index) : at<int32_t>(values, index);
}

int64_t firstNoClass(const cnn_labels& labels, const cnn_tensor& tensor, const void* values, int64_t count) {
  return tensor.element == CNN_U8 ? firstWrong<uint8_t>(labels, values, count)
                                  : firstWrong<int32_t>(labels, values, count);
}

int32_t checkLabels(cnn_model* model, const cnn_training& table, const void* const* inputs, int64_t batch) {
  const cnn_description& description = *model->description;
  for (uint32_t l = 0; l < table.label_count; ++l) {
    const cnn_labels& labels = table.labels[l];
    bool own = labels.input < description.input_count;
    const cnn_tensor& tensor =
        own ? description.inputs[labels.input] : table.targets[labels.input - description.input_count];
    int64_t each = sampleElements(tensor);
    int64_t wrong = firstNoClass(labels, tensor, inputs[labels.input], each * batch);
    if (wrong < 0) continue;
    char ignored[40] = "", pixel[40] = "";
    if (labels.ignores) snprintf(ignored, sizeof ignored, ", or %d, which does not count", labels.ignored);
    if (each > 1) snprintf(pixel, sizeof pixel, ", value %lld", (long long)(wrong % each));
    return model->fail(CNN_ERROR_ARGUMENT, "%s: sample %lld%s is %d, but the classes are 0 to %d%s",
                       tensor.name, (long long)(wrong / each), pixel,
                       labelAt(tensor, inputs[labels.input], wrong), labels.classes - 1, ignored);
  }
  return CNN_OK;
}

} // namespace cnn
