/// The reference of all operators, made from their table.
#pragma once

#include "ast_to_dialect/operators/operator.h"

#include <string>

namespace cnn {

/// "conv(out, kernel, stride = 1, padding = 0, …)"
std::string operatorSignature(const Operator& op);

/// A smallest program that uses the operator.
std::string operatorExample(const Operator& op);

/// All operators as Markdown, by family: signature, meaning, arguments, source.
std::string operatorReference();

} // namespace cnn
