"""Turn the corpus into packed rows of tokens, before training starts: the trainer then only reads.

  python rows.py --work work --folder work/run --tokens 30000000 [--context 1024] [--first 0]

Reads work/corpus.jsonl and work/tokenizer.json. Writes into the folder of a run: a copy of
tokenizer.json, and rows/ with train-NNN.rows, one file a pass (uint16, context + 1 tokens a row,
PAD at the end), and once val-ltr.rows, val-fim.rows, val-LANGUAGE.rows and probe.json (prompts for
the rest of a line with the expected answer). Training may begin once the first pass is there.
A sample is one of

  <|file_sep|>path\\n TEXT <|endoftext|>
  <|file_sep|>path\\n <|fim_prefix|> P <|fim_suffix|> S <|fim_middle|> M <|endoftext|>
  <|file_sep|>path\\n <|fim_prefix|><|fim_suffix|> S <|fim_middle|> P M <|endoftext|>

What is shown of a file is what the server would show (window.py). P, M and S are encoded each on
its own, and M begins with the half-typed word, as in a prompt. ANSWER, the highest bit, is set on
every token of M and on the <|endoftext|> behind it: the trainer weighs them more, and takes the bit
off.
Every chunk depends on the seed and its number alone. Fill in the middle: arXiv 2207.14255.
"""
import argparse
import bisect
import itertools
import json
import multiprocessing
import os
import random
import shutil
import sys
from collections import defaultdict
from typing import NamedTuple

import numpy as np

import cuts
import window
from tokenizer import EOT, FILE, MIDDLE, PAD, PREFIX, SUFFIX, plain_encoder

ANSWER = 1 << 15
FILL_IN, SUFFIX_FIRST = 0.8, 0.85
MIX = {  # shares of the tokens
    "python": 0.28, "rust": 0.12, "typescript": 0.10, "javascript": 0.10, "go": 0.10, "java": 0.10,
    "cpp": 0.09, "c": 0.06, "php": 0.025, "kotlin": 0.015, "csharp": 0.005, "sql": 0.003,
    "bash": 0.002}
WHOLE_WINDOW = 0.25  # share of the samples with prompts as long as the server's
LONGEST_MIDDLE = 200  # tokens
MOST_SAMPLES = 8  # of one document in a pass
CHUNK_BYTES, BYTES_PER_TOKEN = 4_000_000, 3.6


