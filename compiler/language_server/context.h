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
  Input,   ///< after `augment`, `preprocess`
  Output,  ///< after `labels`
  File,    ///< in the string after `use`
  Machine, ///< in the string after `for`
  Path,    ///< in a string that selects parts of a network
  Text,    ///< in another string
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
  std::string_view network;   ///< that the declaration around declares or is about
  std::string_view target;    ///< what a value is for: `optimizer` in `optimizer = `, `augment`, `init`
  bool argumentStart = false; ///< an argument may begin here, also with a name
  std::optional<OpenCall> call;
  uint32_t base = 0; ///< before a Member: the end of what it is a member of
};

Context contextAt(const Analysis& analysis, uint32_t offset);

} // namespace cnn::language_server

#endif
