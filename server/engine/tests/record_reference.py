#!/usr/bin/env python3
"""Records what `tests/engine/reference.rs` compares with: tiny random models and the logits
transformers
gives for them.

Run it only to add a model or change a shape; its results are committed in `tests/fixtures`. Needs
torch, transformers, tokenizers and safetensors. Weights are stored in bfloat16 and computed in
float32.
"""

import json
import pathlib
from typing import Any

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    LlamaConfig,
    LlamaForCausalLM,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)

HERE = pathlib.Path(__file__).parent / "fixtures"
VOCAB = 320
TEXT = "def add(a, b):\n    return a + b\n\nfor i in range(10):\n    print(add(i, i + 1))\n" * 4

SMALL: dict[str, Any] = {
    "vocab_size": VOCAB,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "rms_norm_eps": 1e-6,
    "bos_token_id": 0,
    "eos_token_id": 0,
}
LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}
MODELS = {
    "qwen3": (
        Qwen3ForCausalLM,
        Qwen3Config(**SMALL, head_dim=32, tie_word_embeddings=True, rope_theta=1e6),
    ),
    "qwen2": (Qwen2ForCausalLM, Qwen2Config(**SMALL, tie_word_embeddings=True, rope_theta=1e6)),
    "llama": (
        LlamaForCausalLM,
        LlamaConfig(**SMALL, tie_word_embeddings=False, rope_parameters=LLAMA3),
    ),
}


def tokenizer() -> Tokenizer:
    """A byte-level BPE with a few merges and four special tokens."""
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    t.train_from_iterator(
        [TEXT],
        trainers.BpeTrainer(vocab_size=VOCAB, special_tokens=special, initial_alphabet=alphabet),
    )
    return t


def record(name: str, kind: Any, config: Any) -> None:
    torch.manual_seed(len(name))
    model = kind(config).float().eval()
    for key, weight in model.named_parameters():
        # Wider than the default, so that logits differ enough and norms and biases are not trivial.
        centre = 1.0 if "norm" in key else 0.0
        torch.nn.init.normal_(weight, centre, 0.2 if weight.dim() < 2 else 0.15)
        weight.data = weight.data.bfloat16().float()
    folder = HERE / name
    folder.mkdir(parents=True, exist_ok=True)
    state = {k: v.bfloat16().contiguous() for k, v in model.state_dict().items()}
    if config.tie_word_embeddings:
        state.pop("lm_head.weight", None)
    if name == "qwen2":
        # In two files, to test the index.
        half = {k for k in state if ".layers.1." in k}
        parts = {
            "model-00001-of-00002.safetensors": {k: v for k, v in state.items() if k not in half},
            "model-00002-of-00002.safetensors": {k: state[k] for k in half},
        }
        for file, part in parts.items():
            save_file(part, folder / file)
        index = {
            "metadata": {},
            "weight_map": {k: file for file, part in parts.items() for k in part},
        }
        (folder / "model.safetensors.index.json").write_text(
            json.dumps(index, indent=1, sort_keys=True)
        )
    else:
        save_file(state, folder / "model.safetensors")
    config.architectures = [kind.__name__]
    (folder / "config.json").write_text(config.to_json_string())
    t = tokenizer()
    t.save(str(folder / "tokenizer.json"))
    generator = torch.Generator().manual_seed(7)
    tokens = torch.randint(4, VOCAB, (1, 48), generator=generator)
    with torch.no_grad():
        logits = model(tokens).logits[0]
    ids = t.encode("def caf\u00e9(x):\r\n\treturn  x*10").ids
    save_file(
        {"tokens": tokens[0].int(), "logits": logits.contiguous(), "ids": torch.tensor(ids).int()},
        folder / "reference.safetensors",
    )
    print(
        name,
        "largest logit",
        logits.abs().max().item(),
        sum(f.stat().st_size for f in folder.iterdir()),
        "bytes",
    )


for name, (kind, config) in MODELS.items():
    record(name, kind, config)
