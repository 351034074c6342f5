//===- names.cpp - Names made from names of files ---------------------------------------------------===//

#include "names.h"

#include <cctype>

namespace cnn::tools {

std::string networkNameOf(const std::string& stem) {
  std::string name;
  bool begins = true;
  for (char c : stem) {
    bool joint = c == '-' || c == '_' || c == '.';
    if (!joint && !std::isalnum(static_cast<unsigned char>(c))) return "";
    if (!joint) name += begins ? static_cast<char>(std::toupper(static_cast<unsigned char>(c))) : c;
    begins = joint;
  }
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0]))) return "";
  return name.size() == 1 ? name + "Net" : name; // a lone capital is a free dimension
}

} // namespace cnn::tools
