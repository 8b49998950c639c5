#!/usr/bin/env python3
"""Records what `tests/engine/folders.rs` compares with: for each family that has folders a tiny
model, and the log-probabilities that transformers gives for it.

Run it only to add a family or to change a shape. Its results are committed in
`tests/fixtures/folders`: one JSON file each with the configuration, the names and shapes of the
tensors, and the log-probabilities. Weights are not stored: both sides compute them from the names
of the tensors. Needs torch, transformers and safetensors.
"""

import argparse
import json
import pathlib
import tempfile
from typing import Any

import numpy as np
import torch
import transformers
from record_families import weights
from safetensors import safe_open
from safetensors.numpy import save_file

HERE = pathlib.Path(__file__).parent / "fixtures" / "folders"
# As many as the tokenizer of `fixtures/qwen3` has.
VOCAB = 320
TOKENS = 40
SMALL: dict[str, Any] = {
    "vocab_size": VOCAB,
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 4,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "pad_token_id": 0,
}
YARN = {
    "rope_type": "yarn",
    "rope_theta": 10000.0,
    "factor": 4.0,
    "original_max_position_embeddings": 64,
}
DELTA = {
    "head_dim": 16,
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 4,
    "linear_key_head_dim": 16,
    "linear_value_head_dim": 16,
    "linear_conv_kernel_dim": 4,
    "layer_types": ["linear_attention", "full_attention"] * 2,
}
BOTH = ["sliding_attention", "full_attention"] * 2
# The class of the model, that of its configuration, and settings besides the small ones.
FAMILIES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "mixtral": ("MixtralForCausalLM", "MixtralConfig", {"num_local_experts": 6}),
    "qwen3moe": (
        "Qwen3MoeForCausalLM",
        "Qwen3MoeConfig",
        {
            "num_experts": 6,
            "num_experts_per_tok": 2,
            "moe_intermediate_size": 32,
            "head_dim": 16,
            "norm_topk_prob": True,
        },
    ),
    "starcoder2": ("Starcoder2ForCausalLM", "Starcoder2Config", {"sliding_window": 16}),
    "granite": (
        "GraniteForCausalLM",
        "GraniteConfig",
        {
            "embedding_multiplier": 3.0,
            "residual_multiplier": 0.4,
            "attention_multiplier": 0.09,
            "logits_scaling": 2.0,
        },
    ),
    "gemma": ("GemmaForCausalLM", "GemmaConfig", {"head_dim": 16}),
    "gemma2": (
        "Gemma2ForCausalLM",
        "Gemma2Config",
        {
            "head_dim": 16,
            "query_pre_attn_scalar": 24,
            "sliding_window": 16,
            "attn_logit_softcapping": 5.0,
            "final_logit_softcapping": 3.0,
        },
    ),
    "gemma3": (
        "Gemma3ForCausalLM",
        "Gemma3TextConfig",
        {
            "head_dim": 16,
            "query_pre_attn_scalar": 24,
            "sliding_window": 16,
            "layer_types": BOTH,
            "rope_parameters": {
                "full_attention": {"rope_type": "linear", "factor": 8.0, "rope_theta": 1e6},
                "sliding_attention": {"rope_type": "default", "rope_theta": 1e4},
            },
        },
    ),
    "phi3": ("Phi3ForCausalLM", "Phi3Config", {}),
    "smollm3": ("SmolLM3ForCausalLM", "SmolLM3Config", {}),
    "seed-oss": ("SeedOssForCausalLM", "SeedOssConfig", {"head_dim": 16}),
    "deepseek2": (
        "DeepseekV2ForCausalLM",
        "DeepseekV2Config",
        {
            "num_key_value_heads": 4,
            "kv_lora_rank": 32,
            "q_lora_rank": None,
            "qk_nope_head_dim": 16,
            "qk_rope_head_dim": 16,
            "v_head_dim": 16,
            "head_dim": 16,
            "n_routed_experts": 6,
            "num_experts_per_tok": 2,
            "n_shared_experts": 1,
            "moe_intermediate_size": 32,
            "first_k_dense_replace": 1,
            "routed_scaling_factor": 1.5,
            "topk_method": "greedy",
            "n_group": 1,
            "topk_group": 1,
        },
    ),
    "mistral3": (
        "Ministral3ForCausalLM",
        "Ministral3Config",
        {
            "head_dim": 16,
            "rope_parameters": YARN
            | {"llama_4_scaling_beta": 0.1, "original_max_position_embeddings": 16},
        },
    ),
    "qwen3next": (
        "Qwen3NextForCausalLM",
        "Qwen3NextConfig",
        DELTA
        | {
            "num_experts": 6,
            "num_experts_per_tok": 2,
            "moe_intermediate_size": 32,
            "shared_expert_intermediate_size": 32,
        },
    ),
    "qwen35": ("Qwen3_5ForCausalLM", "Qwen3_5TextConfig", DELTA),
    "mellum2": (
        "MellumForCausalLM",
        "MellumConfig",
        {
            "num_experts": 6,
            "num_experts_per_tok": 2,
            "moe_intermediate_size": 32,
            "head_dim": 16,
            "sliding_window": 16,
            "layer_types": BOTH,
            "rope_parameters": {
                "full_attention": YARN | {"rope_theta": 5e5},
                "sliding_attention": {"rope_type": "default", "rope_theta": 2e4},
            },
        },
    ),
}
# Their norms add 1 to their weights.
AROUND_ZERO = ("gemma", "gemma2", "gemma3", "qwen3next", "qwen35")
# This one does not.
AROUND_ONE = "linear_attn.norm.weight"


