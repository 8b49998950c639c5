"""Situations that need answers known in advance, so they run only with stand_in.py; one function
each.

To add one: a function with `@stand_in`; its name is the report's name, its docstring what the user
expects.
"""

import time

from context import ScenarioContext, completed, quiet, read_of_its_end, stand_in
from editor import Editor


@stand_in
def late_answer(editor: Editor, _: ScenarioContext) -> None:
    """An answer to an old question is cancelled, and never drawn in normal mode."""
    editor.open("a.py", b"")
    editor.attached()
    editor.keys("o")
    editor.type("slow ")
    editor.wait("a request", editor.waiting)
    editor.escape()
    quiet(editor, 1.2)
    editor.keys("A")
    editor.wait("a request", editor.waiting)
    editor.type("x")
    quiet(editor, 1.2)
    editor.check("the buffer", editor.lines(), ["", "slow x"])
    seen = editor.lua(
        "local c = vim.lsp.get_clients({ name = 'nigh' })[1]\n"
        "return c:request_sync('nigh/status', vim.empty_dict(), 2000).result.seen"
    )
    editor.check("questions cancelled", seen["cancelled"], 2)


@stand_in
def no_flicker(editor: Editor, context: ScenarioContext) -> None:
    """While the suggestion is typed, it is there at every moment, at the cursor."""
    editor.open("a.py", b"")
    lines, ghost = context.suggestion(editor)
    text = ghost["text"]
    for count in range(1, len(text)):
        editor.type(text[count - 1], pause=0)
        end = time.monotonic() + 0.3
        while time.monotonic() < end:
            shown = editor.ghost()
            editor.check("a suggestion at the cursor", shown and shown["at_cursor"], True)
            editor.check("the suggestion", shown and text.endswith(shown["text"]), True)
    editor.check("the buffer", editor.lines(), completed(lines, ghost, text[:-1]))


@stand_in
def null_answer(editor: Editor, _: ScenarioContext) -> None:
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
def next_suggestion(editor: Editor, _: ScenarioContext) -> None:
    """M-] asks by hand and shows the second of two suggestions, then the first again."""
    editor.open("a.py", b"")
    editor.attached()
    editor.keys("o")
    editor.type("two ")
    editor.wait("the first", lambda: editor.ghost_text() == "first one")
    editor.keys("M-]")
    editor.wait("the second", lambda: editor.ghost_text() == "second one")
    editor.keys("M-]")
    editor.wait("the first again", lambda: editor.ghost_text() == "first one")
    editor.keys("C-]")
    editor.wait("dismissed", lambda: editor.ghost() is None)
    editor.keys("M-]")
    editor.wait("asked for again", lambda: editor.ghost_text() == "first one")
    editor.keys("Tab")
    editor.wait("accepted", lambda: editor.lines() == ["", "two first one"])


@stand_in
def replace_after_cursor(editor: Editor, _: ScenarioContext) -> None:
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
def closing_bracket_added(editor: Editor, _: ScenarioContext) -> None:
    """A bracket that a pairing plugin adds after the cursor is not doubled by the suggestion."""
    editor.open("a.py", b"")
    editor.attached()
    editor.lua("vim.keymap.set('i', '(', '()<Left>', { buffer = 0 })")
    editor.keys("o")
    editor.type("pair ")
    editor.wait("a suggestion", lambda: editor.ghost_text() == "(left, right)")
    editor.type("(")
    editor.settle()
    editor.check("the suggestion that would double the bracket", editor.ghost(), None)


@stand_in
def range_before_cursor(editor: Editor, _: ScenarioContext) -> None:
    """A suggestion that repeats the half-typed word is drawn and accepted without it."""
    editor.open("a.py", b"")
    editor.attached()
    editor.keys("o")
    editor.type("value = ret")
    editor.wait("a suggestion", lambda: editor.ghost_text() == "urn_code + 1")
    editor.keys("Tab")
    editor.wait("accepted", lambda: editor.lines() == ["", "value = return_code + 1"])


