"""That the cases are what they say: run offline, on a small package made up here. `./test training`
runs this folder's tests."""

import glob
import hashlib
import io
import os
import re
import sys
import tarfile
import tempfile
import tomllib
import unittest
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from unittest import mock

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import archives
import build
import positions

PYTHON = (
    '''"""A counter of visits."""
import json


class Visits:
    def __init__(self, path):
        self.path = path
        self.counted = {}

    def count(self, page):
        # how often
        found = self.counted.get(page, 0)
        if found > 9000:
            print("(many.visits")
            self.counted[page] = found
            return self.rounded(found)
        self.counted[page] = found + 1
        return self.counted[page]

    def rounded(self, found):
        return round(found, len(str(found)))

    def store(self):
        with open(self.path, "w") as file:
            json.dump(self.counted, file)
        return self.path


SETTINGS = dict(pages=100, limit=max(2, 3))
'''
    + "\n" * 10
)
GO = (
    """package visits

import "fmt"

type Visits struct {
	counted map[string]int
}

func (v *Visits) Count(page string) int {
	found := v.counted[page]
	if found > 9000 {
		v.counted[page] = found
		fmt.Println(Rounded(found))
		return found
	}
	v.counted[page] = found + 1
	return v.counted[page]
}

func Rounded(found int) int {
	digits := len(fmt.Sprint(found))
	return found / digits * digits
}

func (v *Visits) Store(path string) error {
	text := fmt.Sprint(v.counted, path)
	return Write(path, text)
}
"""
    + "\n" * 10
)
FILES = {"visits/visits.py": PYTHON, "visits/tests/test_visits.py": PYTHON, "go/visits.go": GO}


