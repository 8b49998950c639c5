"""Turn the corpus into packed rows of tokens, before training starts: the trainer then only reads.

  python rows.py --work work --folder work/8m --tokens 30000000 [--context 1024] [--passes 1] [--into rows-decay]

Reads work/corpus.jsonl and work/tokenizer.json. Writes into the folder of a run: a copy of tokenizer.json, and rows/ with
train-NNN.rows, one file a pass (uint16, context + 1 tokens a row), val-ltr.rows, val-fim.rows and val-LANGUAGE.rows, and probe.json
(prompts for the rest of a line with the expected answer). A training run may begin once the first pass is there. A sample is one of

  <|file_sep|>path\\n TEXT <|endoftext|>
  <|file_sep|>path\\n <|fim_prefix|> P <|fim_suffix|> S <|fim_middle|> M <|endoftext|>
  <|file_sep|>path\\n <|fim_prefix|><|fim_suffix|> S <|fim_middle|> P M <|endoftext|>

with other files of the package in front now and then. P, M and S are encoded each on its own, as a prompt will be, so cuts fall
inside tokens. Every chunk depends on the seed and its number alone. Fill in the middle: arXiv 2207.14255.
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

import numpy as np

import cuts
from tokenizer import EOT, FILE, MIDDLE, PAD, PREFIX, SUFFIX, plain_encoder

FILL_IN, SUFFIX_FIRST, WITH_NEIGHBOURS = 0.6, 0.5, 0.15
MIX = {  # shares of the tokens
    "python": 0.30, "typescript": 0.12, "javascript": 0.11, "rust": 0.11, "java": 0.10, "go": 0.09, "cpp": 0.07, "c": 0.05, "php": 0.025,
    "kotlin": 0.015, "csharp": 0.005, "sql": 0.003, "bash": 0.002}
CHUNK_BYTES, BYTES_PER_TOKEN = 4_000_000, 3.6
SLACK = 12  # tokens by which three parts may be longer than the whole


class Sampler:
    """Cuts documents into samples of at most context + 1 tokens. `documents` are dictionaries of the corpus."""

    def __init__(self, encode, context, rng, fill_in=FILL_IN, suffix_first=SUFFIX_FIRST):
        self.encode, self.context, self.rng, self.fill_in, self.suffix_first = encode, context, rng, fill_in, suffix_first

    def document(self, document, neighbours=()):
        """The samples of one document: lists of token ids."""
        text, header = document["text"], self.header(document)
        front = self.front(neighbours) if neighbours and self.rng.random() < WITH_NEIGHBOURS else []
        room = self.context + 1 - len(header) - SLACK
        for piece in self.pieces(text, room, room - len(front)):
            body = self.filled(piece, room - len(front) + SLACK - 1) if self.rng.random() < self.fill_in else None
            yield [*front, *header, *(body or self.encode(piece)[:room - len(front) + SLACK - 1]), EOT]
            front = []

    def header(self, document):
        return [FILE, *self.encode(document["path"] + "\n")]

    def pieces(self, text, room, room_first):
        """The text cut at line starts, each piece at most `room` tokens; the first cut of a long text falls anywhere."""
        starts = cuts.line_starts(text)
        counts = np.cumsum([0, *(len(ids) for ids in self.encode_many([text[a:b] for a, b in zip(starts, starts[1:])]))])
        line, limit = 0, room_first
        if counts[-1] > room_first:
            limit = self.rng.randint(room_first // 3, room_first)
        while line < len(starts) - 1:
            stop = max(line + 1, int(np.searchsorted(counts, counts[line] + limit, "right")) - 1)
            yield text[starts[line]:starts[stop]]
            line, limit = stop, room

    def encode_many(self, texts):
        return [self.encode(text) for text in texts]

    def filled(self, piece, room):
        """Prefix, suffix and middle in one of the two orders, or None where no cut suits or the parts are too long."""
        span = cuts.choose(piece, self.rng) if piece else None
        if not span:
            return None
        prefix, middle, suffix = map(self.encode, (piece[:span[0]], piece[span[0]:span[1]], piece[span[1]:]))
        if len(prefix) + len(middle) + len(suffix) + 3 > room:
            return None
        return arrange(prefix, suffix, self.rng.random() < self.suffix_first) + middle

    def front(self, neighbours):
        """One or two other files of the package, in at most 60 % of the context."""
        chosen = self.rng.sample(neighbours, min(len(neighbours), self.rng.randint(1, 2)))
        share, ids = int(self.context * self.rng.uniform(0.2, 0.6)) // len(chosen), []
        for other in chosen:
            starts = cuts.line_starts(other["text"])
            begin = starts[self.rng.randrange(len(starts) - 1)] if self.rng.random() < 0.5 else 0
            header = self.header(other)
            ids += header + self.encode(other["text"][begin:begin + 4 * share])[:max(0, share - len(header))]
        return ids


def arrange(prefix, suffix, suffix_first):
    """The prompt: everything up to where the middle starts."""
    if suffix_first:
        return [PREFIX, SUFFIX, *suffix, MIDDLE, *prefix]
    return [PREFIX, *prefix, SUFFIX, *suffix, MIDDLE]


def pack(samples, width, rng):
    """Best fit, longest first: no sample is cut, what stays free is padding. uint16 [rows, width], shuffled."""
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
class Corpus:
    """The documents in memory, by language, and who stands next to whom."""

    def __init__(self, path):
        self.documents, self.train, self.validation = [], defaultdict(list), []
        self.by_package = defaultdict(list)
        with open(path) as file:
            for line in file:
                document = json.loads(line)
                package = self.by_package[document["package"], document["language"]]
                document["number"] = len(package)
                package.append(document)
                (self.validation if document["validation"] else self.train[document["language"]]).append(len(self.documents))
                self.documents.append(document)

    def neighbours(self, document):
        """Up to eight files that stand beside it in the package."""
        package, number = self.by_package[document["package"], document["language"]], document["number"]
        return [other for other in package[max(0, number - 4):number + 5] if other is not document]

    def chunks(self, tokens, seed):
        """Numbers of documents, shuffled, in the shares of MIX, about CHUNK_BYTES a chunk; a language that runs out starts again."""
        rng, chosen = random.Random(seed), []
        for language, numbers in sorted(self.train.items()):
            left = tokens * MIX[language] * BYTES_PER_TOKEN / sum(MIX[known] for known in self.train)
            while left > 0:
                for number in rng.sample(numbers, len(numbers)):
                    if left <= 0:
                        break
                    left -= len(self.documents[number]["text"])
                    chosen.append(number)
        rng.shuffle(chosen)
        chunk, size = [], 0
        for number in chosen:
            chunk.append(number)
            size += len(self.documents[number]["text"])
            if size > CHUNK_BYTES:
                yield chunk
                chunk, size = [], 0
        if chunk:
            yield chunk


corpus = encoder = None  # the workers inherit them


def encode(text):
    return encoder.encode(text, add_special_tokens=False).ids if text else []


def build_chunk(task):
    number, numbers, context, seed, *shares = task
    rng = random.Random(f"{seed}/{number}")
    sampler, documents = Sampler(encode, context, rng, *shares), [corpus.documents[i] for i in numbers]
    samples = [sample for document in documents for sample in sampler.document(document, corpus.neighbours(document))]
    return pack(samples, context + 1, rng)


def write_rows(path, tasks, workers):
    """Returns (rows, tokens of padding). The file appears when it is whole."""
    rows = padding = 0
    with multiprocessing.get_context("fork").Pool(workers) as pool, open(path + ".tmp", "wb") as file:
        for part in pool.imap(build_chunk, tasks):
            part.tofile(file)
            rows, padding = rows + len(part), padding + int((part == PAD).sum())
    os.replace(path + ".tmp", path)
    return rows, padding


def probes(by_language, count, context, seed, longest=80):
    """[{language, psm, spm, expected}]: prompts for the rest of a line, cut anywhere in it, with what stands around in the file;
    the languages in turn, room for 256 tokens to the whole context."""
    rng, found = random.Random(seed), []
    rooms = [room for room in (256, 512, 1024, 2048, 4096) if room <= context] or [context]
    for attempt in range(100 * count):
        if len(found) == count:
            break
        language = sorted(by_language)[len(found) % len(by_language)]
        document, room = rng.choice(by_language[language]), rng.choice(rooms) - 80
        text, starts = document["text"], cuts.line_starts(document["text"])
        span = cuts.rest_of_line(text, starts, rng.randrange(len(starts) - 1), rng)
        if not span or not 3 <= span[1] - span[0] <= longest or span[0] < 200:
            continue
        before = text[:span[0]].rfind("\n", 0, max(0, span[0] - 4 * room)) + 1
        after = text.find("\n", span[1] + room)
        prefix, suffix = encode(text[before:span[0]])[-room * 7 // 10:], encode(text[span[1]:after if after > 0 else None])[:room // 4]
        header = [FILE, *encode(document["path"] + "\n")]
        found.append({"language": language, "psm": header + arrange(prefix, suffix, False),
                      "spm": header + arrange(prefix, suffix, True), "expected": text[span[0]:span[1]]})
    return found


def write_validation(out, options):
    """val-ltr, val-fim (all languages alike), val-LANGUAGE as trained on, and the prompts."""
    held, rng = {}, random.Random(options.seed)
    for number in corpus.validation:
        held.setdefault(corpus.documents[number]["language"], []).append(number)
    for numbers in held.values():
        rng.shuffle(numbers)
    mixed = [number for turn in itertools.zip_longest(*held.values()) for number in turn if number is not None]
    sets = [("ltr", mixed, 0.0, options.validation_rows), ("fim", mixed, 1.0, options.validation_rows)]
    sets += [(language, numbers, FILL_IN, options.validation_rows // 3) for language, numbers in sorted(held.items())]
    for name, numbers, fill_in, count in sets:
        enough = numbers[:4 * count]
        build_chunk((name, enough, options.context, options.seed, fill_in))[:count].tofile(os.path.join(out, f"val-{name}.rows"))
    documents = {language: [corpus.documents[i] for i in numbers] for language, numbers in held.items()}
    with open(os.path.join(out, "probe.json"), "w") as file:
        json.dump(probes(documents, options.probes, options.context, options.seed), file)


def main(arguments=None):
    global corpus, encoder
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "work"))
    parser.add_argument("--folder", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "work", "8m"))
    parser.add_argument("--into", default="rows", help="the folder under it: rows, or rows-decay for the end of training")
    parser.add_argument("--tokens", type=int, default=30_000_000, help="of a pass; the corpus is repeated where it is smaller")
    parser.add_argument("--passes", type=int, default=1, help="files to write, cut anew each time")
    parser.add_argument("--fill-in", type=float, default=FILL_IN, help="share of the samples")
    parser.add_argument("--suffix-first", type=float, default=SUFFIX_FIRST, help="share of those")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--context", type=int, default=1024)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--validation-rows", type=int, default=96)
    parser.add_argument("--probes", type=int, default=600)
    options = parser.parse_args(arguments)
    encoder = plain_encoder(os.path.join(options.work, "tokenizer.json"))
    corpus = Corpus(os.path.join(options.work, "corpus.jsonl"))
    out = os.path.join(options.folder, options.into)
    os.makedirs(out, exist_ok=True)
    shutil.copy(os.path.join(options.work, "tokenizer.json"), options.folder)
    if corpus.validation:
        write_validation(out, options)
    with open(os.path.join(out, "rows.json"), "w") as file:
        json.dump({"context": options.context, "seed": options.seed, "tokens": options.tokens, "passes": options.passes}, file)
    for turn in range(options.passes):
        seed = options.seed + 1000 * turn
        chunks = corpus.chunks(options.tokens, seed)
        tasks = ((number, chunk, options.context, seed, options.fill_in, options.suffix_first) for number, chunk in enumerate(chunks))
        rows, padding = write_rows(os.path.join(out, f"train-{turn:03}.rows"), tasks, options.workers)
        print(json.dumps({"pass": turn, "rows": rows, "padding": round(padding / rows / (options.context + 1), 4)}), file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
