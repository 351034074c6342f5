#include "ast_to_dialect/evaluate/advice.h"

#include <algorithm>

namespace cnn {

using namespace ast;

void adviseOnApplying(Diagnostic& diagnostic, const Value& found) {
  if (auto* function = found.get<FunctionValue>(); function && function->decl)
    diagnostic.note(function->decl->name.span,
                    "a func computes values; what is applied to a tensor is declared with block");
  const List* list = found.list();
  bool blocks =
      list && !list->empty() && std::ranges::all_of(*list, [](const Value& value) { return value.block(); });
  if (blocks) diagnostic.note("blocks one after the other are a chain: (conv(8, 3) |> relu)");
}

void adviseOnOperands(Diagnostic& diagnostic, BinaryOperator op, const Value& left, const Value& right) {
  if (!left.tensor() && !right.tensor()) return;
  if (op == BinaryOperator::Power)
    diagnostic.note("the exponent is a number that is known when the program is compiled");
}

void adviseOnArguments(Diagnostic& diagnostic, std::string_view name, const Value& first, Span whole) {
  bool flatten = name == "flatten", overChannels = name == "softmax" || name == "log_softmax";
  if (!flatten && !overChannels) return;
  diagnostic.note(flatten ? "it leaves the batch, and makes one dimension of all others"
                          : "it goes over dimension 1, the channels");
  auto* number = first.get<int64_t>();
  if (number && *number == 1) diagnostic.fix("leave it out", {{whole, ""}});
}

} // namespace cnn
