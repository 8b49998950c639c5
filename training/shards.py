"""The corpus as small files, to be sent to another machine: token streams compressed with xz, half
a byte a token.

  python shards.py pack --work work --out work/shards [--tokens 20000000]
  python shards.py unpack --work DIR SHARD.xz ...

`pack` reads corpus.jsonl and tokenizer.json and writes train-NNN.u16.xz and val.u16.xz; `unpack`
turns them back into DIR/corpus.jsonl.

A stream is little-endian uint16: <|repo_name|> package newline, then for each of its files
<|file_sep|> path newline, text, <|endoftext|>. Packages come in shuffled order, so any number of
shards is a fair sample; files of one are together. Byte-level tokens give the text back byte for
byte. The language follows from the path and the text.
"""

import argparse
import json
import lzma
import multiprocessing
import os
import random
import sys
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from filters import language_of
from tokenizer import EOT, FILE, REPOSITORY, plain_encoder

# A package, whether it is for validation, and its files as (path, text).
PackageFiles = tuple[str, bool, list[tuple[str, str]]]
encoder: Tokenizer  # set by pack(); the workers inherit it


def read_packages(path: str) -> list[PackageFiles]:
    """[(package, whether it is for validation, [(path, text)])] in the corpus's order."""
    packages: dict[tuple[str, bool], list[tuple[str, str]]] = {}
    with open(path) as file:
        for line in file:
            document = json.loads(line)
            key = document["package"], document["validation"]
            packages.setdefault(key, []).append((document["path"], document["text"]))
    return [(name, validation, files) for (name, validation), files in packages.items()]


def encode_package(package: PackageFiles) -> tuple[str, list[list[int]]]:
    """(package, [tokens of a file]): each file's tokens end with EOT."""
    name, _, files = package
    texts = [text for path, text in files]
    paths = [path + "\n" for path, text in files]
    return name, [
        [FILE, *header.ids, *body.ids, EOT]
        for header, body in zip(
            encoder.encode_batch(paths, add_special_tokens=False),
            encoder.encode_batch(texts, add_special_tokens=False),
            strict=True,
        )
    ]


def streams(packages: Sequence[PackageFiles], limit: int) -> Iterator[NDArray[np.uint16]]:
    """uint16 streams of about `limit` tokens; a package that is cut says its name again."""
    stream = []
    with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool:
        for name, files in pool.imap(encode_package, packages):
            header = [REPOSITORY, *encoder.encode(name + "\n", add_special_tokens=False).ids]
            stream += header
            for tokens in files:
                if len(stream) > limit:
                    yield np.array(stream, "<u2")
                    stream = list(header)
                stream += tokens
    if stream:
        yield np.array(stream, "<u2")


def compress(task: tuple[str, NDArray[np.uint16]]) -> tuple[str, int, int]:
    path, stream = task
    with open(path + ".tmp", "wb") as file:
        file.write(lzma.compress(stream.tobytes(), preset=6))
    os.replace(path + ".tmp", path)
    return os.path.basename(path), len(stream), os.path.getsize(path)


def pack(options: argparse.Namespace) -> None:
    global encoder
    encoder = plain_encoder(os.path.join(options.work, "tokenizer.json"))
    packages = read_packages(os.path.join(options.work, "corpus.jsonl"))
    random.Random(options.seed).shuffle(packages)
    os.makedirs(options.out, exist_ok=True)
    held = [package for package in packages if package[1]]
    tasks = [
        (
            os.path.join(options.out, "val.u16.xz"),
            np.concatenate([np.zeros(0, "<u2"), *streams(held, 1 << 62)]),
        )
    ]
    for number, stream in enumerate(
        streams([package for package in packages if not package[1]], options.tokens)
    ):
        tasks.append((os.path.join(options.out, f"train-{number:03}.u16.xz"), stream))
    with multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool:
        for name, tokens, size in pool.imap(compress, tasks):
            print(json.dumps({"shard": name, "tokens": tokens, "bytes": size}), flush=True)


def decode_shard(task: tuple[str, str]) -> list[str]:
    """The corpus's lines of one shard."""
    path, tokenizer_file = task
    decoder = Tokenizer.from_file(tokenizer_file)
    with lzma.open(path) as file:
        stream = np.frombuffer(file.read(), "<u2")
    validation, package, start = os.path.basename(path).startswith("val"), "", 0
    lines = []
    for end in np.flatnonzero(stream == EOT).tolist():
        tokens = stream[start:end].tolist()
        start = end + 1
        if tokens[0] == REPOSITORY:
            at = tokens.index(FILE)
            package, tokens = (
                decoder.decode(tokens[1:at], skip_special_tokens=False).rstrip("\n"),
                tokens[at:],
            )
        path_in_package, _, text = decoder.decode(tokens[1:], skip_special_tokens=False).partition(
            "\n"
        )
        lines.append(
            json.dumps(
                {
                    "package": package,
                    "path": path_in_package,
                    "language": language_of(path_in_package, text),
                    "validation": validation,
                    "text": text,
                }
            )
        )
    return lines


def unpack(options: argparse.Namespace) -> None:
    tasks = [(path, os.path.join(options.work, "tokenizer.json")) for path in options.shards]
    out, count = os.path.join(options.work, "corpus.jsonl"), 0
    with (
        multiprocessing.get_context("fork").Pool(os.cpu_count()) as pool,
        open(out + ".tmp", "w") as file,
    ):
        for lines in pool.imap(decode_shard, tasks):
            count += len(lines)
            file.writelines(line + "\n" for line in lines)
    os.replace(out + ".tmp", out)
    print(json.dumps({"documents": count}), file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    packing, unpacking = commands.add_parser("pack"), commands.add_parser("unpack")
    for command in (packing, unpacking):
        command.add_argument(
            "--work", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "work")
        )
    packing.add_argument("--out", required=True)
    packing.add_argument("--tokens", type=int, default=20_000_000, help="of a shard")
    packing.add_argument("--seed", type=int, default=1)
    packing.set_defaults(run=pack)
    unpacking.add_argument("shards", nargs="+")
    unpacking.set_defaults(run=unpack)
    options = parser.parse_args(arguments)
    options.run(options)


if __name__ == "__main__":
    main()
