"""Export: transformers and nigh compute the same from the folder, and the GGUF holds what was
exported."""

import json
import os
import subprocess
import unittest
from typing import Any

import gguf
import numpy as np
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

from fixtures import CONTEXT, SIZE, folder

import calibration
import export
import weights
from model import SHAPES, CodeModel, build
from tokenizer import SPECIAL, of_model

try:
    from transformers import AutoTokenizer, LlamaForCausalLM
except ImportError:
    LlamaForCausalLM = None

NIGH = os.environ.get("NIGH", "")
# Largest error of a stored weight, of the largest weight of its matrix.
STEPS = {
    "F32": 0.0,
    "F16": 1e-3,
    "Q8_0": 5e-3,
    "Q5_0": 0.07,
    "Q5_1": 0.04,
    "Q4_0": 0.14,
    "Q4_1": 0.08,
}


def exported() -> tuple[CodeModel, str]:
    """(model, folder) with random weights, norms included."""
    torch.manual_seed(3)
    model = build("test", SIZE)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    path = os.path.join(folder(), "hf")
    tokenizer = Tokenizer.from_file(os.path.join(folder(), "tokenizer.json"))
    weights.save_folder(model.state_dict(), weights.hf_config(model.config), tokenizer, path)
    return model, path


class HuggingFace(unittest.TestCase):
    @unittest.skipIf(
        LlamaForCausalLM is None,
        "transformers is not installed: pip install -r requirements-test.txt",
    )
    def test_logits_are_those_of_transformers(self) -> None:
        model, path = exported()
        theirs = LlamaForCausalLM.from_pretrained(path, dtype=torch.float32)
        tokens = torch.randint(16, SIZE, (2, 100))
        with torch.no_grad():
            ours = model.logits(model.hidden(tokens))
            self.assertLess((ours - theirs(tokens).logits).abs().max(), 1e-4)
        self.assertEqual(
            AutoTokenizer.from_pretrained(path).convert_tokens_to_ids("<|fim_middle|>"), 3
        )


class Nigh(unittest.TestCase):
    @unittest.skipUnless(NIGH, "the environment variable NIGH does not name the program")
    def test_log_probabilities_are_those_of_nigh(self) -> None:
        model, path = exported()
        text = os.path.join(folder(), "corpus.txt")
        calibration.main(["--work", folder(), "--out", text])
        gguf_path = os.path.join(folder(), "nigh.gguf")
        export.write_gguf(path, gguf_path, "f32", "a name")
        for source in (path, gguf_path):
            out = os.path.join(folder(), "windows.jsonl")
            command = [
                NIGH,
                "eval",
                "perplexity",
                text,
                "--model",
                source,
                "--exact",
                "--window",
                str(CONTEXT),
                "--out",
                out,
            ]
            subprocess.run(command, check=True, capture_output=True)
            with open(out) as file:
                windows = [json.loads(line) for line in file]
            self.assertGreater(len(windows), 3)
            for window in windows:
                tokens = torch.tensor([window["tokens"]])
                with torch.no_grad():
                    ours = model.logits(model.hidden(tokens)).log_softmax(-1)[0]
                targets = tokens[0, window["first"] :]
                ours = ours[window["first"] - 1 : -1].gather(1, targets[:, None])[:, 0]
                # As far as keys and values in f16 allow.
                self.assertLess((ours - torch.tensor(window["logprobs"])).abs().max(), 1e-2, source)


