// Whether a PNG or JPEG file is all there: the decoder paints what is missing grey and believes every
// checksum.
#pragma once

#include <cnn/result.hpp>

#include <cstdint>
#include <span>
#include <string>

namespace cnn {

/// Fine for files of other formats, which the decoder refuses.
Status checkWhole(const std::string& path, std::span<const std::uint8_t> file);

} // namespace cnn
