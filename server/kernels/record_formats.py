#!/usr/bin/env python3
"""Writes the grids of the IQ formats, and blocks of every format with a codebook and their values.

    python record_formats.py        # needs: pip install gguf numpy

`src/codes/grids.bin` has the grids in the order of GRIDS, an entry of 4 or 8 values as one u16
(little-endian), the first value in the lowest bits: 2 bits a value where there are 8, else 4.
`src/codes/cases.bin` has, for each of FORMATS, the bytes of 256 weights and these weights as the
package decodes them, in f32. The grids are ggml's (MIT).
"""

from pathlib import Path

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Type

GRIDS = [Type.IQ2_XXS, Type.IQ2_XS, Type.IQ2_S, Type.IQ1_S, Type.IQ3_XXS, Type.IQ3_S]
# The formats, and where a block has its f16 scale.
FORMATS = {
    Type.IQ4_NL: 0,
    Type.IQ4_XS: 0,
    Type.MXFP4: None,
    Type.NVFP4: None,
    Type.Q3_K: 108,
    Type.IQ3_S: 0,
    Type.IQ3_XXS: 0,
    Type.IQ2_S: 0,
    Type.IQ2_XS: 0,
    Type.IQ2_XXS: 0,
    Type.IQ1_S: 0,
    Type.IQ1_M: None,
    Type.TQ1_0: 52,
    Type.TQ2_0: 64,
}
WEIGHTS = 256


def grid(kind: Type) -> bytes:
    """The entries of a grid, as the package has them."""
    return bytes.fromhex(gguf.quants._type_traits[kind].grid_hex.decode())


def blocks(kind: Type, scale_at: int | None, rng: np.random.Generator) -> np.ndarray:
    """Arbitrary blocks with reasonable scales."""
    weights, size = gguf.GGML_QUANT_SIZES[kind]
    made = rng.integers(0, 256, (WEIGHTS // weights, size), dtype=np.uint8)
    if scale_at is not None:
        scales = rng.normal(0, 0.1, (len(made), 1)).astype(np.float16)
        made[:, scale_at : scale_at + 2] = scales.view(np.uint8)
    if kind == Type.MXFP4:
        made[:, 0] = rng.integers(110, 135, len(made))
    if kind == Type.IQ1_M:
        # The scale is in the highest four bits of four words; 0x2e66 is 0.1.
        high = np.array([0x60, 0x60, 0xE0, 0x20], dtype=np.uint8)
        made[:, 49:56:2] = made[:, 49:56:2] & 0x0F | high
    return made


def main() -> None:
    """Writes both files."""
    folder = Path(__file__).parent / "src" / "codes"
    (folder / "grids.bin").write_bytes(b"".join(map(grid, GRIDS)))
    rng = np.random.default_rng(1)
    cases = b""
    for kind, scale_at in FORMATS.items():
        made = blocks(kind, scale_at, rng)
        values = gguf.dequantize(made.reshape(1, -1), kind).astype("<f4")
        assert np.isfinite(values).all(), kind
        cases += made.tobytes() + values.tobytes()
    (folder / "cases.bin").write_bytes(cases)


if __name__ == "__main__":
    main()
