// Training step by step in C++. Header only; a program links training code when it calls something from here.
#ifndef CNN_TRAINING_HPP
#define CNN_TRAINING_HPP

#include <cnn/cxx20.hpp>
#ifdef CNN_CXX20

#include <cnn/model.hpp>
#include <cnn/training.h>

#include <limits>

namespace cnn {

/// As cnn_hyper: what is not set is as in the network's train section.
struct Hyper {
  static constexpr double unset = std::numeric_limits<double>::quiet_NaN();
#define CNN_HYPER(field, kind, range) double field = unset;
#include <cnn/optimizers.def>
  double clip_norm = unset;

  operator cnn_hyper() const {
    return {
#define CNN_HYPER(field, kind, range) field,
#include <cnn/optimizers.def>
        clip_norm};
  }
};

/// A model with training code: what a generated name.hpp with a train section derives its Model from. The
/// code is attached by the first call that needs it.
class TrainableModel : public Model {
public:
  using Model::Model;

  /// Reserves gradients, optimizer state and the arena for batches of max_batch (0: the train section's).
  Status attach(const cnn_training& table, std::int64_t max_batch = 0) {
    return check(cnn_training_attach(handle(), &table, max_batch));
  }

  /// The phase that steps belong to, from 0; or the step of the section that is next.
  std::uint32_t phase() const { return cnn_training_phase(handle()); }

protected:
  /// Optimizer state and steps begin anew; steps are this phase's from now on.
  Status begin_phase(const cnn_training& table, std::uint32_t number) {
    if (Status bad = attach(table); !bad) return bad;
    return check(cnn_training_set_phase(handle(), number));
  }

  /// The inputs, then the targets; the batch size follows from the lengths. Gives the loss, the batch's mean.
  Result<float> step(const cnn_training& table, std::initializer_list<Input> inputs, const Hyper& hyper) {
    std::int64_t batch = 0;
    const void* from[max_tensors];
    if (Status bad = gather(table, inputs, from, batch); !bad) return bad;
    cnn_hyper plain = hyper;
    if (int code = cnn_training_step(handle(), from, batch, &plain, latest)) return check(code);
    return latest[0];
  }

  /// The first half of a step: gradients and results, no update. Gives its loss.
  Result<float> forward_backward(const cnn_training& table, std::initializer_list<Input> inputs) {
    std::int64_t batch = 0;
    const void* from[max_tensors];
    if (Status bad = gather(table, inputs, from, batch); !bad) return bad;
    const std::uint32_t part = table.steps ? phase() : 0;
    if (int code = cnn_training_forward_backward(handle(), from, batch, latest)) return check(code);
    return latest[part];
  }

public:
  /// The loss and the metrics of the last step.
  std::span<const float> results() const {
    const cnn_training* table = cnn_training_table(handle());
    return {latest, table ? table->results_count : 0};
  }
  std::span<float> gradients() {
    return {cnn_training_gradients(handle()),
            cnn_training_table(handle()) ? description().trainable_floats : 0};
  }
  Status clip(double max_norm, double* norm = nullptr) {
    return check(cnn_training_clip(handle(), max_norm, norm));
  }
  /// Several batches for one update: accumulate(images) after each, average_gradients() before clip and
  /// update.
  Status accumulate(double weight) { return check(cnn_training_accumulate(handle(), weight)); }
  Status average_gradients() { return check(cnn_training_average_gradients(handle())); }
  /// Moving averages of the weights: ema(0.999) after each update; ema_swap() to predict and save with them.
  Status ema(double decay) { return check(cnn_training_ema(handle(), decay)); }
  Status ema_swap() { return check(cnn_training_ema_swap(handle())); }
  /// A copy of all weights, such as the best so far, and back to it.
  Status keep() { return check(cnn_training_keep(handle())); }
  Status restore() { return check(cnn_training_restore(handle())); }
  Status update(const Hyper& hyper = {}) {
    cnn_hyper plain = hyper;
    return check(cnn_training_update(handle(), &plain));
  }

private:
  static std::int64_t largest_batch(const cnn_training& table) {
    std::int64_t largest = 1;
    for (std::uint32_t i = 0; i < table.phase_count; ++i)
      if (table.phases[i].batch > largest) largest = table.phases[i].batch;
    return largest;
  }

  Status gather(const cnn_training& table, std::initializer_list<Input> inputs, const void** from,
                std::int64_t& batch) {
    const cnn_description& tables = *table.description;
    std::span all(inputs.begin(), inputs.size());
    if (all.size() != std::size_t{tables.input_count} + table.target_count || all.size() > max_tensors ||
        table.results_count > max_tensors)
      return Status::error(CNN_ERROR_ARGUMENT, "expected %u inputs and %u targets, found %zu",
                           tables.input_count, table.target_count, all.size());
    if (Status bad =
            bind_tensors(all.first(tables.input_count), tables.inputs, tables.input_count, "input", batch);
        !bad)
      return bad;
    if (Status bad =
            bind_tensors(all.subspan(tables.input_count), table.targets, table.target_count, "target", batch);
        !bad)
      return bad;
    for (std::size_t i = 0; i < all.size(); ++i) from[i] = all[i].data;
    if (batch > cnn_training_max_batch(handle()))
      return attach(table, batch > largest_batch(table) ? batch : 0);
    return {};
  }

  float latest[max_tensors] = {};
};

} // namespace cnn
#endif
#endif
