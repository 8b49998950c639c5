"""The numbers of the tree: sizes of files and functions, density, names, cycles; a row a crate."""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median

from crates import Crate, crates, is_case, is_example, is_test, tracked
from cycles import Modules, cycles
from kinds import kinds_in, node_kinds
from structure import Function, NamedType, Source, read

LONG, VERY_LONG = 60, 100


@dataclass(slots=True)
class File:
    """One Rust file that is no test: its path from the root and what is in it."""

    path: Path
    source: Source
    kinds: list[tuple[str, int]]


@dataclass(slots=True)
class Measured:
    """One crate: its files, and how many lines of tests and of cases for them it has."""

    crate: Crate
    files: list[File] = field(default_factory=list)
    test_lines: int = 0
    case_lines: int = 0
    cycles: list[list[Path]] = field(default_factory=list)


# `grammars` has the names of nodes as data. `data` reads no trees: its words are those of SQL and
# of frameworks.
WITHOUT_TREES = {"grammars", "data", "frames"}


def percentile(values: list[int], share: float) -> int:
    """The value that this share of all do not exceed; 0 of none."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0


def ratio(part: float, whole: float, digits: int = 2) -> float:
    """A rounded quotient; 0 of nothing."""
    return round(part / whole, digits) if whole else 0.0


def measure_crate(root: Path, crate: Crate, files: list[Path], kinds: set[str]) -> Measured:
    """Reads all Rust files of one crate. `files` are those of the whole tree."""
    measured = Measured(crate)
    source_folder = crate.folder / "src"
    test_modules = set()
    for path in files:
        if not path.is_relative_to(crate.folder):
            continue
        if is_case(path):
            measured.case_lines += (root / path).read_bytes().count(b"\n")
        if path.suffix != ".rs" or is_example(path):
            continue
        text = (root / path).read_text()
        if is_test(path):
            measured.test_lines += len(text.splitlines())
            continue
        source = read(text)
        measured.test_lines += source.test_lines
        folder = path.parent if path.stem in {"lib", "main", "mod"} else path.with_suffix("")
        test_modules |= {folder / f"{name}.rs" for name in source.test_modules}
        found = kinds_in(source, text, kinds) if crate.name not in WITHOUT_TREES else []
        measured.files.append(File(path, source, found))
    for file in [file for file in measured.files if file.path in test_modules]:
        measured.test_lines += file.source.lines
        measured.files.remove(file)
    below = {
        file.path.relative_to(source_folder): file.source
        for file in measured.files
        if file.path.is_relative_to(source_folder)
    }
    groups = cycles(Modules(below).arrows())
    measured.cycles = [[source_folder / path for path in group] for group in groups]
    return measured


def measure(root: Path) -> list[Measured]:
    """All crates of a tree, those that depend on nothing first."""
    files, kinds = tracked(root), node_kinds(root)
    return [measure_crate(root, crate, files, kinds) for crate in crates(root)]


def functions_of(files: list[File]) -> list[Function]:
    """All functions of some files."""
    return [function for file in files for function in file.source.functions]


def figures(files: list[File], test_lines: int, case_lines: int) -> dict[str, float]:
    """The numbers of some files together."""
    sources = [file.source for file in files]
    functions = functions_of(files)
    file_lines = [source.lines for source in sources]
    function_lines = [function.lines for function in functions]
    body_tokens = [function.tokens for function in functions]
    lines = sum(file_lines)
    code_lines = sum(source.code_lines for source in sources)
    public = sum(source.public_items for source in sources)
    return {
        "files": len(files),
        "lines": lines,
        "test_lines": test_lines,
        "case_lines": case_lines,
        "tests_to_source": ratio(test_lines + case_lines, lines),
        "file_median": round(median(file_lines)) if file_lines else 0,
        "file_p90": percentile(file_lines, 0.9),
        "file_max": max(file_lines, default=0),
        "functions": len(functions),
        "function_mean": round(mean(function_lines), 1) if functions else 0.0,
        "function_p90": percentile(function_lines, 0.9),
        "function_max": max(function_lines, default=0),
        "functions_over_60": sum(length > LONG for length in function_lines),
        "functions_over_100": sum(length > VERY_LONG for length in function_lines),
        "tokens_mean": round(mean(body_tokens)) if functions else 0,
        "tokens_median": round(median(body_tokens)) if functions else 0,
        "tokens_p90": percentile(body_tokens, 0.9),
        "tokens_p99": percentile(body_tokens, 0.99),
        "body_tokens_per_line": ratio(sum(body_tokens), sum(function_lines)),
        "tokens_per_code_line": ratio(sum(source.tokens for source in sources), code_lines),
        "closures_per_function": ratio(sum(f.closures for f in functions), len(functions)),
        "wide_code": sum(len(source.wide_code) for source in sources),
        "wide_comments": sum(len(source.wide_comments) for source in sources),
        "public_items": public,
        "documented_percent": ratio(
            100 * sum(source.documented_items for source in sources), public, 1
        ),
        "node_kinds": sum(len(file.kinds) for file in files),
    }


def table(measured: list[Measured]) -> dict[str, dict[str, float]]:
    """A row of figures for each crate that has sources, and one for all crates together."""
    rows = {}
    members = [crate for crate in measured if crate.files and crate.crate.name != "tests"]
    everything = [file for crate in members for file in crate.files]
    all_lines = sum(file.source.lines for file in everything)
    for crate in members:
        row = figures(crate.files, crate.test_lines, crate.case_lines)
        row["share_percent"] = ratio(100 * row["lines"], all_lines, 1)
        row["cycles"] = len(crate.cycles)
        row["largest_cycle"] = max((len(group) for group in crate.cycles), default=0)
        rows[crate.crate.name] = row
    total = figures(
        everything,
        sum(crate.test_lines for crate in measured),
        sum(crate.case_lines for crate in measured),
    )
    total["share_percent"] = 100.0
    total["cycles"] = sum(row["cycles"] for row in rows.values())
    total["largest_cycle"] = max((row["largest_cycle"] for row in rows.values()), default=0)
    return {**rows, "all": total}


def shared_names(measured: list[Measured], public: bool) -> dict[str, list[str]]:
    """Type names that two places define, with `path:line` of each.

    With `public`, those that two crates show to others; without, any two in the tree.
    """
    places: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for crate in measured:
        for file in crate.files:
            for named in file.source.types:
                if named.public or not public:
                    places[named.name].append((crate.crate.name, where(file, named)))
    return {
        name: [place for _, place in found]
        for name, found in sorted(places.items())
        if len({crate for crate, _ in found} if public else found) > 1
    }


def where(file: File, named: NamedType) -> str:
    """The place of a type as `path:line`."""
    return f"{file.path}:{named.line}"
