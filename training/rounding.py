"""Rounds the matrices of a model to few bits so that what it says changes least.

`export.py` calls it where it is given rows to try the model on. A small model has channels that are
hundreds of times as large as others, and plain rounding of the weights that read them is what costs
most. So the inputs of every matrix are gathered from the rows (`inputs`), and each weight that is
rounded has its error taken over by those of its row that are still to come (`round_matrix`), after
GPTQ, arXiv 2210.17323. Blocks of 32 weights are those of ggml (`ggml-quants.h`): weight = step *
code + least, where the types that end with 0 have least = -step * codes / 2.
"""

from collections.abc import Callable

import numpy as np
import torch
from gguf import GGMLQuantizationType as Kind
from numpy.typing import NDArray

BLOCK = 32
CODES = {Kind.Q4_0: 16, Kind.Q4_1: 16, Kind.Q5_0: 32, Kind.Q5_1: 32}
WITH_LEAST = (Kind.Q4_1, Kind.Q5_1)
DAMPING = 0.01  # of each input's own mean square: inputs seen here are not all there are
SHRINK = torch.linspace(1.0, 0.75, 11)  # of a block's range: its largest weights may be cut
SAME_INPUT = {"k_proj": "q_proj", "v_proj": "q_proj", "up_proj": "gate_proj"}


# ---------------------------------------------------------------- what goes in
@torch.no_grad()
def inputs(model: torch.nn.Module, rows: torch.Tensor) -> dict[str, torch.Tensor]:
    """{matrix: mean of x x^T over its inputs x}, by the names of the weights. Matrices that read
    the same have the same."""
    sums: dict[str, torch.Tensor] = {}
    hooks = []
    for name, module in model.named_modules():
        if isinstance(module, torch.nn.Linear) and name.rsplit(".", 1)[1] not in SAME_INPUT:
            hooks.append(module.register_forward_pre_hook(adder(sums, name)))
    for row in rows:
        model(row[None])
    for hook in hooks:
        hook.remove()
    count = sum(row.numel() - 1 for row in rows)
    found = {f"{name}.weight": total / count for name, total in sums.items()}
    for name, _ in model.named_parameters():
        for part, other in SAME_INPUT.items():
            if f".{part}." in name:
                found[name] = found[name.replace(part, other)]
    return found


def adder(
    sums: dict[str, torch.Tensor], name: str
) -> Callable[[torch.nn.Module, tuple[torch.Tensor]], None]:
    def add(module: torch.nn.Module, arguments: tuple[torch.Tensor]) -> None:
        x = arguments[0].flatten(0, -2).float()
        sums[name] = sums.get(name, 0) + x.T @ x

    return add


# ---------------------------------------------------------------- rounding
@torch.no_grad()
def round_matrix(weights: torch.Tensor, squares: torch.Tensor, kind: Kind) -> NDArray[np.uint8]:
    """The bytes of a matrix [rows, columns] in ggml's blocks of `kind`: uint8 [rows, bytes of a
    row]. `squares` is what `inputs` found for it."""
    left = weights.T.contiguous().clone()  # one column of weights after the other
    codes = torch.empty_like(left, dtype=torch.uint8)
    factor, importance, grids = spread(squares), squares.diagonal(), []
    for first in range(0, len(left), BLOCK):
        block = slice(first, first + BLOCK)
        step, least = grid(left[block], importance[block], kind)
        grids.append((step, least))
        errors = torch.empty_like(left[block])
        for i in range(first, first + BLOCK):
            codes[i] = encode(left[i], step, least, kind)
            error = (left[i] - (codes[i] * step + least)) / factor[i, i]
            left[i + 1 : block.stop] -= factor[i, i + 1 : block.stop, None] * error
            errors[i - first] = error
        left[block.stop :] -= factor[block, block.stop :].T @ errors
    steps, leasts = (torch.stack(part, 1) for part in zip(*grids, strict=True))
    return pack(codes.T.reshape(len(weights), -1, BLOCK), steps, leasts, kind)


def spread(squares: torch.Tensor) -> torch.Tensor:
    """How the error of a column is made up for by later ones: the upper Cholesky factor of the
    inverse."""
    damped = squares.double()
    own = damped.diagonal()
    own += DAMPING * own + 1e-8 * own.mean()
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(damped))
    return torch.linalg.cholesky(inverse, upper=True).float()


def encode(
    values: torch.Tensor, step: torch.Tensor, least: torch.Tensor, kind: Kind
) -> torch.Tensor:
    codes = ((values - least) / step).nan_to_num(0.0).round()
    return codes.clamp(0, CODES[kind] - 1).to(torch.uint8)


def grid(
    values: torch.Tensor, importance: torch.Tensor, kind: Kind
) -> tuple[torch.Tensor, torch.Tensor]:
    """(step, least) of each of the blocks [BLOCK, blocks], as they are stored: the range of which
    the squared error, weighed by the importance, is least."""
    best: tuple[torch.Tensor, torch.Tensor] | None = None
    for shrink in SHRINK:
        step, least = stored(*ends(values, shrink, kind), kind)
        errors = values - (encode(values, step, least, kind) * step + least)
        error = (errors.square() * importance[:, None]).sum(0)
        if best is None:
            best, best_error = (step, least), error
            continue
        better = error < best_error
        best = torch.where(better, step, best[0]), torch.where(better, least, best[1])
        best_error = torch.where(better, error, best_error)
    assert best is not None
    return best


def ends(
    values: torch.Tensor, shrink: torch.Tensor, kind: Kind
) -> tuple[torch.Tensor, torch.Tensor | None]:
    if kind in WITH_LEAST:
        low, high = values.amin(0), values.amax(0)
        return (high - low) * shrink / (CODES[kind] - 1), low + (high - low) * (1 - shrink) / 2
    peak = values.gather(0, values.abs().argmax(0, keepdim=True))[0]
    return peak * shrink / -(CODES[kind] // 2), None


def stored(
    step: torch.Tensor, least: torch.Tensor | None, kind: Kind
) -> tuple[torch.Tensor, torch.Tensor]:
    """Both as two bytes keep them."""
    step = step.half().float()
    if least is not None:
        return step, least.half().float()
    return step, step * -(CODES[kind] // 2)


# ---------------------------------------------------------------- ggml's blocks
def pack(
    codes: torch.Tensor, steps: torch.Tensor, leasts: torch.Tensor, kind: Kind
) -> NDArray[np.uint8]:
    """Codes [rows, blocks, BLOCK] and what belongs to each block as bytes."""
    heads = [steps, leasts] if kind in WITH_LEAST else [steps]
    parts = [head.half().numpy()[..., None].view(np.uint8) for head in heads]
    codes = codes.numpy()
    if CODES[kind] == 32:
        parts.append(np.packbits(codes >> 4, axis=-1, bitorder="little"))
    low = codes & 15
    parts.append(low[..., : BLOCK // 2] | low[..., BLOCK // 2 :] << 4)
    return np.concatenate(parts, axis=-1).reshape(len(codes), -1)
