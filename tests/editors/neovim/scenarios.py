"""What a user does with suggestions in Neovim, one function per situation, run by drive.py.

A scenario gets an `Editor` (editor.py) and a `World`, which knows how to come to a suggestion with the
server at hand. Those marked `@stand_in` need answers known in advance. To add one: a function with
`@scenario` or `@stand_in`; its name is the report's name, its docstring what the user expects.
"""

import os
import signal
import time

from editor import alive, squeezed

ALL = []


def scenario(function):
    function.needs_stand_in = False
    ALL.append(function)
    return function


def stand_in(function):
    function.needs_stand_in = True
    ALL.append(function)
    return function


# Beginnings to type, in order, until the model suggests something. Neovim indents by itself.
BEGINNINGS = {
    "py": ["def area(width, height):\nreturn ", "for i in range(", "def add(a, b):\nreturn a ",
           "class Point:\ndef __init__(self, x, y):\nself.x = ", "import "],
    "js": ["function add(a, b) {\nreturn a ", "const names = items.map(", "for (let i = 0; i < "],
    "rs": ["fn add(a: i32, b: i32) -> i32 {\na ", "let mut total = ", "pub fn new("],
    "emoji": ['print("🙂", "👩‍💻 né", ', 'label = "🙂 né" + str(', 'names = ["🙂", "né", '],
    "block": ["def main():\n", "if __name__ == ", "for i in range(", "class Point:"],
}

# The same for the stand-in: its rules suggest after these.
KNOWN = {"py": ["return a "], "js": ["return a "], "rs": ["return a "],
         "emoji": ['print("🙂", "👩‍💻 né"); return a '], "block": ["words "]}


class World:
    """How to get a suggestion, and how long the user waited for each."""

    def __init__(self, real):
        self.real, self.waited = real, []

    def suggestion(self, editor, kind="py"):
        """Types at the end of the buffer until something is suggested; returns (lines, ghost)."""
        editor.attached()
        time.sleep(0.3)  # nobody types in the first moment; the plugin uses it
        for beginning in (BEGINNINGS if self.real else KNOWN)[kind]:
            editor.escape()
            editor.keys("G", "o")
            editor.settle()
            editor.type(beginning)
            started = time.monotonic()
            while time.monotonic() - started < 0.5 or editor.waiting():
                ghost = editor.ghost()
                if ghost and ghost["at_cursor"]:
                    self.waited.append(time.monotonic() - started)
                    return editor.lines(), ghost
                time.sleep(0.005)
        editor.wait(f"any suggestion after one of {BEGINNINGS[kind]}", lambda: False, 0.1)


def completed(lines, ghost, accepted=None):
    """The lines with a suggestion, or a part of it, inserted where it is drawn."""
    line = lines[ghost["row"]].encode()
    before, after = line[:ghost["col"]].decode(), line[ghost["col"]:].decode()
    new = (before + (ghost["text"] if accepted is None else accepted) + after).split("\n")
    return lines[:ghost["row"]] + new + lines[ghost["row"] + 1:]


def accept_and_check(editor, lines, ghost):
    editor.check("the suggestion is drawn inside the line", ghost["pos"], "inline")
    expected = completed(lines, ghost)
    editor.keys("Tab")
    editor.wait("Tab changes the buffer", lambda: editor.lines() != lines)
    editor.check("the buffer after Tab", editor.lines(), expected)
    return expected


def write(editor):
    editor.command("write")
    editor.wait("the file is written", lambda: not editor.lua("return vim.bo.modified"))


