// Writes the server's settings into package.json: node settings.mjs PATH-OF-nigh
//
// They are defined once, in server/assistant/src/settings.rs. Run this after a change there; a test compares the two and fails
// when they differ. `nigh.path` is the extension's own and stays.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

const [program] = process.argv.slice(2);
if (!program) {
  console.error('usage: node settings.mjs PATH-OF-nigh');
  process.exit(2);
}
const file = new URL('package.json', import.meta.url);
const text = readFileSync(file, 'utf8');
const schema = JSON.parse(execFileSync(program, ['settings-schema'], { encoding: 'utf8' }));
const own = JSON.parse(text).contributes.configuration.properties['nigh.path'];
const properties = { 'nigh.path': own };
for (const [name, property] of Object.entries(schema)) properties[`nigh.${name}`] = property;

// Only this object is rewritten, so that the rest of the page keeps its layout.
const begin = text.indexOf('"properties": {');
const end = text.indexOf('\n      }\n', begin);
const lines = JSON.stringify(properties, null, 2).split('\n').map((line, at) => (at ? '      ' : '') + line);
writeFileSync(file, `${text.slice(0, begin)}"properties": ${lines.join('\n')}${text.slice(end + '\n      }'.length)}`);
