"""Tokenizer and rows: round trips, fixed ids, and that nothing of a text is lost or changed on its way into a row."""
import json
import os
import random
import unittest

from world import CONTEXT, ROOT, SIZE, folder, make_rows

import numpy as np
from tokenizers import Tokenizer

import cuts
import rows
from tokenizer import EOT, FILE, MIDDLE, PAD, PREFIX, SPECIAL, SUFFIX, plain_encoder

TEXTS = ["def f(x):\n\treturn x  # \u00fc \u4e2d \U0001f600\n", "a = 1234567\n\n\n    b\r\n", "it's <|fim_middle|> text", " ", "\n"]


class Tokens(unittest.TestCase):
    def setUp(self):
        self.path = os.path.join(folder(), "tokenizer.json")

    def test_round_trip(self):
        tokenizer = plain_encoder(self.path)
        for text in TEXTS:
            self.assertEqual(tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False), text)

    def test_special_tokens_have_their_fixed_ids(self):
        tokenizer = Tokenizer.from_file(self.path)
        self.assertEqual(tokenizer.get_vocab_size(), SIZE)
        for number, name in enumerate(SPECIAL):
            self.assertEqual(tokenizer.token_to_id(name), number)
            self.assertEqual(tokenizer.encode(name).ids, [number])

    def test_special_strings_of_a_file_stay_text(self):
        ids = plain_encoder(self.path).encode("".join(SPECIAL)).ids
        self.assertTrue(all(i >= len(SPECIAL) for i in ids))

    def test_digits_stand_alone(self):
        tokenizer = plain_encoder(self.path)
        self.assertEqual([tokenizer.decode([i]) for i in tokenizer.encode("12345").ids], list("12345"))


class Cuts(unittest.TestCase):
    def test_spans_lie_inside_and_hold_something(self):
        rng, kinds, none = random.Random(1), set(), 0
        with open(os.path.join(ROOT, "rows.py")) as file:
            text = file.read()
        for _ in range(2000):
            span = cuts.choose(text, rng)
            if span is None:
                none += 1
                continue
            start, end = span
            self.assertTrue(0 <= start < end <= len(text))
            kinds.add((cuts.is_word(text[start - 1]) and cuts.is_word(text[start]), "\n" in text[start:end], text[end:end + 1] == "\n"))
        self.assertGreaterEqual(len(kinds), 6)
        self.assertLess(none, 20)

    def test_rest_of_line_ends_before_the_newline_and_arguments_at_the_bracket(self):
        text, rng = "value = call(a, (b, c), d)\n", random.Random(2)
        for _ in range(50):
            start, end = cuts.rest_of_line(text, cuts.line_starts(text), 0, rng)
            self.assertEqual(end, len(text) - 1)
        found = {cuts.arguments(text, cuts.line_starts(text), 0, rng) for _ in range(50)}
        self.assertEqual({text[a:b] for a, b in found}, {"a, (b, c), d", "b, c"})

    def test_whole_lines_keep_their_indentation_and_closers_stay_behind(self):
        text, rng = "if a:\n    print(call(b));\nc\n", random.Random(3)
        starts = cuts.line_starts(text)
        self.assertEqual({text[slice(*cuts.whole_line(text, starts, 1, rng))] for _ in range(50)},
                         {"    print(call(b));", "    print(call(b));\n"})
        spans = {cuts.before_closers(text, starts, 1, rng) for _ in range(99)}
        self.assertEqual({text[end:end + 3] for _, end in spans}, {"));"})
        self.assertIsNone(cuts.before_closers(text, starts, 2, rng))

    def test_a_block_ends_where_the_indentation_does(self):
        text = "if a:\n    b\n\n    c\nd\n"
        self.assertEqual(cuts.block_end(text, cuts.line_starts(text), 0), 3)


