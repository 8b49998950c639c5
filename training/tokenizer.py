"""The tokenizer's kind and its markers: byte-level BPE as SmolLM2 has it, special tokens 0-15.

  python tokenizer.py --work work --of MODEL.gguf

`vocabulary.py` makes work/tokenizer.json from the base's. The command here takes that of a model
of ours instead: weights can only be trained on with the tokens they know. The ids of the special
tokens are fixed: rows, export and the server know them by name, and a model trained on one set of
ids is lost on another. A new task token takes the place of a reserved id at the end of the list,
never one in the middle.
"""

import argparse
import json
import os
from collections.abc import Callable, Sequence

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

SPECIAL = (
    "<|endoftext|>",
    "<|fim_prefix|>",
    "<|fim_suffix|>",
    "<|fim_middle|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
    "<|fix|>",
    "<|fixed|>",
    "<|instruct|>",
    "<|answer|>",
    "<|sql_schema|>",
    "<|sql|>",
    "<|cursor|>",
    "<|im_start|>",
    "<|im_end|>",
)
Encode = Callable[[str], list[int]]  # from a text to token ids
EOT, PREFIX, SUFFIX, MIDDLE, PAD, REPOSITORY, FILE = range(7)
PRE = "smollm"  # what llama.cpp calls this way of cutting text


def default_work() -> str:
    """The working folder where none is named: work/ next to this file, which git ignores."""
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "work")


def assemble(
    vocabulary: dict[str, int], merges: list[tuple[str, str]], special: Sequence[str] = SPECIAL
) -> Tokenizer:
    """A tokenizer of the kind PRE: digits are single, the rest is cut by GPT-2's pattern, bytes
    are merged. `special` are names in the vocabulary; without merges it can be trained."""
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(list(map(added, special)))
    return tokenizer


def added(name: str) -> AddedToken:
    return AddedToken(name, special=True, normalized=False)


def of_model(path: str) -> Tokenizer:
    """The tokenizer that a GGUF of ours was trained with."""
    import gguf  # a machine that only trains need not have it

    fields = gguf.GGUFReader(path).fields
    tokens, merges, pre = (
        fields[f"tokenizer.ggml.{key}"].contents() for key in ("tokens", "merges", "pre")
    )
    if (tuple(tokens[: len(SPECIAL)]), pre) != (SPECIAL, PRE):
        raise SystemExit(
            f"{path} is not a model of ours: it cuts text as {pre!r} does, and its "
            f"first tokens are {tokens[: len(SPECIAL)]}"
        )
    return assemble(
        {token: i for i, token in enumerate(tokens)}, [tuple(merge.split(" ")) for merge in merges]
    )


def plain_encoder(path: str) -> Tokenizer:
    """The tokenizer of `path` for texts of users and files: "<|fim_middle|>" in a text is text, not
    the token."""
    with open(path) as file:
        data = json.load(file)
    data["added_tokens"] = []
    return Tokenizer.from_str(json.dumps(data))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", default=default_work())
    parser.add_argument("--of", metavar="GGUF", required=True)
    options = parser.parse_args(arguments)
    of_model(options.of).save(os.path.join(options.work, "tokenizer.json"))


if __name__ == "__main__":
    main()
