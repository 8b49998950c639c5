"""llama.cpp reads what `nigh quantize` writes, and says the same: log-probabilities, likeliest
tokens, perplexity, token ids.

Needs llama-cpp-python (requirements-test.txt) and the program, named by the environment variable
NIGH; skipped without them. Both compute with rounded inputs, each in its own way, and nigh keeps
every weight as an 8-bit integer: so the numbers are close, not equal.
"""

import json
import math
import os
import subprocess
import tempfile
import unittest

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from fixtures import CONTEXT, ROOT, SIZE, folder

from model import build
from weights import hf_config, save_folder

try:
    import llama_cpp
except ImportError:
    llama_cpp = None

NIGH = os.environ.get("NIGH", "")
MODEL = os.path.join(os.path.dirname(ROOT), "tests", "model", "tiny.gguf")
# type -> the largest mean difference of log-probabilities (nats), the least agreement on the
# likeliest token
LIMITS = {
    "Q8_0": (0.03, 0.97),
    "Q6_K": (0.05, 0.96),
    "Q5_K": (0.05, 0.96),
    "Q4_K": (0.05, 0.95),
    "Q4_K_M": (0.05, 0.95),
}


def run(*arguments: str) -> str:
    """What the program prints; fails with what it said."""
    environment = {name: value for name, value in os.environ.items() if name != "NIGH_MODEL"}
    done = subprocess.run([NIGH, *arguments], capture_output=True, text=True, env=environment)
    if done.returncode:
        raise AssertionError(f"nigh {' '.join(arguments)}: {done.stderr}")
    return done.stdout


def log_probabilities(model: str, tokens: list[int]) -> NDArray[np.float64]:
    """llama.cpp's, a row per token."""
    llama = llama_cpp.Llama(
        model,
        n_ctx=len(tokens) + 1,
        n_batch=len(tokens),
        logits_all=True,
        n_threads=1,
        verbose=False,
    )
    llama.eval(tokens)
    logits = np.array(llama.scores[: len(tokens)], dtype=np.float64)
    llama.close()
    return logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True)


def compare(
    model: str, text: str, window: int, scratch: str
) -> tuple[float, float, float, float, float]:
    """(mean and largest difference of the tokens' log-probabilities, agreement on the likeliest,
    nigh's and llama.cpp's perplexity)"""
    source, out = os.path.join(scratch, "a.jsonl"), os.path.join(scratch, "out.jsonl")
    with open(source, "w") as file:
        json.dump({"path": "model.py", "text": text}, file)
    printed = run(
        "eval",
        "perplexity",
        source,
        "--model",
        model,
        "--window",
        str(window),
        "--threads",
        "1",
        "--out",
        out,
    )
    summary = json.loads(printed.splitlines()[-1])
    ours, theirs, agreed = [], [], []
    with open(out) as file:
        for line in map(json.loads, file):
            tokens, first = line["tokens"], line["first"]
            rows = log_probabilities(model, tokens)[first - 1 : -1]
            theirs.extend(rows[np.arange(len(rows)), tokens[first:]])
            agreed.extend(rows.argmax(-1) == line["likeliest"])
            ours.extend(line["logprobs"])
    difference = np.abs(np.array(ours) - np.array(theirs))
    assert len(ours) == summary["tokens"]
    return (
        difference.mean(),
        difference.max(),
        np.mean(agreed),
        summary["perplexity"],
        math.exp(-np.mean(theirs)),
    )


@unittest.skipUnless(
    llama_cpp,
    "llama_cpp is not installed: pip install llama-cpp-python (see requirements-test.txt)",
)
@unittest.skipUnless(NIGH, "the environment variable NIGH does not name the program nigh")
class LlamaCpp(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.scratch = scratch.name

    def test_every_type_says_the_same_there(self) -> None:
        with open(os.path.join(ROOT, "model.py")) as file:
            text = file.read()[:2000]
        for kind, (most, least) in LIMITS.items():
            out = os.path.join(self.scratch, f"{kind}.gguf")
            run("quantize", MODEL, out, "--type", kind, "--threads", "1")
            mean, largest, agreed, ours, theirs = compare(out, text, 1024, self.scratch)
            print(
                f"{kind:<7} log-probabilities differ by {mean:.4f} on average, {largest:.3f} at "
                "most; the likeliest token is the "
                f"same in {agreed:.1%}; perplexity {ours:.3f} and {theirs:.3f}"
            )
            self.assertLess(mean, most, kind)
            self.assertGreater(agreed, least, kind)
            self.assertLess(abs(math.log(ours / theirs)), 0.02, kind)

    def test_a_folder_becomes_a_file_that_is_read_and_cuts_text_alike(self) -> None:
        torch.manual_seed(5)
        model = build("test", SIZE)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn_like(parameter) * 0.1)
        hf, out = os.path.join(self.scratch, "hf"), os.path.join(self.scratch, "folder.gguf")
        tokenizer = Tokenizer.from_file(os.path.join(folder(), "tokenizer.json"))
        save_folder(model.state_dict(), hf_config(model.config), tokenizer, hf)
        run("quantize", hf, out, "--type", "Q8_0", "--threads", "1")
        text = "def f(self):\n    return [x ** 2 for x in range(1234)]  # it's größe\n"
        ids = subprocess.run(
            [NIGH, "tokenize", "--model", out],
            input=text,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        llama = llama_cpp.Llama(out, n_ctx=CONTEXT, vocab_only=True, verbose=False)
        self.assertEqual(
            list(map(int, ids.split())), llama.tokenize(text.encode(), add_bos=False, special=False)
        )
        self.assertEqual(
            (llama.token_eos(), llama.metadata["tokenizer.ggml.fim_mid_token_id"]), (0, "3")
        )
        llama.close()
        _, _, agreed, ours, theirs = compare(out, text, CONTEXT, self.scratch)
        self.assertGreater(agreed, 0.9)
        self.assertLess(abs(math.log(ours / theirs)), 0.05)


if __name__ == "__main__":
    unittest.main()
