"""The model: Llama's shape, as SmolLM2 has it. RMSNorm, rotary positions, grouped queries, SwiGLU,
tied embeddings.

`train.py` builds it from a named shape and fills it with the weights of the base; the names and
the order of rows are those of `LlamaForCausalLM`. A row of tokens may hold several samples, each
ending with EOT: attention stays within a sample, and positions restart with it. To add a shape: a
line in SHAPES; all widths are multiples of 32, because block quantisation needs it. Llama: arXiv
2302.13971; SmolLM2: arXiv 2502.02737; rotary positions: arXiv 2104.09864; SwiGLU: arXiv 2002.05202.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any, Self

import torch
import torch.nn as nn
import torch.nn.functional as F

from samples import ANSWER
from tokenizer import EOT, PAD

# For each layer the keys and values of the positions so far; empty at first.
Cache = list[list[torch.Tensor]]
ANSWER_WEIGHT = 4.0  # in the loss, of the tokens of a missing middle; of all others it is 1


@dataclass(frozen=True)
class Config:
    """Dimensions; `context` is what the exported files promise."""

    layers: int
    width: int
    heads: int
    kv_heads: int
    head_width: int
    ffn: int
    vocabulary: int
    context: int = 8192
    rope_theta: float = 100_000.0
    norm_epsilon: float = 1e-5

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_hf(cls, config: dict[str, Any]) -> Self:
        """The dimensions in a config.json."""
        names = {
            "layers": "num_hidden_layers",
            "width": "hidden_size",
            "ffn": "intermediate_size",
            "heads": "num_attention_heads",
            "kv_heads": "num_key_value_heads",
            "head_width": "head_dim",
            "vocabulary": "vocab_size",
            "rope_theta": "rope_theta",
            "context": "max_position_embeddings",
            "norm_epsilon": "rms_norm_eps",
        }
        return cls(**{ours: config[theirs] for ours, theirs in names.items()})


SHAPES = {
    "test": {"layers": 2, "width": 64, "heads": 4, "kv_heads": 2, "head_width": 16, "ffn": 128},
    "smol": {"layers": 30, "width": 576, "heads": 9, "kv_heads": 3, "head_width": 64, "ffn": 1536},
}


class Norm(nn.Module):
    def __init__(self, width: int, epsilon: float) -> None:
        super().__init__()
        self.weight, self.epsilon = nn.Parameter(torch.ones(width)), epsilon

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.rms_norm(x, (x.shape[-1],), self.weight.to(x.dtype), self.epsilon)


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Rotary positions, halves paired: x is [batch, heads, length, head width]."""
    left, right = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-right, left), dim=-1) * sin