def values(name: str, shape: list[int], family: str) -> Any:
    """A tensor's values, around 0 for a norm that adds 1 to its weights."""
    own = weights(name, shape)
    is_norm = "norm" in name and name.endswith("weight") and not name.endswith(AROUND_ONE)
    return own - np.float32(1) if is_norm and family in AROUND_ZERO else own


def record(name: str) -> None:
    """Writes the fixture of one family."""
    model_class, config_class, settings = FAMILIES[name]
    kind = getattr(transformers, model_class)
    config = getattr(transformers, config_class)(**(SMALL | settings))
    with tempfile.TemporaryDirectory() as folder:
        kind(config).save_pretrained(folder)
        file = pathlib.Path(folder) / "model.safetensors"
        with safe_open(file, "numpy") as tensors:
            names = list(tensors.keys())
            shapes = {key: list(tensors.get_slice(key).get_shape()) for key in names}
        made = {key: values(key, shape, name) for key, shape in shapes.items()}
        save_file(made, file, {"format": "pt"})
        saved = json.loads((pathlib.Path(folder) / "config.json").read_text())
        model = kind.from_pretrained(folder, dtype=torch.float32).eval()
    tokens = [(7 * i * i + 11 * i + 40) % (VOCAB - 4) + 4 for i in range(TOKENS)]
    with torch.no_grad():
        rows = model(torch.tensor([tokens])).logits[0].log_softmax(-1).tolist()
    # The tokens that a test compares: every seventh of the vocabulary, after every third token.
    kept = [[round(value, 4) for value in row[::7]] for row in rows[::3]]
    fixture = {
        "config": saved,
        "norms_around": 0 if name in AROUND_ZERO else 1,
        "tensors": shapes,
        "input": tokens,
        "log_probabilities": kept,
    }
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in fixture.items()]
    HERE.mkdir(parents=True, exist_ok=True)
    (HERE / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    spread = np.std([value for row in kept for value in row])
    print(f"{name}: log-probabilities spread by {spread:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("families", nargs="*", metavar="FAMILY")
    for name in parser.parse_args().families or FAMILIES:
        record(name)


if __name__ == "__main__":
    main()
