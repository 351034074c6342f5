//===- operator_table.cpp - What ONNX says of each operator that is known ----------------------------===//

#include "operator_table.h"

#include "onnx_names.h"
#include "operators.h"

#include <algorithm>
#include <limits>

namespace cnn::onnx_import {
namespace {

constexpr InputKind moved = InputKind::moved, constant = InputKind::constant;
constexpr bool optional = true, required = true;
const std::vector<int64_t> none;

constexpr int64_t whole(int64_t number) {
  return number;
}

Sets since(int64_t set) {
  return {set, newestSet};
}
Sets until(int64_t set) {
  return {oldestSet, set};
}

std::vector<AttributeSchema> window(std::vector<AttributeSchema> more) {
  std::vector<AttributeSchema> all = {
      {"auto_pad", "NOTSET"}, {"kernel_shape", none}, {"pads", none}, {"strides", none}};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

OperatorSchema arithmetic(const char* name) {
  return {.name = name,
          .inputs = {{"A"}, {"B"}},
          .translate = translateArithmetic,
          .fold = foldArithmetic,
          .channelsLast = true};
}

OperatorSchema extreme(const char* name) {
  return {.name = name,
          .inputs = {{"data_0"}},
          .translate = translateExtreme,
          .channelsLast = true,
          .variadicInputs = true};
}

/// What onnx_names.def says.
OperatorSchema named(const OnnxName& row) {
  OperatorSchema schema = {.name = row.name,
                           .inputs = {{row.input}},
                           .translate = translateNamed,
                           .channelsLast = true,
                           .word = row.word,
                           .since = row.since,
                           .row = &row};
  for (const OnnxArgument& argument : row.arguments)
    if (*argument.attribute) schema.attributes.push_back({argument.attribute, argument.otherwise});
  return schema;
}

std::vector<OperatorSchema> makeTable() {
  std::vector<OperatorSchema> table = {
      arithmetic("Add"),
      {.name = "AveragePool",
       .inputs = {{"X"}},
       .attributes = window({{"ceil_mode", whole(0), since(10)},
                             {"count_include_pad", whole(0)},
                             {"dilations", none, since(19)}}),
       .translate = translatePool},
      {.name = "BatchNormalization",
       .inputs = {{"X"}, {"scale", constant}, {"B", constant}, {"mean", constant}, {"var", constant}},
       .attributes = {{"epsilon", 1e-5f},
                      {"momentum", 0.9f},
                      {"spatial", whole(1), until(8)},
                      {"training_mode", whole(0), since(14)}},
       .translate = translateBatchNorm,
       .outputs = 5},
      {.name = "Cast",
       .inputs = {{"input", moved}},
       .attributes = {{"to", whole(0), {}, required},
                      {"saturate", whole(1), since(19)},
                      {"round_mode", "up", since(24)}},
       .translate = translateCast,
       .fold = foldCast,
       .channelsLast = true},
      {.name = "Clip",
       .inputs = {{"input"}, {"min", constant, optional, since(11)}, {"max", constant, optional, since(11)}},
       .attributes = {{"min", -std::numeric_limits<float>::max(), until(10)},
                      {"max", std::numeric_limits<float>::max(), until(10)}},
       .translate = translateClip,
       .channelsLast = true},
      {.name = "Concat",
       .inputs = {{"inputs", moved}},
       .attributes = {{"axis", whole(0), {}, required}},
       .translate = translateConcat,
       .fold = foldConcat,
       .channelsLast = true,
       .variadicInputs = true},
      {.name = "Conv",
       .inputs = {{"X"}, {"W", constant}, {"B", constant, optional}},
       .attributes = window({{"dilations", none}, {"group", whole(1)}}),
       .translate = translateConv},
      {.name = "ConvTranspose",
       .inputs = {{"X"}, {"W", constant}, {"B", constant, optional}},
       .attributes = window(
           {{"dilations", none}, {"group", whole(1)}, {"output_padding", none}, {"output_shape", none}}),
       .translate = translateConv},
      arithmetic("Div"),
      {.name = "Dropout",
       .inputs = {{"data"},
                  {"ratio", constant, optional, since(12)},
                  {"training_mode", constant, optional, since(12)}},
       .attributes = {{"ratio", 0.5f, until(11)}, {"seed", whole(0), since(12)}},
       .translate = translateDropout,
       .channelsLast = true,
       .outputs = 2},
      {.name = "Erf", .inputs = {{"input"}}, .translate = translateErf, .channelsLast = true, .since = 9},
      {.name = "Flatten",
       .inputs = {{"input", moved}},
       .attributes = {{"axis", whole(1)}},
       .translate = translateFlatten},
      {.name = "Gather",
       .inputs = {{"data", constant}, {"indices", constant}},
       .attributes = {{"axis", whole(0)}},
       .fold = foldGather},
      {.name = "Gelu",
       .inputs = {{"X"}},
       .attributes = {{"approximate", "none"}},
       .translate = translateGelu,
       .channelsLast = true,
       .since = 20},
      {.name = "Gemm",
       .inputs =
           {{"A"}, {"B", constant}, {"C", constant, optional, since(11)}, {"C", constant, false, until(10)}},
       .attributes = {{"alpha", 1.0f}, {"beta", 1.0f}, {"transA", whole(0)}, {"transB", whole(0)}},
       .translate = translateGemm},
      {.name = "GlobalAveragePool", .inputs = {{"X"}}, .translate = translateGlobalAveragePool},
      {.name = "HardSigmoid",
       .inputs = {{"X"}},
       .attributes = {{"alpha", 0.2f}, {"beta", 0.5f}},
       .translate = translateHardSigmoid,
       .channelsLast = true},
      {.name = "Identity",
       .inputs = {{"input", moved}},
       .translate = translatePlain,
       .fold = foldSame,
       .channelsLast = true,
       .word = "identity"},
      {.name = "LayerNormalization",
       .inputs = {{"X"}, {"Scale", constant}, {"B", constant, optional}},
       .attributes = {{"axis", whole(-1)}, {"epsilon", 1e-5f}, {"stash_type", whole(1)}},
       .translate = translateLayerNorm,
       .channelsLast = true,
       .since = 17,
       .outputs = 3},
      {.name = "LogSoftmax",
       .inputs = {{"input"}},
       .attributes = {{"axis", whole(1), until(12)}, {"axis", whole(-1), since(13)}},
       .translate = translateSoftmax,
       .channelsLast = true,
       .word = "log_softmax"},
      {.name = "MatMul",
       .inputs = {{"A"}, {"B", constant}},
       .translate = translateMatMul,
       .channelsLast = true},
      {.name = "MaxPool",
       .inputs = {{"X"}},
       .attributes = window({{"ceil_mode", whole(0), since(10)},
                             {"dilations", none, since(10)},
                             {"storage_order", whole(0), since(8)}}),
       .translate = translatePool,
       .outputs = 2},
      extreme("Max"),
      extreme("Min"),
      arithmetic("Mul"),
      {.name = "Pow", .inputs = {{"X"}, {"Y", constant}}, .translate = translatePow, .channelsLast = true},
      {.name = "ReduceMean",
       .inputs = {{"data"}, {"axes", constant, optional, since(18)}},
       .attributes = {{"axes", none, until(17)},
                      {"keepdims", whole(1)},
                      {"noop_with_empty_axes", whole(0), since(18)}},
       .translate = translateReduceMean},
      {.name = "Reshape",
       .inputs = {{"data", moved}, {"shape", constant}},
       .attributes = {{"allowzero", whole(0), since(14)}},
       .translate = translateReshape,
       .fold = foldReshape},
      {.name = "Shape",
       .inputs = {{"data", moved}},
       .attributes = {{"start", whole(0), since(15)}, {"end", whole(INT64_MAX), since(15)}},
       .translate = foldShape,
       .fold = foldShape,
       .channelsLast = true},
      {.name = "Sigmoid",
       .inputs = {{"X"}},
       .translate = translateSigmoid,
       .channelsLast = true,
       .word = "sigmoid"},
      {.name = "Slice",
       .inputs = {{"data", moved},
                  {"starts", constant, false, since(10)},
                  {"ends", constant, false, since(10)},
                  {"axes", constant, optional, since(10)},
                  {"steps", constant, optional, since(10)}},
       .attributes = {{"starts", none, until(9), required},
                      {"ends", none, until(9), required},
                      {"axes", none, until(9)}},
       .translate = translateSlice,
       .fold = foldSlice,
       .channelsLast = true},
      {.name = "Softmax",
       .inputs = {{"input"}},
       .attributes = {{"axis", whole(1), until(12)}, {"axis", whole(-1), since(13)}},
       .translate = translateSoftmax,
       .channelsLast = true,
       .word = "softmax"},
      {.name = "Split",
       .inputs = {{"input", moved}, {"split", constant, optional, since(13)}},
       .attributes = {{"axis", whole(0)}, {"split", none, until(12)}, {"num_outputs", whole(0), since(18)}},
       .translate = translateSplit,
       .channelsLast = true,
       .variadicOutputs = true},
      {.name = "Squeeze",
       .inputs = {{"data", constant}, {"axes", constant, optional, since(13)}},
       .attributes = {{"axes", none, until(12)}},
       .fold = foldUnsqueeze},
      arithmetic("Sub"),
      {.name = "Transpose",
       .inputs = {{"data", moved}},
       .attributes = {{"perm", none}},
       .translate = translateTranspose,
       .fold = foldTranspose,
       .channelsLast = true},
      {.name = "Unsqueeze",
       .inputs = {{"data", constant}, {"axes", constant, false, since(13)}},
       .attributes = {{"axes", none, until(12), required}},
       .fold = foldUnsqueeze},
  };
  for (const OnnxName& row : onnxPointwise()) table.push_back(named(row));
  return table;
}

} // namespace

std::span<const OperatorSchema> allOperators() {
  static const std::vector<OperatorSchema> table = makeTable();
  return table;
}

const OperatorSchema* findOperator(const std::string& name) {
  auto found = std::ranges::find(allOperators(), name, &OperatorSchema::name);
  return found == allOperators().end() ? nullptr : &*found;
}

} // namespace cnn::onnx_import
