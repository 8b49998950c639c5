"""Task data: every operator does what bugs.txt says, answers lead back to the original, cuts join
again, SQL runs, rows hold whole documents."""

import functools
import json
import os
import random
import sqlite3
import tempfile
import unittest
from collections import Counter
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from tree_sitter import Node

from fixtures import ROOT, folder

from deduplication import Shingles
from samples import ANSWER
from tasks import __main__ as command
from tasks import build, describe, formats, prose, repair, sql
from tasks.bugs import WEIGHTS, edits
from tasks.bugs.core import Edit
from tasks.source import FUNCTIONS, Source
from tasks.sql import schema
from tasks.sql.registry import QUESTIONS
from tokenizer import EOT, MIDDLE, PAD, PREFIX, SPECIAL, SUFFIX, plain_encoder

CONTEXT, SEEDS = 512, 40


@functools.cache
def resources() -> build.Resources:
    return build.Resources(
        os.path.join(folder(), "corpus.jsonl"), os.path.join(folder(), "tokenizer.json")
    )


@functools.cache
def made(task: str, rounds: int = 3) -> list[tuple[formats.Document, str]]:
    """[(document, text of the file)] from the corpus of the tests, which is this folder's own
    code."""
    build.resources, found = resources(), []
    numbers = resources().numbers("python", False) if task != "sql" else range(400)
    for job in build.jobs(task, numbers, False, 5, CONTEXT + 1):
        if job.round < rounds:
            found += build.run(job)[0]
    return [
        (document, resources().read(number)["text"] if task != "sql" else "")
        for number, document in found
    ]


def source_of(language: str, text: str) -> Source:
    return Source(
        {"package": "a", "path": "a", "language": language, "validation": False, "text": text}
    )


def parts(document: formats.Document) -> list[str]:
    """The texts between the special tokens, in order."""
    tokenizer = plain_encoder(os.path.join(folder(), "tokenizer.json"))
    found: list[list[int]] = [[]]
    for token in formats.plain(document.ids):
        if token < len(SPECIAL):
            found.append([])
        else:
            found[-1].append(token)
    return [tokenizer.decode(ids, skip_special_tokens=False) for ids in found[1:]]


def examples() -> Iterator[tuple[str, str, list[tuple[str, str, str]], list[tuple[str, str]]]]:
    """(language, source text, [(operator, good line, bad line)], [(operator, text that must stay)])
    of bugs.txt"""
    with open(os.path.join(ROOT, "tests", "bugs.txt")) as file:
        for block in file.read().split("\n== ")[1:]:
            head, expected = block.split("\n--\n")
            language, text = head.split("\n", 1)
            rows = [line.split(":", 1) for line in expected.strip().split("\n")]
            pairs, never = [], []
            for name, rest in rows:
                if name.startswith("never "):
                    never.append((name.split()[1], rest.strip()))
                else:
                    good, bad = rest.split("==>")
                    pairs.append((name, good.strip(), bad.strip()))
            yield language, text + "\n", pairs, never


