//===- message_reader.h - Messages of a stream, whatever it holds --------------------------------------===//
#ifndef CNN_COMPILER_LANGUAGE_SERVER_MESSAGE_READER_H
#define CNN_COMPILER_LANGUAGE_SERVER_MESSAGE_READER_H

#include "llvm/Support/JSON.h"

#include <cstdio>
#include <optional>
#include <string>

namespace cnn::language_server {

/// Reads messages of the base protocol: header lines, an empty line, and as many bytes of JSON as
/// `Content-Length` says. Names of headers may be written in any case, as in RFC 9110. After bytes that are
/// no message the next one begins where the next `Content-Length` stands.
class MessageReader {
public:
  /// More is no program: a source file has at most 100 MB, and its characters take up to two bytes here.
  static constexpr size_t maxBytes = 256 << 20;
  /// Of arrays and objects within each other; messages of the protocol have a dozen.
  static constexpr unsigned maxNesting = 200;

  explicit MessageReader(std::FILE* input) : input(input) {}

  /// The next message, or an error that says why there is none at this place: it is no JSON, or has no header
  /// that can be understood. Nothing at the end of the input.
  std::optional<llvm::Expected<llvm::json::Value>> next();

private:
  bool line(std::string& text);
  std::optional<std::string> body(size_t length);

  std::FILE* input;
  bool lost = false; ///< between messages: has been reported
};

} // namespace cnn::language_server

#endif
