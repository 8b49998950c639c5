"""What a user does with suggestions in Neovim, one function per situation, run by drive.py with any
server.

To add one: a function with `@scenario`; its name is the report's name, its docstring what the user
expects.
"""

import os
import signal
from functools import partial

from context import (
    BROKEN,
    FIXED,
    ScenarioContext,
    accept_and_check,
    completed,
    quiet,
    scenario,
    served,
    write,
)
from editor import Editor
from watching import alive, squeezed


@scenario
def accept_and_write(editor: Editor, context: ScenarioContext) -> None:
    """The suggestion is on the screen; Tab inserts exactly it; the file on disk has it."""
    path = editor.open("a.py", b"import sys\n")
    lines, ghost = context.suggestion(editor)
    row = editor.lua("return vim.fn.screenpos(0, ...).row - 1", ghost["row"] + 1, 1)
    first, *below = [squeezed(line) for line in ghost["text"].split("\n")]
    editor.wait(
        "the suggestion is on the screen",
        lambda: squeezed(lines[ghost["row"]]) + first in squeezed(editor.screen()[row]),
    )
    for offset, line in enumerate(below, 1):
        editor.check(
            "a lower line is on the screen", line in squeezed(editor.screen()[row + offset]), True
        )
    expected = accept_and_check(editor, lines, ghost)
    last = expected[ghost["row"] + len(below)].encode()
    editor.check(
        "the cursor is after the text", editor.cursor(), (ghost["row"] + len(below), len(last))
    )
    write(editor)
    editor.check("the file on disk", path.read_bytes(), ("\n".join(expected) + "\n").encode())


@scenario
def type_over(editor: Editor, context: ScenarioContext) -> None:
    """Typing what is suggested shortens it, typing something else drops it; only keys change the
    text."""
    editor.open("a.py", b"")
    lines, ghost = context.suggestion(editor)
    text = ghost["text"]
    for count in range(1, min(3, len(text.split("\n")[0]) - 1) + 1):
        editor.type(text[count - 1])
        editor.settle()
        editor.check(
            "the buffer while typing over", editor.lines(), completed(lines, ghost, text[:count])
        )
        shown = editor.ghost()
        editor.check("what is drawn is at the cursor", not shown or shown["at_cursor"], True)
        if not context.real:
            editor.check("what is left of the suggestion", shown and shown["text"], text[count:])
    typed = editor.lines()
    shown = editor.ghost()
    other = "Z" if shown and shown["text"].startswith("Q") else "Q"
    editor.type(other)
    editor.settle()
    ghost["col"], ghost["text"] = editor.cursor()[1] - 1, other
    expected = completed(typed, ghost)
    editor.check("the buffer after another letter", editor.lines(), expected)
    shown = editor.ghost()
    editor.check("what is drawn is at the cursor", not shown or shown["at_cursor"], True)
    if not context.real:
        editor.check("the suggestion that no longer fits", shown, None)
        quiet(editor)


@scenario
def type_over_fast(editor: Editor, context: ScenarioContext) -> None:
    """Keys that come faster than answers never leave more or less than typed text + suggestion."""
    editor.open("a.py", b"")
    lines, ghost = context.suggestion(editor)
    ahead = ghost["text"].split("\n")[0][:2]
    editor.keys("-l", "--", ahead)
    editor.keys("Tab")
    editor.settle()
    now = editor.lines()
    if now == completed(lines, ghost):
        return
    # The suggestion was replaced or dropped meanwhile: then the typed text is untouched.
    start = completed(lines, ghost, ahead)[ghost["row"]]
    editor.check(
        "what was typed is in place",
        now[: ghost["row"]] + [now[ghost["row"]][: len(start)]],
        lines[: ghost["row"]] + [start],
    )


