"""Tests of cycles, shared names, additions and the drawing, on small made-up trees."""

import subprocess
import tempfile
import unittest
import xml.etree.ElementTree
from pathlib import Path

from additions import matches
from crates import Crate, crates, is_test, levels
from cycles import Modules, cycles
from drawing import direct, drawing
from figures import percentile
from limits import lowered
from structure import read


def crate(name: str, *depends_on: str) -> Crate:
    return Crate(name, f"what {name} is", Path(name), frozenset(depends_on))


class Cycles(unittest.TestCase):
    def groups(self, files: dict[str, str]) -> list[list[str]]:
        sources = {Path(path): read(text) for path, text in files.items()}
        return [[str(path) for path in group] for group in cycles(Modules(sources).arrows())]

    def test_two_files_that_use_each_other(self) -> None:
        files = {
            "lib.rs": "mod a; mod b; mod c;",
            "a.rs": "use crate::b::B;",
            "b.rs": "use super::a;",
            "c.rs": "use crate::a::A;",
        }
        self.assertEqual(self.groups(files), [["a.rs", "b.rs"]])

    def test_a_re_export_leads_to_the_definition(self) -> None:
        files = {
            "lib.rs": "mod a; mod b; pub use a::A;",
            "a.rs": "pub struct A;",
            "b.rs": "use crate::A;",
        }
        self.assertEqual(self.groups(files), [])

    def test_a_folder_and_its_parent(self) -> None:
        files = {"lib.rs": "", "a/mod.rs": "use b::C; struct D;", "a/b.rs": "use super::D;"}
        self.assertEqual(self.groups(files), [["a/b.rs", "a/mod.rs"]])

    def test_tests_make_no_cycle(self) -> None:
        files = {
            "lib.rs": "",
            "a.rs": "use crate::b::B;",
            "b.rs": "#[cfg(test)]\nmod tests { use crate::a::A; }",
        }
        self.assertEqual(self.groups(files), [])


class Drawing(unittest.TestCase):
    CRATES = [crate("text"), crate("syntax", "text"), crate("door", "syntax", "text")]

    def test_levels_and_implied_arrows(self) -> None:
        self.assertEqual(levels(self.CRATES), {"text": 0, "syntax": 1, "door": 2})
        self.assertEqual(direct(self.CRATES), [("syntax", "text"), ("door", "syntax")])

    def test_is_xml_with_each_crate_once(self) -> None:
        found = [*self.CRATES, crate("engine"), crate("cli", "door", "engine"), crate("tests")]
        root = xml.etree.ElementTree.fromstring(drawing(found))
        names = [node.text for node in root.iter() if node.get("class") == "name"]
        self.assertEqual(sorted(map(str, names)), ["cli", "door", "engine", "syntax", "text"])

    def test_is_the_same_every_time(self) -> None:
        self.assertEqual(drawing(self.CRATES), drawing(list(self.CRATES)))


class Limits(unittest.TestCase):
    def test_numbers_only_go_down(self) -> None:
        text = "# a\n[ceilings]\nlines = 9\nshare = 8.5\nother = 3\n"
        lower = lowered(text, {"lines": 7, "share": 9.1, "else": 1})
        self.assertEqual(lower, text.replace("9", "7"))
        self.assertEqual(lowered("density = 8.5\n", {"density": 7.61}), "density = 7.7\n")


class Trees(unittest.TestCase):
    def test_crates_are_read_from_the_manifests(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            subprocess.run(["git", "init", "-q", folder], check=True)
            (root / "Cargo.toml").write_text('[workspace]\nmembers = ["server/*"]\n')
            for name, dependencies in {"a": "", "b": "a.workspace = true\nserde = '1'\n"}.items():
                (root / "server" / name).mkdir(parents=True)
                manifest = f'[package]\nname = "{name}"\n[dependencies]\n{dependencies}'
                (root / "server" / name / "Cargo.toml").write_text(manifest)
            found = [(crate.name, sorted(crate.depends_on)) for crate in crates(root)]
        self.assertEqual(found, [("a", []), ("b", ["a"])])

    def test_which_files_are_tests(self) -> None:
        self.assertTrue(is_test(Path("server/a/src/tests/one.rs")))
        self.assertTrue(is_test(Path("server/a/src/b/tests.rs")))
        self.assertFalse(is_test(Path("server/a/src/latest.rs")))

    def test_patterns_of_paths(self) -> None:
        self.assertTrue(matches(Path("server/a/b/c.rs"), "server/**/c.rs"))
        self.assertTrue(matches(Path("grammars/java/tags.scm"), "grammars/java/**"))
        self.assertFalse(matches(Path("server/a/b/c.rs"), "server/*/c.rs"))

    def test_percentiles(self) -> None:
        self.assertEqual(percentile(list(range(100)), 0.9), 90)
        self.assertEqual(percentile([], 0.9), 0)


if __name__ == "__main__":
    unittest.main()
