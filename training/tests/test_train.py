"""Training: the loss falls, a resumed run is the uninterrupted one, the schedule has its three
parts."""

import json
import os
import shutil
import subprocess
import sys
import time
import unittest

import numpy as np
import torch

from fixtures import CONTEXT, ROOT, SIZE, TRAIN, events, folder, texts, train_tokenizer

import rows
import train
from evaluate import greedy, probe
from model import ANSWER_WEIGHT, build, loss_weights, places
from samples import ANSWER
from schedule import Schedule
from streams import Mixture, Stream
from tokenizer import EOT, MIDDLE, PAD
from weights import load_weights


def run(name: str, *arguments: str) -> str:
    """A run folder of its own with the common rows, trained; returns the folder."""
    path = os.path.join(folder(), name)
    if not os.path.exists(path):
        shutil.copytree(os.path.join(folder(), "run"), path)
    train.main(["--folder", path, *TRAIN, *arguments])
    return path


class Training(unittest.TestCase):
    def test_loss_falls(self) -> None:
        losses = [
            event["loss"] for event in events(run("falls", "--steps", "60")) if "loss" in event
        ]
        self.assertGreater(losses[0], 6.0)
        self.assertLess(losses[-1], losses[0] - 1.5)

    def test_resumed_equals_uninterrupted(self) -> None:
        whole = run("whole", "--steps", "12")
        halves = run("halves", "--steps", "12", "--stop-at", "5")
        self.assertEqual(
            torch.load(os.path.join(halves, "train", "checkpoint.pt"), weights_only=True)["step"], 5
        )
        run("halves", "--steps", "12", "--resume")
        one, two = (
            torch.load(os.path.join(path, "train", "checkpoint.pt"), weights_only=True)
            for path in (whole, halves)
        )
        self.assertEqual(
            (one["step"], one["places"], one["tokens"]), (two["step"], two["places"], two["tokens"])
        )
        for name, value in one["model"].items():
            self.assertTrue(torch.equal(value, two["model"][name]), name)
        losses = [[e["loss"] for e in events(path) if "loss" in e] for path in (whole, halves)]
        self.assertEqual(*losses)

    def test_another_shape_is_refused(self) -> None:
        path = run("shape", "--steps", "1")
        larger = train_tokenizer(texts(folder()), SIZE + 4)
        larger.save(os.path.join(path, "tokenizer.json"))
        with self.assertRaisesRegex(SystemExit, "another shape"):
            run("shape", "--steps", "2", "--resume")
        with self.assertRaisesRegex(SystemExit, "does not fit the shape"):
            run("shape", "--steps", "1", "--weights", os.path.join(path, "train", "hf"))

    def test_micro_batches_give_the_same_step(self) -> None:
        whole, parts = run("batch", "--steps", "2"), run("micro", "--steps", "2", "--micro", "2")
        one, two = (
            torch.load(os.path.join(path, "train", "checkpoint.pt"), weights_only=True)["model"]
            for path in (whole, parts)
        )
        for name, value in one.items():
            self.assertLess((value - two[name]).abs().max(), 2e-4, name)

    def test_two_processes_take_the_same_steps(self) -> None:
        single, path = run("single", "--steps", "3"), os.path.join(folder(), "shared")
        shutil.copytree(os.path.join(folder(), "run"), path)
        torchrun = "-m torch.distributed.run --standalone --nproc-per-node 2".split()
        program = [os.path.join(ROOT, "train.py"), "--folder", path, *TRAIN, "--steps", "3"]
        subprocess.run([sys.executable, *torchrun, *program], check=True, capture_output=True)
        one, two = (
            torch.load(os.path.join(p, "train", "checkpoint.pt"), weights_only=True)
            for p in (single, path)
        )
        self.assertEqual((one["places"], one["tokens"]), (two["places"], two["tokens"]))
        for name, value in one["model"].items():
            self.assertLess((value - two["model"][name]).abs().max(), 2e-4, name)

    def test_the_decay_takes_longer_rows_and_task_data_and_resumes_exactly(self) -> None:
        whole, halves = with_decay("decay-whole"), with_decay("decay-halves")
        run("decay-whole", "--steps", "12", "--decay", "0.5")
        run("decay-halves", "--steps", "12", "--decay", "0.5", "--stop-at", "8")
        run("decay-halves", "--steps", "12", "--decay", "0.5", "--resume")
        one, two = (
            torch.load(os.path.join(path, "train", "checkpoint.pt"), weights_only=True)
            for path in (whole, halves)
        )
        self.assertTrue(one["decaying"])
        self.assertEqual(one["places"], two["places"])
        for name, value in one["model"].items():
            self.assertTrue(torch.equal(value, two["model"][name]), name)
        drawn, task, corpus = one["places"][1]
        self.assertEqual(drawn, 6 * 4)  # batches of four rows of twice the length
        self.assertEqual((task[1], corpus[1]), (7, 17))  # 0.3 of 24
        events_of = [event.get("event") for event in events(whole)]
        self.assertLess(events_of.index("decay"), events_of.index("end"))

    def test_weights_before_the_decay_start_another_run_under_a_new_warm_up(self) -> None:
        with_decay("first")
        first = run("first", "--steps", "40", "--decay", "0.2")
        plateau, result = (
            os.path.join(first, "train", name, "model.safetensors") for name in ("plateau", "hf")
        )
        before, after = load_weights(plateau), load_weights(result)
        self.assertFalse(torch.equal(before["model.norm.weight"], after["model.norm.weight"]))
        second = run("second", "--steps", "6", "--weights", plateau, "--warmup", "0.5")
        lines = [event for event in events(second) if "loss" in event]
        level = [event["loss"] for event in events(first) if "loss" in event][-10:]
        self.assertLess(abs(lines[0]["loss"] - sum(level) / len(level)), 0.6)
        self.assertLess(lines[0]["factor"], 0.1)

    def test_the_file_until_moves_the_end(self) -> None:
        path = os.path.join(folder(), "until")
        shutil.copytree(os.path.join(folder(), "run"), path)
        os.makedirs(os.path.join(path, "train"))
        with open(os.path.join(path, "train", "until"), "w") as file:
            # A busy machine needs seconds for a step, and one has to come after the decay begins.
            file.write(str(time.time() + 10))
        began = time.time()
        run("until", "--minutes", "10")
        self.assertLess(time.time() - began, 60)
        self.assertEqual(
            [
                event["event"]
                for event in events(path)
                if event.get("event") in ("moved", "decay", "end")
            ],
            ["moved", "decay", "end"],
        )


