// What a user does in VS Code, one function per situation, run by drive.mjs with the real server inside the extension.
//
// To add one: a line `scenario(NAME, WHAT THE USER EXPECTS, function)`. Names are those of ../neovim where the situation is
// the same. Those that need answers known in advance are in known_answers.mjs.
import fs from 'node:fs';
import path from 'node:path';
import { waits } from './speed.mjs';
import { BROKEN, FIXED, completed, list, suggestion } from './context.mjs';

export const scenarios = [];
const scenario = list(scenarios);

scenario('accept_and_write', 'Tab inserts exactly what is drawn; the file on disk has it', async (bench) => {
  const file = await bench.open('accept.py', 'import sys\n');
  const before = await suggestion(bench);
  await bench.shot('suggestion');
  await bench.press('Tab');
  const { lines } = await bench.settled();
  bench.check('the buffer', lines, completed(before));
  await bench.save(file, lines.join('\n'));
});

scenario('word_and_line', 'Ctrl+Right takes a word, Ctrl+Alt+Right the line; nothing else changes', async (bench) => {
  const file = await bench.open('word.py', 'def area(width, height):\n    return width * height\n\n');
  const before = await suggestion(bench, 'call');
  await bench.press('Control+ArrowRight');
  const word = await bench.settled();
  const { row } = before;
  const part = before.ghost.slice(0, word.lines[row].length - before.lines[row].length);
  bench.check('a part of the suggestion is in', [part.length > 0, part.length < before.ghost.length], [true, true]);
  bench.check('the buffer after a word', word.lines, completed(before, part));
  bench.check('the rest stays on offer', word.ghost, before.ghost.slice(part.length));
  await bench.press('Control+Alt+ArrowRight');
  const line = await bench.settled();
  bench.check('the buffer after the line', line.lines, completed(before, before.ghost.split('\n')[0]));
  await bench.save(file, line.lines.join('\n'));
});

scenario('type_over', 'Typing what is suggested shortens it, typing something else drops it', async (bench) => {
  await bench.open('over.py', 'def area(width, height):\n    return width * height\n\n');
  const before = await suggestion(bench, 'call');
  await bench.type(before.ghost.slice(0, 2));
  const over = await bench.settled();
  bench.check('the buffer', over.lines, completed(before, before.ghost.slice(0, 2)));
  bench.check('what is left', over.ghost, before.ghost.slice(2));
  // A comment, after which the same code is no suggestion again.
  await bench.type('# €');
  const other = await bench.settled();
  bench.check('the buffer after another letter', other.lines, completed(before, `${before.ghost.slice(0, 2)}# €`));
  bench.check('the old suggestion is gone', other.ghost !== before.ghost.slice(2), true);
});

scenario('dismiss', 'Escape takes the suggestion away and it stays away', async (bench) => {
  await bench.open('dismiss.py');
  const before = await suggestion(bench);
  await bench.press('Escape');
  await bench.wait('it is gone', async () => !(await bench.ghost()));
  await bench.quiet();
  bench.check('the buffer', await bench.lines(), before.lines);
});

scenario('undo', 'One undo takes back the accepted text and nothing else', async (bench) => {
  await bench.open('undo.py', 'x = 1\n');
  const before = await suggestion(bench);
  await bench.press('Tab');
  await bench.wait('it is accepted', async () => JSON.stringify(await bench.lines()) === JSON.stringify(completed(before)));
  await bench.press('Control+Z');
  bench.check('the buffer', (await bench.settled()).lines, before.lines);
});