class Bugs(unittest.TestCase):
    def found(self, source: Source, function: Node) -> dict[tuple[str, str, str], Edit]:
        return {
            (name, "".join(edit.old).strip(), "".join(edit.new).strip()): edit
            for seed in range(SEEDS)
            for name, edit in edits(source, function, random.Random(seed))
        }

    def test_operators_do_what_the_list_says(self) -> None:
        covered = set()
        for language, text, pairs, never in examples():
            source = source_of(language, text)
            function = source.functions()[0]
            found = self.found(source, function)
            for pair in pairs:
                with self.subTest(language=language, pair=pair):
                    self.assertIn(pair, found)
                    self.assertTrue(source.survives(function, *found[pair]))
                covered.add(pair[0])
            for operator, stays in never:
                self.assertFalse(
                    [bug for bug in found if bug[0] == operator and stays in bug[1]],
                    (language, operator, stays),
                )
        self.assertEqual(covered, set(WEIGHTS))

    def test_every_language_has_examples(self) -> None:
        self.assertEqual({language for language, *_ in examples()} | {"tsx"}, set(FUNCTIONS))

    def test_a_change_that_breaks_the_file_does_not_survive(self) -> None:
        source = source_of("python", "def f(a):\n    b = a\n    return b\n")
        function = source.functions()[0]
        self.assertTrue(source.survives(function, 1, ("    b = a",), ("    b = -a",)))
        for line in ("    b = (a", "b = a", "    break", "  return a"):
            self.assertFalse(source.survives(function, 1, ("    b = a",), (line,)), line)

    def test_python_names_of_two_loops_are_not_confused_outside_the_loops(self) -> None:
        text = (
            "def f(a):\n    for row in a:\n        g(a[row])\n"
            "    for column in a:\n        g(a[column])\n"
        )
        source = source_of("python", text)
        found = self.found(source, source.functions()[0])
        self.assertFalse([bug for bug in found if bug[0] == "wrong_index"])


class Repair(unittest.TestCase):
    def test_the_answer_occurs_once_and_leads_back_to_the_original(self) -> None:
        kinds = Counter[str]()
        for document, text in made("repair"):
            code, old, new = parts(document)[0].split("\n", 1)[1], *parts(document)[1:3]
            kinds[document.kind] += 1
            if old:
                self.assertEqual(("\n" + code).count("\n" + old), 1, document.kind)
                code = ("\n" + code).replace("\n" + old, "\n" + new, 1)[1:]
                self.assertTrue(
                    new == ""
                    or new.count("\n") == 1
                    or new.startswith(old)
                    and new.count("\n") == 2
                )
            else:
                self.assertEqual((document.kind, new), ("clean", ""))
            self.assertIn(code, text)
        clean, total = kinds["clean"], sum(kinds.values())
        self.assertGreater(total, 200)
        self.assertAlmostEqual(clean / total, 0.5, delta=0.08)
        self.assertGreaterEqual(len(kinds), 15)

    def test_length_does_not_give_the_class_away(self) -> None:
        sizes = [
            (document.kind == "clean", parts(document)[0].count("\n"))
            for document, _ in made("repair")
        ]
        clean, buggy = (
            [size for is_clean, size in sizes if is_clean == wanted] for wanted in (True, False)
        )
        order = np.mean([(a > b) + 0.5 * (a == b) for a in clean for b in buggy])
        self.assertAlmostEqual(order, 0.5, delta=0.06)

    def test_a_missing_and_a_surplus_line(self) -> None:
        lines = ["a", "b", "c"]
        self.assertEqual(repair.answer(lines, Edit(1, ("b",), ())), ("a\n", "a\nb\n"))
        self.assertEqual(repair.answer(lines, Edit(1, (), ("x",))), ("x\n", ""))
        self.assertEqual(repair.answer(lines, Edit(1, ("b",), ("x",))), ("x\n", "b\n"))
        self.assertFalse(repair.named_once(["a", "b", "a"], Edit(1, ("b",), ("a",)), (0, 3)))


class Marks(unittest.TestCase):
    """What carries the mark of answers."""

    def test_what_is_asked_for_is_marked_and_nothing_else(self) -> None:
        first = {"repair": "<|fix|>", "describe": None, "sql": "<|sql|>"}
        for task, marker in first.items():
            for document, _ in made(task)[:50]:
                marks = [token >= ANSWER for token in document.ids]
                answer = marks.index(True)
                self.assertTrue(all(marks[answer:]))
                before = document.ids[answer - 1]
                if marker:
                    self.assertEqual(SPECIAL[before], marker)
                else:
                    self.assertIn(MIDDLE, document.ids[:answer])