def with_decay(name: str) -> str:
    """A run folder with rows-decay: rows of twice the length, and task rows made of a known
    token."""
    path = os.path.join(folder(), name)
    shutil.copytree(os.path.join(folder(), "run"), path)
    shape = f"--tokens 60000 --context {2 * CONTEXT} --validation-rows 4 --probes 2"
    rows.main(["--work", folder(), "--folder", path, "--into", "rows-decay", *shape.split()])
    np.full((64, 2 * CONTEXT + 1), 100, np.uint16).tofile(
        os.path.join(path, "rows-decay", "task.rows")
    )
    return path


class Schedules(unittest.TestCase):
    def test_warms_up_stays_and_falls_to_zero(self) -> None:
        schedule = Schedule(100, 0.1, 0.3)
        for at, factor in (
            (0, 0),
            (5, 0.5),
            (10, 1),
            (50, 1),
            (70, 1),
            (85, 0.5),
            (100, 0),
            (120, 0),
        ):
            self.assertAlmostEqual(schedule.factor(at), factor, places=6)

    def test_a_moved_end_never_makes_the_rate_jump(self) -> None:
        for at in (20, 75, 90):
            schedule = Schedule(100, 0.1, 0.3)
            before = schedule.factor(at)
            schedule.move(140, at)
            self.assertAlmostEqual(schedule.factor(at), before, places=6)
            self.assertAlmostEqual(schedule.factor(140), 0)
        early = Schedule(100, 0.1, 0.3)
        early.move(50, 40)
        self.assertAlmostEqual(early.factor(40), 1)
        self.assertAlmostEqual(early.factor(45), 0.5)


