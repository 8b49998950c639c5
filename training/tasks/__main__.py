"""Pack the task data: repair, describe and sql, in rows as train.py reads them.

  python -m tasks --work work --folder work/run --tokens 12000000 [--context 2048]
                  [--repair 0.59 --describe 0.35 --sql 0.06]
  python -m tasks --work work --show 20 --task repair [--kind off_by_one] [--language rust]

Reads work/corpus.jsonl and work/tokenizer.json; writes rows-decay/task.rows, val-repair.rows,
val-describe.rows, val-sql.rows (uint16, context + 1 tokens a row, documents whole, the rest
padding), tasks.json with what is in them, and rows.json where there is none. Validation rows come
only from held-out documents and domains. With --exclude-shingles and --exclude-cases (as for
corpus.py) nothing that touches an evaluation text is used.
"""

import argparse
import json
import os
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from tokenizers import Tokenizer

from deduplication import Shingles
from samples import pack
from tokenizer import PAD

from . import build, formats
from .formats import Document

GROUP = 4096  # documents packed at a time
WORK = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "work")


def write(
    path: str,
    documents: Sequence[Document],
    width: int,
    rng: random.Random,
    most: int = sys.maxsize,
) -> tuple[int, int]:
    """Packs and writes at most `most` rows; (rows, tokens in them)."""
    rows = tokens = 0
    with open(path + ".tmp", "wb") as file:
        for start in range(0, len(documents), GROUP):
            samples = [document.ids for document in documents[start : start + GROUP]]
            part = pack(samples, width, rng)[: most - rows]
            part.tofile(file)
            rows, tokens = rows + len(part), tokens + int((part != PAD).sum())
    os.replace(path + ".tmp", path)
    return rows, tokens


def counts(documents: Sequence[Document]) -> dict[str, dict[str, Any]]:
    """{task: {documents, tokens, languages: tokens, kinds: documents}}, and the kinds by language
    for repair."""
    by_task: dict[str, list[Document]] = defaultdict(list)
    for document in documents:
        by_task[document.task].append(document)
    return {task: counts_of_task(found) for task, found in by_task.items()}


def counts_of_task(documents: Sequence[Document]) -> dict[str, Any]:
    languages = Counter[str]()
    by_language: dict[str, Counter[str]] = defaultdict(Counter)
    for document in documents:
        languages[document.language] += len(document.ids)
        by_language[document.language][document.kind] += 1
    kinds = Counter(document.kind for document in documents)
    return {
        "documents": len(documents),
        "tokens": languages.total(),
        "languages": languages,
        "kinds": dict(kinds.most_common()),
        "kinds by language": by_language,
    }


def make(resources: build.Resources, options: argparse.Namespace) -> None:
    out, width = os.path.join(options.folder, options.into), options.context + 1
    os.makedirs(out, exist_ok=True)
    rng, train, summary = (
        random.Random(options.seed),
        [],
        {"context": options.context, "seed": options.seed, "validation": {}, "notes": {}},
    )
    for task in ("repair", "describe", "sql"):
        documents, notes = build.collect(
            resources, task, int(options.tokens * getattr(options, task)), False, options
        )
        held, held_notes = build.collect(
            resources, task, options.validation_rows * width, True, options
        )
        train += documents
        rows, tokens = write(
            os.path.join(out, f"val-{task}.rows"),
            rng.sample(held, len(held)),
            width,
            rng,
            options.validation_rows,
        )
        summary["validation"][task] = {**counts(held).get(task, {}), "rows": rows, "tokens": tokens}
        summary["notes"][task], summary["notes"][f"val-{task}"] = dict(notes), dict(held_notes)
        print(
            f"{task}: {len(documents)} documents, {dict(notes)}; validation: {len(held)}, "
            f"{dict(held_notes)}",
            file=sys.stderr,
            flush=True,
        )
    rng.shuffle(train)
    rows, tokens = write(os.path.join(out, "task.rows"), train, width, rng)
    summary.update(
        rows=rows,
        tokens=tokens,
        padding=round(1 - tokens / rows / width, 4) if rows else 0,
        train=counts(train),
    )
    with open(os.path.join(out, "tasks.json"), "w") as file:
        json.dump(summary, file, indent=1)
    about = os.path.join(out, "rows.json")
    if not os.path.exists(about):  # a folder of their own, to be mixed with others
        with open(about, "w") as file:
            json.dump(
                {"context": options.context, "seed": options.seed, "tokens": options.tokens}, file
            )
    print(json.dumps({key: summary[key] for key in ("rows", "tokens", "padding")}), file=sys.stderr)


def show(resources: build.Resources, options: argparse.Namespace) -> None:
    """Prints `options.show` documents of one task, the special tokens at the start of a line."""
    build.resources = resources
    tokenizer = Tokenizer.from_file(os.path.join(options.work, "tokenizer.json"))
    rng, left = random.Random(options.seed), options.show
    languages = [options.language] if options.language else sorted(build.SHARES["repair"])
    numbers = (
        [number for language in languages for number in resources.numbers(language, False)]
        if options.task != "sql"
        else range(100_000)
    )
    for number in rng.sample(numbers, len(numbers)):
        job = build.Job(options.task, (number,), 0, False, options.seed, options.context + 1)
        found = [
            document
            for _, document in build.run(job)[0]
            if options.kind in document.kind and (options.kind or document.kind != "clean")
        ]
        for document in rng.sample(found, min(len(found), 1)):
            text = tokenizer.decode(formats.plain(document.ids), skip_special_tokens=False)
            print(
                f"===== {document.language} {document.kind}, {len(document.ids)} tokens\n{text}\n"
            )
            left -= 1
        if left <= 0:
            return
    print(f"only {options.show - left} found", file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tasks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--work", default=WORK)
    parser.add_argument("--folder", help="of the run; WORK/run where it is not given")
    parser.add_argument(
        "--into",
        default="rows-decay",
        help="the folder under it, whose rows have the same --context",
    )
    parser.add_argument("--tokens", type=int, default=12_000_000, help="of all tasks together")
    parser.add_argument("--repair", type=float, default=0.59, help="share of the tokens")
    parser.add_argument("--describe", type=float, default=0.35)
    parser.add_argument("--sql", type=float, default=0.06)
    parser.add_argument("--context", type=int, default=2048)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--validation-rows", type=int, default=96, help="of each task")
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    parser.add_argument("--exclude-shingles", nargs="*", default=[], metavar="FILE")
    parser.add_argument("--exclude-cases", nargs="*", default=[], metavar="FILE")
    parser.add_argument(
        "--show",
        type=int,
        default=0,
        metavar="N",
        help="print N documents of --task and write nothing",
    )
    parser.add_argument("--task", choices=("repair", "describe", "sql"), default="repair")
    parser.add_argument(
        "--kind", default="", help="with --show: an operator, a cut or a kind of question"
    )
    parser.add_argument("--language", choices=sorted(build.SHARES["repair"]), help="with --show")
    options = parser.parse_args(arguments)
    options.folder = options.folder or os.path.join(options.work, "run")
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    excluded = Shingles(options.exclude_shingles, options.exclude_cases)
    corpus, tokenizer = (
        os.path.join(options.work, "corpus.jsonl"),
        os.path.join(options.work, "tokenizer.json"),
    )
    for path, script in ((corpus, "corpus.py"), (tokenizer, "tokenizer.py")):
        if not os.path.exists(path):
            raise SystemExit(f"{path} is missing: run {script} --work {options.work} first")
    (show if options.show else make)(build.Resources(corpus, tokenizer, excluded), options)


if __name__ == "__main__":
    main()
