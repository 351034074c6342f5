#include "text.h"

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace cnn {

Text::~Text() {
  free(data);
}

bool Text::grow(size_t more) {
  if (used + more < room) return true;
  size_t wanted = (used + more + 1) * 2;
  auto* larger = static_cast<char*>(realloc(data, wanted));
  if (!larger) {
    lost = true;
    return false;
  }
  data = larger;
  room = wanted;
  return true;
}

Text& Text::add(const char* format, ...) {
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  int length = vsnprintf(nullptr, 0, format, arguments);
  if (length > 0 && grow(static_cast<size_t>(length))) {
    vsnprintf(data + used, room - used, format, again);
    used += static_cast<size_t>(length);
  }
  va_end(again);
  va_end(arguments);
  return *this;
}

void Text::addCharacter(char character, size_t times) {
  if (!grow(times)) return;
  memset(data + used, character, times);
  used += times;
  data[used] = 0;
}

void Text::clear() {
  used = 0;
  lost = false;
  if (data) data[0] = 0;
}

} // namespace cnn