class Describe(unittest.TestCase):
    def test_prefix_body_and_suffix_join_to_the_file(self) -> None:
        kinds = Counter[str]()
        for document, text in made("describe"):
            ids, found = formats.plain(document.ids), parts(document)
            kinds[document.kind] += 1
            if document.kind.endswith("spm"):
                self.assertEqual(ids.index(SUFFIX), ids.index(PREFIX) + 1)
                whole = found[3] + found[2]
            else:
                self.assertLess(ids.index(PREFIX) + 1, ids.index(SUFFIX))
                whole = found[1] + found[3] + found[2]
            self.assertIn(whole, text)
        self.assertGreater(kinds["body-psm"] + kinds["body-spm"], 20)

    def test_kinds_in_other_languages(self) -> None:
        rust = (
            "/// Adds the two numbers that are given to it.\n"
            "fn add(a: u32, b: u32) -> u32 {\n    let c = a;\n    c + b\n}\n"
        )
        script = (
            "function f(a) {\n  g(a);\n  // count the letters of every word in it\n"
            "  const n = a.length;\n  return n;\n}\n"
        )
        python = (
            "# adds one to every number of the list\ndef f(a):\n    b = a\n"
            "    return [x + 1 for x in b]\n"
        )
        found = set()
        for language, text in (("rust", rust), ("javascript", script), ("python", python)):
            source = source_of(language, text)
            for seed in range(20):
                for cut in (
                    cut for find in describe.KINDS for cut in find(source, random.Random(seed))
                ):
                    found.add((language, cut.kind, text[cut.body : cut.end].strip().split("\n")[0]))
        self.assertEqual(
            found,
            {
                ("rust", "body", "let c = a;"),
                ("rust", "whole", "fn add(a: u32, b: u32) -> u32 {"),
                ("javascript", "block", "const n = a.length;"),
                ("python", "whole", "def f(a):"),
            },
        )

    def test_what_counts_as_a_description(self) -> None:
        for good in (
            "# count the rows that have no title yet",
            '"""Give back the widest of all the columns."""',
        ):
            self.assertTrue(prose.is_prose(good), good)
        for bad in (
            "# TODO: count the rows that have no title",
            "# x",
            "# ---------- the second part of it ----------",
            "# for a in b: print(a, b, c, d)",
            "# Copyright by the people who wrote it",
        ):
            self.assertFalse(prose.is_prose(bad), bad)
        for stub in ("    raise NotImplementedError", "// nothing\n\n  /* to do */"):
            self.assertTrue(prose.is_stub(stub), stub)
        self.assertFalse(prose.is_stub("    return a + b"))


class Sql(unittest.TestCase):
    def test_statements_run_and_every_kind_is_asked(self) -> None:
        kinds = set()
        for document, _ in made("sql"):
            ddl, question, statement = parts(document)[:3]
            with sqlite3.connect(":memory:") as database:
                database.executescript(ddl)
                database.execute(statement)
            database.close()
            self.assertGreater(len(question.split()), 2)
            kinds.add(document.kind)
        self.assertGreaterEqual(kinds, set(QUESTIONS) - {"product", "duration"})

    def test_a_template_that_writes_wrong_sql_stops_the_build(self) -> None:
        with (
            sqlite3.connect(":memory:") as database,
            self.assertRaisesRegex(ValueError, "kind list .*no such table"),
        ):
            sql.prepare(database, "SELECT a FROM b;", "list")
        database.close()

    def test_held_domains_share_no_table_with_the_others(self) -> None:
        train, held = schema.split(schema.read_domains())
        self.assertFalse(
            {name for domain in train for name in domain}
            & {name for domain in held for name in domain}
        )
        self.assertGreaterEqual(len(held), 3)


