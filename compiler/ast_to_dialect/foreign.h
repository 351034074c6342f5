/// Names that a writer brings from Python and its libraries, and what is meant by them here.
#pragma once

#include <string_view>

namespace cnn {

struct Foreign {
  std::string_view word;
  std::string_view meant; ///< to be written instead; empty where there is no single word for it
  std::string_view note;  ///< how the thing is done here; may be empty
  /// Of an argument that is left out here: the value with which this changes nothing. Empty: any.
  std::string_view harmless = {};
};

/// What an unknown name, argument, setting or member of a tensor is known as elsewhere; null for none.
const Foreign* foreignName(std::string_view word);
const Foreign* foreignArgument(std::string_view word);
const Foreign* foreignSetting(std::string_view word);
const Foreign* foreignMember(std::string_view word);

/// A well-known operator or setting of other libraries that does not exist here, however it is spelled:
/// GroupNorm, group_norm. Null for none; the note may be empty.
const Foreign* absentOperator(std::string_view word);

/// The operator that PyTorch calls so, by the sources in the table of operators: Conv2d, conv2d -> conv.
/// Empty for none.
std::string_view operatorOfTorch(std::string_view word);

/// Whether PyTorch's class of this name takes the channels or features that come in as its first argument.
bool takesInputChannels(std::string_view word);

/// nn, torch, F, …: before a dot they name a library, which is not needed here.
bool isLibrary(std::string_view word);

} // namespace cnn
