"""Shards: the corpus comes back as it was, whatever the texts hold and wherever a shard ends."""

import contextlib
import glob
import io
import json
import os
import shutil
import unittest

from fixtures import folder

import shards

TEXTS = {
    "a/x.py": "def f():\n    return '\u00fc \U0001f600'\n",
    "a/y.py": "<|endoftext|><|file_sep|>\n" * 40,
    "b/z.rs": "fn main() {}\r\n" * 30,
}


class Shards(unittest.TestCase):
    def test_round_trip(self) -> None:
        work, back = (os.path.join(folder(), name) for name in ("shards-from", "shards-to"))
        for path in (work, back):
            os.makedirs(path)
            shutil.copy(os.path.join(folder(), "tokenizer.json"), path)
        languages = {"py": "python", "rs": "rust"}
        documents = [
            {
                "package": f"pypi/{path[0]}",
                "path": path,
                "language": languages[path[-2:]],
                "validation": path[0] == "b",
                "text": text,
            }
            for path, text in TEXTS.items()
        ]
        with open(os.path.join(work, "corpus.jsonl"), "w") as file:
            file.writelines(json.dumps(document) + "\n" for document in documents)
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(out):
            shards.main(
                ["pack", "--work", work, "--out", os.path.join(work, "out"), "--tokens", "10"]
            )
            packed = sorted(glob.glob(os.path.join(work, "out", "*")))
            shards.main(["unpack", "--work", back, *packed])
        self.assertEqual(
            [os.path.basename(path) for path in packed],
            ["train-000.u16.xz", "train-001.u16.xz", "val.u16.xz"],
        )
        with open(os.path.join(back, "corpus.jsonl")) as file:
            found = [json.loads(line) for line in file]
        self.assertEqual(sorted(found, key=lambda d: d["path"]), documents)


if __name__ == "__main__":
    unittest.main()
