"""Rounding by what goes into a matrix: ggml reads the blocks back, and outputs change less than by
plain rounding."""

import os
import unittest

import numpy as np
import torch
from gguf import GGMLQuantizationType as Kind
from gguf.quants import dequantize, quantize
from numpy.typing import NDArray
from tokenizers import Tokenizer

from fixtures import CONTEXT, SIZE, folder

import export
import rounding
import weights
from model import build


def read_back(data: NDArray[np.uint8], kind: Kind) -> torch.Tensor:
    return torch.from_numpy(dequantize(data, kind).copy())


def outputs_changed(matrix: torch.Tensor, rounded: torch.Tensor, x: torch.Tensor) -> float:
    return float((x @ (matrix - rounded).T).square().mean() / (x @ matrix.T).square().mean())


class Matrices(unittest.TestCase):
    def setUp(self) -> None:
        torch.manual_seed(0)
        self.matrix = torch.randn(48, 96)
        mixed = torch.randn(96, 96) / 5 + torch.eye(96)
        scales = torch.ones(96)
        scales[[3, 40]] = 200.0  # channels that are much larger than the others
        self.x = torch.randn(4000, 96) @ mixed * scales
        self.squares = self.x.T @ self.x / len(self.x)

    def test_outputs_change_a_quarter_as_much_at_most(self) -> None:
        for kind in rounding.CODES:
            plain = read_back(quantize(self.matrix.numpy(), kind), kind)
            rounded = read_back(rounding.round_matrix(self.matrix, self.squares, kind), kind)
            one, two = (outputs_changed(self.matrix, q, self.x) for q in (plain, rounded))
            self.assertLess(two, one / 4, kind)

    def test_inputs_that_say_nothing_round_as_plainly(self) -> None:
        for kind in rounding.CODES:
            rounded = read_back(rounding.round_matrix(self.matrix, torch.eye(96), kind), kind)
            plain = read_back(quantize(self.matrix.numpy(), kind), kind)
            one, two = ((self.matrix - q).square().mean() for q in (plain, rounded))
            self.assertLessEqual(two, 1.001 * one, kind)

    def test_weights_that_lie_on_a_grid_stay(self) -> None:
        for kind in rounding.CODES:
            exact = read_back(quantize(self.matrix.numpy(), kind), kind)
            rounded = read_back(rounding.round_matrix(exact, torch.eye(96), kind), kind)
            self.assertLess((rounded - exact).abs().max(), 2e-3, kind)

    def test_a_block_of_equal_weights_and_inputs_that_never_come(self) -> None:
        matrix = torch.cat((torch.zeros(4, 32), torch.full((4, 32), 0.5)), dim=1)
        for kind in rounding.CODES:
            squares = torch.zeros(64, 64)
            squares[0, 0] = 1.0
            rounded = read_back(rounding.round_matrix(matrix, squares, kind), kind)
            self.assertLess((rounded - matrix).abs().max(), 2e-2, kind)


class Models(unittest.TestCase):
    def test_a_file_rounded_by_rows_is_nearer_to_the_model(self) -> None:
        torch.manual_seed(1)
        model, path = build("test", SIZE), os.path.join(folder(), "rounded")
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(torch.randn_like(parameter) * 0.1)
        tokenizer = Tokenizer.from_file(os.path.join(folder(), "tokenizer.json"))
        weights.save_folder(model.state_dict(), weights.hf_config(model.config), tokenizer, path)
        tried, other = torch.randint(16, SIZE, (2, 24, CONTEXT))
        differences = []
        for name, rows in (("plain", None), ("by rows", tried)):
            out = os.path.join(folder(), f"{name}.gguf")
            export.write_gguf(path, out, "q4_0", rows=rows)
            rounded = build("test", SIZE)
            rounded.load_state_dict(weights.load_weights(out))
            with torch.no_grad():
                change = rounded.hidden(other) - model.hidden(other)
            differences.append(float(change.square().mean()))
        self.assertLess(differences[1], 0.8 * differences[0])

    def test_matrices_that_read_the_same_have_the_same_inputs(self) -> None:
        model = build("test", SIZE)
        found = rounding.inputs(model, torch.randint(16, SIZE, (2, CONTEXT)))
        matrices = [n for n, p in model.named_parameters() if p.dim() == 2 and "embed" not in n]
        self.assertEqual(set(found), set(matrices))
        q, k = (found[f"model.layers.1.self_attn.{part}_proj.weight"] for part in "qk")
        self.assertIs(q, k)
        self.assertEqual(tuple(found["model.layers.0.mlp.down_proj.weight"].shape), (128, 128))


if __name__ == "__main__":
    unittest.main()