@scenario
def dismiss(editor: Editor, context: ScenarioContext) -> None:
    """CTRL-] takes the suggestion away, it stays away, and Tab is a plain Tab again."""
    editor.open("a.py", b"")
    lines, _ = context.suggestion(editor)
    editor.keys("C-]")
    editor.wait("the suggestion is gone", lambda: editor.ghost() is None)
    quiet(editor)
    editor.check("the buffer after dismissing", editor.lines(), lines)
    column = editor.cursor()[1]
    editor.keys("Tab")
    editor.wait("Tab indents", lambda: editor.cursor()[1] > column)
    editor.check(
        "only blanks were added",
        [line.rstrip() for line in editor.lines()],
        [line.rstrip() for line in lines],
    )


@scenario
def undo(editor: Editor, context: ScenarioContext) -> None:
    """One undo takes back the accepted text and nothing else."""
    editor.open("a.py", b"x = 1\n")
    lines, ghost = context.suggestion(editor)
    accept_and_check(editor, lines, ghost)
    editor.escape()
    editor.keys("u")
    editor.settle()
    editor.check("the buffer after undo", editor.lines(), lines)


@served
def two_bugs_are_fixed_by_one_action(editor: Editor, context: ScenarioContext) -> None:
    """Both bugs of a function are marked; the preferred action fixes both; one undo takes it back;
    the file on disk is right."""
    path = editor.open("bugs.py", BROKEN)
    editor.attached()

    def marked() -> list[str]:
        return editor.lua(
            "return vim.tbl_map(function(one) return one.source .. ' ' .. one.code end, "
            "vim.diagnostic.get(0))"
        )

    editor.wait(
        "both bugs are marked",
        lambda: sorted(marked()) == ["nigh index-past-end", "nigh unbound-name"],
    )
    editor.lua("""vim.api.nvim_win_set_cursor(0, {2, 10})
        vim.lsp.buf.code_action({ apply = true,
            filter = function(action) return action.isPreferred end })""")
    fixed = FIXED.decode().splitlines()
    editor.wait("the function is fixed", lambda: editor.lines() == fixed)
    editor.wait("nothing is marked any more", lambda: not marked())
    editor.keys("u")
    editor.wait("one undo takes it back", lambda: editor.lines() == BROKEN.decode().splitlines())
    editor.command("redo")
    write(editor)
    editor.check("the file on disk", path.read_bytes(), FIXED)


@scenario
def emoji(editor: Editor, context: ScenarioContext) -> None:
    """Characters of several bytes and code units before the cursor shift nothing."""
    path = editor.open("a.py", "# 🙂 né\n".encode())
    lines, ghost = context.suggestion(editor, "emoji")
    expected = accept_and_check(editor, lines, ghost)
    write(editor)
    editor.check("the file on disk", path.read_bytes(), ("\n".join(expected) + "\n").encode())


@scenario
def crlf(editor: Editor, context: ScenarioContext) -> None:
    """A file with CRLF line ends keeps them, also in the accepted lines."""
    path = editor.open("a.py", b"import sys\r\n\r\nprint(sys.argv)\r\n")
    if not context.real:
        editor.attached()
        editor.keys("G", "o")
        editor.type("crlf ")
        ghost = editor.wait("a suggestion of two lines", editor.ghost)
        editor.check("no carriage return is drawn", ghost["text"], "one\n    two")
        accept_and_check(editor, editor.lines(), ghost)
    lines, ghost = context.suggestion(editor)
    expected = accept_and_check(editor, lines, ghost)
    write(editor)
    editor.check("the file on disk", path.read_bytes(), ("\r\n".join(expected) + "\r\n").encode())


@scenario
def tabs(editor: Editor, context: ScenarioContext) -> None:
    """A file that is indented with tabs stays so, also in the accepted lines."""
    path = editor.open("a.py", b"def area(width, height):\n\tif width:\n\t\treturn height\n")
    editor.attached()
    editor.lua("vim.bo.expandtab = false")
    lines, ghost = context.suggestion(editor, "block")
    expected = accept_and_check(editor, lines, ghost)
    write(editor)
    editor.check("the file on disk", path.read_bytes(), ("\n".join(expected) + "\n").encode())
    if context.real:
        editor.check(
            "lines that begin with blanks", [line for line in expected if line.startswith(" ")], []
        )


