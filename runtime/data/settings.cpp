#include "settings.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>

namespace cnn {

const char* Arguments::find(const char* name, unsigned position) {
  unsigned unnamed = 0;
  for (std::uint32_t i = 0; i < setting.argument_count; ++i) {
    const char* given = setting.argument_names ? setting.argument_names[i] : nullptr;
    bool isUnnamed = !given || !*given;
    if (isUnnamed ? unnamed++ == position : std::strcmp(given, name) == 0) {
      used[i] = true;
      return setting.argument_values[i];
    }
  }
  return nullptr;
}

void Arguments::complain(const char* name, const char* expected, const char* found) {
  if (mistake.empty())
    mistake = std::string(setting.name) + ": " + name + ": expected " + expected + ", found " + found;
}

std::string Arguments::text(const char* name, unsigned position, const std::string& otherwise) {
  const char* value = find(name, position);
  return value ? value : otherwise;
}

double Arguments::number(const char* name, unsigned position, double otherwise) {
  const char* value = find(name, position);
  if (!value) return otherwise;
  char* end;
  double parsed = std::strtod(value, &end);
  if (end != value && *end == 0 && std::isfinite(parsed)) return parsed;
  complain(name, "a number", value);
  return otherwise;
}

std::vector<float> Arguments::numbers(const char* name, unsigned position) {
  const char* value = find(name, position);
  std::vector<float> parsed;
  if (!value) return parsed;
  const char* at = value;
  bool list = *at == '[';
  at += list;
  for (;;) {
    char* end;
    float number = std::strtof(at, &end);
    if (end == at || !std::isfinite(number)) break;
    parsed.push_back(number);
    at = end + std::strspn(end, " ");
    if (*at != ',' || !list) break;
    ++at;
  }
  if (list && *at == ']') ++at;
  if (*at == 0 && !parsed.empty()) return parsed;
  complain(name, "a list of numbers", value);
  return {};
}

std::vector<std::string> Arguments::texts(const char* name, unsigned position) {
  std::string value = text(name, position, "");
  if (!value.starts_with('[') || !value.ends_with(']'))
    return value.empty() ? std::vector<std::string>{} : std::vector{value};
  std::vector<std::string> parts;
  for (std::size_t at = 1, end; at + 1 < value.size(); at = end + 2) {
    end = std::min(value.find(", ", at), value.size() - 1);
    parts.push_back(value.substr(at, end - at));
  }
  return parts;
}

Status Arguments::finish() const {
  if (!mistake.empty()) return Status::error(CNN_ERROR_ARGUMENT, "%s", mistake.c_str());
  for (std::uint32_t i = 0; i < setting.argument_count; ++i) {
    if (used[i]) continue;
    const char* name = setting.argument_names ? setting.argument_names[i] : "";
    return Status::error(CNN_ERROR_ARGUMENT, "%s: unknown argument %s%s%s", setting.name, name,
                         *name ? " = " : "", setting.argument_values[i]);
  }
  return {};
}

} // namespace cnn
