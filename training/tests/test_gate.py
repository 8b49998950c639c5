"""The gate: the written trees predict what LightGBM's do, and thresholds reach their precision."""

import contextlib
import io
import json
import math
import os
import random
import tempfile
import unittest

import fixtures  # noqa: F401  puts the folder of the programs on the path

import gate


def outcomes(path: str, seed: int, lone: float = 0.0) -> str:
    """Cases of 16 repositories with three candidates each: those with a high `mean` and copies are
    mostly right."""
    chance = random.Random(seed)
    with open(path, "w") as file:
        for number in range(480):
            candidates = []
            for _ in range(3):
                mean, copied = -3 * chance.random(), float(chance.random() < 0.5)
                right = chance.random() < 1 / (1 + math.exp(-(3 * mean + 2 * copied + 2)))
                features = {"mean": mean, "copied": copied, "lone": lone}
                candidates.append(
                    {
                        "features": features,
                        "exact": right,
                        "accepted": right,
                        "harm": not right,
                        "cut": False,
                    }
                )
            file.write(
                json.dumps({"id": f"repository-{number % 16}/{number}", "candidates": candidates})
                + "\n"
            )
    return path


def value(words: list[str], features: dict[str, float]) -> tuple[float, list[str]]:
    """The leaf of a tree in the gate file's form, and the words after the tree."""
    word, *words = words
    if "<" not in word:
        return float(word), words
    name, below = word.split("<")
    less, words = value(words, features)
    otherwise, words = value(words, features)
    return (less if features[name] < float(below) else otherwise), words


class Gate(unittest.TestCase):
    tuned: str
    lone: str
    printed: str
    lines: list[list[str]]

    @classmethod
    def setUpClass(cls) -> None:
        gate.TREES = 60
        folder = tempfile.mkdtemp()
        cls.tuned = outcomes(os.path.join(folder, "tuned"), 1, 0.0)
        cls.lone = outcomes(os.path.join(folder, "lone"), 2, 1.0)
        out = os.path.join(folder, "gate.txt")
        with contextlib.redirect_stdout(io.StringIO()) as printed:
            gate.main([cls.tuned, "--lone", cls.lone, "--test", cls.tuned, "--out", out])
        cls.printed = printed.getvalue()
        with open(out) as file:
            cls.lines = [line.split("#")[0].split() for line in file]

    def test_the_file_says_what_the_trees_say(self) -> None:
        cases = gate.read([self.tuned, self.lone])
        names = gate.names_of(cases)
        rows = [candidate for _, candidates in cases for candidate in candidates]
        chances = gate.fit(cases, names).predict(gate.matrix(rows, names))
        trees = [words[1:] for words in self.lines if words[:1] == ["tree"]]
        self.assertEqual(len(trees), gate.TREES)
        for row, chance in list(zip(rows, chances, strict=True))[::97]:
            found = [value(tree, row["features"]) for tree in trees]
            self.assertTrue(all(not rest for _, rest in found))
            self.assertAlmostEqual(
                1 / (1 + math.exp(-sum(leaf for leaf, _ in found))), chance, places=2
            )

    def test_thresholds_are_in_order_and_keep_what_they_promise(self) -> None:
        quiet, balanced, eager = (
            float(words[1]) for words in self.lines if words and words[0].startswith("show.")
        )
        self.assertTrue(1 > quiet >= balanced >= eager > 0)
        cases = gate.read([self.tuned])
        names = gate.names_of(cases)
        shown = [
            one
            for chance, one in gate.cross_validate(cases, names, gate.read([self.lone]))
            if one and chance >= balanced
        ]
        self.assertGreaterEqual(
            sum(one["accepted"] for one in shown) / len(shown), gate.TARGETS["show.balanced"]
        )

    def test_all_curves_are_printed(self) -> None:
        self.assertEqual(self.printed.count("coverage 100.0 %"), 3)
        self.assertRegex(self.printed, r"copied +all shown: exact +[1-9]")


if __name__ == "__main__":
    unittest.main()
