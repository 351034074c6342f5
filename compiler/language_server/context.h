//===- context.h - What may be written at a place, told from the tokens before it ----------------------===//
//
// While a text is being typed its tree is full of holes exactly where help is wanted; the tokens are not.
//
//===---------------------------------------------------------------------------------------------------===//
#ifndef CNN_COMPILER_LANGUAGE_SERVER_CONTEXT_H
#define CNN_COMPILER_LANGUAGE_SERVER_CONTEXT_H

#include "analysis.h"

#include <optional>

namespace cnn::language_server {

enum class Expected : uint8_t {
  Nothing,     ///< a new name, a path, a comment, the text of a string
  Declaration, ///< at the top level
  Statement,
  Value,
  Stage,   ///< right of a `|>`
  Member,  ///< after a dot
  Type,    ///< after a colon
  Network, ///< after `train`, `budget`, `kernels`
  File,    ///< in the string after `use`
};

/// The innermost call whose brackets hold the place.
struct OpenCall {
  Span callee;                         ///< the name before the bracket; `file.name` for a member of a file
  bool piped = false;                  ///< it stands right of a `|>`
  size_t argument = 0;                 ///< commas before the place
  std::string_view named;              ///< the name given to the argument at the place
  std::vector<std::string_view> given; ///< names of the arguments before it
  uint32_t bracket = 0;                ///< offset of the bracket
};

struct Context {
  Expected expected = Expected::Nothing;
  Span word;                  ///< the name that is being typed, up to the place; may be empty
  std::string_view section;   ///< network, block, func, train, group, phase, step, budget, kernels
  std::string_view target;    ///< what a value is for: `optimizer` in `optimizer = `, `augment`, `init`
  bool argumentStart = false; ///< an argument may begin here, also with a name
  std::optional<OpenCall> call;
  uint32_t base = 0; ///< before a Member: the end of what it is a member of
};

Context contextAt(const Analysis& analysis, uint32_t offset);

/// The symbol that a name stands for where it is written; where the tree does not have it, told from its text.
const Symbol* namedAt(const Analysis& analysis, Span name);
/// The symbol that is called; null for operators and unknown names.
const Symbol* calleeOf(const Analysis& analysis, const OpenCall& call);

} // namespace cnn::language_server

#endif
