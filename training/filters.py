"""Which files of a package are worth learning from, and in what form.

`corpus.py` asks `may_hold` for the path, `clean` for the text and `language_of` for both; near
copies and evaluation texts are known by `deduplication.py`. Each test drops a kind of file that
teaches nothing: vendored, generated, minified, data, tests. To add a language: its extensions in
LANGUAGES. To leave out a kind of file: a word in one of the expressions below.
"""

import re
from collections.abc import Iterable

LANGUAGES = {
    "python": "py",
    "typescript": "ts tsx mts",
    "javascript": "js mjs cjs jsx",
    "rust": "rs",
    "go": "go",
    "java": "java",
    "c": "c h",
    "cpp": "cc cpp cxx c++ hpp hh hxx ipp h",
    "sql": "sql",
    "bash": "sh bash",
    "kotlin": "kt kts",
    "csharp": "cs",
    "php": "php",
}
EXTENSIONS = {
    extension: language
    for language, extensions in reversed(LANGUAGES.items())
    for extension in extensions.split()
}
SKIPPED_FOLDERS = re.compile(
    r"(^|/)(node_modules|godeps|_?vendors?|_?vendored|(third|3rd)[_-]?party|_?deps|external|_?extern(als)?|extlibs|"
    r"dist|build|es|esm|cjs|umd|bundles?|_?generated|gen|gensrc|autogen|tests?|[^/]+[_-]tests?|testing|testcases|unittests?|testsuites?|"
    r"__tests__|__mocks__|specs?|e2e|fixtures?|testFixtures|testdata|test[_-]?(data|files|resources|support|util|utils|lib)|snapshots?|"
    r"goldens?|baselines?|locales?|i18n|l10n|migrations|versions|bench(es|marks?)?|fuzz(ing)?|corpus|[^/]*\.data|[^/]*\.dist-info)/",
    re.I,
)
SKIPPED_FILES = re.compile(
    r"(\.min\.|\.d\.[cm]?ts$|\.pb\.(go|cc|h|c)$|_pb2(_grpc)?\.py$|[._-]generated\.|zz_generated|\.bundle\.|bindata|amalgamation|"
    r"\.designer\.cs$|lex\.yy\.|\.(tab|yy)\.[ch]|(^|/)y\.tab|unicode[_-]?(data|tables?)|"
    r"(^|/)(test_[^/]*|[^/]*_(unit)?tests?|conftest|tests)\.(py|rs|go|cc|cpp|cxx|c|sh)$|(Tests?|TestCase|IT)\.(java|kt|cs|php)$|"
    r"[.-](test|spec|bench)\.[jt]sx?$|(^|/)_?version\.(py|h)$|(parsetab|lextab|lex_tables?|tables)\.(py|rs|go)$)",
    re.I,
)
GENERATED = re.compile(
    r"do not (edit|modify)|auto[- ]?generated|automatically generated|generated (by|from)|"
    r"@generated|@flow strict-gen|"
    r"made by GNU Bison|machine[- ]generated",
    re.I,
)
COPYLEFT = re.compile(
    r"GNU (Lesser |Library |Affero )?General Public|\b[AL]?GPL[- ]?v?[23]|Mozilla Public License|"
    r"Eclipse Public License|\bCDDL\b|Creative Commons|Server Side Public License|Business Source "
    r"License",
    re.I,
)
LEGAL = re.compile(r"copyright|licen[sc]e|SPDX", re.I)
HEAD_COMMENT = re.compile(
    r"(#!.*\n)?\s*(/\*.*?\*/|(?:(?://|--|#(?!include|define|undef|if|pragma|!?\[))[^\n]*(?:\n|$))+)",
    re.S,
)
PHP = "<?php\n"
CPP_HEADER = re.compile(  # words of C++ where prose of a comment would not have them
    r"^[ \t]*(template\s*<|namespace(\s+[\w:]+)?\s*(\{|$)|class(\s+\w+){1,3}\s*(\{|:\s*(public|"
    r"private|protected|virtual)\b)|class\s+\w+$|"
    r"using\s+(namespace\s+)?[\w:]+\s*[=;]|(public|private|protected)\s*:\s*$|virtual\s.*\(|#\s*include\s*<[a-z_]+>)|"
    r"\b(std|boost|absl)::|\b(static|reinterpret|const)_cast<",
    re.M,
)
DIGITS = b"0123456789"
# Whatever is not ASCII counts as letters.
LETTERS = bytes(range(65, 91)) + bytes(range(97, 123)) + bytes(range(128, 256))


def may_hold(path: str, languages: Iterable[str]) -> bool:
    """Whether a file of this path may hold one of the languages. Paths are those inside the
    archive."""
    extension = path.rsplit(".", 1)[-1].lower()
    if not any(extension in LANGUAGES[language].split() for language in languages):
        return False
    return not SKIPPED_FOLDERS.search(path) and not SKIPPED_FILES.search(path)


def language_of(path: str, text: str) -> str:
    """The language of a file that `may_hold` let through; a header is C++ when it says what C
    cannot say."""
    extension = path.rsplit(".", 1)[-1].lower()
    return "cpp" if extension == "h" and CPP_HEADER.search(text) else EXTENSIONS[extension]


def clean(data: bytes) -> tuple[str | None, str]:
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
    sample = text[:20_000].encode()
    letters, digits = (
        len(sample) - len(sample.translate(None, LETTERS)),
        len(sample) - len(sample.translate(None, DIGITS)),
    )
    if letters < 0.4 * len(sample) or digits > 0.12 * len(sample):
        return None, "data"
    return text, ""


def without_licence(text: str) -> str:
    """Head comments that speak of copyright teach one paragraph a thousand times."""
    opening = PHP if text.startswith(PHP) else ""
    text = text[len(opening) :]
    while (match := HEAD_COMMENT.match(text)) and LEGAL.search(match[0]):
        text = text[match.end() :].lstrip("\n")
    return opening + text