class Rows(unittest.TestCase):
    folders: dict[int, str]

    @classmethod
    def setUpClass(cls) -> None:
        cls.folders = {}
        for processes in (1, 2):
            cls.folders[processes] = tempfile.mkdtemp()
            shape = f"--into rows --tokens 40000 --context {CONTEXT} --validation-rows 3 --seed 7"
            where = ["--work", folder(), "--folder", cls.folders[processes]]
            command.main([*where, *shape.split(), "--processes", str(processes)])

    def read(self, processes: int, name: str) -> NDArray[np.uint16]:
        return np.fromfile(os.path.join(self.folders[processes], "rows", name), np.uint16)

    def test_the_same_seed_gives_the_same_rows_whatever_the_processes(self) -> None:
        for name in ("task.rows", "val-repair.rows", "val-describe.rows", "val-sql.rows"):
            self.assertTrue(np.array_equal(self.read(1, name), self.read(2, name)), name)
            self.assertGreater(len(self.read(1, name)), 0)

    def test_rows_hold_whole_documents_of_one_of_the_layouts(self) -> None:
        layouts = set[tuple[int, ...]]().union(*formats.LAYOUTS.values())
        seen = Counter[tuple[int, ...]]()
        for row in self.read(1, "task.rows").reshape(-1, CONTEXT + 1):
            row = row & ~np.uint16(ANSWER)
            ends = np.flatnonzero(row == EOT) + 1
            for ids in np.split(row, ends)[:-1]:
                seen[tuple(int(i) for i in ids if i < len(SPECIAL))] += 1
            self.assertTrue((row[ends[-1] :] == PAD).all())
        self.assertEqual(set(seen), layouts)
        with open(os.path.join(self.folders[1], "rows", "tasks.json")) as file:
            summary = json.load(file)
        self.assertEqual(
            sum(seen.values()), sum(entry["documents"] for entry in summary["train"].values())
        )
        self.assertAlmostEqual(
            summary["train"]["repair"]["tokens"] / summary["tokens"], 0.59, delta=0.08
        )

    def test_validation_documents_stay_out_of_the_training_rows(self) -> None:
        entries = resources().entries
        held = {entry.path for entry in entries if entry.held}
        self.assertTrue(held)
        tokenizer = plain_encoder(os.path.join(folder(), "tokenizer.json"))
        for name, wanted in (
            ("task.rows", False),
            ("val-repair.rows", True),
            ("val-describe.rows", True),
        ):
            ids = [i for i in formats.plain(self.read(1, name).tolist()) if i >= len(SPECIAL)]
            text = tokenizer.decode(ids, skip_special_tokens=False)
            self.assertEqual(any(path + "\n" in text for path in held), wanted, name)

    def test_nothing_that_touches_an_evaluation_text_is_used(self) -> None:
        number = resources().numbers("python", False)[0]
        path = os.path.join(self.folders[1], "case.jsonl")
        with open(path, "w") as file:
            file.write(json.dumps({"text": resources().read(number)["text"]}) + "\n")
        job = build.Job("repair", (number,), 0, False, 1, CONTEXT + 1)
        build.resources = resources()
        self.assertTrue(build.run(job)[0])
        build.resources = build.Resources(
            resources().corpus, os.path.join(folder(), "tokenizer.json"), Shingles(cases=[path])
        )
        found, dropped = build.run(job)
        self.assertFalse(found)
        self.assertEqual(dropped["file touches an evaluation"], 1)

    def test_a_missing_corpus_is_reported(self) -> None:
        with self.assertRaisesRegex(SystemExit, "corpus.jsonl is missing: run corpus.py"):
            command.main(["--work", os.path.join(self.folders[1], "nothing")])

    def test_a_language_without_marked_documents_has_folders_held_out(self) -> None:
        path = os.path.join(self.folders[1], "corpus.jsonl")
        with open(path, "w") as file:
            for number in range(400):
                file.write(
                    json.dumps(
                        {
                            "package": "p",
                            "path": f"{number}/a.go",
                            "language": "go",
                            "validation": False,
                            "text": "x",
                        }
                    )
                    + "\n"
                )
        held = [entry for entry in build.read_index(path) if entry.held]
        self.assertTrue(0 < len(held) < 40)


if __name__ == "__main__":
    unittest.main()