class Attention(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.groups, self.head_width = config.heads // config.kv_heads, config.head_width
        queries, keys = config.heads * config.head_width, config.kv_heads * config.head_width
        self.q_proj = nn.Linear(config.width, queries, bias=False)
        self.k_proj = nn.Linear(config.width, keys, bias=False)
        self.v_proj = nn.Linear(config.width, keys, bias=False)
        self.o_proj = nn.Linear(queries, config.width, bias=False)

    def forward(
        self,
        x: torch.Tensor,
        cos: torch.Tensor,
        sin: torch.Tensor,
        mask: torch.Tensor | None,
        past: list[torch.Tensor] | None = None,
    ) -> torch.Tensor:
        """`past`, a list, holds the keys and values of earlier positions; it is brought up to date.
        Without a `mask` a position sees all before it."""
        batch, length, _ = x.shape
        shape = (batch, length, -1, self.head_width)
        q = rotate(self.q_proj(x).view(shape).transpose(1, 2), cos, sin)
        k = rotate(self.k_proj(x).view(shape).transpose(1, 2), cos, sin)
        v = self.v_proj(x).view(shape).transpose(1, 2)
        if past is not None:
            k, v = (
                (torch.cat(both, dim=2) for both in zip(past, (k, v), strict=True))
                if past
                else (k, v)
            )
            past[:] = k, v
        # every kernel knows equal head counts; not every one knows grouped queries
        k, v = (part.repeat_interleave(self.groups, dim=1) for part in (k, v))
        causal = mask is None and length > 1
        y = F.scaled_dot_product_attention(q, k, v, attn_mask=mask, is_causal=causal)
        return self.o_proj(y.transpose(1, 2).reshape(batch, length, -1))


class FeedForward(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.gate_proj = nn.Linear(config.width, config.ffn, bias=False)
        self.up_proj = nn.Linear(config.width, config.ffn, bias=False)
        self.down_proj = nn.Linear(config.ffn, config.width, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.input_layernorm = Norm(config.width, config.norm_epsilon)
        self.self_attn = Attention(config)
        self.post_attention_layernorm = Norm(config.width, config.norm_epsilon)
        self.mlp = FeedForward(config)

    def forward(self, x: torch.Tensor, *attention: Any) -> torch.Tensor:
        x = x + self.self_attn(self.input_layernorm(x), *attention)
        return x + self.mlp(self.post_attention_layernorm(x))


class Body(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocabulary, config.width)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.norm = Norm(config.width, config.norm_epsilon)


class CodeModel(nn.Module):
    """`compute` is the type of the activations between the matrix products; parameters stay f32."""

    def __init__(self, config: Config, compute: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.config, self.compute, self.model = config, compute, Body(config)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                into_residual = name.endswith(("o_proj.weight", "down_proj.weight"))
                scale = 1 / math.sqrt(2 * config.layers) if into_residual else 1
                nn.init.normal_(weight, 0.0, 0.02 * scale)
        exponents = torch.arange(0, config.head_width, 2).float() / config.head_width
        self.register_buffer("frequencies", config.rope_theta**-exponents, persistent=False)

    def hidden(
        self, tokens: torch.Tensor, cache: Cache | None = None, start: int = 0
    ) -> torch.Tensor:
        """States after the last norm: [batch, length] tokens to [batch, length, width].

        With a cache (a list of one empty list for each layer) the tokens are one sample that goes
        on at position `start`: all of the prompt first, then one token at a time."""
        x = self.model.embed_tokens(tokens).to(self.compute)
        if cache is None:
            positions, mask = places(tokens)
        else:
            positions, mask = torch.arange(len(tokens[0]), device=x.device)[None] + start, None
        angles = (positions.float()[:, None, :, None] * self.frequencies).repeat(1, 1, 1, 2)
        cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        for number, layer in enumerate(self.model.layers):
            x = layer(x, cos, sin, mask, cache[number] if cache else None)
        return self.model.norm(x)

    def logits(self, hidden: torch.Tensor) -> torch.Tensor:
        return F.linear(hidden, self.model.embed_tokens.weight)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        """The cross entropy of each token of the rows but the first, [rows, length - 1]: what
        counts of it, `loss_weights` says."""
        tokens = rows & ~ANSWER
        logits = self.logits(self.hidden(tokens[:, :-1])).flatten(0, 1)
        losses = F.cross_entropy(logits.float(), tokens[:, 1:].flatten(), reduction="none")
        return losses.view(len(rows), -1)


def places(tokens: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(positions, mask) of rows of samples: positions count from each sample's first token, and a
    token sees itself and what is before it in its sample. Shapes: [batch, length] and [batch, 1,
    length, length]."""
    length = tokens.shape[1]
    number = torch.arange(length, device=tokens.device).expand_as(tokens)
    begins = F.pad(tokens[:, :-1] == EOT, (1, 0))
    start = (number * begins).cummax(dim=1).values
    same = start[:, :, None] == start[:, None, :]
    return number - start, (same & (number[0][:, None] >= number[0])).unsqueeze(1)


def loss_weights(rows: torch.Tensor) -> torch.Tensor:
    """How much each token of the rows but the first counts: nothing for padding and for the first
    token of a sample, ANSWER_WEIGHT where ANSWER is set. f32 [rows, length - 1]"""
    targets, before = rows[:, 1:], rows[:, :-1] & ~ANSWER
    weights = torch.where((targets & ANSWER) != 0, ANSWER_WEIGHT, 1.0)
    return weights * ((targets != PAD) & (before != EOT))


def flops_per_token(config: Config, parameters: int, context: int) -> int:
    """Forward and backward: six for each weight, and causal attention over half of the context."""
    return 6 * parameters + 6 * config.layers * context * config.heads * config.head_width


def build(shape: str, vocabulary: int, compute: torch.dtype = torch.float32) -> CodeModel:
    return CodeModel(Config(**SHAPES[shape], vocabulary=vocabulary), compute)
