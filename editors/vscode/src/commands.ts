// What a user can ask for by name. To add one: a function in `list`, and its title in package.json.
//
// extension.ts registers them all. Those that the editor or the program can carry out are only passed on.
import { execFile } from 'node:child_process';
import { delimiter, dirname } from 'node:path';
import * as vscode from 'vscode';
import { explanation, type Pages } from './pages';
import type { Server } from './server';

/** How long a command of the program may take, in milliseconds. */
const TIMEOUT = 60_000;

/** The commands by name, without the `nigh.` before it. */
export function list(server: Server, pages: Pages, titles: { command: string; title: string }[]): Record<string, () => Promise<unknown>> {
  const execute = vscode.commands.executeCommand;
  return {
    fixFile: async () => {
      await server.status(); // which says why if it does not run
      await fixAll(active().document);
    },
    generate: async () => {
      const editor = active();
      const end = endOfComment(editor.document, editor.selection.active.line);
      editor.selection = new vscode.Selection(end, end);
      await execute('editor.action.insertLineAfter');
      await execute('editor.action.inlineSuggest.trigger');
    },
    explain: async () => {
      const editor = active();
      const { line, character } = editor.selection.active;
      const place = `${vscode.workspace.asRelativePath(editor.document.uri)}:${line + 1}:${character + 1}`;
      await pages.preview('Explanation', explanation(place, await server.explain(editor), await server.status()));
    },
    pause: () => server.pause(true),
    resume: () => server.pause(false),
    switchModel: async () => {
      const model = await chooseModel(server);
      if (model === undefined) return;
      const { complaint } = await run(server, ['model', 'use', model]);
      // It is kept, but something else comes first.
      if (complaint) void vscode.window.showWarningMessage(`nigh: ${complaint}`);
      const settings = vscode.workspace.getConfiguration('nigh');
      // The setting comes before the choice; taking it out restarts too.
      if (settings.get('model.path')) await settings.update('model.path', undefined, vscode.ConfigurationTarget.Global);
      else await server.restart();
    },
    doctor: async () => {
      const model = vscode.workspace.getConfiguration('nigh').get<string | null>('model.path');
      const choice = model ? ['--model', model] : [];
      // What the doctor has to say comes on standard output whether all is well or not.
      await pages.show('Doctor', (await run(server, ['doctor', ...choice], true)).output);
    },
    showLog: async () => server.log.show(),
    restart: () => server.restart(),
    menu: async () => {
      const hidden = ['nigh.menu', server.paused ? 'nigh.pause' : 'nigh.resume'];
      const shown = titles.filter(({ command }) => !hidden.includes(command));
      const items = shown.map(({ command, title }) => ({ label: title, command }));
      const chosen = await vscode.window.showQuickPick(items, { title: 'nigh' });
      // A click on the status bar has taken the keyboard from the code, and a list gives it back to the status bar.
      await execute('workbench.action.focusActiveEditorGroup');
      if (chosen) await execute(chosen.command);
    },
  };
}

/** Fixes all bugs of a document that have a checked fix, as one change; says so if there are none. */
async function fixAll(document: vscode.TextDocument): Promise<void> {
  const { version, uri, lineCount } = document;
  const whole = new vscode.Range(0, 0, lineCount, 0);
  const actions = await vscode.commands.executeCommand<vscode.CodeAction[]>(
    'vscode.executeCodeActionProvider', uri, whole, 'source.fixAll.nigh', 1,
  );
  const edit = actions.find((action) => action.edit)?.edit;
  if (document.version !== version) throw new Error('the file has changed in the meantime, so nothing was applied; try again');
  if (edit) await vscode.workspace.applyEdit(edit);
  else void vscode.window.showInformationMessage('nigh: no bug with a checked fix was found in this file');
}

function active(): vscode.TextEditor {
  const editor = vscode.window.activeTextEditor;
  if (!editor) throw new Error('open a file first');
  return editor;
}

/** The end of the last line of the comment that a line belongs to: of the lines below that begin with the same signs. */
function endOfComment(document: vscode.TextDocument, line: number): vscode.Position {
  const signs = (at: number) => /^\s*([^\w\s]+)/.exec(document.lineAt(at).text)?.[1];
  let last = line;
  while (signs(line) && last + 1 < document.lineCount && signs(last + 1) === signs(line)) last += 1;
  return document.lineAt(last).range.end;
}

/** A model of `nigh model list`, as far as it is shown here. */
interface ListedModel {
  name: string;
  memoryBytes: number | null;
  licence: string | null;
  usable: boolean;
  chosen: boolean;
}

/** The name or the path of a model; undefined when the user thought better of it. */
async function chooseModel(server: Server): Promise<string | undefined> {
  const { output } = await run(server, ['model', 'list', '--json']);
  const { models } = JSON.parse(output) as { models: ListedModel[] };
  const named = models.filter((model) => model.usable).map(({ name, memoryBytes, licence, chosen }) => ({
    label: name === 'embedded' ? 'The embedded model' : name,
    description: `${((memoryBytes ?? 0) / 1e9).toFixed(1)} GB of memory${licence ? `, ${licence}` : ''}${chosen ? ', in use' : ''}`,
    name,
  }));
  const [file, folder] = ['A .gguf file…', 'A folder with config.json and safetensors…'];
  const paths = [file, folder].map((label) => ({ label, name: undefined }));
  const picked = await vscode.window.showQuickPick([...named, ...paths], { title: 'nigh: which model, in all editors?' });
  if (!picked || picked.name) return picked?.name;
  const choice = picked.label;
  const filters = choice === file ? { filters: { 'Models (GGUF)': ['gguf'] } } : {};
  const chosen = await vscode.window.showOpenDialog({
    canSelectFiles: choice === file, canSelectFolders: choice === folder, openLabel: 'Use This Model', ...filters,
  });
  return chosen?.[0].fsPath;
}

/** What the program prints, and what it complains of. The error of its exit status says that too, unless `anyway`. */
async function run(server: Server, args: string[], anyway = false): Promise<{ output: string; complaint: string }> {
  const program = server.program();
  // So that it finds itself by name, as the doctor looks for it.
  const env = { ...process.env, PATH: [dirname(program), process.env.PATH].join(delimiter) };
  return new Promise((resolve, reject) => {
    execFile(program, args, { timeout: TIMEOUT, env }, (error, output, errors) => {
      const complaint = errors.trim().replace(/^nigh: /, '');
      const why = error?.killed ? `\`nigh ${args.join(' ')}\` took longer than a minute. ${complaint}` : complaint;
      if (error && !(anyway && output)) reject(new Error(why || error.message));
      else resolve({ output, complaint });
    });
  });
}
