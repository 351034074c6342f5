/// What the elaborator found out about the expressions of a program: shapes, values, parameters, work. Kept
/// for the language server.
#pragma once

#include "dsl/ast/ast.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/Allocator.h"

#include <deque>
#include <map>
#include <string>
#include <tuple>
#include <unordered_map>

namespace mlir {
class Value;
}
namespace llvm {
template <typename T> class ArrayRef;
}

namespace cnn {

class Value;
struct Frame;

/// Parameters made, and multiplications of weights for one picture. Numbers too large stay at the largest.
struct Cost {
  uint64_t parameters = 0, macs = 0;
  Cost operator-(Cost other) const { return {parameters - other.parameters, macs - other.macs}; }
};

/// What is known about one expression or name. A body is evaluated once for each application of its block,
/// and for each turn of a loop: this is the first, and whether the others differ.
struct Observation {
  std::string_view value; ///< "f32[N, 64, 56, 56]", "42", "the block Basic"; kept by the Observations
  bool isTensor = false;
  std::string network;  ///< that was being built; empty outside of all
  std::string instance; ///< path of the application that the body belongs to; empty in the network itself
  std::string path;     ///< of the layer or block that was applied here; empty if none was
  Cost cost;            ///< of all that was applied here
  uint32_t times = 0;
  bool varies = false;
};

/// An application of an operator or block in a network.
struct Part {
  std::string name; ///< of the operator or block
  Span span;
};
using Parts = std::map<std::string, Part, std::less<>>; ///< by path

class Observations {
public:
  const Observation* of(const ast::Expr& node) const;
  /// Of the name that is declared at this place: a binding, a parameter, an input.
  const Observation* of(Span name) const;
  /// The network that an expression before a '.' was found to be, whose members are named after it.
  const ast::CallableDecl* network(const ast::Expr& node) const;
  /// What a network of this name is made of; null where none was built.
  const Parts* parts(std::string_view network) const;
  bool sawNetworks() const { return !networks.empty(); }

  // ---- for the elaborator ----
  Cost total() const { return sum; }
  /// `before` is the total when its evaluation began.
  void evaluated(const ast::Expr& node, const Value& value, const Frame& frame, Cost before);
  /// What stands right of a `|>` was applied. Replaces what was observed when it was evaluated as a block.
  void applied(const ast::Expr& stage, const Value& value, const Frame& frame, Cost before);
  void bound(Span name, const Value& value, const Frame& frame);
  void named(Span application, const std::string& path);
  void madeOf(std::string_view network, Parts parts) { partsOf.try_emplace(network, std::move(parts)); }
  void madeParameter(llvm::ArrayRef<int64_t> shape);
  void built(mlir::Value tensor);

private:
  struct Entry {
    Observation seen;
    const void* type = nullptr; ///< of a tensor; types are unique within a compilation
    bool wasApplied = false;
  };
  using Place = std::tuple<FileId, uint32_t, uint32_t>;
  static Place place(Span span) { return {span.file, span.begin, span.end}; }
  Entry& entryOf(const ast::Expr& node);
  std::string pathOf(const ast::Expr& application) const;
  void see(Entry& entry, const Value& value, const Frame& frame, Cost cost);
  std::string_view keep(std::string text) { return texts.emplace_back(std::move(text)); }

  llvm::DenseMap<const ast::Expr*, Entry*> nodes;
  llvm::DenseMap<Place, Entry*> names;
  llvm::SpecificBumpPtrAllocator<Entry> entries;
  llvm::DenseMap<Place, std::string> paths;
  std::unordered_map<const ast::Expr*, const ast::CallableDecl*> networks;
  std::map<std::string_view, Parts> partsOf;
  std::deque<std::string> texts;
  llvm::DenseMap<const void*, std::string_view> typeTexts; ///< by the tensor's type
  Cost sum;
};

} // namespace cnn
