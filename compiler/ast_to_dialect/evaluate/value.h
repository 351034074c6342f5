/// What an expression of the language evaluates to at compile time.
#pragma once

#include "ast_to_dialect/operators/operator.h"
#include "ast_to_dialect/program.h"
#include "dialect/dialect.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace cnn {

class Value;
using List = std::vector<Value>;
struct ListValue;

/// The result of an error that has been reported: whatever is done with it is silent and gives poison again.
struct Poison {};

/// A whole number that depends on free dimensions.
struct Dimension {
  mlir::AffineExpr expr;
};

/// A truth about free dimensions, decided when the network runs.
struct RunTimeCondition {
  std::string text;     ///< as the user wrote it
  mlir::Attribute test; ///< see dialect/conditions.h
};

struct BlockValue;
struct Record;
struct Members;

/// A function on compile-time values: declared with func, or built in.
struct FunctionValue {
  const ast::CallableDecl* decl = nullptr;
  const Module* module = nullptr;
  std::string_view builtin;
};

struct ElementType {
  std::string_view name;
};

/// A file used under a name.
struct FileValue {
  const Module* module;
};

class Value {
public:
  using Variant = std::variant<Poison, int64_t, double, bool, std::string, Dimension, RunTimeCondition,
                               mlir::Value, std::shared_ptr<const ListValue>,
                               std::shared_ptr<const BlockValue>, std::shared_ptr<const Record>,
                               std::shared_ptr<const Members>, FunctionValue, ElementType, FileValue>;

  Value() : data(Poison{}) {}
  template <typename T>
    requires std::is_constructible_v<Variant, T&&> && (!std::is_same_v<std::decay_t<T>, Value>)
  Value(T&& value) : data(std::forward<T>(value)) {}
  Value(List list);

  template <typename T> const T* get() const { return std::get_if<T>(&data); }
  bool isPoison() const { return get<Poison>() != nullptr; }
  const List* list() const;
  const BlockValue* block() const;
  const Record* record() const;
  const Members* members() const;
  /// The tensor itself, or the first output of a network; null otherwise.
  mlir::Value tensor() const;
  /// A tensor, a network's result, or a list of such: what makes a call an application.
  bool isSubject() const;
  /// An error, or a list that holds one.
  bool holdsPoison() const;
  /// How many lists, chains and arguments it holds within each other.
  uint32_t depth() const;
  /// Of a list: all elements of all lists in it, each as often as it can be reached; else 1.
  uint64_t elementCount() const;
  /// The number as a double, where it is one.
  std::optional<double> number() const;

  /// "a whole number", "a tensor [N, 3, 28, 28]", "the block Basic": what an error message calls it.
  std::string describe() const;

private:
  Variant data;
};

/// A list, with what is asked about all that it holds: lists share their elements, so that to go through them
/// each time takes exponentially long where each of many lists holds the one before it twice.
struct ListValue {
  explicit ListValue(List elements);
  List elements;
  uint32_t depth = 1;
  uint64_t elementCount = 0; ///< stays at the largest
  bool holdsPoison = false;
  bool isSubject; ///< tensors, or lists of such
};

/// A value given for an argument, with where it was given.
struct Given {
  Value value;
  Span span;
};

/// A block, operator or network with some of its arguments given, or a chain of such.
struct BlockValue {
  const Operator* op = nullptr;                         ///< a built-in operator
  const ast::CallableDecl* decl = nullptr;              ///< a block or network of the program
  const Module* module = nullptr;                       ///< that declares it
  std::vector<std::shared_ptr<const BlockValue>> chain; ///< or a chain
  std::vector<const ast::Expr*> chainNodes;             ///< where its parts were written
  std::map<size_t, Given> given;                        ///< by the parameter's place
  std::optional<std::string> label;                     ///< path given with '@'
  Span labelSpan;
  Span span;                             ///< where it was written
  std::optional<std::string> sharedPath; ///< set where all applications share one set of parameters
  uint32_t depth = 1;                    ///< see Value::depth

  void append(std::shared_ptr<const BlockValue> part, const ast::Expr* node);
  void give(size_t parameter, Given value);
  std::string name() const;
};

/// A setting with the arguments that were given, by their names in the table: `adam(lr = 1e-3)`.
struct Record {
  const Operator* op = nullptr;
  std::map<std::string, Given, std::less<>> arguments;
  Span span;
  uint32_t depth = 1; ///< see Value::depth
};

/// What the application of a network gives: its outputs and top-level lets.
struct Members {
  std::string network;
  const ast::CallableDecl* decl = nullptr; ///< the network
  std::map<std::string, Value, std::less<>> values;
  std::vector<std::string> outputs;
};

} // namespace cnn
