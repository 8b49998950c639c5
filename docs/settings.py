"""Writes docs/settings.md from the settings of the VS Code extension: settings.py [--check].

Those are made from the server's own settings by editors/vscode/settings.mjs, and a test compares
the two. So the source of this page is the server's settings.rs: its comments, defaults and ranges.
With --check nothing is written, and the exit status is 1 if the page is stale. Standard library
only.
"""

import json
import pathlib
import sys
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "settings.md"
SECTIONS = {  # in the order of the page
    "completion": "When completions are shown, and how long they are.",
    "diagnostics": "Which bugs are shown, and how.",
    "index": "What nigh reads from the workspace.",
    "sql": "What nigh does with SQL and data files.",
    "learning": "Whether nigh adapts to what you accept. In VS Code, only user settings apply.",
    "model": "The model and how it runs. These settings are read once, at the start, so that a "
    "workspace cannot choose what runs. In VS Code, only user settings apply.",
    "engine": "The device that computes ([GPUs](gpu.md)), and a server whose model completes. "
    "These settings are read once, at the start, so that a workspace cannot choose where your code "
    "goes. In VS Code, only user settings apply.",
    "checks": "Whether programs on your machine verify fixes. This is read once, at the start. "
    "In VS Code, only user settings apply, and only in trusted workspaces.",
}
HEAD = """# Settings

<!-- Written by docs/settings.py from the server's settings. -->

Editors send settings as `initializationOptions` and with `workspace/didChangeConfiguration`. The
settings may be at the top level or under the key `nigh`. In VS Code, each name begins with
`nigh.`. For example, in Neovim:

```lua
require('nigh').setup({
  settings = { completion = { show = 'quiet' }, diagnostics = { severity = 'warning' } },
})
```

If a name is unknown or a value is invalid, nigh reports it and ignores that setting: its default
applies. The other settings count.
"""


def kind(setting: dict[str, Any]) -> str:
    """The type of a setting in words, with its range."""
    types = setting["type"] if isinstance(setting["type"], list) else [setting["type"]]
    name = next(name for name in types if name != "null")
    if name == "array":
        return f"list of {setting['items']['type']}s"
    if "maximum" in setting:
        return f"{name} from {setting['minimum']} to {setting['maximum']}"
    return name


def entry(name: str, setting: dict[str, Any]) -> str:
    """The lines about one setting."""
    default = setting["default"]
    given = "not set" if default is None else f"`{json.dumps(default)}`"
    if "enum" not in setting:
        shape = f"Type: {kind(setting)}. Default: {given}."
        return f"\n### `{name}`\n\n{setting['markdownDescription']}\n\n{shape}\n"
    values = zip(setting["enum"], setting["markdownEnumDescriptions"], strict=True)
    choices = "".join(f"- `{value}`: {meaning}\n" for value, meaning in values)
    return (
        f"\n### `{name}`\n\n{setting['markdownDescription']}\n\n{choices}\nDefault: `{default}`.\n"
    )


def page() -> str:
    package = json.loads((ROOT / "editors" / "vscode" / "package.json").read_text(encoding="utf-8"))
    settings = {
        name.removeprefix("nigh."): setting
        for name, setting in package["contributes"]["configuration"]["properties"].items()
    }
    text = HEAD
    for section, about in SECTIONS.items():
        text += f"\n## {section}\n\n{about}\n"
        names = [name for name in settings if name.startswith(f"{section}.")]
        names.sort(key=lambda name: (settings[name].get("order", 99), name))
        text += "".join(entry(name, settings[name]) for name in names)
    return text


def main() -> None:
    new = page()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(new, encoding="utf-8")
    elif new != PAGE.read_text(encoding="utf-8"):
        sys.exit("docs/settings.md is stale: run python3 docs/settings.py")


if __name__ == "__main__":
    main()
