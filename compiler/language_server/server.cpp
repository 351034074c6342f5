//===- server.cpp - Messages of the protocol to features and back --------------------------------------===//

#include "server.h"

#include "features.h"
#include "message_reader.h"
#include "parameters.h"
#include "workspace.h"

#include "llvm/Support/LSP/Transport.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace cnn::language_server {

namespace {

using llvm::json::Array;
using llvm::json::Object;
using llvm::json::Value;
using Reply = lsp::Callback<Value>;

template <typename List> Array jsonOf(const List& list) {
  Array result;
  result.reserve(list.size()); // a growing array copies its elements, whole trees
  for (const auto& element : list) result.push_back(lsp::toJSON(element));
  return result;
}

/// For editors that know no symbols below symbols: a flat list with the name of what is around.
void flatten(const std::vector<lsp::DocumentSymbol>& symbols, const lsp::URIForFile& address,
             const std::string& around, Array& result) {
  for (const lsp::DocumentSymbol& symbol : symbols) {
    result.push_back(Object{{"name", symbol.name},
                            {"kind", int(symbol.kind)},
                            {"location", language_server::jsonOf(lsp::Location(address, symbol.range))},
                            {"containerName", around}});
    flatten(symbol.children, address, symbol.name, result);
  }
}

class Server {
public:
  Server(lsp::JSONTransport& transport, const ServerOptions& options)
      : options(options), workspace(options.libraryPath), handler(transport),
        publish(handler.outgoingNotification<Value>("textDocument/publishDiagnostics")) {
    handler.method("initialize", this, &Server::initialize);
    handler.method("shutdown", this, &Server::shutdown);
    handler.notification("initialized", this, &Server::ignore);
    handler.notification("textDocument/didOpen", this, &Server::open);
    handler.notification("textDocument/didChange", this, &Server::change);
    handler.notification("textDocument/didClose", this, &Server::close);
    handler.notification("textDocument/didSave", this, &Server::ignore);
    handler.notification("workspace/didChangeWatchedFiles", this, &Server::filesChanged);
    handler.method("textDocument/hover", this, &Server::hover);
    handler.method("textDocument/completion", this, &Server::completion);
    handler.method("textDocument/signatureHelp", this, &Server::signature);
    handler.method("textDocument/definition", this, &Server::definition);
    handler.method("textDocument/references", this, &Server::references);
    handler.method("textDocument/prepareRename", this, &Server::prepareRename);
    handler.method("textDocument/rename", this, &Server::rename);
    handler.method("textDocument/documentSymbol", this, &Server::symbols);
    handler.method("textDocument/formatting", this, &Server::formatting);
    handler.method("textDocument/inlayHint", this, &Server::inlayHints);
    handler.method("textDocument/codeAction", this, &Server::codeActions);
  }

  int run(std::FILE* input, lsp::JSONTransport& transport) {
    MessageReader messages(input);
    while (std::optional<llvm::Expected<Value>> message = messages.next()) {
      if (!*message)
        refuse(transport, nullptr, llvm::toString(message->takeError()), lsp::ErrorCode::ParseError);
      else if (!take(**message, transport))
        break;
    }
    return ended ? 0 : 1;
  }

private:
  // ---- messages ----

  static void refuse(lsp::JSONTransport& transport, Value id, const std::string& why, lsp::ErrorCode code) {
    transport.reply(std::move(id), llvm::make_error<lsp::LSPError>(why, code));
  }

  /// One message of JSON-RPC 2.0. False after `exit`.
  bool take(Value& message, lsp::JSONTransport& transport) {
    Object* object = message.getAsObject();
    const Value* given = object ? object->get("id") : nullptr;
    bool isId = given && (given->kind() == Value::Number || given->kind() == Value::String);
    Value id = isId ? *given : Value(nullptr);
    auto method = object ? object->getString("method") : std::nullopt;
    bool isReply = object && !object->get("method") && (object->get("result") || object->get("error"));
    if (isReply) return true; // this server asks nothing
    std::string wrong = !object                                 ? "expected an object"
                        : object->getString("jsonrpc") != "2.0" ? "expected \"jsonrpc\": \"2.0\""
                        : !method                               ? "expected a string as \"method\""
                        : given && !isId                        ? "expected a number or a string as \"id\""
                        : given && ended                        ? "no requests come after shutdown"
                                                                : "";
    if (!wrong.empty()) {
      refuse(transport, id, wrong, lsp::ErrorCode::InvalidRequest);
      return true;
    }
    const Value* parameters = object->get("params");
    Value content = parameters ? *parameters : Value(nullptr);
    return given ? handler.onCall(*method, std::move(content), std::move(id))
                 : handler.onNotify(*method, std::move(content));
  }

