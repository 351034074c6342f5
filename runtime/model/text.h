// A growing string for messages and headers, for code that does without libstdc++.
#ifndef CNN_MODEL_TEXT_H
#define CNN_MODEL_TEXT_H

#include <cstddef>

namespace cnn {

class Text {
public:
  Text() = default;
  ~Text();
  Text(const Text&) = delete;
  Text& operator=(const Text&) = delete;

  /// As printf. Out of memory, the text stays as it was and complete() turns false.
  __attribute__((format(printf, 2, 3))) Text& add(const char* format, ...);
  void addCharacter(char character, size_t times = 1);
  void clear();
  /// Never null.
  const char* c_str() const { return data ? data : ""; }
  /// The same for a message, which nothing is told by half of.
  const char* message() const { return lost ? "no memory for the message" : c_str(); }
  size_t size() const { return used; }
  bool empty() const { return used == 0; }
  bool complete() const { return !lost; }

private:
  bool grow(size_t more);
  char* data = nullptr;
  size_t used = 0, room = 0;
  bool lost = false;
};

} // namespace cnn
#endif