def quiet(editor, seconds=0.8):
    """Checks that nothing is drawn for a while."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        editor.check("nothing is drawn", editor.ghost(), None)
        time.sleep(0.02)


@scenario
def accept_and_write(editor, world):
    """The suggestion stands on the screen; Tab inserts exactly it; the file on disk has it."""
    path = editor.open("a.py", b"import sys\n")
    lines, ghost = world.suggestion(editor)
    row = editor.lua("return vim.fn.screenpos(0, ...).row - 1", ghost["row"] + 1, 1)
    first, *below = [squeezed(line) for line in ghost["text"].split("\n")]
    editor.wait("the suggestion is on the screen", lambda: squeezed(lines[ghost["row"]]) + first
                in squeezed(editor.screen()[row]))
    for offset, line in enumerate(below, 1):
        editor.check("a lower line is on the screen", line in squeezed(editor.screen()[row + offset]), True)
    expected = accept_and_check(editor, lines, ghost)
    last = expected[ghost["row"] + len(below)].encode()
    editor.check("the cursor is behind the text", editor.cursor(), (ghost["row"] + len(below), len(last)))
    write(editor)
    editor.check("the file on disk", path.read_bytes(), ("\n".join(expected) + "\n").encode())


@scenario
def type_over(editor, world):
    """Typing what is suggested shortens it, typing something else drops it; only keys change the text."""
    editor.open("a.py", b"")
    lines, ghost = world.suggestion(editor)
    text = ghost["text"]
    for count in range(1, min(3, len(text.split("\n")[0]) - 1) + 1):
        editor.type(text[count - 1])
        editor.settle()
        editor.check("the buffer while typing over", editor.lines(), completed(lines, ghost, text[:count]))
        shown = editor.ghost()
        editor.check("what is drawn is at the cursor", not shown or shown["at_cursor"], True)
        if not world.real:
            editor.check("what is left of the suggestion", shown and shown["text"], text[count:])
    typed = editor.lines()
    other = "Q" if not (editor.ghost() or {"text": ""})["text"].startswith("Q") else "Z"
    editor.type(other)
    editor.settle()
    expected = completed(typed, {**ghost, "col": editor.cursor()[1] - 1, "text": other})
    editor.check("the buffer after another letter", editor.lines(), expected)
    shown = editor.ghost()
    editor.check("what is drawn is at the cursor", not shown or shown["at_cursor"], True)
    if not world.real:
        editor.check("the suggestion that no longer fits", shown, None)
        quiet(editor)


@scenario
def type_over_fast(editor, world):
    """Keys that come faster than answers never leave more or less than typed text + suggestion."""
    editor.open("a.py", b"")
    lines, ghost = world.suggestion(editor)
    ahead = ghost["text"].split("\n")[0][:2]
    editor.keys("-l", "--", ahead)
    editor.keys("Tab")
    editor.settle()
    now = editor.lines()
    if now == completed(lines, ghost):
        return
    # The suggestion was replaced or dropped meanwhile: then what was typed stands untouched.
    start = completed(lines, ghost, ahead)[ghost["row"]]
    editor.check("what was typed is in place", now[:ghost["row"]] + [now[ghost["row"]][:len(start)]],
                 lines[:ghost["row"]] + [start])


@scenario
def dismiss(editor, world):
    """CTRL-] takes the suggestion away, it stays away, and Tab is a plain Tab again."""
    editor.open("a.py", b"")
    lines, _ = world.suggestion(editor)
    editor.keys("C-]")
    editor.wait("the suggestion is gone", lambda: editor.ghost() is None)
    quiet(editor)
    editor.check("the buffer after dismissing", editor.lines(), lines)
    column = editor.cursor()[1]
    editor.keys("Tab")
    editor.wait("Tab indents", lambda: editor.cursor()[1] > column)
    editor.check("only blanks were added", [line.rstrip() for line in editor.lines()],
                 [line.rstrip() for line in lines])


@scenario
def undo(editor, world):
    """One undo takes back the accepted text and nothing else."""
    editor.open("a.py", b"x = 1\n")
    lines, ghost = world.suggestion(editor)
    accept_and_check(editor, lines, ghost)
    editor.escape()
    editor.keys("u")
    editor.settle()
    editor.check("the buffer after undo", editor.lines(), lines)


@scenario
def emoji(editor, world):
    """Characters of several bytes and code units before the cursor shift nothing."""
    path = editor.open("a.py", "# 🙂 né\n".encode())
    lines, ghost = world.suggestion(editor, "emoji")
    expected = accept_and_check(editor, lines, ghost)
    write(editor)
    editor.check("the file on disk", path.read_bytes(), ("\n".join(expected) + "\n").encode())


@scenario
def crlf(editor, world):
    """A file with CRLF line ends keeps them, also in the accepted lines."""
    path = editor.open("a.py", b"import sys\r\n\r\nprint(sys.argv)\r\n")
    if not world.real:
        editor.attached()
        editor.keys("G", "o")
        editor.type("crlf ")
        ghost = editor.wait("a suggestion of two lines", editor.ghost)
        editor.check("no carriage return is drawn", ghost["text"], "one\n    two")
        accept_and_check(editor, editor.lines(), ghost)
    lines, ghost = world.suggestion(editor)
    expected = accept_and_check(editor, lines, ghost)
    write(editor)
    editor.check("the file on disk", path.read_bytes(), ("\r\n".join(expected) + "\r\n").encode())


@scenario
def several_files(editor, world):
    """Every file gets suggestions, from one and the same server."""
    for name in ("a.py", "b.js", "c.rs", "other/d.py"):
        editor.open(name)
        lines, ghost = world.suggestion(editor, name.rsplit(".", maxsplit=1)[-1])
        accept_and_check(editor, lines, ghost)
        write(editor)
    editor.check("servers running", len(editor.server_pids()), 1)
    editor.command("bdelete a.py | bwipeout")
    editor.settle()
    editor.wait("another file is shown", lambda: not editor.lua("return vim.fn.expand('%')").endswith("d.py"))
    lines, ghost = world.suggestion(editor, editor.lua("return vim.fn.expand('%:e')"))
    accept_and_check(editor, lines, ghost)


@scenario
def word_and_line(editor, world):
    """M-Right takes the next word, M-C-Right the rest of the line; the rest stays on offer."""
    editor.open("a.py", b"")
    lines, ghost = world.suggestion(editor, "block")
    for key in ("M-Right", "M-C-Right"):
        before, shown = editor.lines(), editor.ghost()
        if not shown:
            break  # the model's suggestion was a single word
        editor.keys(key)
        editor.wait(f"{key} changes the buffer", lambda: editor.lines() != before)
        editor.settle()
        texts = [completed(before, shown, shown["text"][:count]) for count in range(1, len(shown["text"]) + 1)]
        editor.check(f"{key} inserts a part of the suggestion", editor.lines() in texts, True)
    if not world.real:
        editor.check("the buffer", editor.lines(), lines[:-1] + ["words alpha.beta(gamma)"])
        editor.check("what is left", editor.ghost()["text"], "\n    delta = 1\n    omega")


@scenario
def only_in_insert_mode(editor, world):
    """Leaving insert mode takes the suggestion away, and none comes in normal mode."""
    editor.open("a.py", b"")
    lines, _ = world.suggestion(editor)
    editor.keys("C-o")
    editor.wait("nothing is drawn during CTRL-O", lambda: editor.ghost() is None)
    editor.escape()
    editor.keys("k", "j", "0", "w")
    quiet(editor)
    editor.check("the buffer", [line.rstrip() for line in editor.lines()], [line.rstrip() for line in lines])


@scenario
def status_and_toggle(editor, world):
    """:Nigh status shows the server's words in a window; :Nigh toggle switches suggestions off and on."""
    editor.open("a.py", b"")
    world.suggestion(editor)
    editor.command("Nigh status")
    editor.wait("the status is on the screen", lambda: any("model:" in line for line in editor.screen()))
    editor.keys("k", "j")
    editor.command("Nigh toggle")
    editor.keys("o")
    editor.type("return a ")
    quiet(editor)
    editor.command("Nigh toggle")
    world.suggestion(editor)


