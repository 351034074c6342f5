//===- c_names.h - Names of a generated library in C and C++ -----------------------------------------===//
#ifndef CNN_COMPILER_GROUPS_TO_LLVM_C_NAMES_H
#define CNN_COMPILER_GROUPS_TO_LLVM_C_NAMES_H

#include <string>
#include <vector>

namespace cnn {

/// The network's name in lower case, underscores as written: LeNet gives lenet, ResNet18 gives resnet18.
/// Where C, C++ or their headers use that name themselves, with _net behind it: Log gives log_net; where it
/// begins as the runtime's names do, or with no letter, with net_ before it: Cnn_small gives net_cnn_small.
/// Empty for what is no identifier.
std::string libraryNameOf(const std::string& network);

/// Why nothing can be called so, which a user chose for a library: "…"; empty where it can.
std::string whyNoLibraryName(const std::string& name);

/// Names for arguments or enumerators that say what they are for: one for each, all different, none of them a
/// word of C and C++ or one that the headers use themselves. Dots become underscores.
std::vector<std::string> identifiersOf(const std::vector<std::string>& names);

/// Beginnings of names such as image_size, as written.
std::vector<std::string> plainNamesOf(const std::vector<std::string>& names);

/// Endings of constants such as LENET_IMAGE_SIZE: in capitals, but for those that capitals would make the
/// same.
std::vector<std::string> constantsOf(const std::vector<std::string>& names);

} // namespace cnn

#endif
