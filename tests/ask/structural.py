"""Writes structural questions about packages, with the places that answer them.

Usage: python tests/ask/structural.py FOLDER SEED PER_KIND > cases.tsv

FOLDER holds one folder for each package. The answers come from readers that share nothing with
nigh: Python's own ast, acorn in Node (javascript.mjs), and plain regular expressions for Rust and
files of configuration. Each line has the kind, the package, the ending of the files that the places
are complete for, the question and the places (path:line, from 1), separated by tabs. No place means
that the answer must say that there is nothing.
"""

import ast
import json
import random
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

Places = dict[str, set[str]]
MAX_FILE = 1 << 20

WORDINGS = {
    "defined": [
        "where is {} defined?",
        "Where is `{}` defined",
        "{} 在哪里定义？",
        "which file defines {}?",
        "show me the definition of {}",
        "{}",
        "definition of `{}`",
        "{}的定义在哪里",
    ],
    "calls": [
        "who calls {}?",
        "what calls `{}`?",
        "谁调用了 {}？",
        "callers of {}",
        "where is {}() called?",
        "find all calls to {}",
        "哪些函数调用了{}",
        "which functions call {}",
    ],
    "imports": [
        "what imports {}?",
        "which files import {}",
        "谁导入了 {}？",
        "where is {} imported?",
        "哪些文件导入了{}",
        "who imports `{}`",
    ],
    "flag": [
        "where is the flag {} defined?",
        "what does {} do?",
        "{}",
        "{} 是什么意思？",
        "where is {} declared",
        "what is the option {} for?",
    ],
    "variable": [
        "where is {} read?",
        "who reads {}?",
        "{}",
        "{} 在哪里读取？",
        "what does {} do?",
        "where is the environment variable {} used?",
    ],
    "message": [
        'where does the message "{}" come from?',
        '"{}" 来自哪里？',
        "{}",
        'what prints "{}"?',
        "why do I get: {}",
    ],
    "setting": [
        "what is the default of {}?",
        "where is the setting {} defined?",
        "{} 的默认值是什么？",
        "what is the default value of `{}`",
        "where do I set {}?",
    ],
    "missing": ["where is {} defined?", "who calls `{}`?", "{} 在哪里定义？", "definition of {}"],
    "command": [
        "how do I run the tests?",
        "how to run the tests",
        "怎么运行测试？",
        "how can I run the test suite?",
    ],
}


def texts(package: Path, ending: str) -> dict[str, str]:
    """The files with this ending that the index would have."""
    found = {}
    for path in sorted(package.rglob(f"*{ending}")):
        try:
            text = path.read_bytes().decode()
        except (UnicodeDecodeError, OSError):
            continue
        lines = text.split("\n")
        hand_written = len(text) / len(lines) <= 400 and max(map(len, lines)) <= 5000
        if path.is_file() and len(text) < MAX_FILE and hand_written and "\x00" not in text:
            found[str(path.relative_to(package))] = text
    return found


