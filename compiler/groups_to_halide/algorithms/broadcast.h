//===- broadcast.h - Reading operands of smaller shape -----------------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_HALIDE_ALGORITHMS_BROADCAST_H
#define CNN_COMPILER_GROUPS_TO_HALIDE_ALGORITHMS_BROADCAST_H

#include "registry.h"

namespace cnn::kernel {

/// Reads `value` at the coordinates of a value of layout `like`, by NumPy's rules: shapes are aligned at the
/// last dimension, extents of 1 are repeated.
Halide::Expr broadcastAt(const Value& value, const Value& like, const Coordinates& at);

/// Reads a plain vector [C] at the coordinates of a lane layout: one number a channel.
Halide::Expr perChannelAt(const Value& value, const Value& like, const Coordinates& at);

/// The logical channel of coordinates in a lane layout.
Halide::Expr channelOf(const Value& like, const Coordinates& at);

} // namespace cnn::kernel

#endif
