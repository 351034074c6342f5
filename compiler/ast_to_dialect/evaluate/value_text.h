/// Values as the runtime and people read them in settings.
#pragma once

#include <string>

namespace cnn {

class Value;

/// Numbers with all their digits, lists in brackets, strings without quotes, blocks with their arguments.
std::string valueText(const Value& value);

} // namespace cnn
