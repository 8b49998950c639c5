// Read-only pages that commands show: what the model sees, what the doctor found.
//
// commands.ts makes their text and calls `show`. They are documents of an own scheme, so nothing asks to save them.
import * as vscode from 'vscode';
import type { Explanation, Status } from './server';

const SCHEME = 'nigh';

export class Pages implements vscode.TextDocumentContentProvider, vscode.Disposable {
  private readonly texts = new Map<string, string>();
  private readonly changed = new vscode.EventEmitter<vscode.Uri>();
  private readonly registration = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  readonly onDidChange = this.changed.event;

  provideTextDocumentContent(uri: vscode.Uri): string {
    return this.texts.get(uri.path) ?? 'This page was made in an earlier session. Run its command again.';
  }

  /** Shows a page under this name, in place of an older one of the name. */
  async show(name: string, text: string): Promise<void> {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: name });
    this.texts.set(uri.path, text);
    this.changed.fire(uri);
    const document = await vscode.workspace.openTextDocument(uri);
    await vscode.window.showTextDocument(document);
  }

  dispose(): void {
    this.registration.dispose();
  }
}

/** What the model sees at a place, and how the program is. */
export function explanation(place: string, { prompt, account }: Explanation, status: Status): string {
  const program = JSON.stringify(status, null, 2);
  const parts = [`What the model sees at ${place}`, account.trimEnd(), 'The prompt, word for word', prompt, 'The program', program];
  return `${parts.join('\n\n')}\n`;
}
