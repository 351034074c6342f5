//===- names.h - Names made from names of files -----------------------------------------------------===//
#ifndef CNN_COMPILER_TOOLS_NAMES_H
#define CNN_COMPILER_TOOLS_NAMES_H

#include <string>

namespace cnn::tools {

/// A network's name from a file's: "my-net_2" gives "MyNet2"; empty for what cannot be a name.
std::string networkNameOf(const std::string& stem);

} // namespace cnn::tools

#endif
