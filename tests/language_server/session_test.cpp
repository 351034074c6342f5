/// Plays the client's side of recorded sessions, and holds the server's side against the recording.
#include "language_server/server.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <catch2/catch.hpp>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

using namespace cnn::language_server;
using llvm::json::Array;
using llvm::json::Object;
using llvm::json::Value;

static std::string framed(const std::string& message) {
  return "Content-Length: " + std::to_string(message.size()) + "\r\n\r\n" + message;
}

/// The messages in a stream of them, each after its header.
static std::vector<Value> messages(llvm::StringRef stream) {
  std::vector<Value> result;
  while (!stream.empty()) {
    REQUIRE(stream.consume_front("Content-Length: "));
    size_t length = 0;
    REQUIRE_FALSE(stream.consumeInteger(10, length));
    REQUIRE(stream.consume_front("\r\n\r\n"));
    auto message = llvm::json::parse(stream.take_front(length));
    REQUIRE(bool(message));
    result.push_back(std::move(*message));
    stream = stream.drop_front(length);
  }
  return result;
}

static std::vector<Value> answers(const std::string& input, int& status) {
  std::FILE* file = std::tmpfile();
  REQUIRE(file);
  std::fwrite(input.data(), 1, input.size(), file);
  std::rewind(file);
  std::string output;
  llvm::raw_string_ostream stream(output);
  status = serve(file, stream, {"", ""});
  std::fclose(file);
  return messages(output);
}

/// A list of completions is recorded in part, so that a new operator does not change the session.
static bool agrees(const Value& recorded, const Value& found) {
  const Object *wanted = recorded.getAsObject(), *given = found.getAsObject();
  const Object *result = wanted ? wanted->getObject("result") : nullptr,
               *answer = given ? given->getObject("result") : nullptr;
  const Array *some = result ? result->getArray("items") : nullptr,
              *all = answer ? answer->getArray("items") : nullptr;
  if (!some || !all) return recorded == found;
  if (some->empty() != all->empty()) return false;
  for (const Value& item : *some)
    if (std::find(all->begin(), all->end(), item) == all->end()) return false;
  return wanted->get("id") && given->get("id") && *wanted->get("id") == *given->get("id");
}

static std::string text(const Value& value) {
  std::string result;
  llvm::raw_string_ostream(result) << llvm::formatv("{0:2}", value);
  return result;
}

TEST_CASE("a session recorded with the client of VS Code is answered as it was") {
  std::ifstream recording(CNN_SESSIONS "/session.jsonl");
  REQUIRE(recording.good());
  std::string input;
  std::vector<Value> wanted;
  for (std::string line; std::getline(recording, line);) {
    auto entry = llvm::json::parse(line);
    REQUIRE(bool(entry));
    const Object& object = *entry->getAsObject();
    if (const Value* sent = object.get("client"))
      input += framed(llvm::formatv("{0}", *sent).str());
    else
      wanted.push_back(*object.get("server"));
  }
  REQUIRE(wanted.size() > 10);
  int status = -1;
  std::vector<Value> found = answers(input, status);
  CHECK(status == 0);
  REQUIRE(found.size() == wanted.size());
  for (size_t i = 0; i < wanted.size(); ++i) {
    INFO("message " << i << ": expected " << text(wanted[i]) << "\nfound " << text(found[i]));
    CHECK(agrees(wanted[i], found[i]));
  }
}

