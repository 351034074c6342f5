/// How long the server takes to answer a change in a 1,000-line file with new shapes: from the moment the
/// message of the change and the request for the shapes are written to the moment the last byte of the answer
/// is read. The change is of every shape of the file; the request is an editor's, for the lines that its
/// window shows, here 100, another part of the file each time. With `all` it is for the whole file. The
/// server runs in a thread of its own and is spoken to through pipes, as an editor does.
///
///   change_latency [CHANGES [all]]     default: 200; exit status 1 if the 95th percentile is above 50 ms
#include "language_server/server.h"

#include "llvm/Support/JSON.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

using llvm::json::Array;
using llvm::json::Object;
using llvm::json::Value;

namespace {

constexpr int lines = 1000, shownLines = 100;
constexpr double limitMilliseconds = 50;

/// Networks of ten lines with five convolutions each; `width` is a number in the first line of the file, so
/// that a change of it changes the shapes of the whole file.
std::string program(int width) {
  std::string text = "let width = " + std::to_string(width) + "\n";
  text += "block Unit(x, out: int) = x |> conv(out, 3, padding = 1, bias = false) |> batch_norm |> relu\n";
  int written = 2;
  for (int i = 0; written + 10 <= lines; ++i, written += 10)
    text += "/// One of many.\n"
            "network Net" +
            std::to_string(i) +
            "(classes: int = 10) {\n"
            "  input image: f32[N, 3, 32, 32]\n"
            "  let stem = image |> Unit(width) |> Unit(2 * width) |> max_pool(2)\n"
            "  let a = stem |> Unit(2 * width) |> conv(2 * width, 1) @mix |> relu\n"
            "  let b = (a + stem) |> Unit(4 * width) |> avg_pool(2)\n"
            "  output logits = b\n"
            "    |> global_avg_pool |> dropout(0.2)\n"
            "    |> linear(classes) @head\n"
            "}\n";
  while (written++ < lines) text += "// the end\n";
  return text;
}

class Client {
public:
  Client(int write, int read) : out(fdopen(write, "w")), in(fdopen(read, "r")) {}

  static std::string framed(const Value& message) {
    std::string text = llvm::formatv("{0}", message);
    return "Content-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
  }

  void sendText(const std::string& text) {
    std::fwrite(text.data(), 1, text.size(), out);
    std::fflush(out);
  }
  void send(const Value& message) { sendText(framed(message)); }

  /// The next message of the server.
  std::string receiveText() {
    size_t length = 0;
    if (std::fscanf(in, "Content-Length: %zu", &length) != 1) std::exit(2);
    std::string text(length + 4, '\0');
    if (std::fread(text.data(), 1, text.size(), in) != text.size()) std::exit(2);
    return text.substr(4);
  }

  static Value parsed(const std::string& text) {
    auto value = llvm::json::parse(text);
    if (!value) std::exit(2);
    return std::move(*value);
  }

  Value answer(int id) {
    for (;;) {
      Value message = parsed(receiveText());
      if (message.getAsObject()->getInteger("id") == id) return message;
    }
  }

private:
  std::FILE *out, *in;
};

Object request(int id, llvm::StringRef method, Object params) {
  return Object{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}};
}

Object notification(llvm::StringRef method, Object params) {
  return Object{{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}};
}

} // namespace

int main(int count, char** words) {
  int changes = count > 1 ? std::max(1, std::atoi(words[1])) : 200;
  bool all = count > 2 && std::string(words[2]) == "all";
  int toServer[2], fromServer[2];
  if (pipe(toServer) || pipe(fromServer)) return 2;
  std::thread server([&] {
    std::FILE* input = fdopen(toServer[0], "r");
    llvm::raw_fd_ostream output(fromServer[1], true);
    cnn::language_server::serve(input, output, {"", ""});
  });
  Client client(toServer[1], fromServer[0]);
  const char* uri = "file:///benchmark/nets.cnn";
  client.send(request(0, "initialize", Object{{"capabilities", Object()}}));
  client.answer(0);
  client.send(notification(
      "textDocument/didOpen",
      Object{{"textDocument",
              Object{{"uri", uri}, {"languageId", "cnn"}, {"version", 0}, {"text", program(8)}}}}));
  client.receiveText(); // the diagnostics
  std::vector<double> times;
  size_t hints = 0;
  for (int i = 1; i <= changes; ++i) {
    int width = 8 + i % 7;
    int first = all ? 0 : i * 97 % (lines - shownLines), last = all ? lines : first + shownLines;
    Value change = notification("textDocument/didChange",
                                Object{{"textDocument", Object{{"uri", uri}, {"version", i}}},
                                       {"contentChanges", Array{Object{{"text", program(width)}}}}});
    Value shapes = request(i, "textDocument/inlayHint",
                           Object{{"textDocument", Object{{"uri", uri}}},
                                  {"range", Object{{"start", Object{{"line", first}, {"character", 0}}},
                                                   {"end", Object{{"line", last}, {"character", 0}}}}}});
    std::string changeText = Client::framed(change), shapesText = Client::framed(shapes);
    auto begin = std::chrono::steady_clock::now();
    client.sendText(changeText);
    client.sendText(shapesText);
    client.receiveText(); // the diagnostics
    std::string text = client.receiveText();
    times.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
    Value answer = Client::parsed(text);
    const Array* list = answer.getAsObject()->getArray("result");
    std::string wanted = "[N, " + std::to_string(width) + ", 32, 32]";
    bool fresh = list && std::any_of(list->begin(), list->end(), [&](const Value& hint) {
                   auto label = hint.getAsObject()->getString("label");
                   return label && label->starts_with(wanted);
                 });
    if (!fresh) {
      std::fprintf(stderr, "change %d: no shape %s in the answer\n", i, wanted.c_str());
      return 2;
    }
    hints = list->size();
  }
  client.send(request(-1, "shutdown", Object()));
  client.answer(-1);
  client.send(notification("exit", Object()));
  server.join();
  std::sort(times.begin(), times.end());
  auto percentile = [&](double p) {
    return times[std::min(times.size() - 1, size_t(p * double(times.size())))];
  };
  std::printf("%d changes of a file of %d lines, %zu shapes each: median %.1f ms, p95 %.1f ms, min %.1f ms, "
              "max %.1f ms\n",
              changes, lines, hints, percentile(0.5), percentile(0.95), times.front(), times.back());
  return percentile(0.95) <= limitMilliseconds ? 0 : 1;
}
