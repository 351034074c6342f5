// Records a session of `cnnc lsp` with the protocol library that VS Code's client is made of.
//
//   npm install && node record_session.mjs PATH_TO_CNNC      writes session.jsonl
//
// A line of the recording is {"client": message} or {"server": message}. The script ends with an error when an answer
// is not what a person would expect to see, so that a recording is right to begin with; session_test.cpp plays it.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { PassThrough } from "node:stream";
import { fileURLToPath } from "node:url";

const protocol = createRequire(import.meta.url)("vscode-languageserver-protocol/node");
const here = dirname(fileURLToPath(import.meta.url));
const command = process.argv[2];
assert(command, "expected the path of cnnc");
const server = spawn(command, ["lsp"], { stdio: ["pipe", "pipe", "inherit"] });

// ---- the recording ----

const recording = [];

/// Passes bytes on and records the messages in them.
function recorded(from, to, side) {
  let bytes = Buffer.alloc(0);
  from.on("data", (chunk) => {
    bytes = Buffer.concat([bytes, chunk]);
    for (;;) {
      const end = bytes.indexOf("\r\n\r\n");
      if (end < 0) break;
      const length = Number(/Content-Length: (\d+)/i.exec(bytes.subarray(0, end).toString())[1]);
      if (bytes.length < end + 4 + length) break;
      const message = JSON.parse(bytes.subarray(end + 4, end + 4 + length).toString());
      if (message.result?.serverInfo) message.result.serverInfo.version = "";
      recording.push({ [side]: message });
      bytes = bytes.subarray(end + 4 + length);
    }
    to.write(chunk);
  });
}

const toServer = new PassThrough();
const fromServer = new PassThrough();
recorded(toServer, server.stdin, "client");
recorded(server.stdout, fromServer, "server");
const connection = protocol.createProtocolConnection(
  new protocol.StreamMessageReader(fromServer),
  new protocol.StreamMessageWriter(toServer)
);

const published = [];
let wake = () => {};
connection.onNotification(protocol.PublishDiagnosticsNotification.type, (params) => {
  published.push(params);
  wake();
});
connection.listen();

/// The next diagnostics that the server publishes.
async function nextDiagnostics() {
  while (published.length === 0) await new Promise((resolve) => (wake = resolve));
  return published.shift();
}

// ---- a document as an editor holds it ----

class Document {
  constructor(name, text) {
    this.uri = `file:///session/${name}`;
    this.version = 1;
    this.text = text;
  }
  async open() {
    await connection.sendNotification(protocol.DidOpenTextDocumentNotification.type, {
      textDocument: { uri: this.uri, languageId: "cnn", version: this.version, text: this.text },
    });
    return nextDiagnostics();
  }
  async change(text) {
    this.text = text;
    await connection.sendNotification(protocol.DidChangeTextDocumentNotification.type, {
      textDocument: { uri: this.uri, version: ++this.version },
      contentChanges: [{ text }],
    });
    return nextDiagnostics();
  }
  get id() {
    return { uri: this.uri };
  }
  /// Right before the last character of `text` where it first stands.
  at(text) {
    const offset = this.text.indexOf(text) + text.length - 1;
    assert(offset >= text.length - 1, `'${text}' is not in the document`);
    const before = this.text.slice(0, offset).split("\n");
    return { textDocument: this.id, position: { line: before.length - 1, character: before.at(-1).length } };
  }
  applied(edits) {
    const lines = this.text.split("\n");
    const offset = ({ line, character }) =>
      lines.slice(0, line).reduce((sum, text) => sum + text.length + 1, 0) + character;
    let text = this.text;
    for (const edit of [...edits].sort((a, b) => offset(b.range.start) - offset(a.range.start)))
      text = text.slice(0, offset(edit.range.start)) + edit.newText + text.slice(offset(edit.range.end));
    return text;
  }
}

const ask = (type, params) => connection.sendRequest(type, params);

/// The recording keeps these items of a list of completions.
async function complete(params, ...labels) {
  const list = await ask(protocol.CompletionRequest.type, params);
  const answer = recording.findLast((entry) => entry.server?.result?.items);
  answer.server.result.items = list.items.filter((item) => labels.includes(item.label));
  assert.equal(answer.server.result.items.length, labels.length);
  return answer.server.result.items;
}

// ---- the session ----

await ask(protocol.InitializeRequest.type, {
  processId: null,
  rootUri: null,
  capabilities: {
    textDocument: {
      completion: { completionItem: { snippetSupport: true, documentationFormat: ["markdown"] } },
      documentSymbol: { hierarchicalDocumentSymbolSupport: true },
      codeAction: { codeActionLiteralSupport: { codeActionKind: { valueSet: ["quickfix"] } } },
      rename: { prepareSupport: true },
      inlayHint: {},
    },
  },
});
await connection.sendNotification(protocol.InitializedNotification.type, {});

// Open, right at first.
const right = `/// LeNet-5 with ReLU.
network LeNet(classes: int = 10) {
  input image: f32[N, 1, 28, 28]
  output logits = image
    |> conv(6, 5, padding = 2) |> relu |> max_pool(2)
    |> conv(16, 5) |> relu |> max_pool(2)
    |> flatten |> linear(classes)
}
train LeNet {
  input label: i32[N]
  loss      = cross_entropy(logits, label)
  optimizer = adam(lr = 1e-3)
}
`;
const lenet = new Document("lenet.cnn", right);
assert.deepEqual((await lenet.open()).diagnostics, []);

