// Runs the program `nigh serve` and speaks the protocol with it: which program, with which settings, again when they change.
//
// extension.ts makes one `Server`; commands.ts and status.ts use it. What is suggested and when is decided by the program;
// nothing here looks at code.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import * as vscode from 'vscode';
import { LanguageClient, State } from 'vscode-languageclient/node';
import { report } from './report';

const NAME = process.platform === 'win32' ? 'nigh.exe' : 'nigh';
/** Files on disk, new ones and cells of notebooks; what is shown of other schemes (output, settings, diffs) is no text to complete. */
const SERVED = [{ scheme: 'file' }, { scheme: 'untitled' }, { scheme: 'vscode-notebook-cell' }];
/** What the program reads at its start only. */
const AT_THE_START = ['nigh.path', 'nigh.model', 'nigh.engine', 'nigh.checks'];
/** Milliseconds the program may take to end; it stores its index. VS Code itself waits five seconds. */
const TIME_TO_END = 4000;
const NOT_FOUND = 'the program is neither in this extension nor on the PATH. Install it, or set `nigh.path`.';

/** The program's answer to `nigh/status`, as far as it is looked at here. */
export interface Status {
  state: 'loading' | 'ready' | 'failed';
  model: { name: string; parameters: number; device: string; instead: string | null } | null;
  error: string | null;
  /** The model that the user chose, which comes and goes; the embedded one has none. */
  chosen: { phase: 'loading' | 'ready' | 'unused' | 'cancelled' | 'failed' } | null;
}

/** Its answer to `nigh/explain`, as far as it is shown: a page in Markdown about the suggestion, and the prompt. */
export interface Explanation {
  page: string;
  prompt: string;
}

export class Server implements vscode.Disposable {
  readonly log = vscode.window.createOutputChannel('nigh', { log: true });
  /** Milliseconds that the last suggestion took from the editor's question to the answer; none before the first. */
  latency: number | undefined;
  paused = false;
  private client: LanguageClient | undefined;
  private turn: Promise<void> = Promise.resolve();
  private readonly changed = new vscode.EventEmitter<void>();
  /** Fires when it starts, stops, pauses or has answered. */
  readonly onDidChange = this.changed.event;

  constructor(private readonly context: vscode.ExtensionContext) {
    vscode.workspace.onDidChangeConfiguration(this.configured, this, context.subscriptions);
    vscode.workspace.onDidGrantWorkspaceTrust(this.trusted, this, context.subscriptions);
  }

  get running(): boolean {
    return this.client?.state === State.Running;
  }

  /** The user's setting, else the program inside the extension, else the one on the PATH. Throws where there is none. */
  program(): string {
    const set = vscode.workspace.getConfiguration('nigh').get<string>('path');
    if (set && !existsSync(set)) {
      throw new Error(`the setting \`nigh.path\` is ${set}, which does not exist. Correct it, or leave it empty.`);
    }
    const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
    const places = [this.context.asAbsolutePath('bin'), ...folders].map((folder) => join(folder, NAME));
    const found = set || places.find((path) => existsSync(path));
    if (!found) throw new Error(NOT_FOUND);
    return found;
  }

  /** Starts the program, after the one that runs has ended. Calls wait for each other, so that two never leave two programs. */
  restart(): Promise<void> {
    const ended = this.turn.catch(() => undefined).then(() => this.stop());
    this.turn = ended.catch((error) => this.log.warn(`the program did not shut down cleanly: ${error}`)).then(() => this.start());
    return this.turn;
  }

  private async start(): Promise<void> {
    const command = this.program();
    const client = new LanguageClient('nigh', 'nigh', { command, args: ['serve'] }, {
      documentSelector: SERVED,
      outputChannel: this.log,
      initializationOptions: () => this.settings(),
      middleware: {
        provideInlineCompletionItems: async (document, position, context, token, next) => {
          const asked = performance.now();
          const answer = await next(document, position, context, token);
          if (!token.isCancellationRequested) {
            this.latency = performance.now() - asked;
            this.changed.fire();
          }
          return answer;
        },
      },
    });
    this.log.info(`starting ${command}`);
    this.client = client;
    client.onDidChangeState(() => this.changed.fire());
    await client.start();
  }

  async stop(): Promise<void> {
    const client = this.client;
    this.client = undefined;
    if (client?.needsStop()) await client.stop(TIME_TO_END);
    await client?.dispose();
    this.changed.fire();
  }

  /** No suggestions and no marks until `false` is said; the program keeps running, and the user's settings are not written. */
  async pause(paused: boolean): Promise<void> {
    this.paused = paused;
    await vscode.commands.executeCommand('setContext', 'nigh.paused', paused);
    if (paused) await vscode.commands.executeCommand('editor.action.inlineSuggest.hide');
    await this.send();
    this.changed.fire();
  }

  /** Asks the program; throws where it does not run or refuses. */
  async request<T>(method: string, params: unknown = {}): Promise<T> {
    if (!this.client || !this.running) throw new Error('the program is not running; see the log for the reason, and run Doctor for help');
    return this.client.sendRequest<T>(method, params);
  }

  status(): Promise<Status> {
    return this.request<Status>('nigh/status');
  }

  /** What the model sees at the cursor. */
  explain({ document, selection }: vscode.TextEditor): Promise<Explanation> {
    const params = this.client?.code2ProtocolConverter.asTextDocumentPositionParams(document, selection.active);
    return this.request<Explanation>('nigh/explain', params);
  }

  dispose(): void {
    this.log.dispose();
  }

  /** The settings without those that are the extension's own. */
  private settings(): Record<string, unknown> {
    const { path: _, ...settings } = JSON.parse(JSON.stringify(vscode.workspace.getConfiguration('nigh')));
    // Checkers run a workspace's own code.
    settings.checks.enabled &&= vscode.workspace.isTrusted;
    if (this.paused) {
      settings.completion.enabled = false;
      settings.diagnostics.enabled = false;
      settings.sql.enabled = false;
    }
    return settings;
  }

  private async send(): Promise<void> {
    if (this.running) await this.client?.sendNotification('workspace/didChangeConfiguration', { settings: { nigh: this.settings() } });
  }

  private configured(event: vscode.ConfigurationChangeEvent): void {
    if (AT_THE_START.some((name) => event.affectsConfiguration(name))) void report(this.restart());
    else if (event.affectsConfiguration('nigh')) void report(this.send());
  }

  /** Only what starts in a trusted workspace may check with programs. */
  private trusted(): void {
    if (vscode.workspace.getConfiguration('nigh').get('checks.enabled')) void report(this.restart());
  }
}