def tarball(folder: str, files: dict[str, str], name: str = "visits-1.0.tgz") -> str:
    """A package as npm would bring it, and its sha256."""
    path = os.path.join(folder, "npm", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with tarfile.open(path, "w:gz") as archive:
        for inside, text in files.items():
            member = tarfile.TarInfo(f"package/{inside}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def package(language: str = "python", sha256: str = "", **fields: Any) -> archives.Package:
    return archives.Package("npm", "visits", "1.0", "MIT", language, "tuning", sha256, **fields)


def cases(language: str) -> list[dict[str, Any]]:
    return positions.cases(
        package(language), [(path, text.encode()) for path, text in FILES.items()], 40
    )


class Positions(unittest.TestCase):
    def test_prefix_reference_and_suffix_are_the_file(self) -> None:
        for case in cases("python") + cases("go"):
            self.assertEqual(
                case["prefix"] + case["reference"] + case["suffix"], FILES[case["path"]]
            )
            self.assertIn(case["suffix"][0], "\n)")

    def test_every_place_of_every_kind_is_inside_a_function_and_not_in_comments_or_strings(
        self,
    ) -> None:
        found: dict[str, list[str]] = {}
        for language, path in (("python", "visits/visits.py"), ("go", "go/visits.go")):
            data = FILES[path].encode()
            for source, function in positions.functions_of(package(language), path, data):
                for kind, places in positions.places_of(source, function).items():
                    for start, end in places:
                        body = function.child_by_field_name("body")
                        self.assertTrue(
                            body.start_byte <= start < end <= body.end_byte, data[start:end]
                        )
                        found.setdefault(kind, []).append(data[start:end].decode())
        self.assertEqual(set(found), set(positions.KINDS))
        everything = [text for texts in found.values() for text in texts]
        self.assertFalse(
            [
                text
                for text in everything
                if "how often" in text
                or text.startswith(("many", 'visits")', "SETTINGS", "limit="))
            ]
        )
        self.assertIn('"(many.visits"', found["after_paren"])
        self.assertIn("page, 0", found["after_paren"])
        self.assertIn("counted.get(page, 0)", found["after_dot"])
        self.assertTrue(
            all(len(text) >= positions.SHORTEST and re.search("[a-z]", text) for text in everything)
        )

    def test_a_block_is_whole_and_its_lines_are_in_it(self) -> None:
        blocks = list(self.all_of_kind("block", "python"))
        self.assertIn(
            'print("(many.visits")\n            self.counted[page] = found\n            return '
            "self.rounded(found)",
            blocks,
        )

    def all_of_kind(self, kind: str, language: str) -> Iterator[str]:
        for source, function in positions.functions_of(
            package(language), "visits/visits.py", PYTHON.encode()
        ):
            for start, end in positions.places_of(source, function)[kind]:
                yield source.slice(start, end)

    def test_the_same_package_gives_the_same_cases_and_no_function_two(self) -> None:
        self.assertEqual(cases("python"), cases("python"))
        self.assertEqual(
            len({case["prefix"].count("def ") for case in cases("python")}), len(cases("python"))
        )
        self.assertGreaterEqual(len(cases("go")), 3)

    def test_tests_generated_files_and_tests_next_to_the_code_give_none(self) -> None:
        self.assertEqual({case["path"] for case in cases("python")}, {"visits/visits.py"})
        made = positions.cases(
            package(),
            [("visits/made.py", ("# Code generated by make. DO NOT EDIT.\n" + PYTHON).encode())],
            40,
        )
        self.assertEqual(made, [])
        rust = "fn used() -> u32 {\n    let found = 1;\n    found + compute()\n}\n" + "\n" * 30
        tests = (
            "#[cfg(test)]\nmod tests {\n    fn check() {\n"
            "        let found = used();\n        assert(found == 4);\n    }\n}\n"
        )
        found = positions.cases(package("rust"), [("src/lib.rs", (rust + tests).encode())], 40)
        self.assertEqual([case["prefix"].count("mod tests") for case in found], [0])

    def test_the_closing_bracket_stays_where_only_closers_follow(self) -> None:
        found = {
            case["reference"]: case["suffix"]
            for language in ("python", "go")
            for case in self.parens(language)
        }
        self.assertTrue(found['"(many.visits"'].startswith(")\n"))  # a bracket in a string is none
        self.assertTrue(found["Rounded(found)"].startswith(")\n"))
        self.assertTrue(found['self.path, "w") as file:'].startswith("\n"))
        self.assertTrue(found["self.counted, file"].startswith(")\n"))

    def parens(self, language: str) -> Iterator[dict[str, Any]]:
        path = {"python": "visits/visits.py", "go": "go/visits.go"}[language]
        for source, function in positions.functions_of(
            package(language), path, FILES[path].encode()
        ):
            for place in positions.places_of(source, function)["after_paren"]:
                yield positions.case(package(language), source, "after_paren", *place, 0)


class Archives(unittest.TestCase):
    def test_a_package_is_unpacked_without_what_is_not_its_own(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            extra = {
                "node_modules/other/index.py": PYTHON,
                "dist/visits.py": PYTHON,
                "go/vendor/a.go": GO,
            }
            listed = package(sha256=tarball(folder, {**FILES, **extra}))
            root = archives.unpack(listed, folder, folder)
            self.assertEqual(
                dict(build.files_of(root)), {path: text.encode() for path, text in FILES.items()}
            )

    def test_only_the_named_folder_is_taken(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            listed = package(sha256=tarball(folder, FILES), folder="go")
            self.assertEqual(
                [path for path, _ in build.files_of(archives.unpack(listed, folder, folder))],
                ["go/visits.go"],
            )
            with self.assertRaisesRegex(ValueError, "nothing in the archive under 'src'"):
                archives.unpack(
                    replace(listed, folder="src", version="1.0"),
                    folder,
                    os.path.join(folder, "other"),
                )

    def test_another_sha256_is_refused_and_nothing_is_written(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            tarball(folder, FILES)
            with self.assertRaisesRegex(ValueError, "sha256 is .* packages.toml says 00"):
                archives.unpack(package(sha256="00"), folder, os.path.join(folder, "out"))
            self.assertFalse(os.path.exists(os.path.join(folder, "out")))

    def test_a_path_that_leads_out_of_the_archive_is_not_written(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            sha256 = tarball(folder, {**FILES, "../../../escaped.py": PYTHON})
            archives.unpack(package(sha256=sha256), folder, os.path.join(folder, "a", "b"))
            self.assertEqual(
                glob.glob(os.path.join(folder, "**", "escaped.py"), recursive=True), []
            )

    def test_a_missing_package_is_named(self) -> None:
        with (
            tempfile.TemporaryDirectory() as folder,
            self.assertRaisesRegex(ValueError, "npm/visits 1.0 is not in"),
        ):
            archives.unpack(package(), folder, folder)

    def test_what_no_client_brought_is_named_and_does_not_stop_the_others(self) -> None:
        def get(asked: archives.Package, target: str) -> None:
            calls.append(asked.name)
            if asked.name == "first":
                raise ValueError("npm is not installed, and packages of packages.toml need it")

        calls: list[str] = []
        wanted = [replace(package(), name=name) for name in ("first", "second")]
        with (
            tempfile.TemporaryDirectory() as folder,
            mock.patch.dict(archives.FETCHERS, npm=get),
            mock.patch("sys.stderr"),
            self.assertRaisesRegex(
                ValueError, "could not be fetched: npm/first 1.0, npm/second 1.0"
            ),
        ):
            archives.fetch(wanted, folder)
        self.assertEqual(calls, ["first", "second"])

    def test_another_revision_of_the_same_upstream_version_will_do(self) -> None:
        package = replace(
            archives.read_list()[0], origin="debian", name="visits", version="1.2.0-1"
        )
        listed = "".join(
            f"    {name} | {version} | somewhere main Sources\n"
            for name, version in (
                ("visits", "1.2.0-2"),
                ("visits", "1.2.0-1"),
                ("visits", "1.3.0-1"),
                ("visits-data", "1.2.0-3"),
            )
        )
        self.assertEqual(archives.revisions(package, listed), ["1.2.0-2"])
        self.assertEqual(archives.revisions(package, ""), [])

    def test_the_list_is_sound_and_none_of_it_was_trained_on(self) -> None:
        listed = archives.read_list()
        with open(
            os.path.join(archives.HERE, "..", "..", "training", "packages.toml"), "rb"
        ) as file:
            trained = tomllib.load(file)
        self.assertFalse(
            [p.name for p in listed if any(p.name in names for names in trained.values())]
        )
        for split in archives.SPLITS:
            for language in archives.LANGUAGES:
                self.assertGreaterEqual(
                    sum(p.split == split and p.language == language for p in listed),
                    3,
                    (split, language),
                )
        self.assertEqual(len({p.snapshot for p in listed}), len(listed))

    def test_a_licence_that_is_not_permissive_and_a_wrong_field_are_refused(self) -> None:
        line = (
            'visits = {{ version = "1", licence = "{}", language = "python", '
            'split = "{}", sha256 = "0"{} }}\n'
        )
        wrong = {
            "not on the list of permissive": ("GPL-3.0", "test", ""),
            "split must be": ("MIT", "train", ""),
            "colour": ("MIT", "test", ', colour = "red"'),
        }
        for message, fields in wrong.items():
            with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
                file.write("[npm]\n" + line.format(*fields))
                file.flush()
                with self.assertRaisesRegex(ValueError, message):
                    archives.read_list(file.name)


if __name__ == "__main__":
    unittest.main()
