/// The network that is being built.
#pragma once

#include "ast_to_dialect/evaluate/selectors.h"
#include "ast_to_dialect/evaluate/value.h"
#include "ast_to_dialect/networks/known_divisors.h"
#include "ast_to_dialect/observations.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <deque>
#include <set>

namespace cnn {

struct NetworkParameter {
  std::string path;       ///< conv1.weight
  std::string_view owner; ///< conv; empty for a bare parameter
  std::string_view name;  ///< weight
  std::string ownerPath;  ///< conv1
  ParameterOp op;
  Span span;
  llvm::SmallVector<int64_t> shape;
  bool statistic = false;
  bool unused = false; ///< erased, as nothing reads it
  bool ofPart = false; ///< of a network that is applied like a block
};

struct NamedTensor {
  std::string name;
  mlir::Value value;
  Span span;
  bool trainOnly = false;
};

struct PendingInit {
  Selection selection;
  Given value;
  std::string scope; ///< path of the instance it stands in
};

/// An assert that is decided when the network runs.
struct Assertion {
  std::string text; ///< the condition, and the message where there is one
  mlir::Attribute test;
  Span span;
  bool training = false; ///< it stands in the train section
};

/// The network that is being built.
struct NetworkState {
  NetworkOp op;
  FunctionOp predict;
  std::deque<NetworkParameter> parameters;
  llvm::StringMap<NetworkParameter*> parameterAt; ///< by path
  llvm::StringMap<Span> paths;
  Parts parts;
  std::set<std::string, std::less<>> sharedApplied;
  std::vector<NamedTensor> inputs, outputs;
  std::vector<NamedTensor> probes; ///< those asked for
  std::map<std::string, Span, std::less<>> probePaths;
  std::vector<PendingInit> inits;
  size_t initsApplied = 0;                           ///< the first so many
  std::map<std::string, Value, std::less<>> members; ///< top-level lets and shared parts
  std::map<std::string, std::string, std::less<>> labels;
  std::vector<Assertion> assertions;
  std::set<std::tuple<const void*, std::string, bool>> asserted; ///< test, text, training: none stands twice
  KnownDivisors divisors;                                        ///< by the assertions on what is predicted
  mlir::AffineExpr batch;          ///< the first dimension of the inputs, where it is right
  Span batchSpan;                  ///< of the input that named it
  std::set<std::string> openSizes; ///< without a value, and reported
  bool training = false;           ///< its train section is being evaluated
  llvm::SmallVector<mlir::Attribute> preprocess;
  std::set<unsigned> preprocessed; ///< the inputs that it changes
  int64_t randomStreams = 0, layers = 0;
  bool incomplete = false; ///< parts are missing because of an error
};

/// A network that is being applied as a block.
struct SubNetwork {
  std::vector<Value> subjects; ///< one for each input
  size_t next = 0;
  std::vector<std::string> outputs;
  bool poisoned = false;
};

} // namespace cnn
