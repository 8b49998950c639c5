"""Prompts that the server laid out: the requests to it, and the samples made of its answers.

Where the environment variable NIGH names the program, it lays some out; without other sources they
are those of rows.py.
"""

import os
import random
import unittest
from collections import Counter
from collections.abc import Iterator
from typing import Any

from fixtures import CONTEXT, folder, present

import prompts
import rows
import samples
from tokenizer import EOT, FILE, MIDDLE, PREFIX, SUFFIX, plain_encoder

PROGRAM = os.environ.get("NIGH", "")


def count(text: str) -> int:
    return len(rows.encode(text))


class WithCorpus(unittest.TestCase):
    def setUp(self) -> None:
        rows.encoder = plain_encoder(os.path.join(folder(), "tokenizer.json"))
        self.corpus = rows.Corpus(os.path.join(folder(), "corpus.jsonl"))
        self.rng = random.Random(5)


class Prompts(WithCorpus):
    def test_groups_cut_no_document_twice_and_show_no_validation(self) -> None:
        groups = prompts.choose_groups(self.corpus, rows.MIX, 100_000, CONTEXT, self.rng)
        cut = Counter(number for group in groups for number in group.cut)
        self.assertEqual(set(cut.values()), {1})
        self.assertEqual(set(cut), set(self.corpus.train["python"]))
        for group in groups:
            self.assertLessEqual(set(group.cut), set(group.around))
            self.assertFalse(set(group.around) & set(self.corpus.validation["python"]))

    def test_a_workspace_names_places_in_bytes(self) -> None:
        group = prompts.choose_groups(self.corpus, rows.MIX, 1, CONTEXT, self.rng)[0]
        made = prompts.workspace(self.corpus, group, rows.encode, CONTEXT, self.rng)
        texts = {file["path"]: file["text"].encode() for file in made["files"]}
        self.assertGreater(len(made["places"]), 10)
        for place in made["places"]:
            missing = texts[place["path"]][place["start"] : place["end"]].decode()
            tokens = len(rows.encode(missing))
            self.assertLess(place["tokens"] + tokens, CONTEXT + 1)
            self.assertLessEqual(set(place["open"]), set(texts) - {place["path"]})

    def test_sources_are_all_some_or_none(self) -> None:
        drawn = [prompts.draw_sources(self.rng) for _ in range(1000)]
        sizes = Counter(map(len, drawn))
        self.assertTrue(200 < sizes[len(prompts.SOURCES)] < 300)
        self.assertTrue(150 < sizes[0] < 260)
        self.assertGreater(len(sizes), 8)

    def test_what_was_laid_out_becomes_one_sample(self) -> None:
        def marker(name: str) -> dict[str, str]:
            return {"marker": f"<|{name}|>"}

        def text(text: str) -> dict[str, str]:
            return {"text": text}

        segments = [
            marker("file_sep"),
            text("a.py\n"),
            marker("fim_prefix"),
            marker("fim_suffix"),
            text("\nb"),
            marker("fim_middle"),
            text("<|fim_middle|>"),
        ]
        laid_out = {"segments": segments, "answer": " x"}
        ids = prompts.sample(laid_out, rows.encode, CONTEXT)
        wanted = [
            FILE,
            *rows.encode("a.py\n"),
            PREFIX,
            SUFFIX,
            *rows.encode("\nb"),
            MIDDLE,
            *rows.encode("<|fim_middle|>"),
            *samples.answer([*rows.encode(" x"), EOT]),
        ]
        self.assertEqual(ids, wanted)
        self.assertIsNone(
            prompts.sample({"segments": [text("x " * CONTEXT)], "answer": ""}, rows.encode, CONTEXT)
        )


@unittest.skipUnless(PROGRAM, "NIGH names no program")
class LaidOut(WithCorpus):
    def lay_out(self, **fields: Any) -> Iterator[tuple[dict[str, Any], bytes, dict[str, Any]]]:
        """[(place, text of its file, line of the program)]"""
        group = prompts.choose_groups(self.corpus, rows.MIX, 1, 1024, self.rng)[0]
        made = prompts.workspace(self.corpus, group, rows.encode, 1024, self.rng)
        made["places"] = [
            {**place, **fields, "id": number} for number, place in enumerate(made["places"])
        ]
        texts = {file["path"]: file["text"].encode() for file in made["files"]}
        program = prompts.Program(PROGRAM, os.path.join(folder(), "tokenizer.json"))
        for line in prompts.lay_out(program, [made]):
            place = made["places"][line["id"]]
            yield place, texts[place["path"]], line

    def test_without_sources_the_prompt_is_that_of_rows(self) -> None:
        compared = 0
        for place, text, line in self.lay_out(sources=[], tokens=600):
            if not text.isascii():
                continue
            span, header = (place["start"], place["end"]), rows.encode(place["path"] + "\n")
            room = 600 - len(header) - 8
            prefix, middle, suffix = samples.shown(text.decode(), span, room, count)
            texts = [part["text"] for part in line["segments"] if "text" in part]
            self.assertEqual(texts, [place["path"] + "\n", suffix, prefix])
            self.assertEqual(line["answer"], middle)
            compared += 1
        self.assertGreater(compared, 10)

    def test_prompts_keep_to_their_length_and_show_other_files(self) -> None:
        seen = Counter[str]()
        for place, _, line in self.lay_out(sources=list(prompts.SOURCES), percent=50):
            ids = present(prompts.sample(line, rows.encode, 1024))
            answered = len(rows.encode(line["answer"])) + 1
            self.assertLessEqual(len(ids) - answered, place["tokens"])
            seen.update(line["pieces"])
        self.assertGreater(len(seen), 3)


if __name__ == "__main__":
    unittest.main()
