// Drives a real VS Code with the packaged extension and checks what a user would see and keep.
//
//     drive.mjs --installed DIR --chromium PATH --vsix FILE --shots DIR [--times N] [--only NAME]
//
// run.sh calls this. Scenarios with the real server share one VS Code, those with known answers another; each opens a file of
// its own. A picture is taken where a scenario fails. The exit status is 0 when every scenario passed.
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import * as commands from './commands.mjs';
import * as crowds from './crowds.mjs';
import * as known from './known_answers.mjs';
import * as notebooks from './notebooks.mjs';
import * as real from './scenarios.mjs';
import { Workbench } from './workbench.mjs';

const text = { type: 'string' };
const { values: options } = parseArgs({
  options: {
    installed: text, chromium: text, vsix: text, shots: text,
    times: { type: 'string', default: '1' }, only: { type: 'string', default: '' },
  },
});
fs.mkdirSync(options.shots, { recursive: true });

const STAND_IN = path.resolve(import.meta.dirname, '../stand_in.py');
/** What a hostile workspace would like to run. */
const HOSTILE = JSON.stringify({ 'nigh.path': '/bin/false', 'nigh.model.path': '/nowhere.gguf', 'nigh.learning.enabled': false });

const sessions = [
  {
    name: 'nigh serve', scenarios: [...real.scenarios, ...commands.scenarios, ...notebooks.scenarios, ...crowds.scenarios],
    setup: { settings: { 'security.workspace.trust.enabled': false }, files: { '.vscode/settings.json': HOSTILE } },
  },
  {
    name: 'known answers', scenarios: known.scenarios,
    setup: { settings: { 'security.workspace.trust.startupPrompt': 'never', 'security.workspace.trust.banner': 'never' } },
    prepare: (bench) => {
      const program = bench.write('stand-in', `#!/bin/sh\nexec python3 ${STAND_IN} "$@"\n`);
      fs.chmodSync(program, 0o755);
      bench.write('user/Machine/settings.json', JSON.stringify({ 'nigh.path': program }));
    },
  },
];

/** The VS Code that runs, to be ended when the tests are interrupted. */
let opened;

/** Runs one scenario; returns whether it passed. */
async function attempt(bench, { name, expected, run }) {
  const started = Date.now();
  try {
    await run(bench);
    bench.check('messages in the corner', await bench.messages(), []);
    await bench.leave();
  } catch (error) {
    console.log(`FAIL  ${name}: ${expected}\n      ${error.message.split('\n').slice(0, 4).join('\n      ')}`);
    await bench.shot(`FAIL-${name}`).catch(() => {});
    await bench.dismissMessages().catch(() => {});
    await bench.leave().catch(() => {});
    return false;
  }
  console.log(`ok    ${((Date.now() - started) / 1000).toFixed(1)} s  ${name}`);
  return true;
}

/** Opens a VS Code and runs its scenarios; returns how many failed. */
async function session({ name, scenarios, setup, prepare }) {
  const chosen = scenarios.filter((scenario) => scenario.name.includes(options.only));
  if (!chosen.length) return 0;
  const bench = new Workbench({ ...options, ...setup });
  opened = bench;
  let failed = 0;
  try {
    prepare?.(bench);
    const started = Date.now();
    await bench.start();
    const since = () => ((Date.now() - started) / 1000).toFixed(1);
    console.log(`VS Code with ${name}: from the installation of the extension to ready ${since()} s`);
    for (const scenario of chosen) {
      failed += !(await attempt(bench, scenario));
      if (scenario === chosen[0]) console.log(`      ${scenario.name} was over ${since()} s after the installation began`);
    }
  } catch (error) {
    failed += 1;
    console.log(`FAIL  ${name}: ${error.message}`);
    await bench.shot(`FAIL-${name.replace(' ', '-')}`).catch(() => {});
  }
  const left = await bench.close(failed > 0);
  if (left.length) console.log(`FAIL  ${name}: servers still running: ${left}`);
  if (failed) console.log(`the folder of this VS Code is kept: ${bench.folder}`);
  return failed + left.length;
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    opened?.kill();
    process.exit(1);
  });
}

let failed = 0;
for (let round = 1; round <= Number(options.times); round += 1) {
  for (const one of sessions) failed += await session(one);
  console.log(`round ${round} of ${options.times}: ${failed} failed so far`);
}
process.exit(failed ? 1 : 0);
