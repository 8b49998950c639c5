"""Deduplication: near copies and evaluation texts are noticed, and nothing else."""

import json
import os
import tempfile
import unittest

import numpy as np

import fixtures  # noqa: F401  puts the folder of the programs on the path

import deduplication


class Copies(unittest.TestCase):
    def test_a_near_copy_is_noticed_and_a_new_file_is_not(self) -> None:
        lines = [f"    result_{n} = compute_something({n})\n" for n in range(50)]
        copies = deduplication.NearCopies()

        def is_copy(text: str) -> bool:
            return copies.is_copy(deduplication.line_pairs(text))

        self.assertFalse(is_copy("".join(lines)))
        self.assertTrue(is_copy("import os\n" + "".join(lines[5:])))
        self.assertFalse(is_copy("".join(line.replace("something", "else") for line in lines)))
        self.assertFalse(
            is_copy("".join(lines[::2])), "the same lines in another company are no copy"
        )


class Evaluations(unittest.TestCase):
    def test_a_file_that_holds_a_solution_is_noticed(self) -> None:
        solution = "".join(f"def step_{n}(a, b):\n    return a * {n} + b\n" for n in range(12))
        other = "".join(
            f"class Other{n}:\n    field = {n}\n    def get(self): return self.field\n"
            for n in range(30)
        )
        case = {"prefix": solution[:50], "reference": solution[50:], "suffix": None}
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "cases.jsonl")
            with open(path, "w") as file:
                file.write(json.dumps(case) + "\n")
            hashes = os.path.join(folder, "known.u64")
            deduplication.Shingles(cases=[path]).hashes.tofile(hashes)
            for evaluations in (
                deduplication.Shingles(cases=[path]),
                deduplication.Shingles(files=[hashes]),
            ):
                self.assertTrue(evaluations.touches(solution))
                self.assertTrue(
                    evaluations.touches(other * 5 + solution), "60 shingles in a row are enough"
                )
                self.assertFalse(evaluations.touches(other))
        self.assertFalse(deduplication.Shingles().touches(solution))

    def test_rulers_and_frames_of_tables_do_not_count_and_the_text_between_does(
        self,
    ) -> None:
        ruler, frame = "# " + "-" * 90 + "\n", "|" + "---+" * 40 + "|\n"
        own = "".join(f"value_{n} = read(first_{n}, second_{n})\n" for n in range(60))
        code = [f"total_{n} = add(left_{n}, right_{n})\n" for n in range(9)]
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "known.u64")
            texts = [
                ruler * 3,
                frame * 3,
                *(
                    "".join(code[n : n + 1]) + ruler + "".join(code[n + 1 : n + 2])
                    for n in range(9)
                ),
                "".join(code),
            ]
            np.concatenate(
                [deduplication.shingles(deduplication.TOKEN.findall(text)) for text in texts]
            ).tofile(path)
            evaluations = deduplication.Shingles(files=[path])
            self.assertFalse(evaluations.touches(own + ruler * 3 + own))
            self.assertFalse(evaluations.touches(own + frame * 3 + own))
            self.assertTrue(
                evaluations.touches(own + "".join(code) + own),
                "60 shingles in a row without ornaments",
            )
            self.assertTrue(evaluations.touches(own * 4 + ruler + "".join(code) + ruler + own * 4))


if __name__ == "__main__":
    unittest.main()
