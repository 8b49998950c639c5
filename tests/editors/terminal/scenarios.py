"""What a user does with nigh in an editor of the terminal, one function per situation, run by
drive.py for each editor.

To add one: a function with `@scenario`, or `@needs("name")` where not every editor can do it; its
name is the report's name, its docstring what the user expects. Names are those of
../neovim/scenarios.py where the situation is the same.
"""

import os
import signal
from collections.abc import Callable
from functools import partial

from context import ScenarioContext, accept_and_check, needs, scenario, write_and_check
from terminal import TerminalEditor
from watching import alive


@scenario
def accept_and_write(editor: TerminalEditor, context: ScenarioContext) -> None:
    """The suggestion is on the screen; accepting inserts exactly it; the file on disk has
    it."""
    path = editor.open("a.py", "import sys\n")
    text, suggestion = context.suggestion(editor)
    editor.shoot(f"{editor.way}-suggestion")
    write_and_check(editor, path, accept_and_check(editor, text, suggestion))


@needs("undo_accepted")
def undo(editor: TerminalEditor, context: ScenarioContext) -> None:
    """One undo takes back the accepted text and nothing else."""
    editor.open("a.py", "x = 1\n")
    text, suggestion = context.suggestion(editor)
    accept_and_check(editor, text, suggestion)
    editor.undo_accepted()
    editor.wait("one undo takes the accepted text back", lambda: editor.text() == text, 5)


@scenario
def dismiss(editor: TerminalEditor, context: ScenarioContext) -> None:
    """A dismissed suggestion is gone, and leaves nothing in the text."""
    editor.open("a.py", "x = 1\n")
    text, suggestion = context.suggestion(editor)
    editor.dismiss()
    editor.settle()
    editor.check("the text after dismissing", editor.text(), text)
    shown = suggestion.applied(text).split("\n")[suggestion.range["start"]["line"]]
    editor.check("the suggestion is on the screen", editor.shows(shown), False)


@scenario
def emoji(editor: TerminalEditor, context: ScenarioContext) -> None:
    """Characters of several bytes and code units before the cursor shift nothing."""
    path = editor.open("a.py", "# 🙂 né\n")
    text, suggestion = context.suggestion(editor, "emoji")
    write_and_check(editor, path, accept_and_check(editor, text, suggestion))


@scenario
def crlf(editor: TerminalEditor, context: ScenarioContext) -> None:
    """A file with CRLF line ends keeps them, also in what is accepted."""
    path = editor.open("a.py", "import sys\r\n\r\nprint(sys.argv)\r\n")
    text, suggestion = context.suggestion(editor)
    expected = suggestion.applied(text).splitlines()
    editor.accept()
    editor.wait("it is accepted", lambda: editor.text().splitlines() == expected)
    editor.write()
    editor.wait(
        "the file is written", lambda: path.read_text(encoding="utf-8").splitlines() == expected
    )
    content = path.read_bytes()
    editor.check("line ends that are not CRLF", content.count(b"\n") - content.count(b"\r\n"), 0)


@needs("accept_word")
def word_and_line(editor: TerminalEditor, context: ScenarioContext) -> None:
    """The next word of a suggestion can be accepted on its own."""
    editor.open("a.py", "x = 1\n")
    text, suggestion = context.suggestion(editor)
    editor.accept_word()
    editor.wait("the text changes", lambda: editor.text() != text)
    expected = suggestion.applied(text)
    editor.check(
        "a part of the suggestion is in the text",
        expected.startswith(editor.text().rstrip("\n")),
        True,
    )


BROKEN = """def get_user_names(users):
    for i in range(len(users) + 1):
        names.append(users[i]["name"])
"""
FIXED = """def get_user_names(users):
    names = []
    for i in range(len(users)):
        names.append(users[i]["name"])
    return names
"""


@scenario
def two_bugs_are_fixed_by_one_action(editor: TerminalEditor, context: ScenarioContext) -> None:
    """Both bugs of a function are marked; one action fixes both; one undo takes it back; the file
    on disk is right."""
    path = editor.open("bugs.py", BROKEN)
    editor.wait("both bugs are marked", lambda: editor.marked() == 2)
    editor.shoot(f"{editor.way}-marks")
    editor.actions(3)
    editor.wait(
        "the actions are on the screen", lambda: editor.shows("Fix all 2 bugs of `get_user_names`")
    )
    editor.shoot(f"{editor.way}-actions")
    editor.choose("Fix all 2 bugs of")
    editor.wait("the function is fixed", lambda: editor.text().rstrip("\n") == FIXED.rstrip("\n"))
    editor.wait("nothing is marked any more", lambda: editor.marked() == 0)
    editor.undo()
    editor.wait("one undo takes it back", lambda: editor.text().rstrip("\n") == BROKEN.rstrip("\n"))
    editor.wait("both bugs are marked again", lambda: editor.marked() == 2)
    editor.redo()
    editor.wait("redo fixes them again", lambda: editor.text().rstrip("\n") == FIXED.rstrip("\n"))
    write_and_check(editor, path, FIXED)


