"""The model: Qwen3's shape. RMSNorm, rotary positions, grouped queries with QK norm, SwiGLU, tied embeddings.

`train.py` builds it from a named shape, `export.py` writes it as `Qwen3ForCausalLM`: parameter names are those of that class, so
saved weights load there (and, through GGUF, in llama.cpp and in the server) unchanged. To add a shape: a line in SHAPES; width,
heads * head width and feed-forward width are multiples of 256, because block quantisation needs it.
Qwen3: arXiv 2505.09388; rotary positions: arXiv 2104.09864; SwiGLU: arXiv 2002.05202.
"""
import math
from dataclasses import asdict, dataclass

import torch
import torch.nn as nn
import torch.nn.functional as F

PAD = 4  # never a target


@dataclass(frozen=True)
class Config:
    """Dimensions; `context` is the longest row of training and the promise written into the exported files."""
    layers: int
    width: int
    heads: int
    kv_heads: int
    head_width: int
    ffn: int
    vocabulary: int = 16_384
    context: int = 1024
    rope_theta: float = 10_000.0
    norm_epsilon: float = 1e-6

    def as_dict(self):
        return asdict(self)


SHAPES = {
    "test": dict(layers=2, width=64, heads=4, kv_heads=2, head_width=16, ffn=128),
    "8m": dict(layers=6, width=256, heads=4, kv_heads=2, head_width=64, ffn=768),
    "17m": dict(layers=4, width=512, heads=8, kv_heads=2, head_width=64, ffn=1024),
    "30m": dict(layers=8, width=512, heads=8, kv_heads=2, head_width=64, ffn=1280),
    "60w": dict(layers=8, width=768, heads=12, kv_heads=2, head_width=64, ffn=2048),
    "100m": dict(layers=14, width=768, heads=12, kv_heads=2, head_width=64, ffn=2048),
}


class Norm(nn.Module):
    def __init__(self, width, epsilon):
        super().__init__()
        self.weight, self.epsilon = nn.Parameter(torch.ones(width)), epsilon

    def forward(self, x):
        return F.rms_norm(x, (x.shape[-1],), self.weight.to(x.dtype), self.epsilon)


def rotate(x, cos, sin):
    """Rotary positions, halves paired: x is [batch, heads, length, head width]."""
    left, right = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-right, left), dim=-1) * sin


class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.groups, self.head_width = config.heads // config.kv_heads, config.head_width
        queries, keys = config.heads * config.head_width, config.kv_heads * config.head_width
        self.q_proj = nn.Linear(config.width, queries, bias=False)
        self.k_proj = nn.Linear(config.width, keys, bias=False)
        self.v_proj = nn.Linear(config.width, keys, bias=False)
        self.o_proj = nn.Linear(queries, config.width, bias=False)
        self.q_norm, self.k_norm = Norm(self.head_width, config.norm_epsilon), Norm(self.head_width, config.norm_epsilon)

    def forward(self, x, cos, sin, past=None):
        """`past`, a list, holds the keys and values of earlier positions; it is brought up to date."""
        batch, length, _ = x.shape
        shape = (batch, length, -1, self.head_width)
        q = rotate(self.q_norm(self.q_proj(x).view(shape)).transpose(1, 2), cos, sin)
        k = rotate(self.k_norm(self.k_proj(x).view(shape)).transpose(1, 2), cos, sin)
        v = self.v_proj(x).view(shape).transpose(1, 2)
        if past is not None:
            k, v = (torch.cat((old, new), dim=2) for old, new in zip(past, (k, v))) if past else (k, v)
            past[:] = k, v
        # every kernel knows equal head counts; not every one knows grouped queries
        k, v = k.repeat_interleave(self.groups, dim=1), v.repeat_interleave(self.groups, dim=1)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=length > 1)
        return self.o_proj(y.transpose(1, 2).reshape(batch, length, -1))


class FeedForward(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.gate_proj = nn.Linear(config.width, config.ffn, bias=False)
        self.up_proj = nn.Linear(config.width, config.ffn, bias=False)
        self.down_proj = nn.Linear(config.ffn, config.width, bias=False)

    def forward(self, x):
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Layer(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.input_layernorm, self.self_attn = Norm(config.width, config.norm_epsilon), Attention(config)
        self.post_attention_layernorm, self.mlp = Norm(config.width, config.norm_epsilon), FeedForward(config)

    def forward(self, x, cos, sin, past=None):
        x = x + self.self_attn(self.input_layernorm(x), cos, sin, past)
        return x + self.mlp(self.post_attention_layernorm(x))


class Body(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.embed_tokens = nn.Embedding(config.vocabulary, config.width)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.norm = Norm(config.width, config.norm_epsilon)


class CodeModel(nn.Module):
    """`compute` is the type of the activations between the matrix products; parameters stay float32."""

    def __init__(self, config, compute=torch.float32):
        super().__init__()
        self.config, self.compute, self.model = config, compute, Body(config)
        for name, weight in self.named_parameters():
            if weight.dim() == 2:
                into_residual = name.endswith(("o_proj.weight", "down_proj.weight"))
                nn.init.normal_(weight, 0.0, 0.02 / math.sqrt(2 * config.layers) if into_residual else 0.02)
        exponents = torch.arange(0, config.head_width, 2).float() / config.head_width
        self.register_buffer("frequencies", config.rope_theta ** -exponents, persistent=False)

    def hidden(self, tokens, cache=None, start=0):
        """States after the last norm: [batch, length] tokens to [batch, length, width]. With a cache (a list of one empty list
        for each layer) the tokens stand at position `start`: all of the prompt first, then one at a time."""
        x = self.model.embed_tokens(tokens).to(self.compute)
        positions = torch.arange(start, start + tokens.shape[1], device=tokens.device).float()
        angles = torch.outer(positions, self.frequencies).repeat(1, 2)
        cos, sin = angles.cos().to(x.dtype), angles.sin().to(x.dtype)
        for number, layer in enumerate(self.model.layers):
            x = layer(x, cos, sin, cache[number] if cache else None)
        return self.model.norm(x)

    def logits(self, hidden):
        return F.linear(hidden, self.model.embed_tokens.weight)

    def forward(self, tokens, targets):
        """(summed cross entropy over targets that are not padding, how many those are)"""
        logits = self.logits(self.hidden(tokens)).flatten(0, 1)
        loss = F.cross_entropy(logits.float(), targets.flatten(), ignore_index=PAD, reduction="sum")
        return loss, (targets != PAD).sum()


def flops_per_token(config, parameters, context):
    """Forward and backward: six for each weight, and causal attention over half of the context."""
    return 6 * parameters + 6 * config.layers * context * config.heads * config.head_width


def build(shape, vocabulary=16_384, context=1024, compute=torch.float32):
    return CodeModel(Config(**SHAPES[shape], vocabulary=vocabulary, context=context), compute)
