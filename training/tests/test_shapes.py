"""The trade of size against what is learnt: the law finds what made the curves, and the command trains, exports and tells."""
import contextlib
import io
import json
import os
import unittest

from world import SIZE, folder

import torch

import shapes


class Law(unittest.TestCase):
    def test_curves_made_by_a_law_are_gone_on_with(self):
        true = torch.tensor([1.2, 200.0, 500.0, 0.34, 0.28], dtype=torch.float64).log()
        curve = lambda n: [(d, float(shapes.law(n, d, true))) for d in range(100_000, 2_000_001, 100_000)]
        found = shapes.fit({n: curve(n) for n in (9e6, 30e6, 61e6)})
        for n in (9e6, 61e6):
            self.assertAlmostEqual(float(shapes.law(n, 1e8, found)), float(shapes.law(n, 1e8, true)), delta=0.1)


class Command(unittest.TestCase):
    def test_a_shape_is_trained_once_and_told_of(self):
        into = os.path.join(folder(), "shapes")
        arguments = ["--folder", os.path.join(folder(), "run"), "--into", into, "--shapes", "test", "--tokens", "30000", "--vocabulary", str(SIZE),
                     "--processes", "1", "--precision", "f32", "--no-compile", "--device", "cpu"]
        first, again = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(first):
            shapes.main(arguments)
        written = os.path.getmtime(os.path.join(into, "test", "train", "log.jsonl"))
        with contextlib.redirect_stdout(again):
            shapes.main(arguments)
        self.assertEqual(first.getvalue(), again.getvalue())
        self.assertEqual(written, os.path.getmtime(os.path.join(into, "test", "train", "log.jsonl")))
        with open(os.path.join(into, "shapes.json")) as file:
            result, = json.load(file)["shapes"]
        losses = [loss for _, loss in result["curve"]]
        self.assertGreater(losses[0], losses[-1] + 0.5)
        self.assertEqual(result["parameters"], sum(p.numel() for p in shapes.build("test", SIZE).parameters()))

    def test_too_few_tokens_are_refused(self):
        arguments = ["--folder", os.path.join(folder(), "run"), "--into", os.path.join(folder(), "few"), "--shapes", "test", "--tokens", "2000",
                     "--vocabulary", str(SIZE), "--processes", "1", "--precision", "f32", "--no-compile", "--device", "cpu"]
        with contextlib.redirect_stderr(io.StringIO()) as told, self.assertRaises(SystemExit):
            shapes.main(arguments)
        self.assertIn("too few", told.getvalue())


if __name__ == "__main__":
    unittest.main()
