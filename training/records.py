"""The records that the programs of this folder hand to each other as JSON.

`Document` is a line of corpus.jsonl, `ManifestEntry` a value of manifest.json, `Probe` an entry of
probe.json, `Candidate` one of a case's candidates as `nigh eval infill --candidates` writes them.
These are types only: nothing here reads or writes.
"""

from typing import TypedDict


class Document(TypedDict):
    """A file of the corpus. `validation` files are never trained on."""

    package: str
    path: str
    language: str
    validation: bool
    text: str


class ManifestEntry(TypedDict):
    """A package of the corpus; `bytes` by language, of the files that were kept."""

    version: str
    origin: str
    licence: str
    sha256: str
    validation: bool
    bytes: dict[str, int]


class Probe(TypedDict):
    """A prompt for the rest of a line, in both orders, as token ids; `expected` is the text."""

    language: str
    psm: list[int]
    spm: list[int]
    expected: str


class Candidate(TypedDict):
    """A completion that could be shown, and what became of it. `cut` says that it is only the first
    part of a completion."""

    features: dict[str, float]
    exact: bool
    accepted: bool
    harm: bool
    cut: bool
