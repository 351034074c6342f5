// Weights in files beside a model: what a stranger's model says of places and sizes is held against what is
// there.
#include "onnx_to_dsl/onnx_graph.h"

#include <onnx/onnx_pb.h>

#include <catch2/catch.hpp>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace cnn::onnx_import;
namespace fs = std::filesystem;

namespace {

/// A folder with model.onnx, w.bin (64 zeros, then the floats 0 to 35), and other things that a location may
/// name; outside.bin lies beside the folder.
struct Folder {
  fs::path path = fs::temp_directory_path() / ("cnnc_external_data_" + std::to_string(getpid()));
  fs::path model = path / "here" / "model.onnx";

  Folder() {
    fs::remove_all(path);
    fs::create_directories(path / "here" / "below");
    std::string bytes(64, '\0');
    for (int i = 0; i < 36; ++i) {
      auto number = static_cast<float>(i);
      bytes.append(reinterpret_cast<const char*>(&number), sizeof(number));
    }
    for (const char* place : {"here/w.bin", "here/below/w.bin", "outside.bin"})
      std::ofstream(path / place, std::ios::binary) << bytes;
    std::ofstream(model) << "";
    fs::create_symlink("../outside.bin", path / "here" / "out.bin");
    fs::create_symlink("w.bin", path / "here" / "in.bin");
    mkfifo((path / "here" / "pipe").c_str(), 0600);
  }
  ~Folder() { fs::remove_all(path); }
};

using Entries = std::vector<std::pair<std::string, std::string>>;

Constant read(const fs::path& model, const Entries& entries, std::vector<int64_t> shape = {4, 1, 3, 3}) {
  onnx::ModelProto proto;
  proto.set_ir_version(8);
  proto.add_opset_import()->set_version(17);
  onnx::NodeProto& node = *proto.mutable_graph()->add_node();
  node.set_op_type("Conv");
  for (const char* input : {"x", "w"}) node.add_input(input);
  node.add_output("y");
  proto.mutable_graph()->add_input()->set_name("x");
  proto.mutable_graph()->add_output()->set_name("y");
  onnx::TensorProto& tensor = *proto.mutable_graph()->add_initializer();
  tensor.set_name("w");
  tensor.set_data_type(onnx::TensorProto::FLOAT);
  for (int64_t extent : shape) tensor.add_dims(extent);
  tensor.set_data_location(onnx::TensorProto::EXTERNAL);
  for (auto& [key, value] : entries) {
    onnx::StringStringEntryProto& entry = *tensor.add_external_data();
    entry.set_key(key);
    entry.set_value(value);
  }
  Graph graph;
  std::string error;
  REQUIRE(parseOnnx(proto.SerializeAsString(), model.string(), graph, error));
  return graph.constants.at("w");
}

} // namespace

TEST_CASE("weights are read from files beside the model and below") {
  Folder folder;
  for (const char* place : {"w.bin", "./w.bin", "below/w.bin", "below/../w.bin", "in.bin"}) {
    Constant weights = read(folder.model, {{"location", place}, {"offset", "64"}, {"length", "144"}});
    CHECK(weights.problem == "");
    REQUIRE(weights.floats.size() == 36);
    CHECK(weights.floats[35] == 35);
  }
  // A store of downloads has links to files of other names in one folder.
  fs::create_directory(folder.path / "links");
  fs::create_symlink("../here/model.onnx", folder.path / "links" / "model.onnx");
  fs::create_symlink("../here/w.bin", folder.path / "links" / "w.bin");
  CHECK(read(folder.path / "links" / "model.onnx", {{"location", "w.bin"}, {"offset", "64"}}).problem == "");
}

TEST_CASE("weights outside of the model's folder are refused") {
  Folder folder;
  auto problem = [&](const std::string& location) {
    return read(folder.model, {{"location", location}, {"offset", "64"}}).problem;
  };
  std::string absolute = (folder.path / "outside.bin").string();
  for (const std::string& place :
       {std::string("../outside.bin"), std::string("below/../../outside.bin"), std::string("out.bin"),
        absolute, std::string(""), std::string("w.bin\0.txt", 10)})
    CHECK(problem(place) ==
          "tensor w: weights in '" + printable(place) + "': expected a file beside the model");
  for (const char* place : {"pipe", "below"})
    CHECK(problem(place) == "tensor w: weights in '" + std::string(place) + "': expected a regular file");
  CHECK(problem("none.bin") == "tensor w: weights in 'none.bin': No such file or directory");
}

TEST_CASE("places and sizes that the file does not have are refused before memory is taken") {
  Folder folder;
  auto problem = [&](Entries entries, std::vector<int64_t> shape = {4, 1, 3, 3}) {
    entries.insert(entries.begin(), {"location", "w.bin"});
    return read(folder.model, entries, std::move(shape)).problem;
  };
  for (const char* number : {"0x40", "-1", "", " 64", "64 ", "6.4e1", "99999999999999999999999"})
    CHECK(problem({{"offset", number}}) ==
          "tensor w: external data: offset: expected a whole number, found '" + std::string(number) + "'");
  CHECK(problem({{"offset", "64"}, {"length", "-1"}}) ==
        "tensor w: external data: length: expected a whole number, found '-1'");
  CHECK(problem({{"offset", "64"}, {"offset", "0"}}) == "tensor w: external data: offset is given twice");
  CHECK(problem({{"offset", "65"}}) == "tensor w: expected 144 bytes from 65 on in 'w.bin', which has 208");
  CHECK(problem({{"offset", "18446744073709551615"}}) ==
        "tensor w: expected 144 bytes from 18446744073709551615 on in 'w.bin', which has 208");
  for (const char* length : {"10", "99999999999"})
    CHECK(problem({{"offset", "64"}, {"length", length}}) ==
          "tensor w: expected 144 bytes in 'w.bin', the tensor's length, found " + std::string(length));
  CHECK(problem({}, {int64_t{1} << 31}) ==
        "tensor w: expected 8589934592 bytes from 0 on in 'w.bin', which has 208");
  CHECK(problem({}, {int64_t{1} << 40, 1 << 30}) ==
        "tensor w: expected a possible shape, found an extent of 1073741824");
  CHECK(problem({}, {-1}) == "tensor w: expected a possible shape, found an extent of -1");
}
