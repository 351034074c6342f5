// The C API of a model as a C++ class. Header only; a generated name.hpp derives its Model from this one.
#ifndef CNN_MODEL_HPP
#define CNN_MODEL_HPP

#include <cnn/cxx20.hpp>
#ifdef CNN_CXX20

#include <cnn/result.hpp>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <span>

namespace cnn {

class Model;

/// As cnn_options.
struct Options {
  std::int64_t max_batch = 1;
  int threads = 0;
  const Model* share = nullptr;
};

/// Dense row-major values, the batch dimension first.
struct Input {
  const void* data;
  std::size_t elements;
  int element; // enum cnn_element

  Input(std::span<const float> values) : data(values.data()), elements(values.size()), element(CNN_F32) {}
  Input(std::span<const std::int32_t> values)
      : data(values.data()), elements(values.size()), element(CNN_I32) {}
  Input(std::span<const std::uint8_t> values)
      : data(values.data()), elements(values.size()), element(CNN_U8) {}
  Input(std::span<const std::int64_t> values)
      : data(values.data()), elements(values.size()), element(CNN_I64) {}
  /// One that training draws.
  Input(std::nullptr_t) : data(nullptr), elements(0), element(-1) {}
};

struct Output {
  void* data;
  std::size_t elements;
  int element;

  Output(std::span<float> values) : data(values.data()), elements(values.size()), element(CNN_F32) {}
  Output(std::span<std::int32_t> values) : data(values.data()), elements(values.size()), element(CNN_I32) {}
  Output(std::span<std::uint8_t> values) : data(values.data()), elements(values.size()), element(CNN_U8) {}
  Output(std::span<std::int64_t> values) : data(values.data()), elements(values.size()), element(CNN_I64) {}
};

/// Tensors that one call may pass in each direction.
inline constexpr std::size_t max_tensors = 64;

/// Finds the batch size from the lengths of `given` and checks them all against the tables. `batch` is 0
/// before the first call. `what`: "input", "output" or "target".
template <class Given>
Status bind_tensors(std::span<const Given> given, const cnn_tensor* tensors, std::size_t count,
                    const char* what, std::int64_t& batch) {
  constexpr const char* types[] = {"f32", "i32", "u8", "i64"};
  if (given.size() != count)
    return Status::error(CNN_ERROR_ARGUMENT, "expected %zu %ss, found %zu", count, what, given.size());
  for (std::size_t i = 0; i < count; ++i) {
    if (given[i].element < 0) continue;
    const cnn_tensor& tensor = tensors[i];
    std::int64_t sample = 1;
    bool free = false;
    for (std::int32_t d = 0; d < tensor.rank; ++d)
      tensor.shape[d] < 0 ? void(free = true) : void(sample *= tensor.shape[d]);
    if (given[i].element != tensor.element)
      return Status::error(CNN_ERROR_ARGUMENT, "%s %s: expected %s values, found %s", what, tensor.name,
                           types[tensor.element & 3], types[given[i].element & 3]);
    auto elements = static_cast<std::int64_t>(given[i].elements);
    if (free && batch == 0 && elements > 0 && elements % sample == 0) batch = elements / sample;
    if (elements == 0 || elements != sample * (free ? batch : 1))
      return free && batch > 0 && elements % sample == 0
                 ? Status::error(CNN_ERROR_ARGUMENT,
                                 "%s %s: expected %lld values for a batch of %lld, found %lld", what,
                                 tensor.name, static_cast<long long>(sample * batch),
                                 static_cast<long long>(batch), static_cast<long long>(elements))
                 : Status::error(CNN_ERROR_ARGUMENT, "%s %s: expected %s%lld values, found %lld", what,
                                 tensor.name, free ? "a multiple of " : "", static_cast<long long>(sample),
                                 static_cast<long long>(elements));
  }
  return {};
}

/// Owns a cnn_model. No method allocates or throws but create, load, save and reserve.
class Model {
public:
  explicit Model(cnn_model* owned) : owner(owned) {}

  /// Derived is the generated class, constructible from cnn_model*.
  template <class Derived = Model>
  static Result<Derived> create(const cnn_inference& inference, const Options& options) {
    cnn_options plain{};
    plain.max_batch = options.max_batch;
    plain.threads = options.threads;
    plain.share = options.share ? options.share->handle() : nullptr;
    char message[1024];
    cnn_model* model;
    if (int code = cnn_model_create(&inference, &plain, &model, message, sizeof(message)))
      return Status::error(code, "%s", message);
    return Derived(model);
  }

  /// Null after a move from this model; every call that gives a Status then fails with CNN_ERROR_ARGUMENT.
  cnn_model* handle() const { return owner.get(); }
  const cnn_description& description() const { return *cnn_model_description(handle()); }
  int threads() const { return cnn_model_threads(handle()); }
  std::int64_t max_batch() const { return cnn_model_max_batch(handle()); }

  Status reserve(std::int64_t max_batch) { return check(cnn_model_reserve(handle(), max_batch)); }
  Status initialise(std::uint64_t seed) { return check(cnn_model_initialise(handle(), seed)); }
  Status load(const char* path) { return check(cnn_model_load(handle(), path)); }
  Status load(std::span<const std::byte> file, const char* name) {
    return check(cnn_model_load_memory(handle(), file.data(), file.size(), name));
  }
  /// What is likely wrong with the weights that were loaded last; empty where nothing is. See
  /// cnn_model_warning.
  const char* warning() const { return cnn_model_warning(handle()); }
  /// As cnn_model_set_metadata and its siblings.
  Status set_metadata(const char* name, const char* text) {
    return check(cnn_model_set_metadata(handle(), name, text));
  }
  const char* metadata(const char* name) const { return cnn_model_metadata(handle(), name); }
  Status set_class_names(std::span<const char* const> names) {
    return check(cnn_model_set_class_names(handle(), names.data(), names.size()));
  }
  const char* class_name(std::int64_t index) const { return cnn_model_class_name(handle(), index); }
  Status save(const char* path) { return check(cnn_model_save(handle(), path)); }

  /// In the description's order; the batch size follows from the lengths.
  Status run(std::initializer_list<Input> inputs, std::initializer_list<Output> outputs) {
    if (!handle()) return check(CNN_ERROR_ARGUMENT);
    const cnn_description& tables = description();
    std::int64_t batch = 0;
    if (Status bad = bind_tensors(std::span(inputs.begin(), inputs.size()), tables.inputs, tables.input_count,
                                  "input", batch);
        !bad)
      return bad;
    if (Status bad = bind_tensors(std::span(outputs.begin(), outputs.size()), tables.outputs,
                                  tables.output_count, "output", batch);
        !bad)
      return bad;
    const void* from[max_tensors];
    void* to[max_tensors];
    if (inputs.size() > max_tensors || outputs.size() > max_tensors)
      return Status::error(CNN_ERROR_ARGUMENT, "more than %zu tensors", max_tensors);
    std::size_t i = 0, o = 0;
    for (const Input& input : inputs) from[i++] = input.data;
    for (const Output& output : outputs) to[o++] = output.data;
    return check(cnn_model_predict(handle(), from, to, batch));
  }

  /// The last call's code with its message.
  Status check(int code) const {
    return code ? Status::error(code, "%s", cnn_model_message(handle())) : Status();
  }

private:
  struct Destroy {
    void operator()(cnn_model* model) const { cnn_model_destroy(model); }
  };
  std::unique_ptr<cnn_model, Destroy> owner;
};

} // namespace cnn
#endif
#endif