@scenario
def restart(editor, world):
    """:Nigh restart ends the server and starts a fresh one that serves the open file."""
    editor.open("a.py", b"")
    world.suggestion(editor)
    old = editor.server_pids()
    editor.command("Nigh restart")
    editor.wait("another server runs", lambda: editor.server_pids() and editor.server_pids() != old)
    editor.wait("the old one is gone", lambda: not any(map(alive, old)))
    world.suggestion(editor)
    editor.check("servers running", len(editor.server_pids()), 1)


@scenario
def quit_ends_server(editor, world):
    """:qa! leaves no server behind."""
    editor.open("a.py", b"")
    world.suggestion(editor)
    servers = editor.server_pids()
    editor.check("servers running", len(servers), 1)
    editor.quit()
    editor.wait("the server has ended", lambda: not any(map(alive, servers)), 5)


@scenario
def killed_editor_ends_server(editor, world):
    """When Neovim is killed, the server ends too."""
    editor.open("a.py", b"")
    world.suggestion(editor)
    servers = editor.server_pids()
    editor.check("servers running", len(servers), 1)
    os.kill(editor.pid, signal.SIGKILL)
    editor.wait("Neovim has ended", lambda: not alive(editor.pid))
    editor.wait("the server has ended", lambda: not any(map(alive, servers)), 5)