@scenario
def rename(editor: Editor, context: ScenarioContext) -> None:
    """A file that gets another name goes on getting suggestions."""
    path = editor.open("a.py", b"import sys\n")
    lines, ghost = context.suggestion(editor)
    accept_and_check(editor, lines, ghost)
    write(editor)
    other = path.with_name("renamed.py")
    editor.command(f"saveas {other} | call delete('{path}')")
    editor.wait("the file has its new name", lambda: other.exists() and not path.exists())
    lines, ghost = context.suggestion(editor)
    expected = accept_and_check(editor, lines, ghost)
    write(editor)
    editor.check("the file on disk", other.read_bytes(), ("\n".join(expected) + "\n").encode())
    editor.check("servers running", len(editor.server_pids()), 1)


@scenario
def several_files(editor: Editor, context: ScenarioContext) -> None:
    """Every file gets suggestions, from one and the same server."""
    for name in ("a.py", "b.js", "c.rs", "other/d.py"):
        editor.open(name)
        lines, ghost = context.suggestion(editor, name.rsplit(".", maxsplit=1)[-1])
        accept_and_check(editor, lines, ghost)
        write(editor)
    editor.check("servers running", len(editor.server_pids()), 1)
    editor.command("bdelete a.py | bwipeout")
    editor.settle()
    editor.wait(
        "another file is shown",
        lambda: not editor.lua("return vim.fn.expand('%')").endswith("d.py"),
    )
    lines, ghost = context.suggestion(editor, editor.lua("return vim.fn.expand('%:e')"))
    accept_and_check(editor, lines, ghost)


def differs(editor: Editor, lines: list[str]) -> bool:
    return editor.lines() != lines


@scenario
def word_and_line(editor: Editor, context: ScenarioContext) -> None:
    """M-Right takes the next word, M-C-Right the rest of the line; the rest stays on offer."""
    editor.open("a.py", b"")
    lines, ghost = context.suggestion(editor, "block")
    for key in ("M-Right", "M-C-Right"):
        before, shown = editor.lines(), editor.ghost()
        if not shown:
            break  # the model's suggestion was a single word
        editor.keys(key)
        editor.wait(f"{key} changes the buffer", partial(differs, editor, before))
        editor.settle()
        texts = [
            completed(before, shown, shown["text"][:count])
            for count in range(1, len(shown["text"]) + 1)
        ]
        editor.check(f"{key} inserts a part of the suggestion", editor.lines() in texts, True)
    if not context.real:
        editor.check("the buffer", editor.lines(), lines[:-1] + ["words alpha.beta(gamma)"])
        left = editor.ghost()
        editor.check("what is left", left and left["text"], "\n    delta = 1\n    omega")


@scenario
def only_in_insert_mode(editor: Editor, context: ScenarioContext) -> None:
    """Leaving insert mode takes the suggestion away, and none comes in normal mode."""
    editor.open("a.py", b"")
    lines, _ = context.suggestion(editor)
    editor.keys("C-o")
    editor.wait("nothing is drawn during CTRL-O", lambda: editor.ghost() is None)
    editor.escape()
    editor.keys("k", "j", "0", "w")
    quiet(editor)
    editor.check(
        "the buffer", [line.rstrip() for line in editor.lines()], [line.rstrip() for line in lines]
    )


@scenario
def quit_ends_server(editor: Editor, context: ScenarioContext) -> None:
    """:qa! leaves no server running."""
    editor.open("a.py", b"")
    context.suggestion(editor)
    servers = editor.server_pids()
    editor.check("servers running", len(servers), 1)
    editor.quit()
    editor.wait("the server has ended", lambda: not any(map(alive, servers)), 5)


@scenario
def killed_editor_ends_server(editor: Editor, context: ScenarioContext) -> None:
    """When Neovim is killed, the server ends too."""
    editor.open("a.py", b"")
    context.suggestion(editor)
    servers = editor.server_pids()
    editor.check("servers running", len(servers), 1)
    os.kill(editor.pid, signal.SIGKILL)
    editor.wait("Neovim has ended", lambda: not alive(editor.pid))
    editor.wait("the server has ended", lambda: not any(map(alive, servers)), 5)
