"""Records a real Neovim with the plugin as an animated SVG: record.py --nvim PATH --server NIGH --out FILE

record.sh calls this. Someone types a small Python file at a human pace, accepts what is suggested with
Tab, and the terminal's screen is taken whenever it changes. What is suggested is up to the server.
"""

import argparse
import pathlib
import sys
import threading
import time

from editor import Editor
from terminal_svg import svg

HERE = pathlib.Path(__file__).resolve().parent
COLUMNS, ROWS = 76, 16
START = b'''import json


def load(path):
    with open(path) as file:
        return json.load(file)


'''
# What is typed, and how long a suggestion is waited for; a suggestion is looked at, then accepted.
TYPED = ["def save(path, data):\n", "with open(path, ", "\n\n\ndef add(a, b):\n", "return a "]


class Camera:
    """Takes the screen whenever it changes."""

    def __init__(self, editor):
        self.editor, self.frames, self.start = editor, [], time.monotonic()
        self.running, self.suggested = True, None
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while self.running:
            place = self.editor.tmux("display-message", "-p", "#{cursor_y} #{cursor_x}").split()
            frame = (self.editor.tmux("capture-pane", "-p", "-e").rstrip("\n"), tuple(map(int, place)))
            if not self.frames or frame != self.frames[-1][1:]:
                self.frames.append((time.monotonic() - self.start, *frame))
            time.sleep(0.03)

    def stop(self):
        self.running = False
        self.thread.join()
        return time.monotonic() - self.start


def perform(editor, camera):
    """Types, looks, accepts."""
    editor.keys("G", "i")
    time.sleep(0.8)
    for text in TYPED:
        editor.type(text, pause=0.09)
        end = time.monotonic() + 1.5
        while time.monotonic() < end and not editor.ghost():
            time.sleep(0.02)
        if editor.ghost():
            time.sleep(1.2)
            camera.suggested = len(camera.frames) - 1
            editor.keys("Tab")
            time.sleep(0.8)
    editor.escape()
    time.sleep(1.5)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--nvim", required=True)
    parser.add_argument("--server", help="the built nigh; without it the stand-in suggests, for trying this script")
    parser.add_argument("--out", required=True)
    options = parser.parse_args()
    server = [str(pathlib.Path(options.server).resolve(strict=True)), "serve"] if options.server else [
        sys.executable, str(HERE / "stand_in.py")]
    with Editor(options.nvim, server, size=(COLUMNS, ROWS)) as editor:
        editor.open("store.py", START)
        editor.attached()
        editor.lua("vim.o.termguicolors, vim.o.background, vim.o.ruler, vim.o.laststatus = true, 'dark', false, 0")
        time.sleep(1)
        camera = Camera(editor)
        try:
            perform(editor, camera)
        finally:
            total = camera.stop()
        if camera.suggested is None:
            sys.exit("record.py: nothing was suggested, so there is nothing to show")
        title = "Neovim: typing Python, accepting nigh's suggestions with Tab"
        pathlib.Path(options.out).write_text(svg(camera.frames, COLUMNS, ROWS, total, camera.suggested, title))
        print(f"{options.out}: {len(camera.frames)} frames, {total:.0f} s")


main()
