// What nigh's commands and pages do in VS Code, run by drive.mjs with the real server inside the extension.
//
// To add one: a line `scenario(NAME, WHAT THE USER EXPECTS, function)`. Names are those of ../neovim/commands.py where the situation is
// the same.
import fs from 'node:fs';
import path from 'node:path';
import { BROKEN, FIXED, list, suggestion } from './context.mjs';
import { withEditServer } from './edit_server.mjs';

const MODEL = path.resolve(import.meta.dirname, '../../model/tiny.gguf');

export const scenarios = [];
const scenario = list(scenarios);

scenario('fix_file', 'The command fixes the whole file without asking', async (bench) => {
  const file = await bench.open('file.py', BROKEN);
  await bench.wait('bugs are marked', async () => (await bench.page.locator('.squiggly-hint').count()) === 2);
  await bench.command('nigh: Fix File');
  await bench.wait('the file is fixed', async () => (await bench.lines()).join('\n') === FIXED);
  await bench.press('Control+Z');
  await bench.wait('one undo takes it back', async () => (await bench.lines()).join('\n') === BROKEN);
  await bench.command('nigh: Fix File');
  await bench.wait('the file is fixed again', async () => (await bench.lines()).join('\n') === FIXED);
  await bench.save(file, FIXED);
  await bench.command('nigh: Fix File');
  await bench.wait('it says that nothing is left', async () => /no bug with a checked fix/.test((await bench.messages()).join()));
  await bench.dismissMessages();
});

scenario('predicted_edit', 'What a model on a server predicts is a code action; one undo takes it back, byte for byte', async (bench) => {
  let [server] = bench.servers();
  const restarted = async () => {
    const others = () => bench.servers().filter((other) => other !== server);
    await bench.wait('the program runs with other settings', () => bench.servers().length === 1 && others().length === 1);
    [server] = others();
    await bench.ready();
  };
  const edited = 'x = 2\r\n\r\ndef area(w, höhe):\r\n    return w * höhe  # 🙂\r\n';
  const edit = (text) => text.replace('w * höhe', 'w * höhe + 1');
  const act = async () => {
    const file = await bench.open('predicted.py', edited.replace('2', '1'));
    await restarted();
    await bench.goTo(1, 6);
    await bench.press('Backspace');
    await bench.type('2');
    const lines = edited.split('\r\n');
    await bench.wait('the first edit', async () => (await bench.lines())[0] === lines[0]);
    const row = bench.page.locator('.action-widget .monaco-list-row.action', { hasText: 'predicted edit' });
    await bench.wait('the edit is in the menu', async () => {
      await bench.press('Escape');
      await bench.press('Control+.');
      return row.waitFor({ timeout: 3000 }).then(() => true, () => false);
    }, 30);
    await row.click();
    await bench.wait('the edit is applied', async () => (await bench.lines())[3] === edit(lines[3]));
    await bench.press('Control+Z');
    await bench.wait('one undo takes it back', async () => (await bench.lines()).join('\n') === lines.join('\n'));
    await bench.save(file, edited);
  };
  await withEditServer(edit, async (settings) => {
    await bench.withSettings(settings, act);
    await restarted();
  });
});

scenario('generate_from_comment', 'The cursor goes below the comment, and a suggestion comes', async (bench) => {
  // The same comment is above with its code, so any model has something to say.
  const comment = ['# The area of a circle', '# with this radius.'];
  const text = ['import math', '', '', ...comment, 'area = math.pi * radius ** 2', '', '', ...comment, ''];
  await bench.open('comment.py', text.join('\n'));
  await bench.goTo(9, 5);
  await bench.command('nigh: Generate from Comment');
  await bench.wait('a suggestion', () => bench.ghost());
  bench.check('the buffer', await bench.lines(), [...text, '']);
  await bench.shot('generated');
});

scenario('explain', 'A page shows what the model sees, and what the program did', async (bench) => {
  await bench.open('explain.py', 'import math\n\n\ndef area(radius):\n    return math.');
  await bench.command('nigh: Explain Completion Here');
  const page = bench.page.frameLocator('iframe.webview').frameLocator('#active-frame').locator('body');
  const parts = /nigh at explain\.py:5:17\s+Suggestion\s[\s\S]*What the model saw[\s\S]*The prompt, word for word/;
  await bench.wait('the page', async () => parts.test(await page.innerText({ timeout: 1000 }).catch(() => '')), 20);
  await bench.wait('the folded parts', async () => (await page.locator('details:not([open])').count()) === 2);
  await bench.shot('explanation');
});

scenario('doctor', 'A page shows what is found', async (bench) => {
  await bench.open('doctor.py');
  await bench.command('nigh: Doctor');
  const page = bench.page.locator('.editor-group-container.active .monaco-editor[data-uri^="nigh:"] .view-lines');
  await bench.wait('the page', async () => (await page.count()) && /ok\s+model:\stiny/.test(await page.innerText()), 20);
  await bench.shot('doctor');
});

