"""What `:Nigh` does, one function per command, and how the program is found; run by drive.py.

To add one: a function with `@scenario`, or `@served` where only `nigh serve` can answer; its
docstring says what the user expects.
"""

import pathlib
import shutil

from context import (
    BROKEN,
    FIXED,
    ScenarioContext,
    accept_and_check,
    quiet,
    scenario,
    served,
    write,
)
from edit_server import EditServer
from editor import ANY_CONFIDENCE, Editor
from watching import alive

REPOSITORY = pathlib.Path(__file__).resolve().parents[3]
MODEL = REPOSITORY / "tests/model/tiny.gguf"


@scenario
def status_and_toggle(editor: Editor, context: ScenarioContext) -> None:
    """:Nigh status shows the server's words in a window; :Nigh toggle switches suggestions off and
    on."""
    editor.open("a.py", b"")
    context.suggestion(editor)
    editor.command("Nigh status")
    editor.wait(
        "the status is on the screen", lambda: any("model:" in line for line in editor.screen())
    )
    editor.keys("k", "j")
    editor.command("Nigh toggle")
    editor.keys("o")
    editor.type("return a ")
    quiet(editor)
    editor.command("Nigh toggle")
    context.suggestion(editor)


@scenario
def restart(editor: Editor, context: ScenarioContext) -> None:
    """:Nigh restart ends the server and starts a fresh one that serves the open file."""
    editor.open("a.py", b"")
    context.suggestion(editor)
    old = editor.server_pids()
    editor.command("Nigh restart")
    editor.wait("another server runs", lambda: editor.server_pids() and editor.server_pids() != old)
    editor.wait("the old one is gone", lambda: not any(map(alive, old)))
    context.suggestion(editor)
    editor.check("servers running", len(editor.server_pids()), 1)


@scenario
def statusline(editor: Editor, context: ScenarioContext) -> None:
    """The component says `nigh` while all is well, that suggestions are off, and nothing where nigh
    serves no file."""
    editor.open("a.py", b"")
    editor.lua(
        """vim.o.laststatus, vim.o.statusline = 2, "<%{v:lua.require'nigh.statusline'.text()}>" """
    )
    editor.attached()

    def shown(text: str) -> bool:
        return any(line.strip() == f"<{text}>" for line in editor.screen())

    editor.wait("all is well", lambda: shown("nigh"), 30)
    editor.command("Nigh toggle")
    editor.wait("it is off", lambda: shown("nigh: off"))
    editor.command("Nigh toggle")
    editor.command("enew")
    editor.wait("nothing is served", lambda: shown(""))


@served
def explain(editor: Editor, context: ScenarioContext) -> None:
    """A split explains the suggestion at the cursor, with the prompt folded; `q` closes it; a
    second one replaces it."""
    editor.open("a.py", b"import math\n\n\ndef area(radius):\n    return math.\n")
    editor.attached()
    editor.keys("G", "A")
    for _ in range(2):
        editor.command("Nigh explain")
        editor.wait("the page", lambda: editor.lines()[0].endswith("a.py:5:17"))
        page = editor.lines()
        editor.check(
            "a line for a piece",
            any(line.startswith("| text before the cursor | a.py | ") for line in page),
            True,
        )
        editor.check(
            "what is said first",
            [line for line in page if line.startswith("## ")][:1],
            ["## Suggestion"],
        )
        folded = page.index("## The prompt, word for word") + 1
        editor.check(
            "the prompt is folded", editor.lua("return vim.fn.foldclosed(...)", folded), folded
        )
        editor.check("the prompt", "def area(radius):" in page, True)
    editor.check("windows", editor.lua("return #vim.api.nvim_list_wins()"), 2)
    editor.keys("q")
    editor.wait("the file again", lambda: editor.lua("return vim.fn.expand('%:t')") == "a.py")


@served
def fix(editor: Editor, context: ScenarioContext) -> None:
    """The fixes of the file are shown as a diff in a split: `q` changes nothing, Enter applies
    them, one undo takes them back."""
    broken, fixed = BROKEN.decode().splitlines(), FIXED.decode().splitlines()
    editor.open("a.py", BROKEN)
    editor.attached()

    def in_file() -> bool:
        return editor.lua("return vim.fn.expand('%:t')") == "a.py"

    def shown() -> None:
        editor.command("Nigh fix")
        editor.wait("the diff", lambda: "+    for i in range(len(users)):" in editor.lines())
        editor.check(
            "what goes",
            [line for line in editor.lines() if line.startswith("-  ")],
            ["-" + broken[1]],
        )
        editor.check("its type", editor.lua("return vim.bo.filetype"), "diff")
        editor.wait(
            "it says what to do",
            lambda: any("Enter: apply these changes" in line for line in editor.screen()),
        )

    shown()
    editor.keys("q")
    editor.wait("the file", in_file)
    editor.check("nothing was done", editor.lines(), broken)
    shown()
    editor.keys("Enter")
    editor.wait("fixed", lambda: in_file() and editor.lines() == fixed)
    editor.keys("u")
    editor.wait("one undo takes it back", lambda: editor.lines() == broken)
    shown()
    editor.lua("vim.api.nvim_buf_set_lines(vim.fn.bufnr('a.py'), 0, 0, true, { '# new' })")
    editor.keys("Enter")
    editor.wait(
        "a file that has changed is left alone", lambda: "has changed since" in editor.messages()
    )
    editor.check("the file", editor.lines(), ["# new", *broken])


