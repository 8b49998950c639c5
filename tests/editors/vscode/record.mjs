// Records a real VS Code with the packaged extension: record.mjs --installed DIR --chromium PATH --vsix FILE --frames DIR
//
// record.sh calls this. Someone who knows what to write types a small Python class at a human pace, takes with Tab what the
// model suggests rightly, and has two bugs fixed. The frames that the browser drew go into the folder, with times.json.
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { Workbench } from './workbench.mjs';
import { BROKEN, FIXED } from './context.mjs';

const text = { type: 'string' };
const { values: options } = parseArgs({ options: { installed: text, chromium: text, vsix: text, frames: text } });

const START = `import json


def load(path):
    with open(path) as file:
        return json.load(file)


${BROKEN}

`;
/** What the person means to write. A suggestion that says the same is accepted, others are typed over. */
const MEANT = `class Store:
    def __init__(self, path):
        self.path = path
        self.items = {}

    def save(self):
        with open(self.path, "w") as file:
            json.dump(self.items, file)
`;
/** Milliseconds: between two letters, after a word, to read a suggestion, to look at what was done. */
const [KEY, WORD, READ, LOOK] = [120, 450, 700, 1500];
/** A frame shown for less than this is dropped, and none is shown for longer than that, on a busy machine. */
const [SHORTEST, LONGEST] = [40, 2 * LOOK];
const LOOKS = {
  'breadcrumbs.enabled': false,
  'editor.autoClosingBrackets': 'never',
  'editor.autoClosingQuotes': 'never',
  'editor.autoIndent': 'none',
  'editor.cursorBlinking': 'solid',
  'editor.fontSize': 15,
  'editor.lightbulb.enabled': 'off',
  'editor.matchBrackets': 'never',
  'editor.occurrencesHighlight': 'off',
  'editor.renderLineHighlight': 'none',
  'editor.scrollBeyondLastLine': false,
  'editor.stickyScroll.enabled': false,
  'security.workspace.trust.enabled': false,
  'window.commandCenter': false,
  'workbench.activityBar.location': 'hidden',
  'workbench.colorTheme': 'Default Dark Modern',
  'workbench.layoutControl.enabled': false,
};

/** Keeps what the browser draws, and when. Call the returned function to end; it gives [PNG as base64, milliseconds] of each frame. */
async function film(page) {
  const session = await page.context().newCDPSession(page);
  const drawn = [];
  session.on('Page.screencastFrame', ({ data, metadata, sessionId }) => {
    drawn.push({ data, at: 1000 * metadata.timestamp });
    session.send('Page.screencastFrameAck', { sessionId }).catch(() => {});
  });
  await session.send('Page.startScreencast', { format: 'png' });
  return async () => {
    await session.send('Page.stopScreencast');
    drawn.sort((one, other) => one.at - other.at);
    const end = drawn.at(-1).at + LONGEST;
    const stays = (at, index) => (drawn[index + 1]?.at ?? end) - at >= SHORTEST;
    const kept = drawn.filter(({ data, at }, index) => index === 0 || (data !== drawn[index - 1].data && stays(at, index)));
    return kept.map(({ data, at }, index) => [data, Math.min(LONGEST, Math.round((kept[index + 1]?.at ?? end) - at))]);
  };
}

/** Writes what is meant, with the help of the suggestions that agree with it; returns how many were taken. */
async function write(bench) {
  let taken = 0;
  for (let left = MEANT; left;) {
    const { ghost } = await bench.see();
    if (ghost.length > 2 && left.startsWith(ghost)) {
      await bench.pause(READ);
      await bench.press('Tab');
      taken += 1;
      left = left.slice(ghost.length);
    } else {
      const next = /^\n? *./.exec(left)?.[0] ?? left;
      if (next.startsWith('\n')) await bench.press('Enter');
      await bench.page.keyboard.insertText(next.replace('\n', ''));
      left = left.slice(next.length);
      if (/\W$/.test(next)) await bench.pause(WORD - KEY);
    }
    await bench.pause(KEY);
  }
  return taken;
}

/** Has the two bugs of the function fixed by one action. */
async function fix(bench) {
  const { x, y, height } = await bench.page.locator('.squiggly-hint').first().boundingBox();
  await bench.page.mouse.click(x + 2, y + height / 2);
  await bench.pause(LOOK);
  await bench.press('Control+.');
  const action = bench.page.locator('.action-widget .monaco-list-row.action', { hasText: 'Fix all 2 bugs of' });
  await action.waitFor();
  await bench.pause(LOOK);
  await action.click();
  await bench.wait('the function is fixed', async () => (await bench.lines()).join('\n').includes(FIXED));
  await bench.press('Control+End');
  await bench.pause(LOOK);
}

fs.mkdirSync(options.frames, { recursive: true });
const bench = new Workbench({ ...options, shots: options.frames, settings: LOOKS, size: { width: 760, height: 520 } });
try {
  await bench.start();
  await bench.press('Control+B');
  await bench.open('store.py', START);
  await bench.wait('the bugs are marked', async () => (await bench.page.locator('.squiggly-hint').count()) === 2);
  await bench.pause(LOOK);
  const end = await film(bench.page);
  const taken = await write(bench);
  await fix(bench);
  const frames = await end();
  if (!taken) throw new Error('the model suggested nothing of what was meant, so there is nothing to show');
  const times = frames.map(([data, stood], index) => {
    const name = `${String(index).padStart(4, '0')}.png`;
    fs.writeFileSync(path.join(options.frames, name), Buffer.from(data, 'base64'));
    return [name, stood];
  });
  fs.writeFileSync(path.join(options.frames, 'times.json'), JSON.stringify(times));
  console.log(`${times.length} frames, ${taken} suggestions taken`);
} finally {
  await bench.close();
}
