//===- reduction.h - Sums over pictures, lanes and blocks --------------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_HALIDE_ALGORITHMS_REDUCTION_H
#define CNN_COMPILER_GROUPS_TO_HALIDE_ALGORITHMS_REDUCTION_H

#include "registry.h"

namespace cnn::kernel {

/// The sum over a picture (and over all blocks where `blocks` is defined) of term(lane, x, y, c[, block]), as
/// a function of (lane, c), in the builder's sumType. Adds several numbers of partial sums, so that additions
/// do not wait for each other.
std::function<Halide::Expr(Halide::Expr lane, Halide::Expr c)>
pictureSum(Builder& b, const std::string& role, int width, int height, const Halide::Expr& blocks,
           const std::function<Halide::Expr(const Coordinates&)>& term);

/// The sum over lanes of term(lane, c), as a function of c, in the builder's sumType; only over lanes below
/// `images` where that is defined.
std::function<Halide::Expr(Halide::Expr c)>
laneSum(Builder& b, const std::string& role, const Halide::Expr& images,
        const std::function<Halide::Expr(Halide::Expr, Halide::Expr)>& term);

/// Templates for kernels made of these: one channel after the other.
Schedule channelReductions(const Kernel& kernel, const Op& op);
/// One pixel after the other, all its channels.
Schedule pixelReductions(const Kernel& kernel, const Op& op);

} // namespace cnn::kernel

#endif