  // ---- life ----

  void initialize(const InitializeParams& parameters, Reply reply) {
    snippets = parameters.snippets;
    hierarchical = parameters.hierarchicalSymbols;
    workspace.setFolders(parameters.folders);
    constexpr int wholeTexts = 1;
    Object capabilities{
        {"textDocumentSync", Object{{"openClose", true}, {"change", wholeTexts}, {"save", true}}},
        {"hoverProvider", true},
        {"completionProvider", Object{{"triggerCharacters", {".", ">", "(", ",", "/", "\""}}}},
        {"signatureHelpProvider", Object{{"triggerCharacters", {"(", ","}}}},
        {"definitionProvider", true},
        {"referencesProvider", true},
        {"renameProvider", Object{{"prepareProvider", true}}},
        {"documentSymbolProvider", true},
        {"documentFormattingProvider", true},
        {"inlayHintProvider", true},
        {"codeActionProvider", Object{{"codeActionKinds", {"quickfix", "source.fixAll.cnnc"}}}},
    };
    reply(Object{{"capabilities", std::move(capabilities)},
                 {"serverInfo", Object{{"name", "cnnc"}, {"version", options.version}}}});
  }

  void shutdown(const lsp::NoParams&, Reply reply) {
    ended = true;
    reply(nullptr);
  }

  void ignore(const lsp::NoParams&) {}

  // ---- documents ----

  void show(const std::vector<const Document*>& changed) {
    for (const Document* document : changed)
      publish(Object{{"uri", document->address.uri()},
                     {"version", document->version},
                     {"diagnostics", diagnostics(*document->analysis)}});
  }

  void open(const lsp::DidOpenTextDocumentParams& parameters) {
    const lsp::TextDocumentItem& document = parameters.textDocument;
    show(workspace.update(document.uri, document.version, document.text));
  }

  void change(const lsp::DidChangeTextDocumentParams& parameters) {
    if (parameters.contentChanges.empty()) return;
    const std::string& text = parameters.contentChanges.back().text; // a whole text, as was agreed
    show(workspace.update(parameters.textDocument.uri, parameters.textDocument.version, text));
  }

  void close(const lsp::DidCloseTextDocumentParams& parameters) {
    std::vector<const Document*> changed = workspace.close(parameters.textDocument.uri);
    publish(Object{{"uri", parameters.textDocument.uri.uri()}, {"diagnostics", Array()}});
    show(changed);
  }

  void filesChanged(const lsp::NoParams&) { show(workspace.refresh()); }

  /// Calls `answer` with the analysis, and the offset of a position in it; null for an unknown document.
  template <typename Answer>
  void at(const lsp::TextDocumentPositionParams& parameters, Reply& reply, const Answer& answer) {
    with(parameters.textDocument, reply, [&](const Analysis& analysis) {
      return answer(analysis, offsetOf(analysis.source(), parameters.position));
    });
  }

  template <typename Answer>
  void with(const lsp::TextDocumentIdentifier& identifier, Reply& reply, const Answer& answer) {
    const Document* document = workspace.find(identifier.uri);
    if (!document) return reply(nullptr);
    reply(answer(*document->analysis));
  }

  static Span spanOf(const Analysis& analysis, lsp::Range range) {
    return {analysis.file(), offsetOf(analysis.source(), range.start),
            offsetOf(analysis.source(), range.end)};
  }

  // ---- features ----

  void hover(const lsp::TextDocumentPositionParams& parameters, Reply reply) {
    at(parameters, reply, [](const Analysis& analysis, uint32_t offset) -> Value {
      auto result = language_server::hover(analysis, offset);
      return result ? lsp::toJSON(*result) : nullptr;
    });
  }

