"""Situations that need answers known in advance, so they run with stand_in.py alone; one function each.

To add one: a function with `@stand_in`; its name is the report's name, its docstring what the user expects.
"""

import time

from world import completed, quiet, stand_in


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
