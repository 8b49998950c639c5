"""Tokenizer and rows: round trips, fixed ids, and that nothing of a text is lost or changed on its
way into a row."""

import json
import os
import random
import unittest
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from tokenizers import Tokenizer

from fixtures import CONTEXT, ROOT, SIZE, folder, make_rows, present

import cuts
import rows
import samples
import window
from records import Document
from tokenizer import EOT, FILE, MIDDLE, PAD, PREFIX, SPECIAL, SUFFIX, plain_encoder

TEXTS = [
    "def f(x):\n\treturn x  # \u00fc \u4e2d \U0001f600\n",
    "a = 1234567\n\n\n    b\r\n",
    "it's <|fim_middle|> text",
    " ",
    "\n",
]


class Tokens(unittest.TestCase):
    def setUp(self) -> None:
        self.path = os.path.join(folder(), "tokenizer.json")

    def test_round_trip(self) -> None:
        tokenizer = plain_encoder(self.path)
        for text in TEXTS:
            self.assertEqual(
                tokenizer.decode(tokenizer.encode(text).ids, skip_special_tokens=False), text
            )

    def test_special_tokens_have_their_fixed_ids(self) -> None:
        tokenizer = Tokenizer.from_file(self.path)
        self.assertEqual(tokenizer.get_vocab_size(), SIZE)
        for number, name in enumerate(SPECIAL):
            self.assertEqual(tokenizer.token_to_id(name), number)
            self.assertEqual(tokenizer.encode(name).ids, [number])

    def test_special_strings_of_a_file_stay_text(self) -> None:
        ids = plain_encoder(self.path).encode("".join(SPECIAL)).ids
        self.assertTrue(all(i >= len(SPECIAL) for i in ids))

    def test_digits_are_single(self) -> None:
        tokenizer = plain_encoder(self.path)
        self.assertEqual(
            [tokenizer.decode([i]) for i in tokenizer.encode("12345").ids], list("12345")
        )


class Cuts(unittest.TestCase):
    def test_spans_lie_inside_and_are_of_many_kinds(self) -> None:
        rng, kinds, none, empty = random.Random(1), set(), 0, 0
        with open(os.path.join(ROOT, "rows.py")) as file:
            text = file.read()
        for _ in range(2000):
            span = cuts.choose(text, rng)
            if span is None:
                none += 1
                continue
            start, end = span
            self.assertTrue(0 <= start <= end <= len(text))
            empty += start == end
            inside_word = window.is_word(text[start - 1]) and window.is_word(
                text[start : start + 1]
            )
            kinds.add((inside_word, "\n" in text[start:end], text[end : end + 1] == "\n"))
        self.assertGreaterEqual(len(kinds), 6)
        self.assertLess(none, 20)
        self.assertTrue(10 < empty < 100)

    def test_only_lines_of_the_range_are_cut(self) -> None:
        text = "".join(f"value_{number} = {number}\n" for number in range(99))
        starts, rng = cuts.line_starts(text), random.Random(2)
        for _ in range(300):
            start, _ = present(cuts.choose(text, rng, starts, range(40, 50)))
            self.assertTrue(starts[39] <= start < starts[50])

    def test_rest_of_line_begins_at_tokens_and_arguments_end_at_their_bracket(self) -> None:
        text, rng = "value = call(a, (b, c), d)\n", random.Random(2)
        starts, begins = cuts.line_starts(text), set()
        for _ in range(200):
            start, end = present(cuts.rest_of_line(text, starts, 0, rng))
            self.assertEqual(end, len(text) - 1)
            begins.add(start)
        self.assertEqual(begins, set(cuts.borders(text, 0, len(text) - 1)))
        self.assertNotIn(2, begins)
        found = {present(cuts.arguments(text, starts, 0, rng)) for _ in range(200)}
        self.assertEqual({text[end] for _, end in found}, {")"})
        self.assertTrue({"a, (b, c), d", "b, c", "d"} <= {text[a:b] for a, b in found})

    def test_whole_lines_begin_at_their_indentation_and_closers_stay(self) -> None:
        text, rng = "if a:\n    print(call(b));\nc\n", random.Random(3)
        starts = cuts.line_starts(text)
        self.assertEqual(
            {text[slice(*present(cuts.whole_line(text, starts, 1, rng)))] for _ in range(50)},
            {"print(call(b));", "    print(call(b));"},
        )
        missing = {
            text[slice(*present(cuts.missing_lines(text, starts, 1, rng)))] for _ in range(50)
        }
        self.assertEqual(missing, {"    print(call(b));\n", "    print(call(b));\nc\n"})
        spans = {present(cuts.before_closers(text, starts, 1, rng)) for _ in range(99)}
        self.assertEqual({text[end : end + 3] for _, end in spans}, {"));"})
        self.assertIsNone(cuts.before_closers(text, starts, 2, rng))

    def blocks(self, text: str) -> set[str]:
        rng, starts = random.Random(4), cuts.line_starts(text)
        return {text[slice(*present(cuts.block(text, starts, 0, rng)))] for _ in range(99)}

    def test_a_block_is_what_is_indented_deeper(self) -> None:
        text = "if a:\n    b\n\n    c\nd\n"
        self.assertEqual(cuts.block_end(text, cuts.line_starts(text), 0), 3)
        self.assertEqual(self.blocks(text), {"\n    b\n\n    c", "b\n\n    c"})

    def test_a_block_may_close_its_bracket_and_may_begin_after_a_docstring(self) -> None:
        self.assertEqual(
            self.blocks("f() {\n  a;\n}\nb;\n"), {"\n  a;", "a;", "\n  a;\n}", "a;\n}"}
        )
        found = self.blocks('def f():\n    """What."""\n    return 1\n')
        self.assertTrue({"\n    return 1", "return 1"} < found)


