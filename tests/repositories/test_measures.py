"""That the floor, the next edits and the overlap with a corpus are measured rightly; offline, on
the made-up package of test_build.py."""

import unittest
from unittest import mock

import changes
import floor
import renames
import seen
from test_build import GO, PYTHON, package  # puts this folder on the import path


class Floor(unittest.TestCase):
    def test_what_followed_the_longest_match_is_copied(self) -> None:
        prefix = "total = count(pages)\nvalue = count(other)\nvisits.total = cou"
        self.assertEqual(floor.copied(prefix, "", "")[1], "nt(pages)")
        self.assertEqual(
            floor.copied("zz visits.total = cou", "\n", "x.visits.total = cou(nt)\n"), (18, "(nt)")
        )
        self.assertEqual(floor.copied("abc", "", ""), (0, ""))

    def test_the_score_is_that_of_the_program(self) -> None:
        self.assertEqual(floor.score("a, b)\nreturn x", "a, b)  "), (True, True, 4, 5))
        self.assertEqual(
            floor.score("value = compute(a)", "value = computed"), (False, True, 13, 18)
        )
        self.assertEqual(floor.score("abc", ""), (False, False, 0, 3))

    def test_a_short_match_shows_nothing(self) -> None:
        results = [({"reference": "x + 1"}, 20, "x + 1"), ({"reference": "y + 1"}, 9, "z")]
        self.assertEqual(floor.measures(results, 8), (50.0, 40.0, 100.0, 50.0))
        self.assertEqual(floor.measures(results, 16), (50.0, 40.0, 50.0, 100.0))


class NextEdits(unittest.TestCase):
    def test_a_rename_an_argument_and_a_replacement_have_keys(self) -> None:
        key = changes.key_of
        self.assertEqual(
            key("a = count(b) + count(c)", "a = total(b) + total(c)"),
            changes.Key("rename", "count", "total"),
        )
        self.assertEqual(
            key("open(path)", "open(path, mode)"), changes.Key("argument", "", ", mode", "open")
        )
        self.assertEqual(
            key("x = self.path", "x = self.store.path"),
            changes.Key("replacement", "", "store .", ". path"),
        )
        self.assertIsNone(key("a = count(b)", "c = total(b)"))
        self.assertIsNone(key("# count it", "# total it"))
        self.assertIsNone(key("a = count(b)  # one", "a = count(b)  # two"))
        self.assertIsNone(key("limit = 5", "limit = 6"))

    def test_repeated_and_silent_cases_of_a_pair(self) -> None:
        new = PYTHON.replace("found", "visits").replace("round(", "cut(")
        old = package()
        rows = renames.cases(
            old, {"visits/visits.py": PYTHON.encode()}, {"visits/visits.py": new.encode()}
        )
        again = [row for row in rows if not row["silent"]]
        self.assertEqual([row["kind"] for row in again], ["rename"])
        row, lines = again[0], again[0]["text"].split("\n")
        self.assertEqual(row["before"], PYTHON)
        for edit in row["edits"]:
            self.assertEqual(lines[edit["line"]], edit["after"])
            lines[edit["line"]] = edit["before"]
        self.assertEqual("\n".join(lines), PYTHON)
        self.assertTrue(
            all(lines[edit["line"]] == edit["before"] for edit in row["next"]) and row["next"]
        )

    def test_an_edit_made_once_is_silent(self) -> None:
        new = PYTHON.replace("self.counted[page] = found + 1", "self.counted[page] = limit + 1")
        places = changes.repeated(changes.line_changes(PYTHON.split("\n"), new.split("\n"))[0])
        _, once = renames.of_file(package(), "visits/visits.py", PYTHON, new)
        self.assertEqual(list(places), [changes.Key("rename", "found", "limit")])
        self.assertEqual(
            [(row["silent"], row["next"], len(row["edits"])) for _, _, row in once], [(True, [], 1)]
        )
        self.assertGreater(once[0][0], 0)

    def test_lines_that_only_came_to_lie_side_by_side_are_no_change(self) -> None:
        key = changes.Key("rename", "found", "page")
        self.assertFalse(changes.moved(key, 1, "found page", "page found"))
        self.assertTrue(changes.moved(key, 2, "found found", "page page"))


class Seen(unittest.TestCase):
    @mock.patch.object(seen, "EVERY", 1)
    def test_shared_runs_are_counted_and_the_package_that_shares_most_is_named(self) -> None:
        corpus = [
            ("pypi/other", GO[:200]),
            ("pypi/copy", PYTHON.replace("\n", "\n\n")),
            ("pypi/none", "x = 1\n" * 400),
        ]
        found = seen.shares(
            {"own": [PYTHON * 3], "new": [" ".join(f"name{number}" for number in range(900))]},
            corpus,
        )
        self.assertGreater(found["own"][0], 0.9)  # all but the runs across the seams
        self.assertEqual((found["own"][1], found["new"]), ("pypi/copy", (0.0, "")))

    def test_an_empty_corpus_and_an_empty_package_are_no_error(self) -> None:
        self.assertEqual(seen.shares({"own": []}, [("pypi/a", PYTHON)]), {"own": (0.0, "")})
        self.assertEqual(seen.shares({"own": [PYTHON]}, [])["own"], (0.0, ""))


if __name__ == "__main__":
    unittest.main()
