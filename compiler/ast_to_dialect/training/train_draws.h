/// Inputs of the network that training draws at random in place of data.
#pragma once

#include "ast_to_dialect/elaborator.h"

#include <set>

namespace cnn {

class TrainDraws {
public:
  TrainDraws(Elaborator& elaborator, const Frame& frame) : e(elaborator), frame(frame) {}

  /// `input z = normal()`
  void add(const ast::InputStatement& statement);
  /// What is drawn has no pictures that `augment` could change.
  void checkPictures(llvm::ArrayRef<const ast::PictureStatement*> statements);
  /// The attribute `draws`; null where nothing is drawn.
  mlir::ArrayAttr attribute() const;

private:
  void distribution(const ast::InputStatement& statement, int64_t input);

  Elaborator& e;
  const Frame& frame;
  std::set<int64_t> drawn; ///< inputs
  llvm::SmallVector<mlir::Attribute> draws;
};

} // namespace cnn
