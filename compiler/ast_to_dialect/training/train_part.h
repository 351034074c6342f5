/// What a train section, or one phase or step of it, says about how to train.
#pragma once

#include "ast_to_dialect/elaborator.h"

#include <memory>
#include <optional>
#include <set>
#include <span>

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
  std::shared_ptr<Environment> names = nullptr; ///< a phase's or step's own

  // Read when all parameters and metrics are known.
  const ast::AssignStatement *freeze = nullptr, *update = nullptr, *stop = nullptr;
  std::vector<const ast::GroupStatement*> groupStatements;

  /// Paths of parameters and statistics; nothing where not said.
  std::optional<std::set<std::string>> frozen, updated;
  std::vector<TrainGroup> groups;
  mlir::Value loss; ///< a step's: one value an image
};

/// Evaluates the settings that sections, phases and steps have in common.
class TrainPartReader {
public:
  TrainPartReader(Elaborator& elaborator, const Frame& frame) : e(elaborator), frame(frame) {}

  /// False where the setting is none of these.
  bool setting(const ast::AssignStatement& statement, TrainPart& part);
  /// Which parameters its selectors cover.
  void select(TrainPart& part);
  /// Says that a setting has a value that does not fit it.
  void wrong(const ast::AssignStatement& statement, const Value& value, std::string_view expected);

private:
  template <class Kind> mlir::DictionaryAttr recipe(const Record& record, std::span<const Kind> kinds);
  template <class Kind>
  mlir::DictionaryAttr attributeOf(const Kind& kind, const typename Kind::Values& values);
  std::set<std::string> selected(const ast::Expr* selectors, bool statistics);
  void group(const ast::GroupStatement& statement, TrainPart& part);

  Elaborator& e;
  const Frame& frame;
};

/// Marks the parameters that are never trained, and adds `phases` or `steps` to the section's attributes:
/// what each of them says, and what else it leaves alone.
void finishParts(Elaborator& elaborator, const Frame& frame, TrainPart& section,
                 std::vector<TrainPart>& phases, std::vector<TrainPart>& steps);

/// The attribute `groups`: where groups overlap, each number is that of the last one that gives it.
mlir::ArrayAttr mergedGroups(Elaborator& elaborator, llvm::ArrayRef<TrainGroup> groups);

} // namespace cnn
