// Runs the TextMate grammar over programs that are right, and over the cases below.
//
//   node grammar.mjs FOLDER…
//
// In a program that is right nothing is invalid and every character that can be seen has a scope of its own. Exit
// status 77 (skipped) where the modules are not installed: `npm install` here.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
let textmate, oniguruma, wasm;
try {
  textmate = require("vscode-textmate");
  oniguruma = require("vscode-oniguruma");
  wasm = readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm"));
} catch {
  console.log("skipped: vscode-textmate and vscode-oniguruma are not installed; npm install in tests/editors");
  process.exit(77);
}
await oniguruma.loadWASM(wasm.buffer.slice(wasm.byteOffset, wasm.byteOffset + wasm.byteLength));

const file = join(here, "../../dsl/editors/vscode/syntaxes/cnn.tmLanguage.json");
const registry = new textmate.Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns) => new oniguruma.OnigScanner(patterns),
    createOnigString: (text) => new oniguruma.OnigString(text),
  }),
  loadGrammar: async () => textmate.parseRawGrammar(readFileSync(file, "utf8"), file),
});
const grammar = await registry.loadGrammar("source.cnn");

let failures = 0;
function fail(message) {
  ++failures;
  console.error(message);
}

function* tokensOf(text) {
  let stack = textmate.INITIAL;
  let number = 0;
  for (const line of text.split(/\r?\n/)) {
    ++number;
    const result = grammar.tokenizeLine(line, stack);
    stack = result.ruleStack;
    for (const token of result.tokens)
      yield { line: number, text: line.slice(token.startIndex, token.endIndex), scopes: token.scopes };
  }
}

function* programs(path) {
  if (statSync(path).isFile()) {
    if (path.endsWith(".cnn")) yield path;
    return;
  }
  for (const name of readdirSync(path).sort()) yield* programs(join(path, name));
}

let count = 0;
for (const folder of process.argv.slice(2))
  for (const path of programs(folder)) {
    ++count;
    for (const token of tokensOf(readFileSync(path, "utf8"))) {
      const where = `${path}:${token.line}: '${token.text}'`;
      if (token.text.trim() && token.scopes.length < 2) fail(`${where} has no scope`);
      if (token.scopes.some((scope) => scope.startsWith("invalid"))) fail(`${where} is shown as invalid`);
    }
  }
if (count === 0) fail("no programs found");

// A line, a word of it, and a scope that the word must have.
const cases = [
  ["network LeNet(classes: int = 10) {", "network", "keyword.declaration"],
  ["network LeNet(classes: int = 10) {", "LeNet", "entity.name.type"],
  ["network LeNet(classes: int = 10) {", "int", "storage.type"],
  ["network LeNet(classes: int = 10) {", "10", "constant.numeric.integer"],
  ["  input image: f32[N, 1, 28, 28]  // N: any", "f32", "storage.type"],
  ["  input image: f32[N, 1, 28, 28]  // N: any", "// N: any", "comment.line.double-slash"],
  ["/// documentation", "/// documentation", "comment.line.documentation"],
  ["    |> conv(6, 5, padding = 2) @features.0", "conv", "entity.name.function.call"],
  ["    |> conv(6, 5, padding = 2) @features.0", "padding", "variable.parameter"],
  ["    |> conv(6, 5, padding = 2) @features.0", "|>", "keyword.operator.pipe"],
  ["    |> conv(6, 5, padding = 2) @features.0", "features.0", "entity.name.tag.path"],
  ["  x |> relu", "relu", "entity.name.function.call"],
  ['  y = x |> conv(8, 1) @"stage{i + 1}.conv"', "i", "meta.interpolation"],
  ['  y = x |> conv(8, 1) @"stage{i + 1}.conv"', ".conv", "string.quoted.double"],
  ['let a = "a\\{b"', "\\{", "constant.character.escape"],
  ['let a = "a\\q"', "\\q", "invalid.illegal.escape"],
  ["  metric top1 = accuracy(logits, label)", "metric", "keyword.control.section"],
  ["  let metric = 1", "metric", "variable.other"],
  ["  if not a and b { 1.5e-3 } else { true }", "not", "keyword.operator.word"],
  ["  if not a and b { 1.5e-3 } else { true }", "1.5e-3", "constant.numeric.float"],
  ["  if not a and b { 1.5e-3 } else { true }", "else", "keyword.control"],
  ["  if not a and b { 1.5e-3 } else { true }", "true", "constant.language"],
  ["budget LeNet { parameters = 60k }", "budget", "keyword.control.section"],
  ["budget LeNet { parameters = 60k }", "60k", "constant.numeric.integer"],
  ["  let c = x.channels", "channels", "variable.other.member"],
  ["block Basic(x, act: block = relu) = x", "block", "keyword.declaration"],
];
for (const [line, word, scope] of cases) {
  const found = [...tokensOf(line)].filter((token) => token.text === word || token.text.trim() === word);
  if (!found.some((token) => token.scopes.some((name) => name.startsWith(scope))))
    fail(`'${word}' in '${line}': expected ${scope}, found ${JSON.stringify(found.map((token) => token.scopes))}`);
}

console.log(`${count} programs, ${cases.length} cases, ${failures} failures`);
process.exit(failures ? 1 : 0);
