"""Records a real Neovim with the plugin as an animated SVG.

record.py --nvim PATH --server NIGH --out FILE [--scene python|sql]; record.sh calls it. It plays a
person who knows what to write. In the scene "python" they type at a human pace and accept with Tab
each suggestion that says the same. What they mean to write has a bug; when nigh marks it, they
apply the fix from the list of code actions. In the scene "sql" they ask a question in a comment,
accept the query, and correct a name that the schema does not have. The screen of the terminal is
captured whenever it changes, and nothing is drawn by hand.
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
SCHEMA = b"""CREATE TABLE categories (id SERIAL PRIMARY KEY, name TEXT NOT NULL);
CREATE TABLE products (
    id SERIAL PRIMARY KEY,
    name TEXT NOT NULL,
    category_id INTEGER NOT NULL REFERENCES categories (id)
);
CREATE TABLE sales (
    id SERIAL PRIMARY KEY,
    product_id INTEGER NOT NULL REFERENCES products (id),
    sold_on DATE NOT NULL,
    amount NUMERIC NOT NULL
);
"""
QUESTION = "-- total amount per product and month in 2023"
MISSPELT, SPELT = "SELECT sum(amuont) FROM sales;", "SELECT sum(amount) FROM sales;"
RENAME = "Change to"
PAUSE = 0.09
LOOKS = """
vim.o.termguicolors, vim.o.background, vim.o.ruler, vim.o.laststatus = true, 'dark', false, 0
vim.api.nvim_set_hl(0, 'ComplHint', { fg = '#8f939c', italic = true })
vim.diagnostic.config({ virtual_text = true })
vim.opt_local.formatoptions:remove({ 'r', 'o' })
"""
ACTION = "Fix off-by-one in range"


TITLES = {
    "python": "Neovim: typing Python, accepting suggestions with Tab, applying the fix of a bug",
    "sql": "Neovim: a question in a comment becomes a query; a name is corrected",
}


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


def fix(editor: Editor, bug: str, action: str, fixed: str) -> None:
    """Goes to the bug once it is marked, and takes the first code action."""
    marked = "return #vim.diagnostic.get(0)"
    editor.wait("the bug is marked", lambda: editor.lua(marked) > 0)
    time.sleep(2)
    row = next(row for row, line in enumerate(editor.lines()) if bug in line)
    editor.keys(*["k"] * (editor.cursor()[0] - row), "gra")
    editor.wait("the code actions", lambda: on_screen(editor, action))
    time.sleep(2)
    number = next(line for line in editor.screen() if action in line).split(":")[0].strip()
    editor.type(number)
    editor.keys("Enter")
    editor.wait("the bug is fixed", lambda: any(fixed in line for line in editor.lines()))
    editor.wait("no bug is marked", lambda: editor.lua(marked) == 0)
    time.sleep(2.5)


def ask(editor: Editor, camera: Camera) -> None:
    """Asks a question in a comment and accepts the query; then types a wrong name."""
    editor.keys("i")
    for letter in QUESTION:
        editor.type(letter, pause=0)
        time.sleep(PAUSE / 2)
    editor.keys("Enter")
    editor.wait("the query", lambda: "SELECT" in (editor.ghost_text() or ""))
    time.sleep(2)
    camera.suggested = len(camera.frames) - 1
    editor.keys("Tab")
    editor.wait("the query is there", lambda: any("SELECT" in line for line in editor.lines()))
    time.sleep(1)
    editor.escape()
    editor.keys("G", "o", "Enter")
    for letter in MISSPELT:
        editor.type(letter, pause=0)
        time.sleep(PAUSE / 2)
    editor.escape()
    fix(editor, MISSPELT, RENAME, SPELT)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--nvim", required=True)
    parser.add_argument("--server", required=True, help="the built nigh")
    parser.add_argument("--out", required=True)
    parser.add_argument("--scene", choices=["python", "sql"], default="python")
    options = parser.parse_args()
    server = [str(pathlib.Path(options.server).resolve(strict=True)), "serve"]
    with Editor(options.nvim, server, settings={}, size=(COLUMNS, ROWS)) as editor:
        if options.scene == "sql":
            editor.open("schema.sql", SCHEMA)
            editor.open("report.sql", b"")
        else:
            editor.open("store.py", START)
        editor.attached()
        editor.lua(LOOKS)
        time.sleep(1)
        camera = Camera(editor)
        try:
            if options.scene == "sql":
                ask(editor, camera)
            else:
                write(editor, camera)
                fix(editor, BUG, ACTION, FIXED)
        finally:
            total = camera.stop()
        if camera.suggested is None:
            sys.exit(
                "record.py: the model suggested nothing of what was meant: there is nothing to show"
            )
        title = TITLES[options.scene]
        pathlib.Path(options.out).write_text(
            svg(camera.frames, COLUMNS, ROWS, total, camera.suggested, title)
        )
        print(f"{options.out}: {len(camera.frames)} frames, {total:.0f} s")


main()
