"""Rows of several folders in one."""

import json
import os
import sys
import tempfile
import unittest

import numpy as np

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import mix


class Mix(unittest.TestCase):
    def folder(self, name: str, first: int, count: int, context: int = 4) -> str:
        folder = os.path.join(self.place, name)
        os.makedirs(folder)
        with open(os.path.join(folder, "rows.json"), "w") as file:
            json.dump({"context": context}, file)
        rows = np.arange(first, first + count, dtype=np.uint16)[:, None]
        rows.repeat(context + 1, 1).tofile(os.path.join(folder, "train-000.rows"))
        return folder

    def setUp(self) -> None:
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.place = holder.name

    def test_shares_hold_and_no_row_comes_twice(self) -> None:
        a, b = self.folder("a", 0, 100), self.folder("b", 1000, 20)
        made = mix.mixed([(a, 0.9), (b, 0.1)], 100, seed=1)
        self.assertEqual(made.shape, (100, 5))
        self.assertEqual(len(set(made[:, 0].tolist())), 100)
        self.assertEqual((made[:, 0] >= 1000).sum(), 10)
        self.assertNotEqual(made[:, 0].tolist(), sorted(made[:, 0].tolist()))

    def test_what_cannot_be_mixed_is_refused(self) -> None:
        a, b, c = self.folder("a", 0, 5), self.folder("b", 9, 5, context=8), self.folder("c", 0, 5)
        for folders in ([(a, 1), (b, 1)], [(a, 3), (c, 1)], [(self.place, 1)]):
            with self.assertRaises((SystemExit, FileNotFoundError)):
                mix.mixed(folders, 8, seed=1)


if __name__ == "__main__":
    unittest.main()