@stand_in
def enter_over_block(editor: Editor, _: ScenarioContext) -> None:
    """Enter, with Neovim's own indent, goes on along a suggestion of several lines."""
    editor.open("a.py", b"")
    editor.attached()
    editor.keys("o")
    editor.type("def add(a, b):")
    editor.wait("a suggestion", lambda: editor.ghost_text() == "\n    return a + b")
    editor.keys("Enter")
    editor.wait("the rest of it", lambda: editor.ghost_text() == "return a + b")
    editor.keys("Tab")
    editor.wait("accepted", lambda: editor.lines() == ["", "def add(a, b):", "    return a + b"])


@stand_in
def keys_fall_back(editor: Editor, _: ScenarioContext) -> None:
    """With nothing to accept, a key does what it did before the plugin."""
    editor.open("a.py", b"")
    editor.attached()
    editor.keys("o")
    editor.type("x")
    editor.keys("Tab", "M-Right")
    editor.wait("the earlier mapping", lambda: editor.lines() == ["", "x   earlier mapping"])


@stand_in
def server_dies(editor: Editor, _: ScenarioContext) -> None:
    """A server that dies comes back and knows what was typed meanwhile; one that dies all the time
    is let go, until restarted."""
    editor.open("a.py", b"")
    editor.attached()
    for times in range(1, 6):
        editor.escape()
        editor.keys("o")
        editor.type("die ")
        read_of_its_end(
            editor,
            "quit with exit code 3" if times < 5 else "the server has crashed 5 times in 3 minutes",
        )
        editor.check("messages about it", editor.messages().count("quit with"), times)
        editor.keys("Enter")
        editor.type("typed on")
        editor.settle()
        editor.check("what was typed", "".join(editor.lines()).endswith("die typed on"), True)
        if times < 5:
            editor.attached()
            editor.keys("Enter")
            editor.type("return a ")
            editor.wait("a suggestion", editor.ghost)
    editor.check("servers running", editor.server_pids(), [])
    editor.command("Nigh restart")
    editor.attached()
    editor.keys("o")
    editor.type("return a ")
    editor.wait("a suggestion", editor.ghost)


@stand_in
def completion_menu(editor: Editor, _: ScenarioContext) -> None:
    """Next to Neovim's completion menu a suggestion is drawn, and accepting it inserts exactly it
    and closes the menu."""
    editor.open("a.py", b"alpha_one\nalpha_two\n")
    editor.attached()
    editor.lua("vim.o.completeopt = 'menuone,noinsert,noselect'")
    editor.keys("G", "o")
    editor.type("return a ")
    editor.wait("a suggestion", editor.ghost)
    editor.keys("C-x", "C-n")
    editor.wait("the menu", lambda: editor.lua("return vim.fn.pumvisible()") == 1)
    editor.wait("the suggestion stays", lambda: editor.ghost_text() == "+ b + 100")
    editor.keys("Tab")
    editor.wait("accepted", lambda: editor.lines()[-1] == "return a + b + 100")
    editor.settle()
    editor.check("the menu is gone", editor.lua("return vim.fn.pumvisible()"), 0)
    editor.type(" + al")
    editor.keys("C-x", "C-n")
    editor.keys("C-n", "C-y")
    editor.wait("the menu's word", lambda: editor.lines()[-1] == "return a + b + 100 + alpha_one")


@stand_in
def missing_program(editor: Editor, _: ScenarioContext) -> None:
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
def health(editor: Editor, _: ScenarioContext) -> None:
    """:checkhealth finds nothing wrong when all is well."""
    editor.open("a.py", b"")
    editor.attached()
    editor.command("checkhealth nigh")
    editor.wait(
        "the report", lambda: any("server attached to 1" in line for line in editor.lines())
    )
    editor.check(
        "no complaint", [line for line in editor.lines() if "ERROR" in line or "WARN" in line], []
    )
