"""How a document of each task is laid out in tokens. The server prompts in the same layouts.

  repair    <|file_sep|>path\\nCODE<|fix|>OLD_LINE\\n<|fixed|>NEW_LINE\\n<|endoftext|>
            <|file_sep|>path\\nCODE<|fix|><|fixed|><|endoftext|>              (clean code)
  describe  <|file_sep|>path\\n
            <|fim_prefix|>PREFIX<|fim_suffix|>SUFFIX<|fim_middle|>BODY<|endoftext|>, or
            <|fim_prefix|><|fim_suffix|>SUFFIX<|fim_middle|>PREFIX BODY<|endoftext|>
  sql       <|sql_schema|>CREATE TABLE ...;\\n<|instruct|>question<|sql|>SELECT ...;<|endoftext|>

The text between two special tokens is encoded on its own, as it will be in a prompt. What the
model is asked for carries the mark of answers (samples.py): all after <|fix|>, <|sql|>, or the
prompt to fill in. The makers of the tasks give `Document`s back; nothing here knows how they were
made. `encode` is that of a `plain_encoder`: special tokens in a text are text.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from samples import ANSWER, answer, arrange
from tokenizer import EOT, FILE, MIDDLE, PREFIX, SPECIAL, SUFFIX, Encode

FIX, FIXED, INSTRUCT, SCHEMA, SQL = (
    SPECIAL.index(f"<|{name}|>") for name in ("fix", "fixed", "instruct", "sql_schema", "sql")
)
# The special tokens of a document of each task, in order.
LAYOUTS: dict[str, set[tuple[int, ...]]] = {
    "repair": {(FILE, FIX, FIXED, EOT)},
    "describe": {(FILE, PREFIX, SUFFIX, MIDDLE, EOT)},
    "sql": {(SCHEMA, INSTRUCT, SQL, EOT)},
}
PATH = 120  # characters of a path, from its end


class Document(NamedTuple):
    """One sample. `kind` is the operator, the cut or the question kind; `key` identifies the same
    code in two packages."""

    task: str
    language: str
    kind: str
    key: str
    ids: Sequence[int]


def header(encode: Encode, path: str) -> list[int]:
    return [FILE, *encode(path[-PATH:] + "\n")]


def repair(encode: Encode, path: str, code: str, old: str = "", new: str = "") -> list[int]:
    """`code`, `old` and `new` end with a newline; both empty: there is nothing to repair. Only
    `new` empty: `old` is to go."""
    return [
        *header(encode, path),
        *encode(code),
        FIX,
        *answer([*encode(old), FIXED, *encode(new), EOT]),
    ]


def describe(
    encode: Encode, path: str, parts: Sequence[list[int]], suffix_first: bool
) -> list[int]:
    """`parts` are the tokens of prefix, suffix and body."""
    prefix, suffix, body = parts
    return [*header(encode, path), *arrange(prefix, suffix, suffix_first), *answer([*body, EOT])]


def sql(encode: Encode, schema: str, question: str, statement: str) -> list[int]:
    asked = [SCHEMA, *encode(schema + "\n"), INSTRUCT, *encode(question), SQL]
    return [*asked, *answer([*encode(statement), EOT])]


def well_formed(document: Document) -> bool:
    """Whether the special tokens are those of the task's layout: a document ends with its only
    <|endoftext|>."""
    return tuple(i for i in plain(document.ids) if i < len(SPECIAL)) in LAYOUTS[document.task]


def plain(ids: Iterable[int]) -> list[int]:
    """Token ids without the mark of answers."""
    return [token & ~ANSWER for token in ids]
