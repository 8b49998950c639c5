// What a user does in a notebook, run by drive.mjs with the real server inside the extension.
//
// Cells are editors of their own; `seen` reads the one that has the keys.
import fs from 'node:fs';
import { BROKEN, FIXED, list } from './context.mjs';

export const scenarios = [];
const scenario = list(scenarios);

/** A notebook of these cells of Python. */
function notebook(...cells) {
  const lines = (text) => text.split(/(?<=\n)/);
  const code = (text) => ({ cell_type: 'code', execution_count: null, metadata: {}, outputs: [], source: lines(text) });
  const metadata = { language_info: { name: 'python' }, kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' } };
  return JSON.stringify({ cells: cells.map(code), metadata, nbformat: 4, nbformat_minor: 5 });
}

/** Opens a notebook and waits until its cells are drawn. */
async function open(bench, name, ...cells) {
  const file = bench.write(`project/${name}`, notebook(...cells));
  await bench.quickOpen(file);
  await bench.page.waitForSelector('.notebookOverlay .cell-list-container .monaco-list-row .view-lines', { timeout: 20_000 });
  return file;
}

/** Puts the cursor at the end of a cell, from 0. */
async function enter(bench, number) {
  await bench.page.locator('.notebookOverlay .code-cell-row .cell-editor-container .view-lines').nth(number).click();
  await bench.page.waitForSelector('.notebookOverlay .monaco-editor.focused');
  await bench.press('Control+End');
}

/** Text and ghost text of the cell that has the keys. */
function seen(bench) {
  return bench.page.evaluate(() => {
    const editor = document.querySelector('.notebookOverlay .monaco-editor.focused');
    const plain = (text) => text.replaceAll('\u00a0', ' ');
    const byTop = (one, other) => parseFloat(one.style.top) - parseFloat(other.style.top);
    const spans = [...(editor?.querySelectorAll('.view-lines > .view-line') ?? [])].sort(byTop);
    const text = spans.map((line) => [...line.querySelectorAll(':scope > span > span')]
      .filter((span) => !span.className.includes('ghost-text')).map((span) => plain(span.textContent)).join(''));
    const ghost = [...(editor?.querySelectorAll('.ghost-text, .ghost-text-decoration') ?? [])].map((span) => plain(span.textContent));
    return { lines: text, ghost: ghost.join('') };
  });
}

/** The sources of the cells on disk. */
function saved(file) {
  return JSON.parse(fs.readFileSync(file, 'utf8')).cells.map((cell) => cell.source.join(''));
}

scenario('notebook', 'A cell suggests text of another one, its bugs are fixed in it, and the file has what is seen', async (bench) => {
  const first = 'def width_of_the_page(page, margin):\n    return page.width - margin\n\nfirst = width_of_the_page(pages[0], 3)';
  const file = await open(bench, 'study.ipynb', first, 'second = ', BROKEN.trimEnd());
  await enter(bench, 1);
  const { ghost } = await bench.wait('a suggestion from the first cell', async () => {
    await bench.type('width');
    const shown = () => seen(bench).then((cell) => /_of_the_page\(/.test(cell.ghost) && cell);
    const came = await bench.wait('it', shown, 3).catch(() => false);
    if (!came) for (let key = 0; key < 'width'.length; key += 1) await bench.press('Backspace');
    return came;
  }, 30);
  await bench.shot('notebook');
  await bench.press('Tab');
  const taken = `second = width${ghost}`;
  await bench.wait('it is taken', async () => (await seen(bench)).lines.join('\n') === taken);
  await enter(bench, 2);
  const marked = () => bench.page.locator('.notebookOverlay .squiggly-hint').count();
  await bench.wait('the bugs are marked', marked);
  await bench.command('nigh: Fix File');
  await bench.wait('both bugs are fixed', async () => (await seen(bench)).lines.join('\n') === FIXED.trimEnd(), 20);
  await bench.wait('the marks are gone', async () => (await marked()) === 0);
  await bench.shot('notebook-fixed');
  await bench.press('Control+S');
  await bench.wait('all is saved', () => JSON.stringify(saved(file)) === JSON.stringify([first, taken, FIXED.trimEnd()]));
});
