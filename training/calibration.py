"""Text for `nigh quantize --calibrate`: the heads of files that the model was not trained on, the
languages in turn.

  python calibration.py --work DIR --out FILE.txt

Reads DIR/corpus.jsonl; takes up to 400 kB, 4 kB of a file at most. That is more than quantising
reads (65,536 tokens).
"""

import argparse
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, zip_longest

BYTES, HEAD = 400_000, 4_000


def heads(lines: Iterable[str]) -> Iterator[str]:
    """The heads of the held-out documents among these JSON lines, a language after the other, BYTES
    in all at most."""
    found = defaultdict(list)
    for line in lines:
        if '"validation": true' in line[:400]:
            document = json.loads(line)
            found[document["language"]].append(document["text"][:HEAD])
    size = 0
    for text in filter(
        None, chain.from_iterable(zip_longest(*(found[language] for language in sorted(found))))
    ):
        size += len(text.encode())
        if size > BYTES:
            return
        yield text


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", required=True, help="the folder with corpus.jsonl")
    parser.add_argument("--out", required=True, help="the text file to write")
    options = parser.parse_args(arguments)
    with open(os.path.join(options.work, "corpus.jsonl"), encoding="utf-8") as lines:
        text = "\n".join(heads(lines))
    if not text:
        raise SystemExit(
            f"{options.work}/corpus.jsonl has no document held out for validation: "
            "build the corpus with corpus.py"
        )
    with open(options.out, "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
