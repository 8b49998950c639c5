"""Records a real Neovim with the plugin as an animated SVG.

  record.py --nvim PATH --server NIGH --out FILE

record.sh calls this. It types a small Python class at a human pace and accepts with Tab what the
model suggests correctly; the terminal's screen is captured whenever it changes.
"""

import argparse
import pathlib
import sys
import threading
import time

from editor import Editor
from terminal_svg import Frame, svg

COLUMNS, ROWS = 72, 22
START = b"""import json


def load(path):
    with open(path) as file:
        return json.load(file)


"""
# What the person means to write. A suggestion that says the same is accepted, others are typed
# over.
MEANT = """class Store:
    def __init__(self, path):
        self.path = path
        self.items = {}

    def save(self):
        with open(self.path, "w") as file:
            json.dump(self.items, file)

    def names(self):
        return sorted(self.items)"""
PAUSE = 0.12
LOOKS = """
vim.o.termguicolors, vim.o.background, vim.o.ruler, vim.o.laststatus = true, 'dark', false, 0
vim.api.nvim_set_hl(0, 'ComplHint', { fg = '#8f939c', italic = true })
"""


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


def perform(editor: Editor, camera: Camera) -> None:
    """Writes what is meant, with the help of the suggestions that agree with it."""
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
    time.sleep(1)
    editor.escape()
    time.sleep(1.5)


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
            perform(editor, camera)
        finally:
            total = camera.stop()
        if camera.suggested is None:
            sys.exit(
                "record.py: the model suggested nothing of what was meant, so there is nothing to "
                "show"
            )
        title = "Neovim: typing Python, accepting nigh's suggestions with Tab"
        pathlib.Path(options.out).write_text(
            svg(camera.frames, COLUMNS, ROWS, total, camera.suggested, title)
        )
        print(f"{options.out}: {len(camera.frames)} frames, {total:.0f} s")


main()