AFTER_EMOJI = """def get_sizes(größen):
    sizes = []
    for i in range(len(größen["🙂"]) + 1):
        sizes.append(größen["🙂"][i])
    return sizes
"""


@scenario
def fix_after_emoji(editor: TerminalEditor, context: ScenarioContext) -> None:
    """A fix after characters of several bytes and code units changes its place and nothing else."""
    path = editor.open("bugs.py", AFTER_EMOJI)
    editor.wait("the bug is marked", lambda: editor.marked() == 1)
    editor.actions(3)
    editor.wait("the actions are on the screen", lambda: editor.shows("Fix off-by-one in range"))
    editor.choose("Fix off-by-one in range")
    fixed = AFTER_EMOJI.replace(" + 1", "")
    editor.wait("the function is fixed", lambda: editor.text().rstrip("\n") == fixed.rstrip("\n"))
    write_and_check(editor, path, fixed)


@needs("refresh")
def not_a_bug(editor: TerminalEditor, context: ScenarioContext) -> None:
    """What the user says is no bug is no longer marked, and stays unmarked in a fresh server."""
    editor.open("bugs.py", BROKEN)
    editor.wait("both bugs are marked", lambda: editor.marked() == 2)
    editor.actions(3)
    editor.wait(
        "the actions are on the screen", lambda: editor.shows("Not a bug: unbound-name here")
    )
    editor.choose("Not a bug: unbound-name here")
    editor.wait("one mark is gone", lambda: editor.marked() == 1)
    editor.check("the text", editor.text(), BROKEN)
    editor.restart()
    editor.wait(
        "a new server knows the file",
        lambda: context.recording.sessions() == 2 and context.recording.opened("bugs.py"),
    )
    editor.wait("one bug is marked", lambda: editor.marked() == 1)


@scenario
def several_files(editor: TerminalEditor, context: ScenarioContext) -> None:
    """Every file gets suggestions, from one and the same server."""
    for name in editor.FILES:
        path = editor.open(name, "\n")
        editor.wait("the server knows the file", partial(context.recording.opened, path.name))
        text, suggestion = context.suggestion(editor, name.rsplit(".", maxsplit=1)[-1])
        write_and_check(editor, path, accept_and_check(editor, text, suggestion))
    editor.check("servers running", len(editor.servers()), 1)


@needs("rename")
def rename(editor: TerminalEditor, context: ScenarioContext) -> None:
    """A file that gets another name goes on getting suggestions."""
    path = editor.open("a.py", "import sys\n")
    text, suggestion = context.suggestion(editor)
    write_and_check(editor, path, accept_and_check(editor, text, suggestion))
    other = path.with_name("renamed.py")
    editor.rename(other)
    editor.wait("the file has its new name", lambda: other.exists() and not path.exists())
    text, suggestion = context.suggestion(editor)
    write_and_check(editor, other, accept_and_check(editor, text, suggestion))


@scenario
def restart(editor: TerminalEditor, context: ScenarioContext) -> None:
    """The server can be restarted, and then serves the open file."""
    editor.open("a.py", "import sys\n")
    context.suggestion(editor)
    old = editor.servers()
    editor.restart()
    editor.wait("another server runs", lambda: editor.servers() and editor.servers() != old)
    editor.wait("the old one is gone", lambda: not any(map(alive, old)))
    editor.wait(
        "the new one knows the file",
        lambda: context.recording.sessions() == 2 and context.recording.opened("a.py"),
    )
    context.suggestion(editor)
    editor.check("servers running", len(editor.servers()), 1)


def ended_by(end: Callable[[], None], editor: TerminalEditor, context: ScenarioContext) -> None:
    """One server runs, and none once the editor has ended so."""
    editor.open("a.py", "import sys\n")
    context.suggestion(editor)
    servers = editor.servers()
    editor.check("servers running", len(servers), 1)
    end()
    editor.wait("the editor has ended", lambda: not editor.running())
    editor.wait("the server has ended", lambda: not any(map(alive, servers)))


@scenario
def quit_ends_server(editor: TerminalEditor, context: ScenarioContext) -> None:
    """Quitting leaves no server running."""
    ended_by(editor.quit, editor, context)


def kill(editor: TerminalEditor) -> None:
    assert editor.pid
    os.kill(editor.pid, signal.SIGKILL)


@needs("ends_servers_when_killed")
def killed_editor_ends_server(editor: TerminalEditor, context: ScenarioContext) -> None:
    """When the editor is killed, the server ends too."""
    ended_by(lambda: kill(editor), editor, context)
