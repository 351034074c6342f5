// write_model FOLDER: net.onnx with its weights inside, beside.onnx with them in beside.data, image.npy for
// two samples, and expected.txt, the outputs as this program computes them, step by step in double.
#include <onnx/onnx_pb.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace {

using Values = std::vector<double>;
using Shape = std::vector<int64_t>;

/// Numbers without a pattern that a wrong order would keep.
Values numbers(size_t count, int seed, double low, double high) {
  Values values;
  for (size_t i = 0; i < count; ++i) {
    double share = static_cast<double>((i * 7919 + static_cast<size_t>(seed) * 104729) % 1009) / 1009;
    values.push_back(static_cast<double>(static_cast<float>(low + (high - low) * share)));
  }
  return values;
}

struct Weight {
  Shape shape;
  Values values;
};
const std::map<std::string, Weight> weights = {
    {"stem.weight", {{4, 3, 3, 3}, numbers(108, 1, -0.4, 0.4)}},
    {"stem.bias", {{4}, numbers(4, 2, -0.2, 0.2)}},
    {"norm.weight", {{4}, numbers(4, 3, 0.5, 1.5)}},
    {"norm.bias", {{4}, numbers(4, 4, -0.3, 0.3)}},
    {"norm.running_mean", {{4}, numbers(4, 5, -0.2, 0.2)}},
    {"norm.running_var", {{4}, numbers(4, 6, 0.5, 2)}},
    {"side.weight", {{4, 4, 1, 1}, numbers(16, 7, -0.5, 0.5)}},
    {"onnx::MatMul_9", {{128, 5}, numbers(640, 8, -0.1, 0.1)}},
    {"bias", {{5}, numbers(5, 9, -0.5, 0.5)}},
};
const Values& of(const char* name) {
  return weights.at(name).values;
}

onnx::NodeProto& node(onnx::GraphProto& graph, const char* op, std::vector<std::string> inputs,
                      const std::string& output) {
  onnx::NodeProto& added = *graph.add_node();
  added.set_op_type(op);
  for (const std::string& input : inputs) added.add_input(input);
  added.add_output(output);
  return added;
}

void attribute(onnx::NodeProto& node, const char* name, int64_t number) {
  onnx::AttributeProto& added = *node.add_attribute();
  added.set_name(name);
  added.set_type(onnx::AttributeProto::INT);
  added.set_i(number);
}

void attribute(onnx::NodeProto& node, const char* name, const Shape& numbers) {
  onnx::AttributeProto& added = *node.add_attribute();
  added.set_name(name);
  added.set_type(onnx::AttributeProto::INTS);
  for (int64_t number : numbers) added.add_ints(number);
}

void window(onnx::NodeProto& node, int64_t kernel, int64_t stride, int64_t pad) {
  attribute(node, "kernel_shape", Shape{kernel, kernel});
  attribute(node, "strides", Shape{stride, stride});
  attribute(node, "pads", Shape{pad, pad, pad, pad});
}

