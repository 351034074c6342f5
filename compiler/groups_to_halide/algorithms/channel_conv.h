//===- channel_conv.h - What the kernels on packed weights share -------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_HALIDE_ALGORITHMS_CHANNEL_CONV_H
#define CNN_COMPILER_GROUPS_TO_HALIDE_ALGORITHMS_CHANNEL_CONV_H

#include "convolution.h"

namespace cnn::kernel {

/// From the attributes; the kernel size is the attribute `kernel`, as packed weights have another shape.
Geometry packedGeometry(const Op& op);

/// When operand 0 is copied although its halo suffices: never; always; where it is plain, into channel_lanes.
enum class CopyInput { whenNeeded, always, intoLanes };

/// Operand 0 with zeros around it as far as the taps reach. Where the halo in memory does not suffice this is
/// a Func `padded` in physical coordinates, which the template computes for the rows at hand.
Value paddedInput(Builder& b, const Op& op, const Geometry& geometry,
                  CopyInput copyInput = CopyInput::whenNeeded);

/// {size, stride} of a pooling in the kernel, {1, 1} without one.
std::array<int64_t, 2> fusedPool(const Kernel& kernel);

} // namespace cnn::kernel

#endif
