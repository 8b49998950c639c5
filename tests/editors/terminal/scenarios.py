"""What a user does with nigh in an editor of the terminal, one function per situation, run by
drive.py for each editor.

To add one: a function with `@scenario`, or `@needs("name")` where not every editor can do it; its
name is the report's name, its docstring what the user expects. Names are those of
../neovim/scenarios.py where the situation is the same.
"""

import os
import signal

from watching import alive
from world import accept_and_check, needs, scenario, write_and_check


@scenario
def accept_and_write(editor, world) -> None:
    """The suggestion stands on the screen; accepting inserts exactly it; the file on disk has
    it."""
    path = editor.open("a.py", "import sys\n")
    text, suggestion = world.suggestion(editor)
    editor.shoot(f"{editor.way}-suggestion")
    write_and_check(editor, path, accept_and_check(editor, text, suggestion))


@needs("undo_accepted")
def undo(editor, world) -> None:
    """One undo takes back the accepted text and nothing else."""
    editor.open("a.py", "x = 1\n")
    text, suggestion = world.suggestion(editor)
    accept_and_check(editor, text, suggestion)
    editor.undo_accepted()
    editor.wait("one undo takes the accepted text back", lambda: editor.text() == text, 5)


@scenario
def dismiss(editor, world) -> None:
    """A suggestion that is sent away is gone, and leaves nothing in the text."""
    editor.open("a.py", "x = 1\n")
    text, suggestion = world.suggestion(editor)
    editor.dismiss()
    editor.settle()
    editor.check("the text after dismissing", editor.text(), text)
    shown = suggestion.applied(text).split("\n")[suggestion.range["start"]["line"]]
    editor.check("the suggestion is on the screen", editor.shows(shown), False)


@scenario
def emoji(editor, world) -> None:
    """Characters of several bytes and code units before the cursor shift nothing."""
    path = editor.open("a.py", "# 🙂 né\n")
    text, suggestion = world.suggestion(editor, "emoji")
    write_and_check(editor, path, accept_and_check(editor, text, suggestion))


@scenario
def crlf(editor, world) -> None:
    """A file with CRLF line ends keeps them, also in what is accepted."""
    path = editor.open("a.py", "import sys\r\n\r\nprint(sys.argv)\r\n")
    text, suggestion = world.suggestion(editor)
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
def word_and_line(editor, world) -> None:
    """The next word of a suggestion can be taken alone."""
    editor.open("a.py", "x = 1\n")
    text, suggestion = world.suggestion(editor)
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
MENDED = """def get_user_names(users):
    names = []
    for i in range(len(users)):
        names.append(users[i]["name"])
    return names
"""


@scenario
def two_bugs_are_mended_by_one_action(editor, world) -> None:
    """Both bugs of a function are marked; one action mends both; one undo takes it back; the file
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
    editor.wait("the function is mended", lambda: editor.text().rstrip("\n") == MENDED.rstrip("\n"))
    editor.wait("nothing is marked any more", lambda: editor.marked() == 0)
    editor.undo()
    editor.wait("one undo takes it back", lambda: editor.text().rstrip("\n") == BROKEN.rstrip("\n"))
    editor.wait("both bugs are marked again", lambda: editor.marked() == 2)
    editor.redo()
    editor.wait("redo mends them again", lambda: editor.text().rstrip("\n") == MENDED.rstrip("\n"))
    write_and_check(editor, path, MENDED)


BEHIND_EMOJI = """def get_sizes(größen):
    sizes = []
    for i in range(len(größen["🙂"]) + 1):
        sizes.append(größen["🙂"][i])
    return sizes
"""


@scenario
def fix_behind_emoji(editor, world) -> None:
    """A fix behind characters of several bytes and code units changes its place and nothing beside
    it."""
    path = editor.open("bugs.py", BEHIND_EMOJI)
    editor.wait("the bug is marked", lambda: editor.marked() == 1)
    editor.actions(3)
    editor.wait("the actions are on the screen", lambda: editor.shows("Fix off-by-one in range"))
    editor.choose("Fix off-by-one in range")
    mended = BEHIND_EMOJI.replace(" + 1", "")
    editor.wait("the function is mended", lambda: editor.text().rstrip("\n") == mended.rstrip("\n"))
    write_and_check(editor, path, mended)


@needs("refresh")
def not_a_bug(editor, world) -> None:
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
        lambda: world.recording.sessions() == 2 and world.recording.opened("bugs.py"),
    )
    editor.wait("one bug is marked", lambda: editor.marked() == 1)


@scenario
def several_files(editor, world) -> None:
    """Every file gets suggestions, from one and the same server."""
    for name in editor.FILES:
        path = editor.open(name, "\n")
        editor.wait("the server knows the file", lambda: world.recording.opened(path.name))
        text, suggestion = world.suggestion(editor, name.rsplit(".", maxsplit=1)[-1])
        write_and_check(editor, path, accept_and_check(editor, text, suggestion))
    editor.check("servers running", len(editor.servers()), 1)


@needs("rename")
def rename(editor, world) -> None:
    """A file that gets another name goes on getting suggestions."""
    path = editor.open("a.py", "import sys\n")
    text, suggestion = world.suggestion(editor)
    write_and_check(editor, path, accept_and_check(editor, text, suggestion))
    other = path.with_name("renamed.py")
    editor.rename(other)
    editor.wait("the file has its new name", lambda: other.exists() and not path.exists())
    text, suggestion = world.suggestion(editor)
    write_and_check(editor, other, accept_and_check(editor, text, suggestion))


@scenario
def restart(editor, world) -> None:
    """The server can be started afresh, and then serves the open file."""
    editor.open("a.py", "import sys\n")
    world.suggestion(editor)
    old = editor.servers()
    editor.restart()
    editor.wait("another server runs", lambda: editor.servers() and editor.servers() != old)
    editor.wait("the old one is gone", lambda: not any(map(alive, old)))
    editor.wait(
        "the new one knows the file",
        lambda: world.recording.sessions() == 2 and world.recording.opened("a.py"),
    )
    world.suggestion(editor)
    editor.check("servers running", len(editor.servers()), 1)


def ended_by(end, editor, world) -> None:
    """One server runs, and none once the editor has ended so."""
    editor.open("a.py", "import sys\n")
    world.suggestion(editor)
    servers = editor.servers()
    editor.check("servers running", len(servers), 1)
    end()
    editor.wait("the editor has ended", lambda: not editor.running())
    editor.wait("the server has ended", lambda: not any(map(alive, servers)))


@scenario
def quit_ends_server(editor, world) -> None:
    """Quitting leaves no server behind."""
    ended_by(editor.quit, editor, world)


@needs("ends_servers_when_killed")
def killed_editor_ends_server(editor, world) -> None:
    """When the editor is killed, the server ends too."""
    ended_by(lambda: os.kill(editor.pid, signal.SIGKILL), editor, world)