scenario('two_bugs_are_fixed_by_one_action', 'Both bugs are marked; one action fixes both; one undo undoes', async (bench) => {
  const file = await bench.open('bugs.py', BROKEN);
  const marks = () => bench.page.locator('.squiggly-hint').count();
  await bench.wait('both bugs are marked', async () => (await marks()) === 2);
  await bench.shot('bugs');
  await bench.goTo(2, 15);
  await bench.press('Control+.');
  const actions = bench.page.locator('.action-widget .monaco-list-row.action');
  await actions.first().waitFor();
  await bench.shot('fixes');
  await actions.filter({ hasText: 'Fix all 2 bugs of' }).first().click();
  await bench.wait('the function is fixed', async () => (await bench.lines()).join('\n') === FIXED);
  await bench.wait('nothing is marked', async () => (await marks()) === 0);
  await bench.shot('fixed');
  await bench.press('Control+Z');
  await bench.wait('one undo takes it back', async () => (await bench.lines()).join('\n') === BROKEN);
  await bench.press('Control+Y');
  await bench.wait('redone', async () => (await bench.lines()).join('\n') === FIXED);
  await bench.save(file, FIXED);
});

scenario('same_change_at_all_places', 'A change made twice is made elsewhere at once; Ctrl+Enter shows it first', async (bench) => {
  const text = (...names) => names.map((name, at) => `${'abcd'[at]} = ${name}(${at})`).concat('').join('\n');
  const file = await bench.open('change.py', text('get', 'get', 'get', 'get'));
  for (const line of [1, 2]) {
    await bench.goTo(line, 8);
    for (let letter = 0; letter < 3; letter += 1) await bench.press('Backspace');
    await bench.type('fetch');
  }
  const changed = text('fetch', 'fetch', 'get', 'get');
  bench.check('the buffer', (await bench.settled()).lines.join('\n'), changed);
  const title = 'Apply the same change at 2 places';
  const choose = async (key) => {
    await bench.press('Escape');
    await bench.press('Control+.');
    const row = bench.page.locator('.action-widget .monaco-list-row.action', { hasText: title });
    await row.waitFor();
    while (!/focused/.test(await row.getAttribute('class'))) await bench.press('ArrowDown');
    await bench.press(key);
  };
  const all = text('fetch', 'fetch', 'fetch', 'fetch');
  await choose('Enter');
  await bench.wait('the change is made', async () => (await bench.lines()).join('\n') === all);
  await bench.press('Control+Z');
  await bench.wait('one undo takes it back', async () => (await bench.lines()).join('\n') === changed);
  await choose('Control+Enter');
  const boxes = bench.page.locator('.bulk-edit-panel .edit-checkbox');
  await bench.wait('a preview', async () => (await boxes.count()) >= 2);
  await bench.shot('preview');
  bench.check('all boxes are ticked', await boxes.evaluateAll((all) => all.every((box) => box.ariaChecked === 'true')), true);
  await bench.page.locator('.bulk-edit-panel .monaco-button', { hasText: 'Apply' }).first().click();
  await bench.wait('the change is made', async () => (await bench.lines()).join('\n') === all);
  await bench.save(file, all);
});

scenario('settings_count_at_once', 'Another severity in the settings draws the marks again, without an edit', async (bench) => {
  await bench.open('severity.py', BROKEN);
  await bench.wait('hints', async () => (await bench.page.locator('.squiggly-hint').count()) === 2);
  await bench.withSettings({ 'nigh.diagnostics.severity': 'warning' }, async () => {
    await bench.wait('warnings', async () => (await bench.page.locator('.squiggly-warning').count()) === 2);
    await bench.shot('warnings');
  });
  await bench.wait('hints again', async () => (await bench.page.locator('.squiggly-hint').count()) === 2);
});

scenario('emoji', 'Characters of several code units before the cursor shift nothing', async (bench) => {
  const file = await bench.open('emoji.py', '# 🙂 né\nlabel = "🙂"\n');
  const before = await suggestion(bench, 'emoji');
  await bench.press('Tab');
  const { lines } = await bench.settled();
  bench.check('the buffer', lines, completed(before));
  await bench.save(file, lines.join('\n'));
});

scenario('crlf', 'A file with CRLF line ends keeps them, also in what is accepted and fixed', async (bench) => {
  const file = await bench.open('crlf.py', `import sys\n\n${BROKEN}`.replaceAll('\n', '\r\n'));
  await bench.wait('bugs are marked', async () => (await bench.page.locator('.squiggly-hint').count()) === 2);
  await bench.command('nigh: Fix File');
  await bench.wait('the file is fixed', async () => (await bench.lines()).join('\n') === `import sys\n\n${FIXED}`);
  await bench.press('Control+End');
  await suggestion(bench);
  await bench.press('Tab');
  const { lines } = await bench.settled();
  await bench.save(file, lines.join('\r\n'));
});

