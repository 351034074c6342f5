//===- meaning.h - What a network computes, as text that can be compared -------------------------------===//
#ifndef CNN_COMPILER_DIALECT_MEANING_H
#define CNN_COMPILER_DIALECT_MEANING_H

#include "dialect/dialect.h"

#include <string>

namespace cnn {

/// A line for each op that the results of a function need, as the front end made it:
///
///     - PATH <tab> OP ATTRIBUTES <tab> OPERANDS
///
/// An operand is a parameter, an argument or, for another op, how many lines above it stands. The order of
/// the lines depends on what the results are computed from alone, and nothing else does on the order of
/// statements, on names and on formatting; PATH is there for messages. Sizes that may be free are left out.
/// Of @predict, what only training does is left out too: dropout, batch norm's momentum; and probes.
/// runtime/model/meaning.h compares.
std::string meaningOf(FunctionOp function);

} // namespace cnn

#endif
