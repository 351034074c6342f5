//===- verification.h - One network's compiled code against the reference ------------------------------===//
#ifndef CNN_COMPILER_TOOLS_VERIFICATION_H
#define CNN_COMPILER_TOOLS_VERIFICATION_H

#include "in_process.h"
#include "options.h"
#include "tensors.h"

#include "dialect/reference/reference.h"

#include <optional>
#include <random>

namespace cnn::tools {

/// One library under test: its code and the plan that the code follows.
struct Subject {
  const LinkedNetwork& linked;
  const NetworkPlan& plan;
  bool backwards = false; ///< chunks run from the last to the first
};

/// What is compared: a relative error, root mean square of the difference over that of the reference.
struct Comparison {
  const char* what; ///< predict, evaluate, result, gradient, statistic, difference, calls
  std::string name;
  double error, bound;
  bool holds() const { return error <= bound; } ///< false for NaN
};

class Verification {
public:
  /// `reference`: the network with @train and without dropout in @predict. `apart`: the same with training's
  /// ops taken apart. `whole` runs as a program would run it; `calls` is the same code with one phase a call.
  Verification(const VerifyOptions& options, NetworkOp reference, NetworkOp apart, Subject whole,
               Subject calls);

  Status run();

private:
  using Hook = std::function<void(mlir::Operation*, std::vector<reference::Tensor>&)>;

  /// Parameters, inputs and targets, for the code and in double.
  struct Case {
    int64_t batch = 1;
    std::vector<float> parameters;
    std::vector<Batch> inputs;
    std::vector<reference::Tensor> arguments;
    reference::State state;
  };
  /// A function of training, by the first phase that runs it.
  struct Variant {
    uint32_t phase;
    std::string name;
    const FunctionPlan& function(const NetworkPlan& plan) const;
  };
  /// What one function of training made of a case.
  struct Trained {
    int64_t step = 0; ///< the number of the training step, for dropout
    std::vector<float> results, gradients, parameters;
  };
  /// All that one library made of a case.
  struct Computed {
    std::vector<Batch> outputs;
    std::vector<Batch> evaluated; ///< the same by @evaluate, then each value of losses and metrics
    std::vector<Trained> trained; ///< one for each variant
    bool operator==(const Computed& other) const;
  };

  void findVariants();
  Status runBatch(int64_t batch);
  Status compareAll(const Case& test, const Computed& computed, std::vector<Comparison>& list);
  Status makeCase(int64_t batch, Case& test);
  void perturbStatistics(float* parameters);
  void makeInputs(Case& test);
  int64_t classesOf(size_t index, bool bytes) const;
  double fill(Batch& batch, size_t index, int64_t bound);
  reference::Tensor tensorOf(const cnn_parameter& parameter, const float* floats) const;

  Status compute(const Subject& subject, Case& test, Computed& computed) const;
  Status evaluate(const Subject& subject, Model& model, class Poison& poison, const Case& test,
                  Computed& computed) const;
  Status trainAll(const Subject& subject, Model& model, class Poison& poison, Case& test,
                  Computed& computed) const;
  Status train(const Subject& subject, Model& model, class Poison& poison, const Case& test,
               const Variant& variant, Trained& trained) const;
  bool isTrained(uint32_t phase, uint32_t parameter) const;

  Status comparePredict(NetworkOp reference, const Case& test, const Computed& computed, const Hook& hook,
                        std::vector<Comparison>& list) const;
  Status compareEvaluation(NetworkOp reference, const Case& test, const Computed& computed, const Hook& hook,
                           std::vector<Comparison>& list) const;
  Status compareTraining(NetworkOp reference, const Case& test, size_t variant, const Computed& computed,
                         const Hook& hook, std::vector<Comparison>& list,
                         reference::State* after = nullptr) const;
  void compareParameters(const Trained& trained, const reference::State& state,
                         std::vector<Comparison>& list) const;
  Status compareDifferences(const Case& test, size_t variant, const reference::State& after,
                            std::vector<Comparison>& list);

  /// Spoils each op of a function of the reference, in one of its two forms, in turn: a comparison must
  /// notice. No variant: of @predict.
  Status mutate(NetworkOp form, std::optional<size_t> variant, const Case& test, const Computed& computed);
  void judge(int64_t batch, const std::vector<Comparison>& list);

  const VerifyOptions& options;
  NetworkOp network, apart;
  Subject whole, calls;
  const cnn_inference& inference;
  const cnn_training* training;
  const cnn_description& tables;
  std::vector<Variant> variants;
  std::mt19937_64 random;
  int failures = 0, comparisons = 0;
};

} // namespace cnn::tools

#endif
