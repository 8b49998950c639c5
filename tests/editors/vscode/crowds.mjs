// Many files, large files, two windows, editors that are killed: nothing gets slow, mixed up or lost. Run by drive.mjs.
//
// To add one: a line `scenario(NAME, WHAT THE USER EXPECTS, function)`. Names are those of ../neovim/crowds.py where the
// situation is the same; a killed server is in scenarios.mjs.
import fs from 'node:fs';
import { completed, list, suggestion } from './context.mjs';

export const scenarios = [];
const scenario = list(scenarios);

/** So many seconds keys and saving may be held up by a development build on a busy machine. */
const MAX_SECONDS = 4;
const area = (n) => `def area_${n}(width, height):\n    total_${n} = width * height\n    return total_${n}\n\n\n`;
const functions = (count, from = 0) => Array.from({ length: count }, (_, at) => area(from + at)).join('');

scenario('large_and_many_files_stay_fast', 'In a file of 10,000 lines, next to ten open ones, suggestions come soon and right', async (bench) => {
  for (let number = 0; number < 10; number += 1) await bench.open(`open_${number}.py`, functions(20, 20 * number));
  const file = await bench.open('large.py', functions(2000));
  const before = await suggestion(bench, 'call');
  await bench.press('Tab');
  const { lines } = await bench.settled();
  bench.check('the lines in sight', lines, completed(before));
  const started = performance.now();
  await bench.type('\nwidth = 1', 0);
  const typed = (line) => line.trim().startsWith('width = 1');
  await bench.wait('keys are not held up', async () => (await bench.lines()).some(typed), MAX_SECONDS);
  console.log(`      ten keys at once were there after ${(performance.now() - started).toFixed(0)} ms`);
  await bench.press('Control+S');
  const added = () => fs.readFileSync(file, 'utf8').split(functions(2000))[1];
  await bench.wait('all is saved', () => added()?.split('\n').some(typed), MAX_SECONDS);
});

scenario('indexing_is_shown', 'Where reading a workspace takes long, the status bar shows how far it is', async (bench) => {
  const files = Object.fromEntries(Array.from({ length: 1200 }, (_, at) => [`part_${at}.py`, functions(40, 40 * at)]));
  const other = await bench.another('large-workspace', files);
  const bar = other.page.locator('.statusbar');
  await other.wait('progress', async () => /nigh: indexing.*\d+ of \d+ files/s.test(await bar.innerText()), 60);
  await other.shot('indexing');
  await other.wait('it ends', async () => !/nigh: indexing/.test(await bar.innerText()), 120);
  await other.closeWindow();
  await bench.page.bringToFront();
});

scenario('two_windows_share_nothing', 'Each window has a server; one that is killed takes nothing from the other', async (bench) => {
  await bench.open('first.py');
  const [own] = bench.servers();
  const other = await bench.another('other');
  await other.ready();
  const file = await other.open('second.py');
  const before = await suggestion(other);
  const servers = other.servers();
  bench.check('servers running', [servers.length, servers.includes(own)], [2, true]);
  process.kill(host(own), 'SIGKILL');
  await bench.wait('its server ends', () => !bench.servers().includes(own));
  await other.page.bringToFront();
  await other.press('Tab');
  other.check('the buffer of the other window', (await other.settled()).lines, completed(before));
  await other.save(file, completed(before).join('\n'));
  await other.closeWindow();
  const [left] = servers.filter((server) => server !== own);
  await bench.wait('its server ends with the window', () => !bench.servers().includes(left));
  await bench.page.bringToFront();
  await bench.page.reload();
  await bench.ready();
  await bench.open('first.py');
  await suggestion(bench);
});

/** The process of VS Code that started a server, perhaps through a recorder. */
function host(pid) {
  const started = Number(/^PPid:\s+(\d+)/m.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
  return fs.readFileSync(`/proc/${started}/cmdline`, 'utf8').includes('recorder.py') ? host(started) : started;
}
