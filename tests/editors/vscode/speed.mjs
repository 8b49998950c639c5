// How long a user waits for a suggestion: from a key to what is drawn, as the page's own clock sees it.
//
// The scenario `speed` prints it. The extension's status says how much of it was the question to the server; the
// rest is the editor's: its pause before it asks, and drawing.

const LINES = ['print(wid', 'total = hei', 'for width in ran', 'if width == hei', 'return wid', 'area(width, hei'];
const TIMES = 24;

/** Types words and measures each last key; returns a line to print, and the share of words with a suggestion. */
export async function waits(bench) {
  await bench.open('speed.py', 'def area(width, height):\n    return width * height\n\n');
  await bench.page.evaluate(watch);
  const whole = [];
  const asked = [];
  for (let time = 0; time < TIMES; time += 1) {
    await bench.press('Control+End');
    await bench.type(`\n${LINES[time % LINES.length]}`, 60);
    await bench.pause(400);
    const seen = await bench.page.evaluate(() => window.nighWait);
    const server = /Last answer: (\d+) ms/.exec(await bench.status());
    if (seen !== null) {
      whole.push(seen);
      asked.push(Number(server?.[1]));
    }
  }
  const part = (values, share) => {
    const sorted = values.toSorted((a, b) => a - b);
    return `${sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]?.toFixed(0)} ms`;
  };
  const text = `key to ghost text: p50 ${part(whole, 0.5)}, p95 ${part(whole, 0.95)}; of that the server's answer: ` +
    `p50 ${part(asked, 0.5)}, p95 ${part(asked, 0.95)}; the last key brought a suggestion in ${whole.length} of ${TIMES} words`;
  return { text, shown: whole.length / TIMES };
}

/** Runs in the page: keeps in `nighWait` the milliseconds from the last key to the first suggestion after it, or null. */
function watch() {
  let pressed = 0;
  window.nighWait = null;
  window.addEventListener('keydown', () => { pressed = performance.now(); window.nighWait = null; }, true);
  const drawn = () => document.querySelector('.editor-group-container.active [class*="ghost-text"]');
  new MutationObserver(() => {
    if (window.nighWait === null && drawn()) window.nighWait = performance.now() - pressed;
  }).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ['class'] });
}
