"""Many files, large files, two editors, servers that are killed: nothing gets slow, mixed up or
lost. Run by drive.py.

To add one: a function with `@scenario`; its name is the report's name, its docstring what the user
expects.
"""

import os
import signal
import statistics
import time

from context import ScenarioContext, accept_and_check, read_of_its_end, scenario, write
from editor import Editor
from watching import alive

# So many seconds a suggestion may take in a development build on a busy machine; a user's takes a
# tenth.
MAX_SECONDS = 4
FUNCTION = (
    "def area_{0}(width, height):\n    total_{0} = width * height\n    return total_{0}\n\n\n"
)


@scenario
def killed_server_comes_back(editor: Editor, context: ScenarioContext) -> None:
    """A server that is killed is started again by itself, and what is open and unsaved is
    served."""
    path = editor.open("a.py", b"import sys\n")
    context.suggestion(editor)
    old = editor.server_pids()
    os.kill(old[0], signal.SIGKILL)
    read_of_its_end(editor, "quit with exit code 0 and signal 9")
    editor.wait("another server runs", lambda: editor.server_pids() and editor.server_pids() != old)
    lines, ghost = context.suggestion(editor)
    expected = accept_and_check(editor, lines, ghost)
    write(editor)
    editor.check("the file on disk", path.read_bytes(), ("\n".join(expected) + "\n").encode())
    editor.check("servers running", len(editor.server_pids()), 1)


@scenario
def two_editors_share_nothing(editor: Editor, context: ScenarioContext) -> None:
    """Each editor has a server of its own; one that is killed takes nothing from the other, and its
    server ends with it."""
    editor.open("a.py", b"x = 1\n")
    context.suggestion(editor)
    with Editor(editor.nvim_path, editor.server, editor.native) as other:
        path = other.open("a.py", b"y = 2\n")
        lines, ghost = ScenarioContext(context.real).suggestion(other)
        servers = editor.server_pids() + other.server_pids()
        editor.check("servers running", len(set(servers)), 2)
        os.kill(editor.pid, signal.SIGKILL)
        editor.wait("its server has ended", lambda: not alive(servers[0]), 5)
        expected = accept_and_check(other, lines, ghost)
        write(other)
        other.check("the file on disk", path.read_bytes(), ("\n".join(expected) + "\n").encode())
        other.check("the other's server", other.server_pids(), servers[1:])
        other.check("errors in :messages", other.complaints(), [])


@scenario
def large_and_many_files_stay_fast(editor: Editor, context: ScenarioContext) -> None:
    """In a file of 10,000 lines, next to forty open ones, suggestions come as soon as usual and are
    inserted right."""
    for number in range(40):
        editor.folder.joinpath(f"open_{number}.py").write_text(FUNCTION.format(number) * 20)
    large = "".join(FUNCTION.format(number) for number in range(2000))
    editor.open("large.py", large.encode())
    editor.attached()
    editor.lua(
        "for n = 0, 39 do vim.cmd.badd(('open_%d.py'):format(n)) "
        "vim.fn.bufload(('open_%d.py'):format(n)) end"
    )
    for _ in range(3):
        lines, ghost = context.suggestion(editor, patience=MAX_SECONDS)
        accept_and_check(editor, lines, ghost)
    editor.check(
        f"most suggestions come within {MAX_SECONDS} s",
        statistics.median(context.waited) < MAX_SECONDS,
        True,
    )
    started = time.monotonic()
    editor.keys("-l", "--", "x" * 50)
    editor.wait("fifty keys at once", lambda: "x" * 50 in "".join(editor.lines()[-9:]))
    editor.check("keys are not held up", time.monotonic() - started < MAX_SECONDS, True)
