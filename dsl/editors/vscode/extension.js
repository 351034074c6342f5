// Starts `cnnc lsp` and connects the editor to it.
const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

async function start() {
  const command = vscode.workspace.getConfiguration("cnn").get("path") || "cnnc";
  const files = vscode.workspace.createFileSystemWatcher("**/*.cnn");
  client = new LanguageClient(
    "cnn",
    "cnn",
    { command, args: ["lsp"] },
    {
      documentSelector: [
        { scheme: "file", language: "cnn" },
        { scheme: "untitled", language: "cnn" },
      ],
      synchronize: { fileEvents: files },
    }
  );
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    const choice = await vscode.window.showErrorMessage(
      `cnn: cannot start '${command} lsp': ${error.message}`,
      "Choose the command"
    );
    if (choice) vscode.commands.executeCommand("workbench.action.openSettings", "cnn.path");
  }
}

async function stop() {
  const running = client;
  client = undefined;
  if (running) await running.stop();
}

async function restart() {
  await stop();
  await start();
}

async function activate(context) {
  context.subscriptions.push(
    vscode.commands.registerCommand("cnn.restart", restart),
    vscode.workspace.onDidChangeConfiguration((change) => {
      if (change.affectsConfiguration("cnn.path")) restart();
    })
  );
  await start();
}

module.exports = { activate, deactivate: stop };
