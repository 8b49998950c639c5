"""Records a real Neovim with the plugin as an animated SVG.

record.py --nvim PATH --server NIGH --out FILE; record.sh calls it. It plays a person who knows what
to write: they type Python at a human pace and accept with Tab each suggestion that says the same.
What they mean to write has a bug; when nigh marks it, they apply the fix from the list of code
actions. The terminal's screen is captured whenever it changes, and nothing is drawn by hand.
"""

import argparse
import pathlib
import sys
import threading
import time

from editor import Editor
from terminal_svg import Frame, svg

COLUMNS, ROWS = 92, 20
START = b"""import json


def load(path):
    with open(path) as file:
        return json.load(file)


"""
# What the person means to write, a bug included. A suggestion that says the same is accepted;
# others are typed over.
MEANT = """def save(path, items):
    with open(path, "w") as file:
        json.dump(items, file)


def names(users):
    found = []
    for i in range(len(users) + 1):
        found.append(users[i]["name"])
    return found"""
BUG, FIXED = "range(len(users) + 1)", "range(len(users))"
PAUSE = 0.09
LOOKS = """
vim.o.termguicolors, vim.o.background, vim.o.ruler, vim.o.laststatus = true, 'dark', false, 0
vim.api.nvim_set_hl(0, 'ComplHint', { fg = '#8f939c', italic = true })
vim.diagnostic.config({ virtual_text = true })
"""
ACTION = "Fix off-by-one in range"


class Camera:
    """Takes the screen whenever it changes."""

    def __init__(self, editor: Editor) -> None:
        self.editor, self.start = editor, time.monotonic()
        self.frames: list[Frame] = []
        self.running = True
        self.suggested: int | None = None
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self) -> None:
        while self.running:
            row, column = self.editor.tmux(
                "display-message", "-p", "#{cursor_y} #{cursor_x}"
            ).split()
            frame = (
                self.editor.tmux("capture-pane", "-p", "-e").rstrip("\n"),
                (int(row), int(column)),
            )
            if not self.frames or frame != self.frames[-1][1:]:
                self.frames.append((time.monotonic() - self.start, *frame))
            time.sleep(0.03)

    def stop(self) -> float:
        self.running = False
        self.thread.join()
        return time.monotonic() - self.start


def new_line(editor: Editor, indent: int | None) -> None:
    """Presses Enter and corrects the indent that Neovim chose; None: the line stays empty."""
    editor.keys("Enter")
    if indent is None:
        return
    time.sleep(PAUSE)
    surplus = editor.cursor()[1] - indent
    if surplus > 0:
        editor.keys(*["BSpace"] * (surplus // 4))
    else:
        editor.type(" " * -surplus)


def write(editor: Editor, camera: Camera) -> None:
    """Types what is meant, with the help of the suggestions that agree with it."""
    editor.keys("G", "o")
    time.sleep(0.5)
    left = MEANT
    while left:
        drawn = editor.ghost()
        ghost = drawn["text"] if drawn else ""
        if len(ghost) > 2 and left.startswith(ghost):
            time.sleep(0.7)
            camera.suggested = len(camera.frames) - 1
            editor.keys("Tab")
            left = left[len(ghost) :]
        elif left[0] == "\n":
            left = left[1:]
            rest = left.lstrip(" ")
            new_line(editor, len(left) - len(rest) if rest[0] != "\n" else None)
            left = rest
        else:
            editor.type(left[0], pause=0)
            left = left[1:]
        time.sleep(PAUSE)
    time.sleep(0.5)
    editor.escape()


def on_screen(editor: Editor, text: str) -> bool:
    return any(text in line for line in editor.screen())


def fix(editor: Editor) -> None:
    """Goes to the bug once it is marked, and takes the first code action."""
    marked = "return #vim.diagnostic.get(0)"
    editor.wait("the bug is marked", lambda: editor.lua(marked) > 0)
    time.sleep(2)
    row = next(row for row, line in enumerate(editor.lines()) if BUG in line)
    editor.keys(*["k"] * (editor.cursor()[0] - row), "gra")
    editor.wait("the code actions", lambda: on_screen(editor, ACTION))
    time.sleep(2)
    number = next(line for line in editor.screen() if ACTION in line).split(":")[0].strip()
    editor.type(number)
    editor.keys("Enter")
    editor.wait("the bug is fixed", lambda: any(FIXED in line for line in editor.lines()))
    editor.wait("no bug is marked", lambda: editor.lua(marked) == 0)
    time.sleep(2.5)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--nvim", required=True)
    parser.add_argument("--server", required=True, help="the built nigh")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    server = [str(pathlib.Path(options.server).resolve(strict=True)), "serve"]
    with Editor(options.nvim, server, settings={}, size=(COLUMNS, ROWS)) as editor:
        editor.open("store.py", START)
        editor.attached()
        editor.lua(LOOKS)
        time.sleep(1)
        camera = Camera(editor)
        try:
            write(editor, camera)
            fix(editor)
        finally:
            total = camera.stop()
        if camera.suggested is None:
            sys.exit(
                "record.py: the model suggested nothing of what was meant: there is nothing to show"
            )
        title = "Neovim: typing Python, accepting suggestions with Tab, applying the fix of a bug"
        pathlib.Path(options.out).write_text(
            svg(camera.frames, COLUMNS, ROWS, total, camera.suggested, title)
        )
        print(f"{options.out}: {len(camera.frames)} frames, {total:.0f} s")


main()