scenario('pause_and_resume', 'Paused by the menu of the status bar, nothing is drawn; resumed, it is again', async (bench) => {
  const choose = async (title) => {
    await bench.page.locator('.statusbar-item[id*="nigh"] a').first().click();
    await bench.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().waitFor();
    await bench.shot('menu');
    await bench.page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().click();
  };
  await bench.open('pause.py');
  await suggestion(bench);
  await choose('Pause');
  await bench.wait('the status bar says so', async () => /nigh: paused/.test(await bench.status()));
  await bench.type('\nfor i in range(');
  await bench.quiet();
  await choose('Resume');
  await bench.ready();
  await suggestion(bench);
});

scenario('switch_model', 'What is no model is refused; a model is taken, kept for all editors, and given up again', async (bench) => {
  const file = path.join(bench.environment.XDG_CONFIG_HOME, 'nigh', 'model.json');
  const kept = () => (fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '');
  const row = (text) => bench.page.locator('.quick-input-list .monaco-list-row', { hasText: text });
  const choose = async (which, name) => {
    await bench.command('nigh: Switch Model');
    await row(which).click();
    // The dialog begins in the workspace.
    if (name) await row(name).click();
  };
  bench.write('project/broken.gguf', 'GGUF, said the file, but it was none');
  bench.write('project/copy.gguf', fs.readFileSync(MODEL));
  await bench.open('model.py');
  await choose('A .gguf file', 'broken.gguf');
  await bench.wait('it is refused', async () => /broken.gguf.*your choice has not changed/.test((await bench.messages()).join()));
  await bench.shot('refused');
  await bench.dismissMessages();
  bench.check('the choice', kept(), '');
  const old = bench.servers();
  await choose('A .gguf file', 'copy.gguf');
  await bench.wait('it is kept', () => kept().includes('copy.gguf'));
  await bench.wait('another server runs', () => bench.servers().length === 1 && bench.servers()[0] !== old[0]);
  await bench.ready();
  // The scenarios have a model in NIGH_MODEL, which comes before the choice.
  const warned = async () => /NIGH_MODEL .* overrides this choice/.test((await bench.messages()).join());
  await bench.wait('what comes first is named', warned);
  await bench.dismissMessages();
  await suggestion(bench);
  await choose('The embedded model');
  await bench.wait('it is given up', () => kept() === '');
  await bench.wait('what comes first is named again', warned);
  await bench.dismissMessages();
  await bench.ready();
});

scenario('restart', 'The command ends the server and starts a fresh one that serves the open file', async (bench) => {
  await bench.open('restart.py');
  await suggestion(bench);
  const old = bench.servers();
  await bench.command('nigh: Restart');
  await bench.wait('another server runs', () => bench.servers().length === 1 && bench.servers()[0] !== old[0]);
  await bench.ready();
  await suggestion(bench);
});

scenario('first_minute', 'The walkthrough for the first start shows what to do, step by step', async (bench) => {
  // If there is room, the description of a step is next to it.
  await bench.page.setViewportSize({ width: 1700, height: bench.size.height });
  await bench.command('Welcome: Open Walkthrough...');
  await bench.page.locator('.quick-input-list .monaco-list-row', { hasText: 'nigh: the first minute' }).click();
  const page = bench.page.locator('.editor-group-container.active .gettingStartedContainer');
  const texts = async () => Promise.all(bench.page.frames().slice(1).map((one) => one.locator('body').innerText().catch(() => '')));
  const steps = [['Type', 'accepts the next word'], ['Fix bugs', 'One undo reverts it'],
    ['Choose a larger model, if you like', 'Qwen2.5-Coder'], ['When something is wrong', 'the program\'s log']];
  for (const [title, description] of steps) {
    const step = page.locator('.getting-started-step', { hasText: title });
    await step.click();
    await bench.wait(`the step ${title}`, async () => /expanded/.test(await step.getAttribute('class')));
    await bench.wait(`its description: ${description}`, async () => (await texts()).some((text) => text.includes(description)), 30);
    await bench.shot(`walkthrough-${title.split(' ')[0].toLowerCase()}`);
  }
  await bench.page.setViewportSize(bench.size);
});

scenario('settings_page', 'The settings page explains every setting, and what is ours to choose alone', async (bench) => {
  await bench.command('Preferences: Open Settings (UI)');
  await bench.page.waitForSelector('.settings-editor .suggest-input-container');
  await bench.page.keyboard.insertText('@ext:nigh.nigh');
  const found = bench.page.locator('.settings-editor .setting-item-title');
  await bench.wait('settings of nigh', async () => /Nigh/.test((await found.allInnerTexts()).join()));
  await bench.pause(700);
  await bench.shot('settings');
});