class Window(unittest.TestCase):
    """What the server's own tests say of the same functions."""

    def setUp(self) -> None:
        self.text = "".join(f"let value_{line} = {line};\n" for line in range(1000))
        self.count = lambda text: -(-len(text) // 4)

    def test_short_texts_are_shown_whole(self) -> None:
        text = self.text[:60]
        self.assertEqual(window.around(text, 20, 20, 100, self.count), (0, 60))

    def test_cuts_are_at_line_borders_and_fit(self) -> None:
        start, tokens = window.before(self.text, 10_007, 200, self.count)
        self.assertTrue(100 <= tokens <= 200)
        self.assertEqual(self.text[start - 1], "\n")
        end, tokens = window.after(self.text, 10_007, 50, self.count)
        self.assertTrue(20 <= tokens <= 50)
        self.assertEqual(self.text[end - 1], "\n")

    def test_one_endless_line_is_cut_anywhere(self) -> None:
        text = "x" * 5000
        start, tokens = window.before(text, 2500, 100, self.count)
        self.assertTrue(0 < start < 2500 and tokens <= 100)
        end, tokens = window.after(text, 2500, 100, self.count)
        self.assertTrue(2500 < end < 5000 and tokens <= 100)

    def test_words_and_their_blank_are_repeated(self) -> None:
        def healed(text: str) -> str:
            return text[window.heal_start(text) :]

        self.assertEqual(healed("    return na"), " na")
        self.assertEqual(healed("    retu"), " retu")
        self.assertEqual(healed("x = "), " ")
        self.assertEqual(healed("a\n    "), " ")
        self.assertEqual(healed("a\n\tb"), "b")
        self.assertEqual(healed("foo("), "")
        self.assertEqual(healed("gr\u00f6\u00dfe"), "gr\u00f6\u00dfe")
        self.assertEqual(healed("a" * 99), "")
        self.assertEqual(healed(""), "")


class Rows(unittest.TestCase):
    def setUp(self) -> None:
        self.tokenizer = plain_encoder(os.path.join(folder(), "tokenizer.json"))
        self.encode = lambda text: self.tokenizer.encode(text).ids if text else []
        rows.encoder = self.tokenizer
        with open(os.path.join(ROOT, "train.py")) as file:
            self.document: Document = {
                "package": "pypi/a",
                "path": "a/train.py",
                "language": "python",
                "validation": False,
                "text": file.read() + "# \u00fc\u4e2d\n",
            }

    def text(self, ids: Sequence[int]) -> str:
        return self.tokenizer.decode(ids, skip_special_tokens=False)

    def samples(self, seeds: int = 20, fill_in: float = samples.FILL_IN) -> Iterator[list[int]]:
        for seed in range(seeds):
            rng = random.Random(seed)
            yield from samples.Sampler(self.encode, CONTEXT, rng, fill_in).document(self.document)

    def parts(self, sample: Sequence[int]) -> tuple[str, str, str, str, str]:
        """(order, header, prefix, middle, suffix) of a sample without its marks."""
        ids = [token & ~samples.ANSWER for token in sample]
        self.assertEqual((ids[0], ids[-1]), (FILE, EOT))
        if PREFIX not in ids:
            return "ltr", "", self.text(ids[1:-1]), "", ""
        at, middle, suffix = ids.index(PREFIX), ids.index(MIDDLE), ids.index(SUFFIX)
        marks = [token >= samples.ANSWER for token in sample]
        answer = marks.index(True)
        self.assertTrue(all(marks[answer:]))
        suffix_first = suffix == at + 1
        order = "spm" if suffix_first else "psm"
        prefix = ids[middle + 1 : answer] if suffix_first else ids[at + 1 : suffix]
        after = ids[suffix + 1 : middle]
        return (
            order,
            self.text(ids[1:at]),
            self.text(prefix),
            self.text(ids[answer:-1]),
            self.text(after),
        )

    def test_samples_in_either_order_are_parts_of_the_file(self) -> None:
        orders = Counter[str]()
        for sample in self.samples(60):
            self.assertLessEqual(len(sample), CONTEXT + 1)
            order, header, prefix, middle, suffix = self.parts(sample)
            orders[order] += 1
            whole = (header + prefix + middle + suffix).removeprefix("a/train.py\n")
            self.assertIn(whole, self.document["text"])
        self.assertEqual(set(orders), {"ltr", "psm", "spm"})
        self.assertTrue(0.7 < 1 - orders["ltr"] / orders.total() < 0.9)
        self.assertTrue(0.75 < orders["spm"] / (orders["spm"] + orders["psm"]) < 0.95)

    def test_a_prompt_ends_where_the_word_begins(self) -> None:
        for sample in self.samples(fill_in=1.0):
            _, _, prefix, middle, _ = self.parts(sample)
            self.assertFalse(window.is_word(prefix[-1:]) and window.is_word(middle[:1]))

    def test_parts_hold_the_tokens_that_a_prompt_would(self) -> None:
        prefix, suffix = self.encode("value = comp"), self.encode("\nnext")
        prompt = samples.arrange(prefix, suffix, suffix_first=True)
        self.assertEqual(prompt, [PREFIX, SUFFIX, *suffix, MIDDLE, *prefix])

    def test_the_answer_repeats_what_is_typed_of_its_word(self) -> None:
        text = "x = 1\nif x:\n    return value\n"
        answers = {"retu": " return value", "return ": " value", "return va": " value"}
        for typed, answer in answers.items():
            span = text.index(typed) + len(typed), len(text) - 1
            prefix, middle, suffix = samples.shown(text, span, 99, lambda text: len(text) // 4)
            self.assertEqual((prefix + middle + suffix, middle, suffix), (text, answer, "\n"))

    def test_packing_loses_no_token(self) -> None:
        rng = random.Random(3)
        made = [[i + 16] * rng.randint(1, 60) for i in range(200)]
        packed = samples.pack(made, 65, rng)
        counts = np.bincount(packed.ravel(), minlength=216)
        self.assertEqual([counts[i + 16] for i in range(200)], [len(ids) for ids in made])
        self.assertLess((packed == PAD).mean(), 0.1)

    def test_the_same_seed_gives_the_same_rows_and_probes_are_cut_out_of_validation_files(
        self,
    ) -> None:
        again = os.path.join(folder(), "again")
        make_rows(folder(), again)
        for name in ("train-000.rows", "val-fim.rows", "val-python.rows", "probe.json"):
            with (
                open(os.path.join(folder(), "run", "rows", name), "rb") as first,
                open(os.path.join(again, "rows", name), "rb") as second,
            ):
                self.assertEqual(first.read(), second.read(), name)
        with open(os.path.join(folder(), "corpus.jsonl")) as file:
            held = [json.loads(line)["text"] for line in file if json.loads(line)["validation"]]
        with open(os.path.join(again, "rows", "probe.json")) as file:
            for prompt in json.load(file):
                self.assertTrue(any(prompt["expected"] + "\n" in text for text in held))
                self.assertEqual(sorted(prompt["psm"]), sorted(prompt["spm"]))


if __name__ == "__main__":
    unittest.main()