// Mistakes: a misspelled operator, and what the server does about it.
let shown = await lenet.change(right.replace("max_pool", "maxpool").replace("adam(lr", "adam(lrr"));
assert.deepEqual(shown.diagnostics.map((diagnostic) => diagnostic.code), ["E0200", "E0400"]);
assert.equal(shown.version, 2);
const actions = await ask(protocol.CodeActionRequest.type, {
  textDocument: lenet.id,
  range: shown.diagnostics[0].range,
  context: { diagnostics: [shown.diagnostics[0]] },
});
assert.equal(actions[0].kind, "quickfix");
const all = actions.find((action) => action.kind === "source.fixAll.cnnc");
assert.equal(lenet.applied(all.edit.changes[lenet.uri]), right);
shown = await lenet.change(lenet.applied(all.edit.changes[lenet.uri]));
assert.deepEqual(shown.diagnostics, []);

// Hover, hints, definition, references, symbols.
const hover = await ask(protocol.HoverRequest.type, lenet.at("|> conv"));
assert.match(hover.contents.value, /f32\[N, 6, 28, 28\]/);
assert.match(hover.contents.value, /156 parameters/);
const hints = await ask(protocol.InlayHintRequest.type, {
  textDocument: lenet.id,
  range: { start: { line: 0, character: 0 }, end: { line: 20, character: 0 } },
});
assert.deepEqual(hints.map((hint) => hint.label).slice(-3), ["[N, 400]", "[N, 10]", "[N]"]);
const definition = await ask(protocol.DefinitionRequest.type, lenet.at("linear(classes"));
assert.equal(definition.range.start.line, 1);
const uses = await ask(protocol.ReferencesRequest.type, {
  ...lenet.at("output logits"),
  context: { includeDeclaration: true },
});
assert.equal(uses.length, 2);
const symbols = await ask(protocol.DocumentSymbolRequest.type, { textDocument: lenet.id });
assert.deepEqual(symbols.map((symbol) => symbol.name), ["LeNet", "train LeNet"]);

// Completion and signature help while a line is typed.
await lenet.change(right.replace("  optimizer", "  schedule = \n  optimizer"));
await complete(lenet.at("schedule = \n"), "one_cycle", "cosine");
await lenet.change(right.replace("|> flatten", "|> dro\n    |> flatten"));
const [dropout] = await complete(lenet.at("|> dro\n"), "dropout");
assert.match(dropout.documentation.value, /zeroes elements/);
await lenet.change(right.replace("padding = 2", "pad"));
const [padding] = await complete(lenet.at("pad)"), "padding");
assert.equal(padding.textEdit.newText, "padding = ");
const help = await ask(protocol.SignatureHelpRequest.type, lenet.at("pad)"));
assert.equal(help.activeParameter, 2);

// Rename, and a name that is refused.
await lenet.change(right);
const place = lenet.at("output logits");
assert.equal((await ask(protocol.PrepareRenameRequest.type, place)).start.character, 9);
const edit = await ask(protocol.RenameRequest.type, { ...place, newName: "scores" });
const renamed = lenet.applied(edit.changes[lenet.uri]);
assert.equal(renamed, right.replaceAll("logits", "scores"));
assert.deepEqual((await lenet.change(renamed)).diagnostics, []);
await assert.rejects(ask(protocol.RenameRequest.type, { ...lenet.at("output scores"), newName: "image" }));

// Format.
await lenet.change(renamed.replace("input image: f32[N, 1, 28, 28]", "input image:f32[N,1,28,28]"));
const edits = await ask(protocol.DocumentFormattingRequest.type, {
  textDocument: lenet.id,
  options: { tabSize: 2, insertSpaces: true },
});
assert.equal(lenet.applied(edits), renamed);
await lenet.change(renamed);

// A second document that uses the first one.
const tuned = new Document(
  "tuned.cnn",
  `use "./lenet.cnn"
network Tuned {
  input photo: f32[N, 1, 28, 28]
  let body = photo |> LeNet @body
  output classes = body.scores |> linear(5)
}
`
);
assert.deepEqual((await tuned.open()).diagnostics, []);
const elsewhere = await ask(protocol.DefinitionRequest.type, tuned.at("|> LeNet"));
assert.equal(elsewhere.uri, lenet.uri);
assert.equal((await ask(protocol.ReferencesRequest.type, {
  ...lenet.at("output scores"),
  context: { includeDeclaration: true },
})).length, 3);

// End.
for (const document of [tuned, lenet])
  await connection.sendNotification(protocol.DidCloseTextDocumentNotification.type, { textDocument: document.id });
await nextDiagnostics();
await nextDiagnostics();
await ask(protocol.ShutdownRequest.type);
await connection.sendNotification(protocol.ExitNotification.type);
const status = await new Promise((resolve) => server.on("exit", resolve));
assert.equal(status, 0);
connection.dispose();
writeFileSync(join(here, "session.jsonl"), recording.map((entry) => JSON.stringify(entry) + "\n").join(""));
console.log(`${recording.length} messages`);