class Python(ast.NodeVisitor):
    """What one file defines, calls, imports, declares and prints, by line."""

    def __init__(self, path: str, kinds: dict[str, Places], stores: Places) -> None:
        self.path, self.kinds, self.stores, self.around = path, kinds, stores, [""]

    def add(self, kind: str, name: str, line: int) -> None:
        self.kinds[kind][name].add(f"{self.path}:{line}")

    def define(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        self.add("defined", node.name, node.lineno)
        if self.around[-1]:
            self.add("defined", f"{self.around[-1]}.{node.name}", node.lineno)
        is_class = isinstance(node, ast.ClassDef)
        self.around.append(node.name if is_class else "")
        if isinstance(node, ast.ClassDef):
            for item in node.body:
                if (
                    isinstance(item, ast.AnnAssign)
                    and isinstance(item.target, ast.Name)
                    and item.value
                ):
                    self.add("field", item.target.id, item.lineno)
        self.generic_visit(node)
        self.around.pop()

    visit_FunctionDef = visit_AsyncFunctionDef = visit_ClassDef = define

    def visit_Module(self, node: ast.Module) -> None:
        for item in node.body:
            targets = item.targets if isinstance(item, ast.Assign) else []
            for target in targets:
                if isinstance(target, ast.Name):
                    self.add("global", target.id, item.lineno)
        self.generic_visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.stores[node.id].add(f"{self.path}:{node.lineno}")

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.ctx, ast.Store):
            self.stores[node.attr].add(f"{self.path}:{node.end_lineno}")
        self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> None:
        self.stores[node.arg].add(f"{self.path}:{node.lineno}")

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg == "envvar" and isinstance(node.value, ast.Constant):
            self.add("variable", str(node.value.value), node.value.lineno)
        self.stores[node.arg or ""].add(f"{self.path}:{node.lineno}")
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        for name in node.names:
            parts = name.name.split(".")
            for end in range(1, len(parts) + 1):
                self.add("imports", ".".join(parts[:end]), name.lineno)
            self.add("imports", parts[-1], name.lineno)
            self.add("imports", name.asname or parts[0], name.lineno)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        parts = (node.module or "").split(".") if node.module else []
        # The line of the module's name is that of the statement.
        for end in range(1, len(parts) + 1):
            self.add("imports", ".".join(parts[:end]), node.lineno)
        if parts:
            self.add("imports", parts[-1], node.lineno)
        for name in node.names:
            self.add("imports", name.name, name.lineno)
            self.add("imports", name.asname or name.name, name.lineno)

    def visit_Call(self, node: ast.Call) -> None:
        called = (
            node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        )
        if called:
            self.add("calls", called, node.func.end_lineno or node.lineno)
        strings = [
            (arg.value, arg.lineno)
            for arg in node.args
            if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
        ]
        if called in ("add_argument", "add_option", "option", "Option", "addoption"):
            for text, line in strings:
                declared = text if text.startswith("-") else ""
                for flag in re.findall(r"(?<![\w-])--?[A-Za-z][\w-]*", declared):
                    self.add("flag", flag, line)
        owner = ast.unparse(node.func)
        if (
            owner in ("os.getenv", "os.environ.get", "os.environ.pop", "os.environ.setdefault")
            and strings
        ):
            self.add("variable", *strings[0])
        if called in ("setenv", "delenv", "putenv", "unsetenv") and strings:
            self.add("variable", *strings[0])
        if (
            called in ("debug", "info", "warning", "error", "exception", "print", "critical")
            and node.args
        ):
            self.message(node.args[0])
        self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        if isinstance(node.exc, ast.Call) and node.exc.args:
            self.message(node.exc.args[0])
        self.generic_visit(node)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        if ast.unparse(node.value) == "os.environ" and isinstance(node.slice, ast.Constant):
            self.add("variable", str(node.slice.value), node.slice.lineno)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        of = node.comparators[0]
        if isinstance(node.left, ast.Constant) and ast.unparse(of) == "os.environ":
            self.add("variable", str(node.left.value), node.left.lineno)
        self.generic_visit(node)

    def message(self, node: ast.expr) -> None:
        """A message as a user would see it: gaps filled with numbers, names and paths."""
        fills = iter(["/tmp/data.txt", "42", "example", "3.5", "host:80"] * 20)
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "format"
        ):
            node = node.func.value
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            node = node.left
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "\0" for part in node.values]
            text = "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = re.sub(r"%(\(\w+\))?[-+#0-9.]*[srdifx]|\{[^{}]*\}", "\0", node.value)
        else:
            return
        plain = re.sub(r"\0", "", text)
        words = re.findall(r"[A-Za-z]{2,}", plain)
        if len(words) >= 4 and len(text) < 160 and "\n" not in text.strip() and "\t" not in text:
            while "\0" in text:
                text = text.replace("\0", next(fills), 1)
            self.add("message", text.strip(), node.lineno)


def python(package: Path) -> dict[str, Places]:
    kinds: dict[str, Places] = defaultdict(lambda: defaultdict(set))
    stores: Places = defaultdict(set)
    for path, text in texts(package, ".py").items():
        try:
            tree = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError):
            continue
        Python(path, kinds, stores).visit(tree)
    # Variables and fields that get a value in one place only, and are nothing else.
    defined = kinds["defined"]
    for name in kinds["global"]:
        if name not in defined and stores[name] == kinds["global"][name] and len(stores[name]) == 1:
            defined[name] = kinds["global"][name]
        elif name in defined and re.match(r"^_*[A-Z][A-Z0-9_]*$", name):
            defined[name] |= kinds["global"][name]
    # A message that the program writes is not looked for in its tests.
    for places in kinds["message"].values():
        own = {
            place
            for place in places
            if not re.search(r"(^|/)(tests?|t)/|(^|/)test_|_tests?\.py|conftest", place)
        }
        places.intersection_update(own or places)
    for name in kinds["field"]:
        if (
            name not in defined
            and len(kinds["field"][name]) == 1
            and stores[name] <= kinds["field"][name]
        ):
            kinds["setting"][name] = kinds["field"][name]
    return kinds


