"""Mix packed rows of several folders into one: for the end of training, code and tasks together.

  python mix.py --out work/rows-decay --rows 4000 work/rows=0.9 work/rows-task=0.1

Reads the files train-*.rows and task*.rows of each folder, draws its share of the rows without
drawing one twice, shuffles all and writes train-000.rows and rows.json. Rows of different lengths
are refused, and so is a folder with fewer rows than its share.
"""

import argparse
import glob
import json
import os
import shutil
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evaluate import read_context, read_rows


def read_folder(folder: str, context: int) -> NDArray[np.uint16]:
    """All rows for training of a folder."""
    files = sorted(
        path
        for name in ("train-*.rows", "task*.rows")
        for path in glob.glob(os.path.join(folder, name))
    )
    if not files:
        raise SystemExit(
            f"{folder}: no train-*.rows or task*.rows: write them with rows.py or tasks"
        )
    return np.concatenate([read_rows(path, context) for path in files])


def mixed(folders: Sequence[tuple[str, float]], rows: int, seed: int) -> NDArray[np.uint16]:
    """`folders` is [(path, share)]; uint16 [rows, context + 1]."""
    contexts = {read_context(folder) for folder, _ in folders}
    if len(contexts) != 1:
        raise SystemExit(f"rows of different lengths cannot be mixed: {sorted(contexts)}")
    context, rng, parts = contexts.pop(), np.random.default_rng(seed), []
    whole = sum(share for _, share in folders)
    for folder, share in folders:
        found, wanted = read_folder(folder, context), round(rows * share / whole)
        if len(found) < wanted:
            raise SystemExit(f"{folder} has {len(found)} rows, {wanted} are needed")
        parts.append(found[rng.permutation(len(found))[:wanted]])
    return rng.permutation(np.concatenate(parts))


def folder_and_share(text: str) -> tuple[str, float]:
    folder, _, share = text.rpartition("=")
    if not folder:
        raise argparse.ArgumentTypeError(f"{text} is not FOLDER=SHARE")
    return folder, float(share)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folders", nargs="+", type=folder_and_share, metavar="FOLDER=SHARE")
    parser.add_argument("--out", required=True)
    parser.add_argument("--rows", type=int, required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    made = mixed(options.folders, options.rows, options.seed)
    os.makedirs(options.out, exist_ok=True)
    shutil.copy(os.path.join(options.folders[0][0], "rows.json"), options.out)
    made.tofile(os.path.join(options.out, "train-000.rows"))
    print(json.dumps({"rows": len(made)}))


if __name__ == "__main__":
    main()