@stand_in
def late_answer(editor, _):
    """An answer to an old question is cancelled, and never drawn in normal mode."""
    editor.open("a.py", b"")
    editor.attached()
    editor.keys("o")
    editor.type("slow ")
    time.sleep(0.4)
    editor.escape()
    quiet(editor, 1.2)
    editor.keys("A")
    time.sleep(0.4)
    editor.type("x")
    quiet(editor, 1.2)
    editor.check("the buffer", editor.lines(), ["", "slow x"])
    seen = editor.lua("local c = vim.lsp.get_clients({ name = 'nigh' })[1]\n"
                      "return c:request_sync('nigh/status', vim.empty_dict(), 2000).result.seen")
    editor.check("questions cancelled", seen["cancelled"], 2)


@stand_in
def no_flicker(editor, world):
    """While the suggestion is typed, it is there at every moment, at the cursor."""
    editor.open("a.py", b"")
    lines, ghost = world.suggestion(editor)
    text = ghost["text"]
    for count in range(1, len(text)):
        editor.type(text[count - 1], pause=0)
        end = time.monotonic() + 0.3
        while time.monotonic() < end:
            shown = editor.ghost() or {"text": None, "at_cursor": False}
            editor.check("a suggestion at the cursor", shown["at_cursor"], True)
            editor.check("the suggestion", text.endswith(shown["text"]), True)
    editor.check("the buffer", editor.lines(), completed(lines, ghost, text[:-1]))


@stand_in
def null_answer(editor, _):
    """A null answer is an empty one: the suggestion before it does not stay."""
    editor.open("a.py", b"")
    editor.attached()
    editor.keys("o")
    editor.type("return a ")
    editor.wait("a suggestion", editor.ghost)
    editor.type("null ")
    editor.settle()
    quiet(editor)


@stand_in
def next_suggestion(editor, _):
    """M-] shows the next of two suggestions, and the first again."""
    editor.open("a.py", b"")
    editor.attached()
    editor.keys("o")
    editor.type("two ")
    editor.wait("the first", lambda: (editor.ghost() or {}).get("text") == "first one")
    editor.keys("M-]")
    editor.wait("the second", lambda: (editor.ghost() or {}).get("text") == "second one")
    editor.keys("M-]")
    editor.wait("the first again", lambda: (editor.ghost() or {}).get("text") == "first one")
    editor.keys("C-]")
    editor.wait("dismissed", lambda: editor.ghost() is None)
    editor.keys("M-]")
    editor.wait("asked for again", lambda: (editor.ghost() or {}).get("text") == "first one")
    editor.keys("Tab")
    editor.wait("accepted", lambda: editor.lines() == ["", "two first one"])


@stand_in
def replace_after_cursor(editor, _):
    """A suggestion may replace the bracket after the cursor; it is not doubled."""
    editor.open("a.py", b"")
    editor.attached()
    editor.keys("o")
    editor.type("call()")
    editor.keys("Left")
    editor.wait("a suggestion", editor.ghost)
    editor.type("le")
    editor.settle()
    editor.keys("Tab")
    editor.wait("accepted", lambda: editor.lines() == ["", "call(left, right)"])
    editor.escape()
    editor.keys("u")
    editor.wait("undone", lambda: editor.lines() == ["", "call(le)"])


