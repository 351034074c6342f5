/// What else is said to some errors: how the thing is done here.
#pragma once

#include "ast_to_dialect/evaluate/value.h"
#include "dsl/diagnostics/diagnostics.h"

namespace cnn {

/// To NotCallable.
void adviseOnApplying(Diagnostic& diagnostic, const Value& found);
/// To BadOperands with tensors.
void adviseOnOperands(Diagnostic& diagnostic, ast::BinaryOperator op, const Value& left, const Value& right);
/// To TooManyArguments: an argument that other libraries' operators of this name have.
void adviseOnArguments(Diagnostic& diagnostic, std::string_view name, const Value& first, Span whole);

} // namespace cnn