class Sizes(NamedTuple):
    """Tokens, for rows of `context` tokens. The server's prompts have 768 of 1,024."""
    context: int

    @property
    def prompt(self):
        return self.context * 3 // 4

    @property
    def middle(self):
        return min(LONGEST_MIDDLE, self.context // 4 - 8)

    @property
    def usual(self):
        return self.context * 2 // 5

    def samples(self, characters):
        """How many samples a document gives in a pass: half of what would show all of it."""
        whole = characters / BYTES_PER_TOKEN / self.usual
        return max(1, min(MOST_SAMPLES, round(whole / 2)))

    def tokens(self, characters):
        """What these samples have together, about."""
        return min(characters / BYTES_PER_TOKEN, self.samples(characters) * self.usual)


class Sampler:
    """Cuts documents into samples of at most context + 1 tokens. Documents are dictionaries of the
    corpus."""

    def __init__(self, encode, context, rng, fill_in=FILL_IN, suffix_first=SUFFIX_FIRST):
        self.encode, self.rng, self.sizes = encode, rng, Sizes(context)
        self.fill_in, self.suffix_first = fill_in, suffix_first

    def document(self, document):
        """The samples of one document, from all its parts: lists of token ids."""
        text = document["text"].replace("\r\n", "\n")
        header, starts = self.header(document), cuts.line_starts(text)
        parts = min(self.sizes.samples(len(text)), len(starts) - 1)
        edges = [part * (len(starts) - 1) // parts for part in range(parts + 1)]
        for first, last in zip(edges, edges[1:]):
            filled = self.rng.random() < self.fill_in
            make = self.filled if filled else self.plain
            body = make(text, starts, range(first, last), self.room(header))
            if body and len(header) + len(body) <= self.sizes.context + 1:
                yield header + body

    def header(self, document):
        return [FILE, *self.encode(document["path"] + "\n")]

    def room(self, header):
        """Tokens of text that a sample shows."""
        prompt = self.sizes.prompt
        if self.rng.random() > WHOLE_WINDOW:
            prompt = self.rng.randint(prompt // 5, prompt * 5 // 6)
        return max(16, prompt - len(header) - window.MARKERS)

    def plain(self, text, starts, lines, room):
        """Whole lines, from left to right."""
        start = starts[lines[0]] if lines[0] == 0 else starts[self.rng.choice(lines)]
        end, _ = window.after(text, start, room, self.count)
        return [*self.encode(text[start:end]), EOT]

    def filled(self, text, starts, lines, room):
        """Suffix, prefix and middle in one of the two orders; None where no cut suits."""
        span = cuts.choose(text, self.rng, starts, lines)
        if not span:
            return None
        prompt, middle = self.split(text, span, room, self.rng.random() < self.suffix_first)
        if len(middle) > self.sizes.middle:
            return None
        return prompt + [ANSWER | token for token in (*middle, EOT)]

    def split(self, text, span, room, suffix_first):
        """The tokens of the prompt behind the header, and of the middle."""
        prefix, middle, suffix = shown(text, span, room, self.count)
        return arrange(self.encode(prefix), self.encode(suffix), suffix_first), self.encode(middle)

    def count(self, text):
        return len(self.encode(text))


def shown(text, span, room, count):
    """(prefix, middle, suffix) of a text as a prompt of `room` tokens has them: the middle begins
    with the word that the cursor stands in."""
    start, end = span
    first, last = window.around(text, start, end, room, count)
    healed = first + window.heal_start(text[first:start])
    return text[first:healed], text[healed:end], text[end:last]


def arrange(prefix, suffix, suffix_first):
    """The prompt: everything up to where the middle starts."""
    if suffix_first:
        return [PREFIX, SUFFIX, *suffix, MIDDLE, *prefix]
    return [PREFIX, *prefix, SUFFIX, *suffix, MIDDLE]


def pack(samples, width, rng):
    """Best fit, longest first: no sample is cut, what stays free is padding. uint16 [rows, width],
    shuffled."""
    rows, free = [], []  # free: sorted (room left, row)
    for sample in sorted(samples, key=len, reverse=True):
        at = bisect.bisect_left(free, (len(sample), -1))
        room, row = free.pop(at) if at < len(free) else (width, len(rows))
        if row == len(rows):
            rows.append([])
        rows[row] += sample
        if room - len(sample) >= 16:
            bisect.insort(free, (room - len(sample), row))
    rng.shuffle(rows)
    out = np.full((len(rows), width), PAD, np.uint16)
    for target, row in zip(out, rows):
        target[:len(row)] = row
    return out


# ---------------------------------------------------------------- the whole corpus
class Entry(NamedTuple):
    """Where a document stands in the file of the corpus, and what is known before reading it."""
    offset: int
    characters: int
    language: str
    validation: bool


class Corpus:
    """The documents on disk, by language."""

    def __init__(self, path):
        self.path, self.entries = path, list(read_entries(path))
        self.train, self.validation = defaultdict(list), defaultdict(list)
        for number, entry in enumerate(self.entries):
            (self.validation if entry.validation else self.train)[entry.language].append(number)

    def read(self, number):
        with open(self.path, "rb") as file:
            file.seek(self.entries[number].offset)
            return json.loads(file.readline())

    def chunks(self, tokens, context, seed):
        """Numbers of documents, shuffled, in the shares of MIX, about CHUNK_BYTES a chunk; a
        language that runs out starts again."""
        rng, sizes, chosen = random.Random(seed), Sizes(context), []
        for language, numbers in sorted(self.train.items()):
            left = tokens * MIX[language] / sum(MIX[known] for known in self.train)
            while left > 0:
                for number in rng.sample(numbers, len(numbers)):
                    if left <= 0:
                        break
                    left -= sizes.tokens(self.entries[number].characters)
                    chosen.append(number)
        rng.shuffle(chosen)
        chunk, size = [], 0
        for number in chosen:
            chunk.append(number)
            size += sizes.tokens(self.entries[number].characters) * BYTES_PER_TOKEN
            if size > CHUNK_BYTES:
                yield chunk
                chunk, size = [], 0
        if chunk:
            yield chunk


def read_entries(path):
    offset = 0
    with open(path, "rb") as file:
        for line in file:
            document = json.loads(line)
            yield Entry(offset, len(document["text"]), document["language"], document["validation"])
            offset += len(line)


corpus = encoder = None  # the workers inherit them


def encode(text):
    return encoder.encode(text, add_special_tokens=False).ids if text else []


def build_chunk(task):
    number, numbers, context, seed, *shares = task
    rng = random.Random(f"{seed}/{number}")
    sampler = Sampler(encode, context, rng, *shares)
    samples = [sample for i in numbers for sample in sampler.document(corpus.read(i))]
    return pack(samples, context + 1, rng)


def write_rows(path, tasks, workers):
    """Returns (rows, tokens of padding). The file appears when it is whole."""
    rows = padding = 0
    pool = multiprocessing.get_context("fork").Pool(workers)
    with pool, open(path + ".tmp", "wb") as file:
        for part in pool.imap(build_chunk, tasks):
            part.tofile(file)
            rows, padding = rows + len(part), padding + int((part == PAD).sum())
    os.replace(path + ".tmp", path)
    return rows, padding


# ---------------------------------------------------------------- validation
def probes(by_language, count, context, seed, longest=80):
    """[{language, psm, spm, expected}]: prompts for the rest of a line, as the server has
    them; the languages in turn, `by_language` are numbers of documents."""
    rng, found = random.Random(seed), []
    sampler = Sampler(encode, context, rng)
    for _ in range(100 * count):
        if len(found) == count:
            break
        language = sorted(by_language)[len(found) % len(by_language)]
        document = corpus.read(rng.choice(by_language[language]))
        text = document["text"].replace("\r\n", "\n")
        starts = cuts.line_starts(text)
        span = cuts.rest_from_anywhere(text, starts, rng.randrange(len(starts) - 1), rng)
        if not span or not 3 <= span[1] - span[0] <= longest or span[0] < 200:
            continue
        header = sampler.header(document)
        room = sampler.room(header)
        prefix, middle, suffix = shown(text, span, room, sampler.count)
        parts = encode(prefix), encode(suffix)
        spm, psm = (header + arrange(*parts, suffix_first) for suffix_first in (True, False))
        found.append({"language": language, "psm": psm, "spm": spm, "expected": middle})
    return found


def write_validation(out, options):
    """val-ltr and val-fim of all languages alike, val-LANGUAGE as trained on, and the prompts."""
    rng, held = random.Random(options.seed), corpus.validation
    for numbers in held.values():
        rng.shuffle(numbers)
    turns = itertools.zip_longest(*held.values())
    mixed = [number for turn in turns for number in turn if number is not None]
    count = options.validation_rows
    sets = [("ltr", mixed, 0.0, count), ("fim", mixed, 1.0, count)]
    sets += [(name, numbers, FILL_IN, count // 3) for name, numbers in sorted(held.items())]
    for name, numbers, fill_in, rows in sets:
        task = (name, numbers[:4 * rows], options.context, options.seed, fill_in)
        build_chunk(task)[:rows].tofile(os.path.join(out, f"val-{name}.rows"))
    prompts = probes(held, options.probes, options.context, options.seed)
    with open(os.path.join(out, "probe.json"), "w") as file:
        json.dump(prompts, file)


def main(arguments=None):
    global corpus, encoder
    options = read_options(arguments)
    encoder = plain_encoder(os.path.join(options.work, "tokenizer.json"))
    corpus = Corpus(os.path.join(options.work, "corpus.jsonl"))
    out = os.path.join(options.folder, options.into)
    os.makedirs(out, exist_ok=True)
    shutil.copy(os.path.join(options.work, "tokenizer.json"), options.folder)
    if corpus.validation and not os.path.exists(os.path.join(out, "probe.json")):
        write_validation(out, options)
    about = {name: getattr(options, name) for name in ("context", "seed", "tokens", "passes")}
    with open(os.path.join(out, "rows.json"), "w") as file:
        json.dump(about, file)
    for turn in range(options.first, options.first + options.passes):
        seed = options.seed + 1000 * turn
        chunks = enumerate(corpus.chunks(options.tokens, options.context, seed))
        shares = options.fill_in, options.suffix_first
        tasks = ((number, chunk, options.context, seed, *shares) for number, chunk in chunks)
        path = os.path.join(out, f"train-{turn:03}.rows")
        rows, padding = write_rows(path, tasks, options.workers)
        share = round(padding / rows / (options.context + 1), 4)
        told = {"pass": turn, "rows": rows, "tokens": rows * (options.context + 1) - padding,
                "padding": share}
        print(json.dumps(told), file=sys.stderr, flush=True)


def read_options(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    work = os.path.join(os.path.dirname(os.path.abspath(__file__)), "work")
    parser.add_argument("--work", default=work)
    parser.add_argument("--folder", default=os.path.join(work, "8m"))
    parser.add_argument("--into", default="rows", help="the folder under it: rows or rows-decay")
    parser.add_argument("--tokens", type=int, default=30_000_000,
                        help="of a pass; the corpus is repeated where it is smaller")
    parser.add_argument("--passes", type=int, default=1, help="files to write, cut anew each time")
    parser.add_argument("--first", type=int, default=0, help="number of the first pass")
    parser.add_argument("--fill-in", type=float, default=FILL_IN, help="share of the samples")
    parser.add_argument("--suffix-first", type=float, default=SUFFIX_FIRST, help="share of those")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--context", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--validation-rows", type=int, default=96)
    parser.add_argument("--probes", type=int, default=600)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