scenario('tabs', 'A file that is indented with tabs stays so', async (bench) => {
  const file = await bench.open('tabs.py', 'def area(width, height):\n\tif width:\n\t\treturn height\n\n');
  const before = await suggestion(bench);
  await bench.press('Tab');
  await bench.wait('it is accepted', async () => (await bench.lines()).join('\n') === completed(before).join('\n'));
  await bench.press('Control+S');
  const text = () => fs.readFileSync(file, 'utf8');
  const drawn = (line) => line.replaceAll('\t', '    ');
  await bench.wait('the file is saved', () => text().split('\n').map(drawn).join('\n') === completed(before).join('\n'));
  bench.check('lines that begin with blanks', text().split('\n').filter((line) => line.startsWith(' ')), []);
});

scenario('several_files', 'Every file gets suggestions, also one without a name, from one and the same server', async (bench) => {
  for (const [name, kind] of [['a.js', 'js'], ['b.rs', 'rs']]) {
    const file = await bench.open(name, '\n');
    const before = await suggestion(bench, kind);
    await bench.press('Tab');
    const { lines } = await bench.settled();
    bench.check(`the buffer of ${name}`, lines, completed(before));
    await bench.save(file, lines.join('\n'));
  }
  await bench.press('Control+Alt+N');
  await bench.focused();
  await suggestion(bench, 'plain');
  await bench.press('Tab');
  await bench.settled();
  await bench.press('Control+A');
  await bench.press('Delete');
  bench.check('servers running', bench.servers().length, 1);
});

scenario('two_cursors', 'With two cursors typing and accepting damage nothing', async (bench) => {
  const file = await bench.open('two.py', 'def area(width, height):\n    a = \n    b = \n');
  await bench.goTo(2, 9);
  await bench.press('Shift+Alt+ArrowDown');
  await bench.type('wid');
  const typed = ['def area(width, height):', '    a = wid', '    b = wid', ''];
  await bench.wait('both lines have what was typed', async () => JSON.stringify(await bench.lines()) === JSON.stringify(typed));
  await bench.pause(600);
  const ghost = await bench.ghost();
  await bench.shot('two-cursors');
  if (ghost) {
    await bench.press('Tab');
    const { lines } = await bench.settled();
    bench.check('only the two lines changed', [lines.length, lines[0], lines[3]], [4, typed[0], '']);
    bench.check('and only after what was typed', lines.slice(1, 3).map((line, at) => line.startsWith(typed[at + 1])), [true, true]);
    await bench.press('Control+Z');
    bench.check('undone', (await bench.settled()).lines, typed);
  }
  await bench.save(file, typed.join('\n'));
});

scenario('no_flicker', 'What agrees with the next keys stays drawn, in every picture of the screen', async (bench) => {
  await bench.open('flicker.py', 'def area(width, height):\n    return width * height\n\n');
  const before = await suggestion(bench, 'call');
  await bench.page.evaluate(() => {
    const drawn = () => document.querySelector('.editor-group-container.active [class*="ghost-text"]') !== null;
    window.nighFrames = [];
    const look = () => { if (window.nighFrames) { window.nighFrames.push(drawn()); requestAnimationFrame(look); } };
    requestAnimationFrame(look);
  });
  await bench.type(before.ghost.slice(0, 4), 120);
  const frames = await bench.page.evaluate(() => { const seen = window.nighFrames; window.nighFrames = null; return seen; });
  const without = frames.filter((drawn) => !drawn).length;
  console.log(`      drawn in ${frames.length - without} of ${frames.length} pictures`);
  bench.check('pictures without it', [frames.length > 20, without], [true, 0]);
});

