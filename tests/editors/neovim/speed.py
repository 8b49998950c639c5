"""How long a user waits for a suggestion in Neovim: from a key to what is drawn, as Neovim's own
clock sees it; run by drive.py.

It is printed with its parts: the pause before Neovim asks, the server's answer, drawing. The words
are those of ../vscode/speed.mjs.
"""

import time
from collections.abc import Iterable

from context import ScenarioContext, served
from editor import GHOST, Editor

LINES = (
    "print(wid",
    "total = hei",
    "for width in ran",
    "if width == hei",
    "return wid",
    "area(width, hei",
)
TIMES = 24

# Keeps in `nigh_times` the milliseconds from the last key to the question, its answer, and the
# first picture with a suggestion.
WATCH = (
    f"local function ghost() {GHOST} end"
    + """
local pressed
local function since() return (vim.uv.hrtime() - pressed) / 1e6 end
vim.on_key(function(_, typed) if typed ~= "" then pressed, nigh_times = vim.uv.hrtime(), {} end end)
vim.api.nvim_create_autocmd('LspRequest', { callback = function(event)
  local request, id = event.data.request, event.data.request_id
  if not pressed or request.method ~= 'textDocument/inlineCompletion' then return end
  if request.type == 'pending' then nigh_times.asked, nigh_times.id = since(), id end
  if request.type == 'complete' and id == nigh_times.id then nigh_times.answered = since() end
end })
local function drawn()
  local shown = ghost()
  return shown ~= vim.NIL and shown.at_cursor
end
local namespace = vim.api.nvim_create_namespace('nigh.test')
vim.api.nvim_set_decoration_provider(namespace, { on_end = function()
  if pressed and not nigh_times.drawn and drawn() then nigh_times.drawn = since() end
end })
"""
)


def part(values: Iterable[float], share: float) -> str:
    ordered = sorted(values)
    return f"{ordered[min(len(ordered) - 1, int(len(ordered) * share))]:.0f} ms" if ordered else "-"


@served
def speed(editor: Editor, context: ScenarioContext) -> None:
    """A suggestion follows the key at once; how soon is printed."""
    editor.open("speed.py", b"def area(width, height):\n    return width * height\n")
    context.suggestion(editor)
    editor.escape()
    editor.lua(WATCH)
    seen = []
    for turn in range(TIMES):
        editor.escape()
        editor.keys("G", "o")
        editor.settle()
        # So soon that nothing is drawn before the last key.
        editor.type(LINES[turn % len(LINES)], 0)
        editor.wait(
            "an answer",
            lambda: editor.lua("return (nigh_times.answered or nigh_times.drawn) and nigh_times"),
        )
        time.sleep(0.2)
        seen.append(editor.lua("return nigh_times"))
    drawn = [one for one in seen if "drawn" in one]
    fresh = [one for one in drawn if "answered" in one and one["drawn"] > one["answered"]]
    waits, pauses = [one["drawn"] for one in fresh], [one["asked"] for one in fresh]
    answers = [one["answered"] - one["asked"] for one in fresh]
    print(
        f"      a suggestion after {len(drawn)} of {TIMES} words: in {len(drawn) - len(fresh)} "
        "what was drawn before goes on at once, in "
        f"{len(fresh)} key to ghost text p50 {part(waits, 0.5)}, p95 {part(waits, 0.95)}; of that "
        "the pause before Neovim asks: p50 "
        f"{part(pauses, 0.5)}, the server's answer: p50 {part(answers, 0.5)}, p95 "
        f"{part(answers, 0.95)}",
        flush=True,
    )
    editor.check("most words had a suggestion", len(drawn) > TIMES / 2, True)
