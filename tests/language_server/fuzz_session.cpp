/// libFuzzer target: a session with a language server. Any bytes as its input end without a crash; and any
/// text is opened, asked about everywhere, changed, saved and closed, where each request is answered.
#include "language_server/server.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

using namespace cnn::language_server;
using llvm::json::Object;
using llvm::json::Value;

namespace {

class Session {
public:
  std::string input;
  int requests = 0;

  void send(Object message) {
    message["jsonrpc"] = "2.0";
    std::string text = llvm::formatv("{0}", Value(std::move(message))).str();
    input += "Content-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
  }
  void notify(llvm::StringRef method, Object parameters) {
    send(Object{{"method", method}, {"params", std::move(parameters)}});
  }
  void ask(llvm::StringRef method, Object parameters) {
    send(Object{{"method", method}, {"id", ++requests}, {"params", std::move(parameters)}});
  }
};

std::string answersTo(const std::string& input) {
  std::string output;
  llvm::raw_string_ostream stream(output);
  std::FILE* file = fmemopen(const_cast<char*>(input.data()), input.size(), "r");
  if (!file) return output;
  serve(file, stream, {"", ""});
  std::fclose(file);
  return output;
}

Object document(const std::string& name) {
  return Object{{"uri", "file:///fuzz/" + name}};
}

void askEverything(Session& session, const std::string& text, uint32_t seed) {
  static constexpr llvm::StringLiteral atPlaces[] = {"textDocument/hover",         "textDocument/completion",
                                                     "textDocument/signatureHelp", "textDocument/definition",
                                                     "textDocument/prepareRename", "textDocument/references",
                                                     "textDocument/rename"};
  int64_t lines = std::count(text.begin(), text.end(), '\n') + 1;
  for (llvm::StringRef method : atPlaces) {
    seed = seed * 1664525 + 1013904223;
    Object parameters{{"textDocument", document("a.cnn")},
                      {"position", Object{{"line", int64_t(seed >> 8) % lines}, {"character", seed % 40}}},
                      {"context", Object{{"includeDeclaration", true}}},
                      {"newName", seed % 3 ? "renamed" : "not a name"}};
    session.ask(method, std::move(parameters));
  }
  Object whole{{"start", Object{{"line", 0}, {"character", 0}}},
               {"end", Object{{"line", lines}, {"character", 0}}}};
  session.ask("textDocument/documentSymbol", Object{{"textDocument", document("a.cnn")}});
  session.ask("textDocument/formatting", Object{{"textDocument", document("a.cnn")}, {"options", Object{}}});
  session.ask("textDocument/inlayHint",
              Object{{"textDocument", document("a.cnn")}, {"range", Object(whole)}});
  session.ask("textDocument/codeAction", Object{{"textDocument", document("a.cnn")},
                                                {"range", Object(whole)},
                                                {"context", Object{{"diagnostics", llvm::json::Array()}}}});
}

Object changed(const std::string& name, int version, const std::string& text) {
  Object identifier = document(name);
  identifier["version"] = version;
  return Object{{"textDocument", std::move(identifier)},
                {"contentChanges", llvm::json::Array{Object{{"text", text}}}}};
}

Object opened(const std::string& name, const std::string& text) {
  Object item = document(name);
  item["languageId"] = "cnn";
  item["version"] = 1;
  item["text"] = text;
  return Object{{"textDocument", std::move(item)}};
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  if (bytes.empty()) return 0;
  if (bytes.starts_with("Content")) {
    answersTo(bytes);
    return 0;
  }
  std::string text = llvm::json::fixUTF8(bytes);
  uint32_t seed = 0;
  for (char c : bytes) seed = seed * 31 + uint8_t(c);
  size_t middle = text.size() / 2;
  while (middle > 0 && (uint8_t(text[middle]) & 0xC0) == 0x80) --middle;
  std::string first = text.substr(0, middle), second = text.substr(middle);

  Session session;
  session.ask("initialize", Object{{"capabilities", Object{}}});
  session.notify("textDocument/didOpen", opened("a.cnn", text));
  askEverything(session, text, seed);
  session.notify("textDocument/didOpen", opened("b.cnn", second));
  session.notify("textDocument/didChange", changed("a.cnn", 2, "use \"./b.cnn\"\n" + first));
  askEverything(session, first, seed ^ 0x5555);
  session.notify("textDocument/didClose", Object{{"textDocument", document("b.cnn")}});
  session.notify("textDocument/didClose", Object{{"textDocument", document("a.cnn")}});
  session.ask("shutdown", Object{});
  std::string output = answersTo(session.input);
  int answers = 0;
  for (int id = 1; id <= session.requests; ++id) {
    std::string key = "\"id\":" + std::to_string(id);
    answers += output.find(key + ",") != std::string::npos || output.find(key + "}") != std::string::npos;
  }
  if (answers != session.requests) {
    std::fprintf(stderr, "%d of %d requests answered:\n%s\n", answers, session.requests, text.c_str());
    std::abort();
  }
  return 0;
}