TEST_CASE("messages that make no sense are answered with errors, and the server lives on") {
  int status = -1;
  auto found =
      answers(framed(R"({"jsonrpc":"2.0","id":1,"method":"textDocument/hover","params":{"x":1}})") +
                  framed(R"({"jsonrpc":"2.0","id":2,"method":"no/such","params":{}})") +
                  framed(R"({"jsonrpc":"2.0","method":"textDocument/didOpen","params":{}})") +
                  framed("this is not JSON") +
                  framed(R"({"jsonrpc":"2.0","id":3,"method":"textDocument/hover","params":{"textDocument":)"
                         R"({"uri":"file:///none.cnn"},"position":{"line":-5,"character":99999}}})") +
                  framed(R"({"jsonrpc":"2.0","id":4,"method":"shutdown"})") +
                  framed(R"({"jsonrpc":"2.0","id":5,"method":"textDocument/hover"})") +
                  framed(R"({"jsonrpc":"2.0","method":"exit"})"),
              status);
  auto code = [&](size_t i) { return found[i].getAsObject()->getObject("error")->getInteger("code"); };
  REQUIRE(found.size() == 6);
  CHECK(code(0) == -32602);
  CHECK(code(1) == -32601);
  CHECK(code(2) == -32700);
  CHECK(*found[2].getAsObject()->get("id") == nullptr);
  CHECK(*found[3].getAsObject()->get("result") == nullptr);
  CHECK(*found[4].getAsObject()->get("result") == nullptr);
  CHECK(code(5) == -32600);
  CHECK(status == 0);
}

/// The error of odd bytes, {code, id}, or nothing; a request after them must be answered.
static std::string afterwards(const std::string& bytes) {
  int status = -1;
  auto found = answers(bytes + framed(R"({"jsonrpc":"2.0","id":"later","method":"shutdown"})"), status);
  std::string errors;
  for (const Value& message : found) {
    const Object& object = *message.getAsObject();
    if (const Object* error = object.getObject("error"))
      errors += std::to_string(*error->getInteger("code")) + " " + text(*object.get("id")) + " ";
  }
  bool answered = !found.empty() && *found.back().getAsObject()->get("id") == "later" && status == 0;
  return errors + (answered ? "answered" : "NOT ANSWERED");
}

TEST_CASE("after bytes that are no message every request is answered") {
  std::string notification = R"({"jsonrpc":"2.0","method":"initialized"})", odd;
  std::string many(100'000, '[');
  auto header = [&](const std::string& lines) { return lines + "\r\n\r\n" + notification; };
  SECTION("no messages of JSON-RPC") {
    for (const char* text : {"{}", "[]", "null", "\"x\"", "5", R"({"jsonrpc":"2.0","method":5})",
                             R"({"method":"initialized"})", R"({"jsonrpc":"2.0","id":{},"method":"x"})",
                             R"({"jsonrpc":"2.0","id":null,"method":"textDocument/hover"})"})
      CHECK(afterwards(framed(text)) == "-32600 null answered");
    CHECK(afterwards(framed(R"({"jsonrpc":"1.0","id":9,"method":"x"})")) == "-32600 9 answered");
    CHECK(afterwards(framed(R"({"jsonrpc":"2.0","id":"a"})")) == "-32600 \"a\" answered");
    CHECK(afterwards(framed(R"({"jsonrpc":"2.0","id":7,"error":{}})")) == "answered");
  }
  SECTION("no JSON") {
    for (const std::string& text : {std::string("{"), std::string(), std::string("{\"a\": \"\xff\"}"), many,
                                    many + std::string(100'000, ']'), "{\"a\":" + many})
      CHECK(afterwards(framed(text)) == "-32700 null answered");
    std::string deep = std::string(190, '[') + std::string(190, ']');
    CHECK(afterwards(framed(R"({"jsonrpc":"2.0","method":"x","params":)" + deep + "}")) == "answered");
    CHECK(afterwards(framed(R"({"jsonrpc":"2.0","method":"[[[[","params":"\"{{"})")) == "answered");
  }
  SECTION("headers as they may be") {
    std::string length = std::to_string(notification.size());
    CHECK(afterwards(header("content-length: " + length)) == "answered");
    CHECK(afterwards(header("CONTENT-LENGTH:" + length)) == "answered");
    CHECK(afterwards(header("Content-Length:   " + length + " ")) == "answered");
    CHECK(afterwards(header("Content-Type: application/json\r\nContent-Length: " + length)) == "answered");
    CHECK(afterwards(header("X: " + std::string(1 << 20, 'y') + "\r\nContent-Length: " + length)) ==
          "answered");
    CHECK(afterwards("\r\n") == "answered");
  }
  SECTION("headers that say nothing") {
    for (const char* length : {"-1", "x", "", "9223372036854775808", "18446744073709551616", "999999999",
                               "2147483648", "40 bytes"})
      CHECK(afterwards("Content-Length: " + std::string(length) + "\r\n\r\n") == "-32700 null answered");
    CHECK(afterwards("hello\r\n\r\n") == "-32700 null answered");
    CHECK(afterwards(std::string("\0Content-Length: 2\r\n\r\n{}", 24)) == "-32700 null answered");
    CHECK(afterwards("Content-Length: 999999999\r\n\r\n" + notification) == "-32700 null answered");
  }
}

TEST_CASE("an end without shutdown is status 1") {
  int status = -1;
  answers("", status);
  CHECK(status == 1);
  answers(framed(R"({"jsonrpc":"2.0","method":"exit"})"), status);
  CHECK(status == 1);
}