  void completion(const lsp::CompletionParams& parameters, Reply reply) {
    at(parameters, reply, [&](const Analysis& analysis, uint32_t offset) {
      return lsp::toJSON(complete(analysis, offset, snippets));
    });
  }

  void signature(const lsp::TextDocumentPositionParams& parameters, Reply reply) {
    at(parameters, reply, [](const Analysis& analysis, uint32_t offset) -> Value {
      lsp::SignatureHelp help = signatureHelp(analysis, offset);
      return help.signatures.empty() ? Value(nullptr) : lsp::toJSON(help);
    });
  }

  void definition(const lsp::TextDocumentPositionParams& parameters, Reply reply) {
    at(parameters, reply, [](const Analysis& analysis, uint32_t offset) -> Value {
      auto result = language_server::definition(analysis, offset);
      return result ? language_server::jsonOf(*result) : nullptr;
    });
  }

  void references(const lsp::ReferenceParams& parameters, Reply reply) {
    at(parameters, reply, [&](const Analysis& analysis, uint32_t offset) {
      Array list;
      for (const lsp::Location& place :
           workspace.references(analysis, offset, parameters.context.includeDeclaration))
        list.push_back(language_server::jsonOf(place));
      return list;
    });
  }

  void prepareRename(const lsp::TextDocumentPositionParams& parameters, Reply reply) {
    at(parameters, reply, [](const Analysis& analysis, uint32_t offset) -> Value {
      auto span = renameable(analysis, offset);
      return span ? lsp::toJSON(rangeOf(analysis.sources, *span)) : nullptr;
    });
  }

  void rename(const RenameParams& parameters, Reply reply) {
    const Document* document = workspace.find(parameters.textDocument.uri);
    if (!document) return reply(nullptr);
    uint32_t offset = offsetOf(document->analysis->source(), parameters.position);
    llvm::Expected<lsp::WorkspaceEdit> edit =
        workspace.rename(*document->analysis, offset, parameters.newName);
    if (!edit) return reply(edit.takeError());
    reply(lsp::toJSON(*edit));
  }

  void symbols(const lsp::DocumentSymbolParams& parameters, Reply reply) {
    with(parameters.textDocument, reply, [&](const Analysis& analysis) {
      std::vector<lsp::DocumentSymbol> tree = language_server::symbols(analysis);
      if (hierarchical) return jsonOf(tree);
      Array list;
      flatten(tree, parameters.textDocument.uri, "", list);
      return list;
    });
  }

  void formatting(const FormattingParams& parameters, Reply reply) {
    with(parameters.textDocument, reply,
         [](const Analysis& analysis) { return jsonOf(language_server::formatting(analysis)); });
  }

  void inlayHints(const lsp::InlayHintsParams& parameters, Reply reply) {
    with(parameters.textDocument, reply, [&](const Analysis& analysis) {
      return jsonOf(language_server::inlayHints(analysis, spanOf(analysis, parameters.range)));
    });
  }

  void codeActions(const lsp::CodeActionParams& parameters, Reply reply) {
    with(parameters.textDocument, reply, [&](const Analysis& analysis) {
      return language_server::codeActions(analysis, spanOf(analysis, parameters.range));
    });
  }

  ServerOptions options;
  Workspace workspace;
  lsp::MessageHandler handler;
  lsp::OutgoingNotification<Value> publish;
  bool snippets = false, hierarchical = false, ended = false;
};

} // namespace

/// Each change frees some megabytes and takes as much again: by default they go to the kernel and come back
/// page by page, a quarter of the time of an answer.
static void keepFreedMemory() {
#ifdef __GLIBC__
  constexpr int kept = 64 << 20;
  mallopt(M_TRIM_THRESHOLD, kept);
  mallopt(M_MMAP_THRESHOLD, kept);
#endif
}

int serve(std::FILE* input, llvm::raw_ostream& output, const ServerOptions& options) {
  keepFreedMemory();
  lsp::Logger::setLogLevel(lsp::Logger::Level::Error);
  lsp::URIForFile::registerSupportedScheme("untitled"); // a text that has no file yet
  lsp::JSONTransport transport(input, output);
  return Server(transport, options).run(input, transport);
}

} // namespace cnn::language_server