onnx::ModelProto model() {
  onnx::ModelProto model;
  model.set_ir_version(8);
  model.set_producer_name("a test");
  model.add_opset_import()->set_version(17);
  onnx::GraphProto& graph = *model.mutable_graph();
  onnx::ValueInfoProto& input = *graph.add_input();
  input.set_name("image");
  input.mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::FLOAT);
  auto& shape = *input.mutable_type()->mutable_tensor_type()->mutable_shape();
  shape.add_dim()->set_dim_param("batch");
  for (int64_t extent : {3, 8, 8}) shape.add_dim()->set_dim_value(extent);
  graph.add_output()->set_name("output");
  window(node(graph, "Conv", {"image", "stem.weight", "stem.bias"}, "a"), 3, 1, 1);
  node(graph, "BatchNormalization",
       {"a", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"}, "b");
  node(graph, "Relu", {"b"}, "c");
  window(node(graph, "Conv", {"c", "side.weight"}, "d"), 1, 1, 0);
  node(graph, "Add", {"d", "c"}, "e");
  window(node(graph, "MaxPool", {"e"}, "f"), 2, 2, 0);
  window(node(graph, "AveragePool", {"e"}, "g"), 2, 2, 0);
  attribute(node(graph, "Concat", {"f", "g"}, "h"), "axis", 1);
  node(graph, "Flatten", {"h"}, "i");
  node(graph, "MatMul", {"i", "onnx::MatMul_9"}, "j");
  node(graph, "Add", {"bias", "j"}, "k");
  attribute(node(graph, "Softmax", {"k"}, "output"), "axis", 1);
  return model;
}

/// The outputs of one image [3, 8, 8].
Values compute(const double* image) {
  Values c(4 * 64), e(4 * 64), features, scores;
  for (int o = 0; o < 4; ++o)
    for (int y = 0; y < 8; ++y)
      for (int x = 0; x < 8; ++x) {
        double sum = of("stem.bias")[o];
        for (int i = 0; i < 3; ++i)
          for (int ky = 0; ky < 3; ++ky)
            for (int kx = 0; kx < 3; ++kx) {
              int iy = y + ky - 1, ix = x + kx - 1;
              if (iy < 0 || iy > 7 || ix < 0 || ix > 7) continue;
              sum += image[(i * 8 + iy) * 8 + ix] * of("stem.weight")[((o * 3 + i) * 3 + ky) * 3 + kx];
            }
        double scaled = (sum - of("norm.running_mean")[o]) / std::sqrt(of("norm.running_var")[o] + 1e-5);
        c[(o * 8 + y) * 8 + x] = std::max(0.0, scaled * of("norm.weight")[o] + of("norm.bias")[o]);
      }
  for (int o = 0; o < 4; ++o)
    for (int p = 0; p < 64; ++p) {
      e[o * 64 + p] = c[o * 64 + p];
      for (int i = 0; i < 4; ++i) e[o * 64 + p] += c[i * 64 + p] * of("side.weight")[o * 4 + i];
    }
  for (bool mean : {false, true})
    for (int o = 0; o < 4; ++o)
      for (int y = 0; y < 8; y += 2)
        for (int x = 0; x < 8; x += 2) {
          const double* at = &e[(o * 8 + y) * 8 + x];
          features.push_back(mean ? (at[0] + at[1] + at[8] + at[9]) / 4
                                  : std::max(std::max(at[0], at[1]), std::max(at[8], at[9])));
        }
  double total = 0;
  for (int o = 0; o < 5; ++o) {
    double score = of("bias")[o];
    for (int i = 0; i < 128; ++i) score += features[i] * of("onnx::MatMul_9")[i * 5 + o];
    scores.push_back(std::exp(score));
    total += scores.back();
  }
  for (double& score : scores) score /= total;
  return scores;
}

std::string bytesOf(const Values& values) {
  std::vector<float> floats(values.begin(), values.end());
  return {reinterpret_cast<const char*>(floats.data()), floats.size() * sizeof(float)};
}

} // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  std::string folder = std::string(arguments[1]) + "/";
  onnx::ModelProto inside = model(), beside = model();
  std::string data;
  for (auto& [name, weight] : weights) {
    for (onnx::ModelProto* to : {&inside, &beside}) {
      onnx::TensorProto& tensor = *to->mutable_graph()->add_initializer();
      tensor.set_name(name);
      tensor.set_data_type(onnx::TensorProto::FLOAT);
      for (int64_t extent : weight.shape) tensor.add_dims(extent);
      if (to == &inside) {
        tensor.set_raw_data(bytesOf(weight.values));
        continue;
      }
      tensor.set_data_location(onnx::TensorProto::EXTERNAL);
      auto entry = [&](const char* key, const std::string& value) {
        onnx::StringStringEntryProto& added = *tensor.add_external_data();
        added.set_key(key);
        added.set_value(value);
      };
      entry("location", "beside.data");
      entry("offset", std::to_string(data.size()));
      data += bytesOf(weight.values);
    }
  }
  std::ofstream net(folder + "net.onnx", std::ios::binary), other(folder + "beside.onnx", std::ios::binary);
  inside.SerializeToOstream(&net);
  beside.SerializeToOstream(&other);
  std::ofstream(folder + "beside.data", std::ios::binary) << data;

  Values images = numbers(2 * 192, 10, -1, 1);
  std::string header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, 8, 8), }";
  header += std::string(63 - (header.size() + 10) % 64, ' ') + "\n";
  std::ofstream image(folder + "image.npy", std::ios::binary);
  image << std::string("\x93NUMPY\x01\x00", 8) << static_cast<char>(header.size()) << '\0' << header
        << bytesOf(images);
  std::FILE* expected = std::fopen((folder + "expected.txt").c_str(), "w");
  for (int n = 0; n < 2; ++n)
    for (double share : compute(&images[static_cast<size_t>(n) * 192]))
      std::fprintf(expected, "%.9f\n", share);
  std::fclose(expected);
  return net && other && image ? 0 : 1;
}
