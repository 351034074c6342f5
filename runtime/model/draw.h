// Random numbers of a distribution, each a function of seed, stream and index.
#ifndef CNN_MODEL_DRAW_H
#define CNN_MODEL_DRAW_H

#include <cnn/abi.h>

namespace cnn {

/// `count` numbers; the first four belong to index `first`, the next four to first + 1. a, b as of
/// cnn_parameter.
void draw(int32_t distribution, double a, double b, uint64_t seed, uint64_t stream, uint64_t first,
          int64_t count, float* values);

// Streams of random numbers that no parameter or layer uses: the top bit and a number of their own.
inline constexpr uint64_t trainingDraws = uint64_t{0x8004} << 48, evaluationDraws = uint64_t{0x8005} << 48;

/// What a train section draws for so many samples, the first of them number `sample`: each number is a
/// function of the seed, the iteration (0 in evaluation), the input, the sample and its place in the sample.
void drawSamples(const cnn_draw& drawn, const cnn_tensor& tensor, uint64_t seed, uint64_t stream,
                 uint64_t iteration, int64_t sample, int64_t count, float* values);

} // namespace cnn
#endif
