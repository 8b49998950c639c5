"""That the list and the questions are sound, and that cases are built from them: run offline, on a
small package made up here and a program that replaces nigh. `./test training` runs this
folder's tests."""

import hashlib
import io
import json
import os
import sys
import tarfile
import tempfile
import tomllib
import unittest
from collections import Counter
from typing import Any
from unittest import mock

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import build
import sources

TABLE = "CREATE TABLE visit (id INTEGER PRIMARY KEY, page TEXT);\n"
FILES = {
    "visits/models.sql": TABLE,
    "visits/tests/test_models.sql": "CREATE TABLE made_by_a_test (id INTEGER);\n",
    "visits/logo.svg": "<svg/>",
    "other/models.sql": "CREATE TABLE other (id INTEGER);\n",
}
# Prints all SQL in the folders that it is given, as `nigh schema` would.
STAND_IN = """#!/bin/sh
shift 4
find "$@" -name '*.sql' -exec cat {} +
"""
QUESTION = {
    "schema": "visits",
    "split": "test",
    "language": "en",
    "question": "how many visits",
    "sql": "SELECT count(*) FROM visit",
}
LIST = """
[packages]
visits = {{ origin = "npm", version = "1.0", licence = "MIT", sha256 = "{sha256}" }}
[schemas]
visits = {{ split = "{split}", sources = {{ {package} = ["{folder}"] }} }}
"""


