// What all scenarios share: how they are listed, how to come to a suggestion with the server at hand, and what to expect.

/** The founding example: an index one past the end, a list that is never created or returned. */
export const BROKEN = 'def get_user_names(users):\n    for i in range(len(users) + 1):\n        names.append(users[i]["name"])\n';
export const FIXED =
  'def get_user_names(users):\n    names = []\n    for i in range(len(users)):\n        names.append(users[i]["name"])\n    return names\n';

/** Beginnings to type, in order, until the model suggests something. VS Code indents by itself. */
const BEGINNINGS = {
  py: ['def area(width, height):\nreturn ', 'for i in range(', 'if __name__ == ', 'import '],
  call: ['def area(wid', 'print(are', 'area = ar', 'if area(', 'for width in range(len('],
  js: ['function add(a, b) {\nreturn ', 'let total = 0;\nfor (let i = 0; i < 10; ', 'const names = items.', 'for (let i = 0; i < '],
  rs: ['fn add(a: i32, b: i32) -> i32 {\n', 'let mut total = ', 'pub fn new('],
  emoji: ['print("🙂", lab', 'label = "🙂 né" + str(', 'names = ["🙂", "né", '],
  plain: ['import sys\nimport ', 'for i in range(', 'def area(width, height):\nreturn '],
};

/** A function that adds a scenario to a list. */
export function list(scenarios) {
  return (name, expected, run) => scenarios.push({ name, expected, run });
}

/** The first suggestion of a fresh window may take so many seconds on a busy machine. */
const FIRST_SUGGESTION_TIMEOUT = 10;

/**
 * Types at the end of the buffer until something is suggested, in one line where `kind` is 'call'; waits longest for the first
 * beginning, so many seconds for the others; returns lines and ghost.
 */
export async function suggestion(bench, kind = 'py', seconds = 2) {
  for (const beginning of BEGINNINGS[kind]) {
    await bench.press('Control+End');
    await bench.type(`\n${beginning}`);
    const end = Date.now() + 1000 * (beginning === BEGINNINGS[kind][0] ? FIRST_SUGGESTION_TIMEOUT : seconds);
    while (Date.now() < end) {
      if (!(await bench.ghost())) continue;
      const seen = await bench.settled();
      if (seen.ghost.length > (kind === 'call' ? 4 : 0)) return seen;
    }
    await bench.press('Escape');
  }
  return bench.wait(`any suggestion after one of ${JSON.stringify(BEGINNINGS[kind])}`, () => false, 0);
}

/** The lines with a suggestion, or the part of it that was taken, where it is drawn. */
export function completed({ lines, ghost, row, column }, taken = ghost) {
  const line = lines[row];
  const changed = `${line.slice(0, column)}${taken}${line.slice(column)}`.split('\n');
  return [...lines.slice(0, row), ...changed, ...lines.slice(row + 1)];
}
