/// Changes that diagnostics propose, applied to texts.
#pragma once

#include "dsl/diagnostics/diagnostics.h"

#include <set>

namespace cnn {

/// A text with the sure fixes applied.
struct FixedText {
  std::string text;
  std::vector<const Diagnostic*> fixed; ///< those whose fix was applied, in order
};

/// Applies the sure fix of each diagnostic to the file but for those `without`, leaving out those that
/// overlap an earlier one: these come with the next round.
FixedText applySureFixes(const DiagnosticEngine& engine, FileId file,
                         const std::set<const Diagnostic*>& without = {});

/// The text of a file with some edits, which do not overlap.
std::string applyEdits(std::string text, std::vector<Edit> edits);

/// What a fix does to the text, in words: "'cnov' becomes 'conv'".
std::string describe(const FixIt& fix, const SourceManager& sources);

} // namespace cnn
