"""Train the tokenizer: byte-level BPE of 16,384 entries, single digits, Qwen2's splitting, special tokens 0-15.

  python tokenizer.py --work work [--of MODEL.gguf]

Reads work/corpus.jsonl, writes work/tokenizer.json in the format of the Hugging Face `tokenizers` library. --of takes the tokenizer of
a model of ours instead: weights can only be trained on with the tokens they know. The splitting
pattern is the one llama.cpp calls "qwen2", so a GGUF can name it. The ids of the special tokens are fixed: rows, export and
the server know them by name, and a model trained on one set of ids is lost on another. A new task token takes the place of a
reserved id at the end of the list, never one in the middle.
"""
import argparse
import json
import os

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

SIZE = 16_384
SPECIAL = ("<|endoftext|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|fim_pad|>", "<|repo_name|>", "<|file_sep|>",
           "<|fix|>", "<|fixed|>", "<|instruct|>", "<|answer|>", "<|sql_schema|>", "<|sql|>", "<|cursor|>", "<|im_start|>", "<|im_end|>")
EOT, PREFIX, SUFFIX, MIDDLE, PAD, REPOSITORY, FILE = range(7)
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
SAMPLE_BYTES = {
    "python": 18_000_000, "typescript": 7_200_000, "javascript": 6_600_000, "rust": 6_600_000, "java": 6_000_000, "go": 5_400_000, "cpp": 4_200_000,
    "c": 3_000_000, "php": 1_500_000, "kotlin": 900_000, "csharp": 300_000, "sql": 180_000, "bash": 120_000}


def default_work():
    """The working folder where none is named: work/ beside this file, which git ignores."""
    return os.path.join(os.path.dirname(os.path.abspath(__file__)), "work")


def assemble(vocabulary, merges, special):
    """A tokenizer of SmolLM2's kind, which llama.cpp calls "smollm": digits stand alone, the rest
    is cut by GPT-2's pattern, bytes are merged. `special` are names in the vocabulary."""
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(n, special=True, normalized=False) for n in special])
    return tokenizer


def empty():
    """A tokenizer with our splitting and no vocabulary yet."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def train(texts, size=SIZE):
    """A tokenizer whose first sixteen ids are SPECIAL, whatever the texts hold."""
    tokenizer = empty()
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=[AddedToken(name, special=True, normalized=False) for name in SPECIAL],
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False, max_token_length=32)
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def of_model(path):
    """The tokenizer that a GGUF of ours was trained with."""
    import gguf  # a machine that only trains need not have it
    fields = gguf.GGUFReader(path).fields
    tokens, merges = fields["tokenizer.ggml.tokens"].contents(), fields["tokenizer.ggml.merges"].contents()
    if tuple(tokens[:len(SPECIAL)]) != SPECIAL:
        raise SystemExit(f"{path} is not a model of ours: its first tokens are {tokens[:len(SPECIAL)]}")
    tokenizer = empty()
    tokenizer.model = models.BPE(vocab={token: i for i, token in enumerate(tokens)}, merges=[tuple(merge.split(" ")) for merge in merges])
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in SPECIAL])
    return tokenizer


def plain_encoder(path):
    """The tokenizer of `path` for texts of users and files: "<|fim_middle|>" in a text is text, not the token."""
    with open(path) as file:
        data = json.load(file)
    data["added_tokens"] = []
    return Tokenizer.from_str(json.dumps(data))


def balanced_sample(corpus):
    """Texts for training, every package's share of its language cut off where the language has enough."""
    by_language = {language: {} for language in SAMPLE_BYTES}
    with open(corpus) as file:
        for line in file:
            document = json.loads(line)
            if not document["validation"]:
                by_language[document["language"]].setdefault(document["package"], []).append(document["text"])
    for language, packages in by_language.items():
        room = SAMPLE_BYTES[language]
        for round_number in range(max(map(len, packages.values()), default=0)):
            for texts in packages.values():
                if round_number < len(texts) and room > 0:
                    room -= len(texts[round_number])
                    yield texts[round_number]


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "work"))
    parser.add_argument("--size", type=int, default=SIZE)
    parser.add_argument("--of", metavar="GGUF")
    options = parser.parse_args(arguments)
    made = of_model(options.of) if options.of else train(balanced_sample(os.path.join(options.work, "corpus.jsonl")), options.size)
    made.save(os.path.join(options.work, "tokenizer.json"))


if __name__ == "__main__":
    main()
