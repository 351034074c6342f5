/// Differences between two texts, by lines.
#pragma once

#include <string>
#include <string_view>

namespace cnn {

/// The lines that differ, in the unified form that patch(1) reads, with three lines of context; empty for
/// equal texts.
std::string unifiedDiff(std::string_view name, std::string_view before, std::string_view after);

} // namespace cnn
