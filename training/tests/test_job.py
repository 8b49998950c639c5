"""The borrowed-machine chain at a tiny shape: stage, set up, look, train from the base, end early,
bring both sets of weights back, verify, go on."""

import contextlib
import glob
import io
import lzma
import os
import subprocess
import sys
import unittest
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from fixtures import CONTEXT, ROOT, SIZE, folder

import shards
from model import build
from weights import hf_config, load_weights, save_folder

ARGUMENTS = "--precision f32 --no-compile --device cpu --log-every 1 --decay 0.5"


def size_of(path: str) -> int:
    return int(
        subprocess.run(
            ["du", "-sb", path], check=True, capture_output=True, text=True
        ).stdout.split()[0]
    )


class Job(unittest.TestCase):
    def setUp(self) -> None:
        self.place = os.path.join(folder(), "job")
        self.there = {
            **os.environ,
            "JOB": os.path.join(self.place, "there"),
            "PYTHON": sys.executable,
            "SHAPE": "test",
            "BATCH": "8",
            "CONTEXT": str(CONTEXT),
            "PASSES": "1",
            "TOKENS": "30000",
            "FIRST_TOKENS": "30000",
            "WORKERS": "1",
            "TRAIN_ARGS": ARGUMENTS,
            "PART_BYTES": "200000",
            "PARTS_A_FETCH": "2",
            "OMP_NUM_THREADS": "1",
            "PEAK": "0",
        }

    def job(
        self,
        *command: str,
        script: str = os.path.join(ROOT, "job.sh"),
        fails: bool = False,
        **more: str,
    ) -> str:
        result = subprocess.run(
            ["bash", script, *command],
            env={**self.there, **more},
            capture_output=True,
            text=True,
            check=False,
        )
        self.assertEqual(result.returncode != 0, fails, result.stdout + result.stderr)
        return result.stdout

    def remote(self, *command: str, **more: Any) -> str:
        script = os.path.join(self.there["JOB"], "code", "job.sh")
        return self.job(*command, script=script, **more)

    def test_the_whole_sequence(self) -> None:
        staged, packed = os.path.join(self.place, "staged"), os.path.join(self.place, "shards")
        with contextlib.redirect_stdout(io.StringIO()):
            shards.main(["pack", "--work", folder(), "--out", packed, "--tokens", "8000"])
        task = np.full((16, 2 * CONTEXT + 1), 100, np.uint16)
        with lzma.open(os.path.join(packed, "task.rows.xz"), "wb") as file:
            file.write(task.tobytes())
        base, model = os.path.join(self.place, "base"), build("test", SIZE)
        tokenizer = Tokenizer.from_file(os.path.join(folder(), "tokenizer.json"))
        save_folder(model.state_dict(), hf_config(model.config), tokenizer, base)
        stage = ("stage", packed, base, staged)
        self.job(*stage)
        self.assertEqual(os.listdir(staged), ["a"])
        self.job(*stage, LIMIT=str(size_of(os.path.join(staged, "a")) - 15_000))
        groups = sorted(os.listdir(staged))
        self.assertGreaterEqual(len(groups), 2)

        with open(glob.glob(os.path.join(staged, groups[-1], "*.xz"))[0], "r+b") as file:
            file.write(b"damaged")
        first = os.path.join(staged, "a")
        script = os.path.join(first, "code", "job.sh")
        self.assertNotIn("left out", self.job("setup", first, script=script))
        arrived = os.path.join(self.there["JOB"], "base.safetensors")
        os.rename(arrived, arrived + ".away")
        self.assertIn("not whole yet", self.remote("smoke", "2", fails=True))
        os.rename(arrived + ".away", arrived)
        self.assertIn("smoke", self.remote("smoke", "2"))
        with open(os.path.join(self.there["JOB"], "run", "train", "choice.args")) as file:
            self.assertEqual(file.read(), "--micro 8 --no-compile")
        self.remote("start", "10")
        self.remote("start", "10", fails=True)
        for group in groups[1:]:
            out = self.remote("setup", os.path.join(staged, group))
        self.assertIn("left out, damaged", out)
        self.remote("until", "6")
        self.assertIn('"event": "end"', self.remote("wait", "120"))
        self.assertIn("does not run", self.remote("status"))

        for name in ("plateau", "hf"):
            self.remote("parts", name)
            came = [self.fetch(name, number) for number in (1, 2)]
            self.job("join", os.path.join(self.place, name), *came)
        self.remote("close")
        plateau, result = (
            load_weights(os.path.join(self.place, name, "model.safetensors"))
            for name in ("plateau", "hf")
        )
        trained = load_weights(
            os.path.join(self.there["JOB"], "run", "train", "hf", "model.safetensors")
        )
        for name, value in trained.items():
            self.assertTrue(torch.equal(result[name], value.bfloat16().float()), name)
        one, two = (state["model.embed_tokens.weight"] for state in (plateau, result))
        self.assertFalse(torch.equal(one, two))

        part = glob.glob(os.path.join(came[0], "model.part-*"))[0]
        with open(part, "r+b") as file:
            file.write(b"damaged")
        self.job("join", os.path.join(self.place, "again"), *came, fails=True)

    def fetch(self, name: str, number: int) -> str:
        out = os.path.join(self.place, f"{name}-{number}")
        os.makedirs(out)
        self.remote("fetch", name, str(number), OUT=out)
        return out


if __name__ == "__main__":
    unittest.main()
