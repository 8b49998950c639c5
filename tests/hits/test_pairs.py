"""That fixed findings are distinguished from those that only moved; offline, with made-up texts and
findings."""

import os
import sys
import unittest
from collections.abc import Sequence

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import pairs
from scan import Finding

OLD = "def size(x):\n    if x is 5:\n        return 1\n    return 2\n" + "y = 1\n" * 10
AT = OLD.index("is 5")
BUG: Finding = {
    "file": "./a.py",
    "line": 2,
    "endLine": 2,
    "code": "is-literal",
    "text": "    if x is 5:",
    "edits": [{"start": AT, "end": AT + 2, "text": "=="}],
}


def fixed(new: str, left: Sequence[Finding] = ()) -> bool | None:
    """None where BUG is not fixed in a file that became `new`, else whether the change is that of
    the fix."""
    found = pairs.fix_of(BUG, OLD, pairs.changes(OLD, new), left)
    return found and found[1]


class Fixed(unittest.TestCase):
    def test_the_very_change_is_proof_in_any_layout(self) -> None:
        self.assertIs(fixed(OLD.replace("x is 5", "x == 5")), True)
        self.assertIs(fixed("import a\n" + OLD.replace("    if x is 5", "  if x  ==  5")), True)

    def test_another_change_in_the_place_is_judged_by_hand(self) -> None:
        self.assertIs(fixed(OLD.replace("x is 5", "x >= 5")), False)

    def test_a_change_elsewhere_and_another_file_say_nothing(self) -> None:
        self.assertIsNone(fixed(OLD + "z = 2\n"))
        self.assertIsNone(fixed("z = 2\n" * 14))

    def test_a_bug_that_is_still_there_is_not_fixed(self) -> None:
        new = OLD.replace("if x is 5", "if x is 5 and y")
        self.assertIsNone(fixed(new, [{**BUG, "text": "    if x is 5 and y:"}]))

    def test_lines_that_go_are_proof_only_where_nothing_comes(self) -> None:
        gone = pairs.Change(3, 4, 3, ())
        self.assertTrue(pairs.is_part(gone, pairs.Change(2, 4, 2, ())))
        self.assertFalse(pairs.is_part(gone, pairs.Change(3, 4, 3, ("return3",))))

    def test_edits_are_places_in_bytes(self) -> None:
        self.assertEqual(pairs.applied("é = 1\n", [{"start": 5, "end": 6, "text": "2"}]), "é = 2\n")


class List(unittest.TestCase):
    def test_each_package_has_releases_to_compare(self) -> None:
        listed = list(pairs.read_list())
        self.assertTrue(listed)
        self.assertEqual(len(listed), len({(origin, name) for origin, name, _ in listed}))


if __name__ == "__main__":
    unittest.main()
