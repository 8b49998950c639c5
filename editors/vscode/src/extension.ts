// Where VS Code begins: starts the program, puts the item into the status bar, registers the commands.
//
// Suggestions, marks and code actions come from the program by way of vscode-languageclient; what is here is what the
// protocol has no words for.
import * as vscode from 'vscode';
import { list } from './commands';
import { Pages } from './pages';
import { report } from './report';
import { Server } from './server';
import { StatusItem } from './status';

let server: Server | undefined;

export function activate(context: vscode.ExtensionContext): void {
  server = new Server(context);
  const pages = new Pages();
  const commands = Object.entries(list(server, pages, context.extension.packageJSON.contributes.commands));
  const registered = commands.map(([name, command]) => vscode.commands.registerCommand(`nigh.${name}`, () => report(command())));
  context.subscriptions.push(server, pages, new StatusItem(server), ...registered);
  void report(server.restart());
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
