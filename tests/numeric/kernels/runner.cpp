//===- runner.cpp ------------------------------------------------------------------------------------===//

#include "runner.h"

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <dlfcn.h>
#include <fstream>
#include <stdexcept>
#include <unistd.h>

extern "C" void* cnn_scratch_allocate(void* context, size_t bytes) {
  auto* worker = static_cast<cnn_worker*>(context);
  uint64_t taken = (bytes + 63) / 64 * 64;
  if (worker->scratch_used + taken > worker->scratch_bytes) {
    std::fprintf(stderr, "kernel takes %zu more bytes of scratch than it said\n", bytes);
    std::abort();
  }
  void* pointer = worker->scratch + worker->scratch_used;
  worker->scratch_used += taken;
  return pointer;
}

extern "C" void cnn_scratch_free(void* context, void* pointer) {
  auto* worker = static_cast<cnn_worker*>(context);
  worker->scratch_used = static_cast<uint64_t>(static_cast<unsigned char*>(pointer) - worker->scratch);
}

// Named here so that the linker takes error_handlers.cpp into the program, where loaded kernels find it.
extern "C" int halide_error_host_is_null(void*, ...);
extern "C" int (*const kernelErrorHandlers)(void*, ...) = halide_error_host_is_null;

namespace cnn::test {

using kernel::Element;
using kernel::Range;

size_t bytesOf(Element element) {
  switch (element) {
  case Element::u8:
    return 1;
  case Element::i64:
    return 8;
  default:
    return 4;
  }
}

namespace {

int64_t product(const std::vector<int64_t>& shape) {
  int64_t result = 1;
  for (int64_t extent : shape) result *= extent;
  return result;
}

double get(const void* data, Element element, int64_t index) {
  switch (element) {
  case Element::f32:
    return static_cast<const float*>(data)[index];
  case Element::i32:
    return static_cast<const int32_t*>(data)[index];
  case Element::u8:
    return static_cast<const uint8_t*>(data)[index];
  case Element::i64:
    return static_cast<double>(static_cast<const int64_t*>(data)[index]);
  }
  return 0;
}

void put(void* data, Element element, int64_t index, double value) {
  switch (element) {
  case Element::f32:
    static_cast<float*>(data)[index] = static_cast<float>(value);
    break;
  case Element::i32:
    static_cast<int32_t*>(data)[index] = static_cast<int32_t>(value);
    break;
  case Element::u8:
    static_cast<uint8_t*>(data)[index] = static_cast<uint8_t>(value);
    break;
  case Element::i64:
    static_cast<int64_t*>(data)[index] = static_cast<int64_t>(value);
    break;
  }
}

/// Where logical element (image, channel, y, x) lies.
int64_t positionOf(const Tensor& t, int64_t n, int64_t channel, int64_t y, int64_t x) {
  int64_t perBlock = blockElements(t);
  if (t.layout == Layout::plain) return n * perBlock + (channel * t.shape[1] + y) * t.shape[2] + x;
  int64_t height = t.shape[1] + 2 * t.haloY, width = t.shape[2] + 2 * t.haloX;
  bool batch = t.layout == Layout::batchLanes;
  int64_t block = batch ? n / t.lanes : n, lane = batch ? n % t.lanes : channel % t.lanes;
  int64_t plane = batch ? channel : channel / t.lanes;
  return block * perBlock + ((plane * height + y + t.haloY) * width + x + t.haloX) * t.lanes + lane;
}

template <typename Visit> void forEach(const Tensor& t, int64_t images, Visit visit) {
  int64_t index = 0;
  for (int64_t n = 0; n < images; ++n) {
    for (int64_t channel = 0; channel < t.shape[0]; ++channel) {
      for (int64_t y = 0; y < t.shape[1]; ++y) {
        for (int64_t x = 0; x < t.shape[2]; ++x) visit(positionOf(t, n, channel, y, x), index++);
      }
    }
  }
}

std::string target;

} // namespace

Array::Array(std::vector<int64_t> shape, double value) : shape(shape), values(product(shape), value) {}

Array randomArray(std::vector<int64_t> shape, unsigned seed) {
  Array array(std::move(shape));
  std::mt19937 generator(seed);
  std::normal_distribution<float> normal;
  for (double& value : array.values) value = normal(generator);
  return array;
}

Buffer::Buffer(size_t bytes) : memory(bytes + 2 * guard + 64, 0xff), bytes(bytes) {
  start = guard + (64 - (reinterpret_cast<uintptr_t>(memory.data()) + guard) % 64) % 64;
}

bool Buffer::guardsIntact() const {
  for (size_t i = 0; i < memory.size(); ++i) {
    if ((i < start || i >= start + bytes) && memory[i] != 0xff) return false;
  }
  return true;
}

int64_t blocksOf(const Tensor& tensor, int64_t images) {
  return tensor.layout == Layout::batchLanes ? (images + tensor.lanes - 1) / tensor.lanes : images;
}

Buffer pack(const Tensor& tensor, const Array& array, double pad) {
  if (tensor.layout == Layout::plain) {
    Buffer buffer(array.values.size() * bytesOf(tensor.element));
    for (int64_t i = 0; i < array.size(); ++i) put(buffer.data(), tensor.element, i, array.values[i]);
    return buffer;
  }
  int64_t images = array.shape[0], blocks = blocksOf(tensor, images);
  Buffer buffer(blocks * blockElements(tensor) * bytesOf(tensor.element));
  std::memset(buffer.data(), 0, buffer.size());
  Tensor padded = tensor; // every lane, those past the last image and the pad channels included
  if (tensor.layout == Layout::channelLanes) {
    padded.shape[0] = (tensor.shape[0] + tensor.lanes - 1) / tensor.lanes * tensor.lanes;
  }
  int64_t lanesImages = tensor.layout == Layout::batchLanes ? blocks * tensor.lanes : images;
  forEach(padded, lanesImages, [&](int64_t at, int64_t) { put(buffer.data(), tensor.element, at, pad); });
  forEach(tensor, images,
          [&](int64_t at, int64_t i) { put(buffer.data(), tensor.element, at, array.values[i]); });
  return buffer;
}

Array unpack(const Tensor& tensor, const Buffer& buffer, int64_t images) {
  if (tensor.layout == Layout::plain && tensor.shape.size() != 3) {
    std::vector<int64_t> shape = tensor.shape;
    shape.insert(shape.begin(), images);
    Array array(shape);
    for (int64_t i = 0; i < array.size(); ++i) array.values[i] = get(buffer.data(), tensor.element, i);
    return array;
  }
  Array array({images, tensor.shape[0], tensor.shape[1], tensor.shape[2]});
  forEach(tensor, images,
          [&](int64_t at, int64_t i) { array.values[i] = get(buffer.data(), tensor.element, at); });
  return array;
}

Loaded::Loaded(const Kernel& kernel) : description(kernel) {
  std::string error;
  // With Halide's assertions on bounds and alignment, which call error_handlers.cpp.
  description.checked |= getenv("CNN_KERNELS_CHECKED") != nullptr;
  if (!compile(description, compiled, error)) throw std::runtime_error(error + "\n" + print(kernel));

  std::string folder = std::string(getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp") + "/cnnc-kernel-XXXXXX";
  if (!mkdtemp(folder.data())) throw std::runtime_error("cannot make a folder in the temporary folder");
  std::ofstream(folder + "/kernel.o", std::ios::binary)
      .write(compiled.object.data(), static_cast<std::streamsize>(compiled.object.size()));
  // The object's function has the signature that the convention says; a caller in C unpacks an array of
  // pointers.
  std::string parameters = "void*", arguments = "a[0]";
  size_t at = 1;
  auto pass = [&](const std::string& type, bool scalar) {
    parameters += ", " + type;
    std::string value = "a[" + std::to_string(at++) + "]";
    arguments += scalar ? ", *(" + type + "*)" + value : ", " + value;
  };
  for (size_t i = 0; i < kernel.inputs.size(); ++i) pass("void*", false);
  for (auto& scalar : kernel.scalars) {
    bool isFloat = scalar.type == kernel::ScalarType::f32;
    pass(isFloat ? "float" : scalar.type == kernel::ScalarType::u32 ? "unsigned" : "int", true);
  }
  if (description.range != kernel::Range::none) pass("int", true), pass("int", true);
  for (size_t i = 0; i < kernel.outputs.size(); ++i) pass("void*", false);
  std::ofstream(folder + "/caller.c")
      << "int " << compiled.symbol << "(" << parameters << ");\nint entry(void** a) "
      << "{ return " << compiled.symbol << "(" << arguments << "); }\n";
  std::string command = "cd " + folder + " && cc -O1 -fPIC -shared caller.c kernel.o -o kernel.so";
  int status = std::system(command.c_str());
  if (status == 0) library = dlopen((folder + "/kernel.so").c_str(), RTLD_NOW | RTLD_LOCAL);
  std::string message = library ? "" : dlerror();
  for (const char* name : {"/kernel.o", "/caller.c", "/kernel.so"}) unlink((folder + name).c_str());
  rmdir(folder.c_str());
  if (!library)
    throw std::runtime_error("cannot load the kernel's object: " + message + "\n" + print(kernel));
  entry = reinterpret_cast<int (*)(void**)>(dlsym(library, "entry"));
  scratch.resize(compiled.scratchBytes + 64);
}

Loaded::~Loaded() {
  if (library) dlclose(library);
}

namespace {

/// halide_buffer_t's fields, as HalideRuntime.h lays them out; kernels read `host` alone, checked ones all.
struct BufferDimension {
  int32_t min, extent, stride;
  uint32_t flags = 0;
};
struct BufferHeader {
  uint64_t device = 0;
  const void* deviceInterface = nullptr;
  void* host = nullptr;
  uint64_t flags = 0;
  uint8_t typeCode = 0, typeBits = 0;
  uint16_t typeLanes = 1;
  int32_t dimensions = 0;
  BufferDimension* dim = nullptr;
  void* padding = nullptr;
};

struct Described {
  BufferHeader header;
  std::vector<BufferDimension> dims;
};

Described describe(const Tensor& t, const void* host, int parts, int64_t count) {
  Described d;
  int32_t stride = 1;
  auto add = [&](int64_t min, int64_t extent) {
    d.dims.push_back({static_cast<int32_t>(min), static_cast<int32_t>(extent), stride});
    stride *= static_cast<int32_t>(extent);
  };
  if (t.layout == Layout::plain) {
    for (size_t i = t.shape.size(); i-- > 0;) add(0, t.shape[i]);
    if (t.shape.size() == 1 && count > 0) d.dims[0].extent = static_cast<int32_t>(count);
  } else {
    bool channels = t.layout == Layout::channelLanes;
    add(0, t.lanes);
    add(-t.haloX, t.shape[2] + 2 * t.haloX);
    add(-t.haloY, t.shape[1] + 2 * t.haloY);
    add(0, channels ? (t.shape[0] + t.lanes - 1) / t.lanes : t.shape[0]);
  }
  if (parts > 0) add(0, parts);
  d.header.host = const_cast<void*>(host);
  d.header.typeCode = t.element == Element::f32 ? 2 : t.element == Element::u8 ? 1 : 0;
  d.header.typeBits = static_cast<uint8_t>(8 * bytesOf(t.element));
  d.header.dimensions = static_cast<int32_t>(d.dims.size());
  return d;
}

} // namespace

void Loaded::repeat(int count, const std::vector<const void*>& inputs, const std::vector<void*>& outputs,
                    Range range) {
  times = count;
  call(inputs, {}, outputs, range);
  times = 1;
}

void Loaded::call(const std::vector<const void*>& inputs, const std::map<std::string, double>& scalars,
                  const std::vector<void*>& outputs, Range range) {
  auto scalarOr = [&](const char* name, double otherwise) {
    auto found = scalars.find(name);
    return found == scalars.end() ? otherwise : found->second;
  };
  int64_t count = static_cast<int64_t>(scalarOr("count", 0));
  int blocks = static_cast<int>(scalarOr("blocks", 0)), images = static_cast<int>(scalarOr("images", 0));
  std::vector<Described> buffers;
  auto parts = [&](const Tensor& t, bool isOutput, size_t index) {
    if (!isOutput && blocks > 0 && (t.layout == Layout::batchLanes || kernel::holdsParts(description, index)))
      return blocks;
    if (!isOutput && blocks == 0 && kernel::holdsParts(description, index)) return images;
    return isOutput && kernel::isStored(description, index) ? images : 0;
  };
  for (size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& t = description.inputs[i];
    buffers.push_back(describe(t, inputs[i], parts(t, false, i), count));
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    const Tensor& t = description.outputs[i];
    buffers.push_back(describe(t, outputs[i], parts(t, true, i), count));
  }
  for (Described& d : buffers) d.header.dim = d.dims.data();

  uintptr_t aligned = (reinterpret_cast<uintptr_t>(scratch.data()) + 63) / 64 * 64;
  cnn_worker worker{reinterpret_cast<unsigned char*>(aligned), compiled.scratchBytes, 0, 0, 0};
  std::vector<void*> arguments{&worker};
  for (size_t i = 0; i < inputs.size(); ++i) arguments.push_back(&buffers[i].header);
  union Number {
    int32_t i;
    uint32_t u;
    float f;
  };
  std::vector<Number> numbers(description.scalars.size());
  for (size_t i = 0; i < numbers.size(); ++i) {
    auto& scalar = description.scalars[i];
    double value = scalars.at(scalar.name);
    switch (scalar.type) {
    case kernel::ScalarType::i32:
      numbers[i].i = static_cast<int32_t>(value);
      break;
    case kernel::ScalarType::u32:
      numbers[i].u = static_cast<uint32_t>(value);
      break;
    case kernel::ScalarType::f32:
      numbers[i].f = static_cast<float>(value);
      break;
    }
    arguments.push_back(&numbers[i]);
  }
  if (description.range != kernel::Range::none)
    arguments.push_back(&range.min), arguments.push_back(&range.extent);
  for (size_t i = 0; i < outputs.size(); ++i) arguments.push_back(&buffers[inputs.size() + i].header);
  int status = 0;
  for (int i = 0; i < times && status == 0; ++i) status = entry(arguments.data());
  if (status != 0)
    throw std::runtime_error("the kernel returned " + std::to_string(status) + "\n" + print(description));
  if (worker.scratch_used != 0) throw std::runtime_error("the kernel did not free its scratch");
}

Tensor plain(std::vector<int64_t> shape, Element element) {
  return {element, Layout::plain, std::move(shape), 1, 0, 0};
}

Tensor batchLanes(int64_t channels, int64_t height, int64_t width, int halo, Element element) {
  return {element, Layout::batchLanes, {channels, height, width}, kernel::vectorLanes(currentTarget()), halo,
          halo};
}

Tensor channelLanes(int64_t channels, int64_t height, int64_t width, int halo) {
  return {Element::f32,
          Layout::channelLanes,
          {channels, height, width},
          kernel::vectorLanes(currentTarget()),
          halo,
          halo};
}

std::vector<std::string> testTargets() {
  std::vector<std::string> targets{kernel::hostTarget()};
  if (kernel::vectorLanes(targets[0]) == 16) targets.push_back("x86-64-linux-avx-avx2-f16c-fma-sse41");
  return targets;
}

void useTarget(const std::string& name) {
  target = name;
}

const std::string& currentTarget() {
  if (target.empty()) target = kernel::hostTarget();
  return target;
}

} // namespace cnn::test