class Streams(unittest.TestCase):
    def setUp(self) -> None:
        self.place = os.path.join(folder(), "streams", self.id())
        os.makedirs(self.place)
        with open(os.path.join(self.place, "rows.json"), "w") as file:
            json.dump({"context": 1}, file)

    def write(self, name: str, first: int, count: int) -> None:
        np.arange(2 * first, 2 * (first + count), dtype=np.uint16).tofile(
            os.path.join(self.place, name)
        )

    def test_files_come_in_turn_and_new_ones_join_in(self) -> None:
        self.write("train-000.rows", 0, 3)
        stream = Stream(self.place, "train")
        self.assertEqual(stream.take(2)[:, 0].tolist(), [0, 2])
        self.write("train-001.rows", 3, 2)
        self.assertEqual(stream.take(3)[:, 0].tolist(), [4, 6, 8])
        again = Stream(self.place, "train", stream.place)
        self.assertEqual(stream.take(4)[:, 0].tolist(), [0, 2, 4, 6])
        self.assertEqual(again.take(4)[:, 0].tolist(), [0, 2, 4, 6])

    def test_shares_hold_over_all_batches(self) -> None:
        self.write("train-000.rows", 0, 50)
        self.write("task.rows", 100, 50)
        mixture = Mixture([(Stream(self.place, "task"), 0.25), (Stream(self.place, "train"), 0.75)])
        rows_taken = np.concatenate([mixture.take(3) for _ in range(16)])
        self.assertEqual(int((rows_taken[:, 0] >= 200).sum()), 12)

    def test_a_folder_without_rows_says_what_to_do(self) -> None:
        with self.assertRaisesRegex(FileNotFoundError, "rows.py"):
            Stream(self.place, "train")


class Answers(unittest.TestCase):
    def test_cached_decoding_is_that_of_the_whole(self) -> None:
        torch.manual_seed(1)
        model = build("test", SIZE)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn_like(parameter) * 0.2)
            prompt = list(range(20, 60))
            whole: list[int] = []
            for _ in range(10):
                whole.append(
                    int(model.logits(model.hidden(torch.tensor([prompt + whole])))[0, -1].argmax())
                )
        self.assertEqual(greedy(model, prompt, 10, "cpu", lambda token: False), whole)
        self.assertEqual(
            greedy(model, prompt, 10, "cpu", lambda token: token == whole[3]),
            whole[: whole.index(whole[3]) + 1],
        )

    def test_probe_answers_every_prompt_in_both_orders(self) -> None:
        model = build("test", SIZE)
        result = probe(model, os.path.join(folder(), "run"), longest=5)
        self.assertEqual(result["prompts"], 4)
        self.assertLessEqual(result["psm"]["exact"], result["psm"]["starts"])

    def test_a_fill_in_that_was_learnt_stops_by_itself(self) -> None:
        path = os.path.join(folder(), "stops")
        shutil.copytree(os.path.join(folder(), "run"), path)
        sample = [6, 40, 41, 1, 50, 51, 52, 2, 60, 61, MIDDLE]
        sample += [ANSWER | token for token in (53, 54, 55, EOT)]
        row = np.full((64, CONTEXT + 1), PAD, np.uint16)
        row[:, : len(sample)] = sample
        row.tofile(os.path.join(path, "rows", "train-000.rows"))
        run("stops", "--steps", "40")
        saved = torch.load(os.path.join(path, "train", "checkpoint.pt"), weights_only=True)
        model = build("test", SIZE)
        model.load_state_dict(saved["model"])
        self.assertEqual(
            greedy(model, sample[:11], 20, "cpu", lambda token: token == EOT), [53, 54, 55, EOT]
        )


class Samples(unittest.TestCase):
    def test_positions_restart_and_no_sample_sees_another(self) -> None:
        torch.manual_seed(2)
        model = build("test", SIZE)
        first, second = [20, 21, 22, EOT], [30, 31, 32, 33, EOT]
        positions, mask = places(torch.tensor([[*first, *second]]))
        self.assertEqual(positions[0].tolist(), [0, 1, 2, 3, 0, 1, 2, 3, 4])
        self.assertEqual(mask[0, 0, 5].tolist(), [False] * 4 + [True] * 2 + [False] * 3)
        with torch.no_grad():
            together = model.hidden(torch.tensor([[*first, *second]]))[0]
            apart = [model.hidden(torch.tensor([sample]))[0] for sample in (first, second)]
        self.assertLess((together - torch.cat(apart)).abs().max(), 1e-5)

    def test_missing_middles_weigh_more_and_padding_and_first_tokens_nothing(self) -> None:
        row = torch.tensor([[20, 21, ANSWER | 22, ANSWER | EOT, 30, 31, EOT, PAD, PAD]])
        w = ANSWER_WEIGHT
        self.assertEqual(loss_weights(row).tolist(), [[1, w, w, 0, 1, 1, 0, 0]])

    def test_marks_are_no_part_of_the_tokens(self) -> None:
        model = build("test", SIZE)
        row = torch.tensor([[20, 21, 22, EOT]])
        with torch.no_grad():
            self.assertTrue(torch.equal(model(row), model(row | ANSWER)))


if __name__ == "__main__":
    unittest.main()
