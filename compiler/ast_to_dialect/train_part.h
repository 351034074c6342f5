/// What a train section, or one phase of it, says about how to train.
#pragma once

#include "ast_to_dialect/elaborator.h"

#include <memory>
#include <optional>
#include <set>

namespace cnn {

/// `group [selectors] { name = number }`
struct TrainGroup {
  std::set<std::string> parameters;
  std::map<std::string, double> numbers;
};

struct TrainPart {
  std::string name;
  Span span;
  std::set<std::string, std::less<>> settings; ///< that were written, also wrongly
  llvm::SmallVector<mlir::NamedAttribute> attributes;
  std::optional<std::set<std::string>> frozen; ///< paths of parameters and statistics; nothing where not said
  Span frozenSpan;
  std::vector<TrainGroup> groups;
  const ast::AssignStatement* stop = nullptr;     ///< read when all metrics are known
  std::shared_ptr<Environment> names = nullptr; ///< a phase's own
};

/// Evaluates the settings that sections and phases have in common.
class TrainPartReader {
public:
  TrainPartReader(Elaborator& elaborator, const Frame& frame) : e(elaborator), frame(frame) {}

  /// False where the setting is none of these.
  bool setting(const ast::AssignStatement& statement, TrainPart& part);
  void group(const ast::GroupStatement& statement, TrainPart& part);
  /// Says that a setting has a value that does not fit it.
  void wrong(const ast::AssignStatement& statement, const Value& value, std::string_view expected);

private:
  mlir::DictionaryAttr numbers(const Record& record);
  mlir::DictionaryAttr optimizer(const Record& record);
  std::set<std::string> selected(const ast::Expr* selectors, bool statistics);

  Elaborator& e;
  const Frame& frame;
};

/// The attribute `groups`: where groups overlap, each number is that of the last one that gives it.
mlir::ArrayAttr mergedGroups(Elaborator& elaborator, llvm::ArrayRef<TrainGroup> groups);

} // namespace cnn
