"""Which files of a package are worth learning from, and in what form.

`corpus.py` asks `language_of` for the path, `clean` for the text, and `Duplicates` and `Shingles` about what is known already.
Each test drops a kind of file that teaches nothing: vendored, generated, minified, data, tests, near copies. `Shingles` keeps
evaluation texts out of the corpus: hashes of 12 consecutive tokens, as sorted little-endian u64 in a file or taken from cases.
"""
import hashlib
import json
import re

import numpy as np

LANGUAGES = {".py": "python", ".ts": "typescript", ".tsx": "typescript", ".mts": "typescript", ".js": "javascript",
             ".mjs": "javascript", ".cjs": "javascript", ".jsx": "javascript", ".rs": "rust"}
SKIPPED_FOLDERS = re.compile(
    r"(^|/)(node_modules|_?vendor(ed)?|third[_-]?party|external|_?extern(als)?|dist|build|es|esm|cjs|umd|bundles?|generated|gen|"
    r"autogen|tests?|testing|__tests__|specs?|e2e|fixtures?|testdata|snapshots?|goldens?|locales?|i18n|l10n|migrations|versions|"
    r"benches|[^/]*\.data|[^/]*\.dist-info)/", re.I)
SKIPPED_FILES = re.compile(
    r"(\.min\.|\.d\.[cm]?ts$|_pb2(_grpc)?\.py$|[._]generated\.|\.bundle\.|(^|/)(test_[^/]*|[^/]*_tests?|conftest|tests)\.(py|rs)$|"
    r"\.(test|spec|bench)\.[jt]sx?$|(^|/)_?version\.py$|(parsetab|lextab|lex_tables?|tables)\.(py|rs)$)", re.I)
GENERATED = re.compile(r"do not (edit|modify)|auto[- ]?generated|automatically generated|generated (by|from)|@generated|@flow strict-gen", re.I)
COPYLEFT = re.compile(r"GNU (Lesser |Library |Affero )?General Public|\b[AL]?GPL[- ]?v?[23]|Mozilla Public License|"
                      r"Eclipse Public License|\bCDDL\b|Creative Commons|Server Side Public License|Business Source License", re.I)
LEGAL = re.compile(r"copyright|licen[sc]e|SPDX", re.I)
HEAD_COMMENT = re.compile(r"(#!.*\n)?\s*(/\*.*?\*/|(?:(?://|#)[^\n]*(?:\n|$))+)", re.S)


def language_of(path):
    """The language of a file worth reading, else None. Paths are those inside the archive."""
    if SKIPPED_FOLDERS.search(path) or SKIPPED_FILES.search(path):
        return None
    return LANGUAGES.get("." + path.rsplit(".", 1)[-1])


def clean(data):
    """The text without its licence head, or None with the reason: (text, "") or (None, reason)."""
    try:
        text = data.decode().replace("\r\n", "\n").removeprefix("\ufeff")
    except UnicodeDecodeError:
        return None, "encoding"
    if GENERATED.search(text[:1500]):
        return None, "generated"
    if COPYLEFT.search(text[:4000]):
        return None, "copyleft"
    text = without_licence(text)
    size, lines = len(text), text.count("\n") + 1
    if not 200 <= size <= 150_000:
        return None, "size"
    if max(map(len, text.split("\n"))) > 600 or size / lines > 90:
        return None, "long lines"
    sample = text[:20_000]
    if sum(map(str.isalpha, sample)) < 0.4 * len(sample) or sum(map(str.isdigit, sample)) > 0.12 * len(sample):
        return None, "data"
    return text, ""


def without_licence(text):
    """Head comments that speak of copyright teach one paragraph a thousand times."""
    while (match := HEAD_COMMENT.match(text)) and LEGAL.search(match[0]):
        text = text[match.end():].lstrip("\n")
    return text


class Duplicates:
    """Remembers the lines of the files kept so far; a file is a near copy when most of its longer lines are among them."""

    def __init__(self, share=0.6):
        self.share, self.seen = share, set()

    def is_copy(self, text):
        """Asks and, when the answer is no, remembers."""
        lines = {hash(line) for line in map(str.strip, text.split("\n")) if len(line) >= 20}
        if lines and len(lines & self.seen) > self.share * len(lines):
            return True
        self.seen |= lines
        return False


# ---------------------------------------------------------------- evaluation texts
TOKEN = re.compile(r"[A-Za-z_]\w*|\d+|[^\s\w]")
SHINGLE = 12


def shingles(text):
    """Hashes of every 12 tokens in a row, in order: the first 8 bytes of blake2b of the tokens joined by blanks."""
    tokens = TOKEN.findall(text)
    runs = (" ".join(tokens[i:i + SHINGLE]).encode() for i in range(len(tokens) - SHINGLE + 1))
    return np.array([int.from_bytes(hashlib.blake2b(run, digest_size=8).digest(), "little") for run in runs], np.uint64)


class Shingles:
    """A set of shingles of texts that must not be trained on."""

    def __init__(self, files=(), cases=()):
        known = [np.fromfile(path, "<u8") for path in files]
        for path in cases:
            with open(path) as lines:
                known += [shingles(text) for line in lines for text in case_texts(json.loads(line))]
        self.known = np.unique(np.concatenate(known)) if known else np.zeros(0, np.uint64)

    def touches(self, text):
        """Whether over 20 % of the text's shingles, or 60 of them in a row, are in the set."""
        found = shingles(text) if len(self.known) else ()
        if not len(found):
            return False
        at = np.minimum(np.searchsorted(self.known, found), len(self.known) - 1)
        hits = self.known[at] == found
        misses = np.flatnonzero(np.concatenate(([True], ~hits, [True])))
        return hits.mean() > 0.2 or np.diff(misses).max() - 1 >= 60


def case_texts(case):
    """The texts of one evaluation case: solutions in place, and whatever else could be learnt by heart."""
    reference = case.get("reference")
    if isinstance(reference, str):
        yield case.get("prefix", "") + reference + (case.get("suffix") or "")
    elif isinstance(reference, dict):
        yield from reference.values()
    for field in ("fixed", "buggy", "code", "text", "sql", "answer"):
        if isinstance(case.get(field), str):
            yield case[field]
