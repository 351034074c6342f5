// The arguments of a setting in a train section, as text from the generated tables.
#ifndef CNN_DATA_SETTINGS_H
#define CNN_DATA_SETTINGS_H

#include <cnn/result.hpp>

#include <string>
#include <vector>

namespace cnn {

/// Reads arguments by name or position and remembers the first mistake.
class Arguments {
public:
  explicit Arguments(const cnn_setting& setting) : setting(setting), used(setting.argument_count) {}

  /// `position` counts the unnamed arguments.
  std::string text(const char* name, unsigned position, const std::string& otherwise);
  double number(const char* name, unsigned position, double otherwise);
  /// "[0.5, 0.5]", or one number.
  std::vector<float> numbers(const char* name, unsigned position);
  /// "[layer1, fc]", or one text.
  std::vector<std::string> texts(const char* name, unsigned position);
  /// The first mistake, an unknown argument among them.
  Status finish() const;

private:
  const char* find(const char* name, unsigned position);
  void complain(const char* name, const char* expected, const char* found);

  const cnn_setting& setting;
  std::vector<bool> used;
  std::string mistake;
};

} // namespace cnn
#endif
