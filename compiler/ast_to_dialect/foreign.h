/// Names that a writer brings from Python and its libraries, and what is meant by them here.
#pragma once

#include <string_view>

namespace cnn {

struct Foreign {
  std::string_view word;
  std::string_view meant; ///< to be written instead; empty where there is no single word for it
  std::string_view note;  ///< how the thing is done here; may be empty
};

/// What an unknown name, argument or member of a tensor is known as elsewhere; null for none.
const Foreign* foreignName(std::string_view word);
const Foreign* foreignArgument(std::string_view word);
const Foreign* foreignMember(std::string_view word);

/// The operator that PyTorch calls so, by the sources in the table of operators: Conv2d -> conv. Empty for
/// none.
std::string_view operatorOfTorch(std::string_view word);

/// nn, torch, F, …: before a dot they name a library, which is not needed here.
bool isLibrary(std::string_view word);

} // namespace cnn