class Gguf(unittest.TestCase):
    def write(self, kind: str) -> tuple[dict[str, torch.Tensor], gguf.GGUFReader]:
        model, path = exported()
        out = os.path.join(folder(), f"{kind}.gguf")
        export.write_gguf(path, out, kind, "a name")
        return load_file(os.path.join(path, "model.safetensors")), gguf.GGUFReader(out)

    def test_every_tensor_is_there_in_every_type(self) -> None:
        for kind in export.TYPES:
            state, reader = self.write(kind)
            tensors = {tensor.name: tensor for tensor in reader.tensors}
            self.assertEqual(set(tensors), {weights.gguf_name(name) for name in state})
            back = weights.load_weights(os.path.join(folder(), f"{kind}.gguf"))
            for name, value in state.items():
                stored = tensors[weights.gguf_name(name)].tensor_type
                self.assertEqual(back[name].shape, value.shape)
                most = {1: 0.0}.get(value.dim(), STEPS[stored.name] * float(value.abs().max()))
                self.assertLessEqual((back[name] - value).abs().max(), most, (kind, name))

    def test_types_name_what_differs(self) -> None:
        _, reader = self.write("q4_1")
        found = {tensor.name: tensor.tensor_type.name for tensor in reader.tensors}
        asked = (
            "token_embd.weight",
            "blk.0.attn_norm.weight",
            "blk.1.attn_v.weight",
            "blk.1.ffn_down.weight",
        )
        self.assertEqual([found[name] for name in asked], ["Q8_0", "F32", "Q8_0", "Q4_1"])

    def test_sizes_are_those_of_the_tensors(self) -> None:
        _, reader = self.write("q5_1")
        size = sum(tensor.n_bytes for tensor in reader.tensors)
        self.assertEqual(export.sizes(os.path.join(folder(), "hf"))["q5_1"], size)

    def test_rows_of_q_and_k_are_as_llama_cpp_rotates_them(self) -> None:
        state, reader = self.write("f32")
        q = next(tensor.data for tensor in reader.tensors if tensor.name == "blk.0.attn_q.weight")
        rows = state["model.layers.0.self_attn.q_proj.weight"].numpy()
        head = SHAPES["test"]["head_width"]
        for row in (0, 1, 5):  # a pair in neighbouring rows, half a head apart in Hugging Face's
            self.assertTrue(np.array_equal(q[head + 2 * row], rows[head + row]))
            self.assertTrue(np.array_equal(q[head + 2 * row + 1], rows[head + row + head // 2]))

    def test_metadata(self) -> None:
        _, reader = self.write("q8_0")

        def value(key: str) -> Any:
            return reader.fields[key].contents()

        self.assertEqual(value("general.architecture"), "llama")
        self.assertEqual((value("general.name"), value("general.file_type")), ("a name", 7))
        self.assertEqual(
            (value("llama.context_length"), value("llama.rope.freq_base")), (8192, 100_000.0)
        )
        self.assertEqual(value("llama.block_count"), SHAPES["test"]["layers"])
        self.assertIs(value("tokenizer.ggml.add_bos_token"), False)

    def test_tokenizer(self) -> None:
        _, reader = self.write("q8_0")

        def value(key: str) -> Any:
            return reader.fields[f"tokenizer.ggml.{key}"].contents()

        self.assertEqual((value("model"), value("pre")), ("gpt2", "smollm"))
        self.assertEqual([value(f"{key}_token_id") for key in ("bos", "eos", "padding")], [0, 0, 4])
        fim = [value(f"fim_{key}_token_id") for key in ("pre", "suf", "mid", "pad", "rep", "sep")]
        self.assertEqual(fim, [1, 2, 3, 4, 5, 6])
        with open(os.path.join(folder(), "tokenizer.json")) as file:
            data = json.load(file)
        tokens, kinds = value("tokens"), value("token_type")
        self.assertEqual(tokens[:16], list(SPECIAL))
        self.assertEqual({token: i for i, token in enumerate(tokens)}, data["model"]["vocab"])
        self.assertEqual(set(kinds[:16]), {int(gguf.TokenType.CONTROL)})
        self.assertEqual(set(kinds[16:]), {int(gguf.TokenType.NORMAL)})
        self.assertEqual(len(value("merges")), len(data["model"]["merges"]))

    def test_weights_and_tokenizer_come_back_out_of_a_file(self) -> None:
        state, _ = self.write("f32")
        path = os.path.join(folder(), "f32.gguf")
        back = weights.load_weights(path)
        self.assertEqual(set(back), set(state))
        for name, value in state.items():
            self.assertTrue(torch.equal(back[name], value), name)
        ours = Tokenizer.from_file(os.path.join(folder(), "tokenizer.json"))
        text = "<|fim_prefix|>def f(x):\n    return x + 123  # \u00fc \U0001f600<|fim_suffix|>"
        self.assertEqual(of_model(path).encode(text).ids, ours.encode(text).ids)

    def test_unknown_tensors_are_refused(self) -> None:
        with self.assertRaises(KeyError):
            weights.gguf_name("model.layers.0.mlp.router.weight")


if __name__ == "__main__":
    unittest.main()