def javascript(package: Path) -> dict[str, Places]:
    kinds: dict[str, Places] = defaultdict(lambda: defaultdict(set))
    files = {
        path: text
        for ending in (".js", ".mjs", ".cjs")
        for path, text in texts(package, ending).items()
    }
    script = Path(__file__).with_name("javascript.mjs")
    given = json.dumps({path: str(package / path) for path in files})
    run = ["node", "--expose-internals", str(script)]
    output = subprocess.run(run, input=given, capture_output=True, text=True, check=True).stdout
    for line in output.splitlines():
        kind, name, place = line.split("\t")
        kinds[kind][name].add(place)
    return kinds


def rust(package: Path) -> dict[str, Places]:
    """Definitions and calls by expressions over text whose comments and strings are blanked."""
    kinds: dict[str, Places] = defaultdict(lambda: defaultdict(set))
    blank = re.compile(
        r"//[^\n]*|/\*.*?\*/|\bb?r(#*)\".*?\"\1|b?\"(?:\\.|[^\"\\])*\"|b?'(?:\\[^\n]{1,8}?|[^\\'\n])'",
        re.S,
    )
    define = re.compile(
        r"\b(?:fn|struct|enum|trait|type|union|const|static|macro_rules!)\s+(?:mut\s+)?([A-Za-z_]\w*)|\bmod\s+([A-Za-z_]\w*)\s*\{"
    )
    call = re.compile(r"(?<![\w])([A-Za-z_]\w*)(?:::<[^;(){}]*>)?\(|(?<![\w])([A-Za-z_]\w*)![(\[{]")
    for path, text in texts(package, ".rs").items():
        clean = blank.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)
        for number, line in enumerate(clean.split("\n"), 1):
            for match in define.finditer(line):
                name = match.group(1) or match.group(2)
                if name not in ("fn", "unsafe", "_", "async", "extern"):
                    kinds["defined"][name].add(f"{path}:{number}")
            for match in call.finditer(line):
                before = line[: match.start()].rstrip()
                if not re.search(r"\b(fn|struct|enum|macro_rules!|mod)$", before):
                    kinds["calls"][match.group(1) or match.group(2)].add(f"{path}:{number}")
    for word in [
        "if",
        "match",
        "while",
        "for",
        "return",
        "in",
        "fn",
        "impl",
        "pub",
        "where",
        "dyn",
        "as",
        "move",
        "mut",
        "let",
    ]:
        kinds["calls"].pop(word, None)
    # Names that are associated types, parameters or locals too have places that are not found here.
    for name in list(kinds["defined"]):
        if re.match(r"^[a-z]\w?$|^[A-Z]$", name):
            del kinds["defined"][name]
    return kinds


def commands(package: Path) -> Places:
    """The line of the script `test`."""
    found: Places = {}
    manifest = package / "package.json"
    if manifest.is_file():
        lines = manifest.read_text().split("\n")
        scripts = json.loads(manifest.read_text()).get("scripts", {})
        for number, line in enumerate(lines, 1):
            if (
                "test" in scripts
                and re.match(r'^\s+"test":', line)
                and json.dumps(scripts["test"])[1:-1] in line
            ):
                found["test"] = {f"package.json:{number}"}
    return found


def missing(names: set[str], rng: random.Random) -> str:
    base = rng.choice(sorted(names))
    return base + rng.choice(["_quux", "Zorbl", "xyzzy"])


def main() -> None:
    folder, seed, per_kind = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    rng = random.Random(seed)
    for package in sorted(path for path in folder.iterdir() if path.is_dir()):
        readers = [(".py", python), (".js,.mjs,.cjs", javascript), (".rs", rust)]
        counts = {ending: len(texts(package, ending.split(",")[0])) for ending, _ in readers}
        ending, reader = max(readers, key=lambda item: counts[item[0]])
        kinds = reader(package)
        command = commands(package)
        if command:
            kinds["command"]["test"] = command["test"]
        for kind in WORDINGS:
            names = sorted(
                name
                for name in kinds.get(kind, {})
                if name and "\t" not in name and "\n" not in name
            )
            if kind in ("defined", "calls"):
                names = [name for name in names if len(name) > 2]
            if kind == "missing":
                known = set(kinds["defined"])
                names = sorted({missing(known, rng) for _ in range(3)}) if known else []
            for name in rng.sample(names, min(per_kind, len(names))):
                question = rng.choice(WORDINGS[kind]).format(name)
                if kind == "defined" and question == name and name.islower() and "_" not in name:
                    question = f"where is {name} defined?"
                places = sorted(kinds[kind].get(name, set())) if kind != "missing" else []
                print("\t".join([kind, package.name, ending, question, " ".join(places)]))


main()