class Rows(unittest.TestCase):
    def setUp(self):
        self.tokenizer = plain_encoder(os.path.join(folder(), "tokenizer.json"))
        self.encode = lambda text: self.tokenizer.encode(text).ids if text else []
        rows.encoder = self.tokenizer

    def text(self, ids):
        return self.tokenizer.decode(ids, skip_special_tokens=False)

    def parts(self, sample):
        """(header, order, prefix, middle, suffix) of a sample; where prefix and middle are not told apart, both in prefix."""
        self.assertEqual((sample[0], sample[-1]), (FILE, EOT))
        body = sample[1:-1]
        if PREFIX not in body:
            return "ltr", self.text(body)
        at, middle, suffix = body.index(PREFIX), body.index(MIDDLE), body.index(SUFFIX)
        header = self.text(body[:at])
        if suffix == at + 1:
            return "spm", header + self.text(body[middle + 1:]) + self.text(body[suffix + 1:middle])
        return "psm", header + self.text(body[at + 1:suffix]) + self.text(body[middle + 1:]) + self.text(body[suffix + 1:middle])

    def test_samples_in_either_order_reassemble_to_the_file(self):
        orders = set()
        for seed in range(20):
            with open(os.path.join(ROOT, "train.py")) as file:
                document = {"path": "a/train.py", "text": file.read() + "# \u00fc\u4e2d\n"}
            sampler = rows.Sampler(self.encode, CONTEXT, random.Random(seed))
            text = ""
            for sample in sampler.document(document):
                self.assertLessEqual(len(sample), CONTEXT + 1)
                order, whole = self.parts(sample)
                orders.add(order)
                self.assertTrue(whole.startswith("a/train.py\n"))
                text += whole.removeprefix("a/train.py\n")
            self.assertEqual(text, document["text"])
        self.assertEqual(orders, {"ltr", "psm", "spm"})

    def test_parts_hold_the_tokens_that_a_prompt_would(self):
        prompt = rows.arrange(self.encode("value = comp"), self.encode("\nnext"), suffix_first=True)
        self.assertEqual(prompt, [PREFIX, SUFFIX, *self.encode("\nnext"), MIDDLE, *self.encode("value = comp")])

    def test_a_cut_inside_a_token_is_encoded_as_the_typed_half(self):
        self.assertEqual(len(self.encode(" return")), 1)
        document, halves = {"path": "x.py", "text": "    return value\n" * 6}, 0
        for seed in range(200):
            for sample in rows.Sampler(self.encode, CONTEXT, random.Random(seed), fill_in=1.0).document(document):
                middle = self.text(sample[sample.index(MIDDLE) + 1:-1]) if MIDDLE in sample and sample[sample.index(PREFIX) + 1] != SUFFIX else ""
                halves += middle.startswith("rn value")
        self.assertGreater(halves, 0)

    def test_packing_loses_no_token(self):
        rng = random.Random(3)
        samples = [[i + 16] * rng.randint(1, 60) for i in range(200)]
        packed = rows.pack(samples, 65, rng)
        counts = np.bincount(packed.ravel(), minlength=216)
        self.assertEqual([counts[i + 16] for i in range(200)], [len(s) for s in samples])
        self.assertLess((packed == PAD).mean(), 0.1)

    def test_the_same_seed_gives_the_same_rows_and_probes_are_cut_out_of_validation_files(self):
        again = os.path.join(folder(), "again")
        make_rows(folder(), again)
        for name in ("train-000.rows", "val-fim.rows", "val-python.rows", "probe.json"):
            with open(os.path.join(folder(), "run", "rows", name), "rb") as first, open(os.path.join(again, "rows", name), "rb") as second:
                self.assertEqual(first.read(), second.read(), name)
        with open(os.path.join(folder(), "corpus.jsonl")) as file:
            held = [json.loads(line)["text"] for line in file if json.loads(line)["validation"]]
        with open(os.path.join(again, "rows", "probe.json")) as file:
            for prompt in json.load(file):
                self.assertTrue(any(prompt["expected"] + "\n" in text for text in held))
                self.assertEqual(sorted(prompt["psm"]), sorted(prompt["spm"]))


if __name__ == "__main__":
    unittest.main()
