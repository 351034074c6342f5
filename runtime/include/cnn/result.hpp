// Results without exceptions. Header only, and nothing here needs libstdc++ at link time.
#ifndef CNN_RESULT_HPP
#define CNN_RESULT_HPP

#include <cnn/cxx20.hpp>
#ifdef CNN_CXX20

#include <cnn/model.h>

#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <utility>

namespace cnn {

/// Success, or a cnn_status with a message.
class [[nodiscard]] Status {
public:
  Status() = default;
  Status(Status&& other) noexcept : number(other.number), text(std::exchange(other.text, nullptr)) {}
  Status& operator=(Status&& other) noexcept {
    std::swap(number, other.number);
    std::swap(text, other.text);
    return *this;
  }
  ~Status() { std::free(text); }

  __attribute__((format(printf, 2, 3))) static Status error(int code, const char* format, ...) {
    Status status;
    status.number = code ? code : CNN_ERROR_INTERNAL;
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = std::vsnprintf(nullptr, 0, format, arguments);
    if (length >= 0 && (status.text = static_cast<char*>(std::malloc(static_cast<std::size_t>(length) + 1))))
      std::vsnprintf(status.text, static_cast<std::size_t>(length) + 1, format, again);
    va_end(again);
    va_end(arguments);
    return status;
  }

  bool ok() const { return number == CNN_OK; }
  explicit operator bool() const { return ok(); }
  /// A cnn_status.
  int code() const { return number; }
  /// Empty where ok.
  const char* message() const { return text ? text : ok() ? "" : "no memory for a message"; }

  /// For programs that have nothing better to do with an error: prints it and exits with 1.
  void or_exit() const {
    if (ok()) return;
    std::fprintf(stderr, "error: %s\n", message());
    std::exit(1);
  }

private:
  int number = CNN_OK;
  char* text = nullptr;
};

/// A value, or why there is none. Taking the value of a failed result prints the message and aborts.
template <class T> class [[nodiscard]] Result {
public:
  Result(T value) : content(std::move(value)) {}
  Result(Status error) : failure(std::move(error)) {}

  bool ok() const { return content.has_value(); }
  explicit operator bool() const { return ok(); }
  const char* message() const { return failure.message(); }
  int code() const { return failure.code(); }
  /// The error, to be returned further.
  Status error() && { return std::move(failure); }

  T& operator*() & { return get(); }
  const T& operator*() const& { return const_cast<Result*>(this)->get(); }
  T&& operator*() && { return std::move(get()); }
  T* operator->() { return &get(); }
  const T* operator->() const { return &const_cast<Result*>(this)->get(); }

  /// The value; on an error prints the message and exits with 1.
  T or_exit() && {
    if (!ok()) failure.or_exit();
    return std::move(*content);
  }

private:
  T& get() {
    if (!ok()) {
      std::fprintf(stderr, "error: %s\n", message());
      std::abort();
    }
    return *content;
  }

  std::optional<T> content;
  Status failure;
};

} // namespace cnn
#endif
#endif