scenario('completion_menu', "The editor's own menu comes and stays next to a suggestion, and its keys are its own", async (bench) => {
  const menu = { 'editor.quickSuggestions': { other: 'on' }, 'editor.wordBasedSuggestions': 'currentDocument' };
  await bench.withSettings(menu, async () => {
    await bench.open('menu.py', 'def area(width, height):\n    return width * height\n\n');
    await bench.press('Control+End');
    const row = bench.page.locator('.suggest-widget.visible .monaco-list-row.focused');
    await bench.wait('the menu', async () => {
      await bench.type('\nwid');
      const came = await row.waitFor({ timeout: 3000 }).then(() => true, () => false);
      if (!came) {
        // Typed again: what was typed before would be a word of the menu.
        for (const key of ['Escape', 'Shift+Home', 'Backspace', 'Backspace']) await bench.press(key);
      }
      return came;
    }, 30);
    for (let looks = 0; looks < 10; looks += 1) {
      bench.check('the menu stays', await row.count(), 1);
      await bench.pause(100);
    }
    await bench.shot('completion-menu');
    bench.check('its first entry', (await row.getAttribute('aria-label')).split(/[, ]/)[0], 'width');
    const { lines, ghost } = await bench.see();
    await bench.press('Tab');
    const taken = async () => (await bench.lines()).at(-1).trim() === 'width';
    await bench.wait(`its entry is taken, with ${JSON.stringify(ghost)} drawn in grey`, taken);
    bench.check('nothing else changed', (await bench.settled()).lines, [...lines.slice(0, -1), lines.at(-1).replace(/wid$/, 'width')]);
  });
});

scenario('killed_server_comes_back', 'A server that dies is started again, and what is open and unsaved is served', async (bench) => {
  const file = await bench.open('killed.py');
  await suggestion(bench);
  const [old] = bench.servers();
  process.kill(old, 'SIGKILL');
  await bench.wait('another server runs', () => bench.servers().length === 1 && bench.servers()[0] !== old);
  await bench.ready();
  const before = await suggestion(bench);
  await bench.press('Tab');
  bench.check('the buffer', (await bench.settled()).lines, completed(before));
  await bench.save(file, completed(before).join('\n'));
});

scenario('rename', 'A file that gets another name goes on getting suggestions', async (bench) => {
  const file = await bench.open('old_name.py', 'import sys\n');
  await suggestion(bench);
  await bench.press('Tab');
  const { lines } = await bench.settled();
  await bench.save(file, lines.join('\n'));
  await bench.command('File: Reveal Active File in Explorer View');
  await bench.page.waitForSelector('.explorer-folders-view .monaco-list-row.focused');
  await bench.press('F2');
  await bench.page.waitForSelector('.explorer-folders-view input:focus');
  await bench.press('Control+A');
  await bench.type('new_name.py\n');
  const renamed = path.join(path.dirname(file), 'new_name.py');
  await bench.wait('it has its new name', () => fs.existsSync(renamed) && !fs.existsSync(file));
  const code = bench.page.locator('.editor-group-container.active .monaco-editor[data-uri$="/new_name.py"] .view-lines');
  await bench.wait('the keys go to the code', async () => {
    await code.click({ timeout: 2000 });
    return bench.focused(2).then(() => true, () => false);
  }, 30);
  const before = await suggestion(bench);
  await bench.press('Tab');
  const after = await bench.settled();
  bench.check('the buffer', after.lines, completed(before));
  await bench.save(renamed, after.lines.join('\n'));
  bench.check('servers running', bench.servers().length, 1);
});

scenario('a_workspace_chooses_nothing', 'Its settings name another program and another model; neither is used', async (bench) => {
  const settings = fs.readFileSync(path.join(bench.workspace, '.vscode/settings.json'), 'utf8');
  bench.check('its settings', settings.includes('nigh.path'), true);
  bench.check('the server of the extension runs', bench.servers().length, 1);
  bench.check('with the model it was given', /Model: tiny/.test(await bench.status()), true);
});

scenario('speed', 'A suggestion follows the key at once; how soon is printed', async (bench) => {
  const { text, shown } = await waits(bench);
  console.log(`      ${text}`);
  bench.check('most words had a suggestion', shown > 0.5, true);
});