@stand_in
def closing_bracket_added(editor, _):
    """A bracket that a pairing plugin adds behind the cursor is not doubled by the suggestion."""
    editor.open("a.py", b"")
    editor.attached()
    editor.lua("vim.keymap.set('i', '(', '()<Left>', { buffer = 0 })")
    editor.keys("o")
    editor.type("pair ")
    editor.wait("a suggestion", lambda: (editor.ghost() or {}).get("text") == "(left, right)")
    editor.type("(")
    editor.settle()
    editor.check("the suggestion that would double the bracket", editor.ghost(), None)


@stand_in
def range_before_cursor(editor, _):
    """A suggestion that repeats the half-typed word is drawn and accepted without it."""
    editor.open("a.py", b"")
    editor.attached()
    editor.keys("o")
    editor.type("value = ret")
    editor.wait("a suggestion", lambda: (editor.ghost() or {}).get("text") == "urn_code + 1")
    editor.keys("Tab")
    editor.wait("accepted", lambda: editor.lines() == ["", "value = return_code + 1"])


@stand_in
def enter_over_block(editor, _):
    """Enter, with Neovim's own indent, goes on along a suggestion of several lines."""
    editor.open("a.py", b"")
    editor.attached()
    editor.keys("o")
    editor.type("def add(a, b):")
    editor.wait("a suggestion", lambda: (editor.ghost() or {}).get("text") == "\n    return a + b")
    editor.keys("Enter")
    editor.wait("the rest of it", lambda: (editor.ghost() or {}).get("text") == "return a + b")
    editor.keys("Tab")
    editor.wait("accepted", lambda: editor.lines() == ["", "def add(a, b):", "    return a + b"])


@stand_in
def keys_fall_back(editor, _):
    """With nothing to accept, a key does what it did before the plugin."""
    editor.open("a.py", b"")
    editor.attached()
    editor.keys("o")
    editor.type("x")
    editor.keys("Tab", "M-Right")
    editor.wait("the earlier mapping", lambda: editor.lines() == ["", "x   earlier mapping"])


@stand_in
def server_dies(editor, _):
    """A server that dies is reported once, typing goes on, and :Nigh restart brings it back."""
    editor.open("a.py", b"")
    editor.attached()
    editor.keys("o")
    editor.type("die ")
    editor.wait("a message", lambda: any("quit with exit code 3" in line for line in editor.screen()))
    editor.keys("Enter")
    editor.type("typed on")
    editor.keys("Tab")
    editor.settle()
    editor.check("the buffer", editor.lines()[1].rstrip(), "die typed on")
    editor.check("messages about it", editor.messages().count("quit with"), 1)
    editor.command("Nigh restart")
    editor.attached()
    editor.keys("o")
    editor.type("return a ")
    editor.wait("a suggestion", editor.ghost)


@stand_in
def missing_program(editor, _):
    """A missing program is said once, not for each file; :checkhealth says what to do."""
    editor.server = ["/nonexistent/nigh", "serve"]
    editor.environment["NIGH_CMD"] = '["/nonexistent/nigh", "serve"]'
    editor.open("a.py", b"")
    editor.wait("a message", lambda: "was not found" in editor.messages())
    editor.open("b.py", b"")
    editor.open("c.py", b"")
    editor.settle()
    editor.check("messages about it", editor.messages().count("was not found"), 1)
    editor.command("checkhealth nigh")
    editor.wait("the report", lambda: any("was not found" in line for line in editor.lines()))


@stand_in
def health(editor, _):
    """:checkhealth finds nothing wrong when all is well."""
    editor.open("a.py", b"")
    editor.attached()
    editor.command("checkhealth nigh")
    editor.wait("the report", lambda: any("server attached to 1" in line for line in editor.lines()))
    editor.check("no complaint", [line for line in editor.lines() if "ERROR" in line or "WARN" in line], [])