def tarball(folder: str) -> str:
    """The package as npm would bring it, and its sha256."""
    path = os.path.join(folder, "archives", "npm", "visits-1.0.tgz")
    os.makedirs(os.path.dirname(path))
    with tarfile.open(path, "w:gz") as archive:
        for inside, text in FILES.items():
            member = tarfile.TarInfo(f"package/{inside}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def write(path: str, text: str) -> str:
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


class Cases(unittest.TestCase):
    def setUp(self) -> None:
        made = tempfile.TemporaryDirectory()
        self.addCleanup(made.cleanup)
        self.folder = made.name
        self.fields = {
            "sha256": tarball(self.folder),
            "split": "test",
            "package": "visits",
            "folder": "visits",
        }
        self.nigh = write(os.path.join(self.folder, "nigh"), STAND_IN)
        os.chmod(self.nigh, 0o755)

    def write_list(self, **fields: str) -> str:
        text = LIST.format(**{**self.fields, **fields})
        return write(os.path.join(self.folder, "packages.toml"), text)

    def build(self, questions: list[dict[str, Any]], **fields: str) -> list[dict[str, Any]]:
        """The cases of the test set."""
        listed = self.write_list(**fields)
        lines = "".join(json.dumps(row) + "\n" for row in questions)
        asked = write(os.path.join(self.folder, "questions.jsonl"), lines)
        into = ["--into", self.folder, "--nigh", self.nigh]
        with (
            mock.patch.object(sources.read_list, "__defaults__", (listed,)),
            mock.patch.object(build.read_questions, "__defaults__", (asked,)),
            mock.patch("sys.stdout"),
            mock.patch("sys.stderr"),
        ):
            build.main(into)
        with open(os.path.join(self.folder, "test.jsonl"), encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def test_a_case_has_the_schema_of_the_named_folders_without_their_tests(self) -> None:
        rows = self.build([QUESTION, {**QUESTION, "columns": "any"}])
        self.assertEqual(
            rows[0],
            {
                "id": "packages/visits/01",
                "schema": TABLE,
                "question": "how many visits",
                "sql": "SELECT count(*) FROM visit",
                "db_id": "visits",
                "dialect": "sqlite",
                "split": "test",
                "language": "en",
                "source": "visits 1.0",
            },
        )
        self.assertEqual((rows[1]["id"], rows[1]["columns"]), ("packages/visits/02", "any"))
        with open(os.path.join(self.folder, "tuning.jsonl"), encoding="utf-8") as file:
            self.assertEqual(file.read(), "")
        written = os.path.join(self.folder, "packages", "visits", "visits-1.0", "visits")
        self.assertEqual(os.listdir(written), ["models.sql"])

    def test_a_query_that_does_not_prepare_is_named(self) -> None:
        wrong = {**QUESTION, "sql": "SELECT visitor FROM visit"}
        with self.assertRaisesRegex(ValueError, "visits: .* no such column: visitor"):
            self.build([wrong])

    def test_what_cannot_be_right_in_a_question_is_named(self) -> None:
        lacking = {key: value for key, value in QUESTION.items() if key != "sql"}
        wrong = {
            "line 1: no sql": lacking,
            "no schema visits in tuning": {**QUESTION, "split": "tuning"},
            "no schema shop in test": {**QUESTION, "schema": "shop"},
            "language must be": {**QUESTION, "language": "xx"},
            "columns any": {**QUESTION, "columns": "few"},
        }
        for message, row in wrong.items():
            with self.assertRaisesRegex(ValueError, message):
                self.build([row])

    def test_what_cannot_be_right_in_the_list_is_named(self) -> None:
        wrong = {
            "split must be": {"split": "train"},
            "no package shop": {"package": "shop"},
            "sha256 is": {"sha256": "00"},
            "nothing in src": {"folder": "src"},
        }
        for message, fields in wrong.items():
            with self.assertRaisesRegex(ValueError, message):
                self.build([QUESTION], **fields)
        with self.assertRaisesRegex(ValueError, "origin must be"):
            sources.package_of("visits", {"origin": "cpan"})
        with self.assertRaisesRegex(ValueError, "visits: .*'colour'"):
            sources.package_of("visits", {"origin": "npm", "colour": "red"})

    def test_a_program_that_is_missing_or_fails_is_named(self) -> None:
        write(self.nigh, "#!/bin/sh\necho 'no table' >&2\nexit 1\n")
        with self.assertRaisesRegex(ValueError, "visits: nigh schema: no table"):
            self.build([QUESTION])
        os.remove(self.nigh)
        with self.assertRaisesRegex(ValueError, "build nigh, or name it with --nigh"):
            self.build([QUESTION])

    def test_a_schema_without_its_package_is_left_out_only_if_that_is_allowed(self) -> None:
        schemas = sources.read_list(self.write_list())
        empty = os.path.join(self.folder, "empty")
        with (
            mock.patch.dict(sources.archives.FETCHERS, npm=lambda package, target: None),
            mock.patch("sys.stderr"),
        ):
            self.assertEqual(build.fetched(schemas, empty, True), [])
            with self.assertRaisesRegex(ValueError, "could not be fetched: npm/visits 1.0"):
                build.fetched(schemas, empty, False)


class Listed(unittest.TestCase):
    def setUp(self) -> None:
        self.schemas = sources.read_list()
        self.questions = build.read_questions(self.schemas)

    def test_the_sets_are_large_enough_and_split_by_schema(self) -> None:
        self.assertGreaterEqual(len(self.schemas), 20)
        self.assertGreaterEqual(len(self.questions), 300)
        languages = Counter(row["language"] for row in self.questions)
        self.assertGreaterEqual(languages["zh"], 60)
        tuning = sum(row["split"] == "tuning" for row in self.questions)
        self.assertTrue(0.25 < tuning / len(self.questions) < 0.4, tuning)
        asked = Counter(row["schema"] for row in self.questions)
        self.assertGreaterEqual(min(asked[schema.name] for schema in self.schemas), 10)

    def test_no_question_is_asked_twice_and_each_query_only_reads(self) -> None:
        asked = Counter((row["schema"], row["question"]) for row in self.questions)
        self.assertEqual([key for key, count in asked.items() if count > 1], [])
        for row in self.questions:
            self.assertTrue(row["sql"].startswith(("SELECT ", "WITH ")), row)
            self.assertNotIn(";", row["sql"])
            is_chinese = any("\u4e00" <= letter <= "\u9fff" for letter in row["question"])
            self.assertEqual(is_chinese, row["language"] == "zh", row)

    def test_every_package_is_read_by_a_schema_and_has_a_licence(self) -> None:
        read = {package.name for package in sources.packages_of(self.schemas)}
        with open(sources.LIST, "rb") as file:
            listed = tomllib.load(file)["packages"]
        self.assertEqual(read, set(listed))
        for name, fields in listed.items():
            self.assertTrue(fields["licence"], name)
            self.assertRegex(fields["sha256"], "^[0-9a-f]{64}$")


if __name__ == "__main__":
    unittest.main()
