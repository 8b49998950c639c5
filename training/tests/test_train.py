"""Training: the loss falls, a resumed run is the uninterrupted one, the schedule has its three parts."""
import os
import shutil
import subprocess
import sys
import unittest

from world import CONTEXT, ROOT, SIZE, TRAIN, events, folder

import torch

import train
from evaluate import greedy, probe
from model import build
from optim import orthogonalise


def run(name, *arguments):
    """A run folder of its own with the common rows, trained; returns the folder."""
    path = os.path.join(folder(), name)
    if not os.path.exists(path):
        shutil.copytree(os.path.join(folder(), "run"), path)
    train.main(["--folder", path, *TRAIN, *arguments])
    return path


class Training(unittest.TestCase):
    def test_loss_falls(self):
        losses = [event["loss"] for event in events(run("falls", "--steps", "60")) if "loss" in event]
        self.assertGreater(losses[0], 6.0)
        self.assertLess(losses[-1], losses[0] - 1.5)

    def test_resumed_equals_uninterrupted(self):
        whole = run("whole", "--steps", "12")
        halves = run("halves", "--steps", "12", "--stop-at", "5")
        self.assertEqual(torch.load(os.path.join(halves, "train", "checkpoint.pt"), weights_only=True)["step"], 5)
        run("halves", "--steps", "12", "--resume")
        one, two = (torch.load(os.path.join(path, "train", "checkpoint.pt"), weights_only=True) for path in (whole, halves))
        self.assertEqual((one["step"], one["row"], one["tokens"]), (two["step"], two["row"], two["tokens"]))
        for name, value in one["model"].items():
            self.assertTrue(torch.equal(value, two["model"][name]), name)
        losses = [[e["loss"] for e in events(path) if "loss" in e] for path in (whole, halves)]
        self.assertEqual(*losses)

    def test_another_shape_is_refused(self):
        run("shape", "--steps", "1")
        with self.assertRaisesRegex(SystemExit, "another shape"):
            run("shape", "--steps", "2", "--resume", "--vocabulary", "704")

    def test_micro_batches_give_the_same_step(self):
        whole, parts = run("batch", "--steps", "2"), run("micro", "--steps", "2", "--micro", "2")
        one, two = (torch.load(os.path.join(path, "train", "checkpoint.pt"), weights_only=True)["model"] for path in (whole, parts))
        for name, value in one.items():
            self.assertLess((value - two[name]).abs().max(), 2e-4, name)

    def test_two_processes_take_the_same_steps(self):
        alone, path = run("alone", "--steps", "3"), os.path.join(folder(), "shared")
        shutil.copytree(os.path.join(folder(), "run"), path)
        subprocess.run([sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", os.path.join(ROOT, "train.py"),
                        "--folder", path, *TRAIN, "--steps", "3"], check=True, capture_output=True)
        one, two = (torch.load(os.path.join(p, "train", "checkpoint.pt"), weights_only=True) for p in (alone, path))
        self.assertEqual((one["row"], one["tokens"]), (two["row"], two["tokens"]))
        for name, value in one["model"].items():
            self.assertLess((value - two["model"][name]).abs().max(), 2e-4, name)

    def test_schedule_warms_up_stays_and_falls_to_zero(self):
        schedule = train.Schedule(100, 0.1, 0.3)
        for at, factor in ((0, 0), (5, 0.5), (10, 1), (50, 1), (70, 1), (85, 0.5), (100, 0), (120, 0)):
            self.assertAlmostEqual(schedule.factor(at), factor, places=6)


class Answers(unittest.TestCase):
    def test_cached_decoding_is_that_of_the_whole(self):
        torch.manual_seed(1)
        model = build("test", SIZE, CONTEXT)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn_like(parameter) * 0.2)
            prompt, whole = list(range(20, 60)), []
            for _ in range(10):
                whole.append(int(model.logits(model.hidden(torch.tensor([prompt + whole])))[0, -1].argmax()))
        self.assertEqual(greedy(model, prompt, 10, "cpu", lambda token: False), whole)
        self.assertEqual(greedy(model, prompt, 10, "cpu", lambda token: token == whole[3]), whole[:whole.index(whole[3]) + 1])

    def test_probe_answers_every_prompt_in_both_orders(self):
        model = build("test", SIZE, CONTEXT)
        result = probe(model, os.path.join(folder(), "run"), longest=5)
        self.assertEqual(result["prompts"], 4)
        self.assertLessEqual(result["psm"]["exact"], result["psm"]["starts"])


class Muon(unittest.TestCase):
    def test_singular_values_go_to_about_one(self):
        torch.manual_seed(0)
        for shape in ((2, 64, 32), (2, 32, 64)):
            values = torch.linalg.svdvals(orthogonalise(torch.randn(shape)).float())
            self.assertTrue(bool(((values > 0.4) & (values < 1.4)).all()), values)


if __name__ == "__main__":
    unittest.main()