# With letters of several bytes, and the line breaks of Windows.
EDITED = "x = 2\r\n\r\ndef area(w, höhe):\r\n    return w * höhe  # 🙂\r\n"

# Applies the predicted edit, as who chooses it in the menu.
APPLY = """
vim.lsp.buf.code_action({ apply = true, filter = function(action)
  return action.title:find('predicted edit') ~= nil
end })
"""


@served
def predicted_edit(editor: Editor, context: ScenarioContext) -> None:
    """The edit that a model on a server predicts is a code action; one undo takes it back, and the
    file is then what it was, byte for byte."""
    with EditServer(lambda text: text.replace("w * höhe", "w * höhe + 1")) as server:
        editor.use_settings({**ANY_CONFIDENCE, **server.settings})
        path = editor.open("a.py", EDITED.replace("2", "1").encode())
        editor.attached()
        editor.type("gg$r2")
        editor.settle()
        before = editor.lines()
        after = [line.replace("höhe  #", "höhe + 1  #") for line in before]

        def applied() -> bool:
            editor.lua(APPLY)
            editor.settle()
            return editor.lines() != before

        editor.wait("the edit is applied", applied)
        editor.check("the text with the edit", editor.lines(), after)
        editor.keys("u")
        editor.wait("one undo takes it back", lambda: editor.lines() == before)
        write(editor)
        editor.check("the file on disk", path.read_bytes(), EDITED.encode())
        editor.keys("C-r")
        editor.wait("it comes back", lambda: editor.lines() == after)


@served
def fix_finds_nothing(editor: Editor, context: ScenarioContext) -> None:
    """Where there is no bug, `:Nigh fix` says so and opens nothing; so it does in a buffer that
    nigh does not serve."""
    editor.open("a.py", b"print(1)\n")
    editor.attached()
    editor.command("Nigh fix")
    editor.wait("it says so", lambda: "no bug with a checked fix was found" in editor.messages())
    editor.command("enew")
    editor.command("Nigh fix")
    editor.wait("it says so", lambda: "nigh does not serve this buffer" in editor.messages())
    editor.check("windows", editor.lua("return #vim.api.nvim_list_wins()"), 1)


@served
def model(editor: Editor, context: ScenarioContext) -> None:
    """What is no model is refused and the old one kept; a model is taken for all editors, and given
    up again for the embedded one of the list."""
    # Else NIGH_MODEL, which comes first, names the model for tests (../protocol/checked.sh).
    editor.environment["NIGH_CHOOSES"] = "1"
    editor.open("a.py", b"")
    context.suggestion(editor)

    def name() -> str:
        return editor.lua("""local c = require('nigh').client()
            local answer = c and c.initialized
                and c:request_sync('nigh/status', vim.empty_dict(), 3000)
            local status = answer and answer.result
            return status and status.state == 'ready' and status.model.name or ''""")

    inside, old = name(), editor.server_pids()
    bad = editor.folder / "bad.gguf"
    bad.write_bytes(b"GGUF, said the file, but it was none")
    editor.command(f"Nigh model {bad}")
    # Neovim waits for a key after a message of several lines, and answers nothing until then.
    editor.wait("it is refused", lambda: "Press ENTER" in "".join(editor.screen()))
    editor.keys("Enter")
    editor.wait("it says so", lambda: "your choice has not changed" in editor.messages())
    editor.check("the server", editor.server_pids(), old)
    (editor.folder / "other.gguf").symlink_to(MODEL)
    editor.command(f"Nigh model {editor.folder}/other.gguf")
    editor.wait(
        "another server runs", lambda: editor.server_pids() and editor.server_pids() != old, 30
    )
    editor.wait("it is reported", lambda: "using the model other.gguf" in editor.messages())

    choice = pathlib.Path(editor.environment["XDG_CONFIG_HOME"]) / "nigh/model.json"
    editor.check("the choice", "other.gguf" in choice.read_text(encoding="utf-8"), True)
    editor.wait("it is used", lambda: name() not in ("", inside), 30)
    context.suggestion(editor)
    old = editor.server_pids()
    editor.command("Nigh model")
    editor.wait("it asks", lambda: "Model for all editors" in "".join(editor.screen()))
    editor.keys("1", "Enter")
    editor.wait(
        "another server runs", lambda: editor.server_pids() and editor.server_pids() != old, 30
    )
    editor.wait("the one inside", lambda: name() == inside, 30)


@served
def program_next_to_the_plugin(editor: Editor, context: ScenarioContext) -> None:
    """With no program on the PATH, the one that a plugin manager built in the plugin's repository
    is started."""
    clone = editor.folder / "clone"
    shutil.copytree(REPOSITORY / "editors/neovim", clone / "editors/neovim")
    program = clone / "target/release/nigh"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec "{editor.server[0]}" "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    del editor.environment["NIGH_CMD"]
    editor.environment |= {"NIGH_REPOSITORY": str(clone), "PATH": "/usr/bin:/bin"}
    editor.open("a.py", b"import sys\n")
    lines, ghost = context.suggestion(editor)
    accept_and_check(editor, lines, ghost)
    editor.check(
        "the server's command",
        editor.lua("return require('nigh').options.cmd"),
        [str(program), "serve"],
    )
