/// Canonical formatting of .cnn text.
#pragma once

#include "dsl/diagnostics/diagnostics.h"

#include <optional>
#include <string>

namespace cnn {

/// The file with canonical indentation and spacing, ending with one newline. Lines stay where the writer
/// broke them, comments stay, and so do columns aligned with spaces before `=`, `|>`, `@`, `//` and after
/// `,`, and continued lines that are indented further. Formatting a formatted text changes nothing. Nothing
/// for a file with syntax errors, which are reported.
std::optional<std::string> format(const SourceManager& sources, FileId file, DiagnosticEngine& diagnostics);

} // namespace cnn
