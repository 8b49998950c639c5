// Read-only pages that commands show: the explanation of a suggestion, what the doctor found.
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
    return this.texts.get(uri.path) ?? 'This page is from an earlier session. Run its command again.';
  }

  /** Shows a page under this name, in place of an older one of the name. */
  async show(name: string, text: string): Promise<void> {
    const document = await vscode.workspace.openTextDocument(this.set(name, text));
    await vscode.window.showTextDocument(document);
  }

  /** Shows a page of Markdown, rendered, next to the code. */
  async preview(name: string, text: string): Promise<void> {
    await vscode.commands.executeCommand('markdown.showPreviewToSide', this.set(`${name}.md`, text));
  }

  private set(name: string, text: string): vscode.Uri {
    const uri = vscode.Uri.from({ scheme: SCHEME, path: name });
    this.texts.set(uri.path, text);
    this.changed.fire(uri);
    return uri;
  }

  dispose(): void {
    this.registration.dispose();
  }
}

/** What is suggested at a place and why; the prompt and the program's status can be unfolded below. */
export function explanation(place: string, { page, prompt }: Explanation, status: Status): string {
  const raw = [folded('The prompt, word for word', prompt), folded('The program', JSON.stringify(status, null, 2))];
  return [`# nigh at ${place}`, page.trimEnd(), ...raw].join('\n\n') + '\n';
}

/** A part of a page that is closed at first. */
function folded(title: string, text: string): string {
  const escaped = text.replace(/&/g, '&amp;').replace(/</g, '&lt;');
  return `<details><summary>${title}</summary><pre>${escaped.replace(/\n/g, '<br>')}</pre></details>`;
}
