// Situations that need answers known in advance, so they run with ../stand_in.py, chosen by the user's setting `nigh.path`.
//
// To add one: a line `scenario(NAME, WHAT THE USER EXPECTS, function)`, and a rule in stand_in.py. The workspace is one that
// the user does not trust.
import { list } from './context.mjs';

export const scenarios = [];
const scenario = list(scenarios);

const restOfTwo = 'alpha.beta(gamma)\n    delta = 1\n    omega';

scenario('late_answer', 'An answer that comes after the next key is never drawn', async (bench) => {
  await bench.open('late.py', '\n');
  await bench.type('slow ');
  await bench.pause(250);
  await bench.type('x');
  await bench.quiet(1400);
  await bench.type('\nslow ');
  await bench.pause(250);
  await bench.press('ArrowUp');
  await bench.quiet(1400);
  bench.check('the buffer', await bench.lines(), ['', 'slow x', 'slow ']);
});

scenario('null_answer', 'An answer without a list is an empty one', async (bench) => {
  await bench.open('null.py', '\n');
  await bench.type('return a ');
  await bench.wait('a suggestion', async () => (await bench.ghost()) === '+ b + 100');
  await bench.type('null ');
  await bench.wait('it is gone', async () => !(await bench.ghost()));
  await bench.quiet();
});

scenario('next_suggestion', 'Alt+] shows the next of two suggestions', async (bench) => {
  await bench.open('next.py', '\n');
  await bench.type('two ');
  await bench.wait('the first', async () => (await bench.ghost()) === 'first one');
  await bench.press('Alt+]');
  await bench.wait('the second', async () => (await bench.ghost()) === 'second one');
  await bench.press('Tab');
  await bench.wait('accepted', async () => (await bench.lines()).at(-1) === 'two second one');
});

scenario('several_lines', 'A suggestion of several lines is drawn whole, taken by word, by line or as a whole', async (bench) => {
  const file = await bench.open('lines.py', '\n');
  await bench.type('words ');
  await bench.wait('all of it is drawn', async () => (await bench.ghost()) === restOfTwo);
  await bench.shot('several-lines');
  await bench.press('Control+ArrowRight');
  await bench.wait('a word', async () => (await bench.lines()).at(-1) === 'words alpha');
  await bench.press('Control+Alt+ArrowRight');
  await bench.wait('the line', async () => (await bench.lines())[1] === 'words alpha.beta(gamma)');
  await bench.press('Control+Z');
  await bench.press('Control+Z');
  await bench.type(' ');
  await bench.press('Backspace');
  await bench.wait('offered again', async () => (await bench.ghost()) === restOfTwo);
  await bench.press('Tab');
  await bench.wait('all', async () => (await bench.lines()).join('\n') === `\nwords ${restOfTwo}`);
  await bench.save(file, `\nwords ${restOfTwo}`);
});

scenario('crlf', 'Lines of a suggestion get the line ends of the file', async (bench) => {
  const file = await bench.open('crlf.py', '\r\n');
  await bench.type('words ');
  await bench.wait('a suggestion', () => bench.ghost());
  await bench.press('Tab');
  await bench.wait('accepted', async () => (await bench.lines()).length === 4);
  await bench.save(file, `\nwords ${restOfTwo}`.replaceAll('\n', '\r\n'));
});

scenario('suggestion_that_replaces', 'Text after the cursor that the suggestion repeats is replaced', async (bench) => {
  const file = await bench.open('replace.py', '\n');
  await bench.type('call(');
  await bench.wait('a suggestion', () => bench.ghost());
  await bench.press('Tab');
  await bench.wait('accepted', async () => (await bench.lines()).at(-1) === 'call(left, right)');
  await bench.save(file, '\ncall(left, right)');
});

scenario('dying_server_comes_back', 'A server that dies while it is asked is started again', async (bench) => {
  await bench.open('die.py', '\n');
  await bench.type('die ');
  await bench.pause(1500);
  await bench.ready();
  await bench.type('\nreturn a ');
  await bench.wait('a suggestion', async () => (await bench.ghost()) === '+ b + 100');
});

scenario('missing_program', 'A path that names nothing is reported with what to do; corrected, all is well', async (bench) => {
  await bench.withSettings({ 'nigh.path': '/nowhere/nigh' }, async () => {
    await bench.wait('it is reported', async () => /is \/nowhere\/nigh, which does not exist/.test((await bench.messages()).join()));
    await bench.shot('missing-program');
    await bench.wait('the status bar says so', async () => /nigh: not running/.test(await bench.status()));
    await bench.dismissMessages();
  });
  await bench.ready();
  await bench.open('found.py', '\n');
  await bench.type('return a ');
  await bench.wait('a suggestion', async () => (await bench.ghost()) === '+ b + 100');
});
