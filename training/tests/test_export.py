"""Export: transformers and nigh compute the same from the folder, and the GGUF holds what was exported."""
import json
import os
import subprocess
import unittest

from world import CONTEXT, SIZE, folder

import gguf
import numpy as np
import torch
from safetensors.torch import load_file
from tokenizers import Tokenizer

import calibration
import export
import weights
from model import SHAPES, build
from tokenizer import SPECIAL, of_model

try:
    from transformers import AutoTokenizer, Qwen3ForCausalLM
except ImportError:
    Qwen3ForCausalLM = None

NIGH = os.environ.get("NIGH")


def exported():
    """(model, folder) with random weights, norms included."""
    torch.manual_seed(3)
    model = build("test", SIZE, CONTEXT)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    path = os.path.join(folder(), "hf")
    weights.save_hf(model.state_dict(), model.config, os.path.join(folder(), "tokenizer.json"), path)
    return model, path


class HuggingFace(unittest.TestCase):
    @unittest.skipIf(Qwen3ForCausalLM is None, "transformers is not installed: pip install -r requirements-test.txt")
    def test_logits_are_those_of_transformers(self):
        model, path = exported()
        theirs = Qwen3ForCausalLM.from_pretrained(path, dtype=torch.float32)
        tokens = torch.randint(0, SIZE, (2, 100))
        with torch.no_grad():
            ours = model.logits(model.hidden(tokens))
            self.assertLess((ours - theirs(tokens).logits).abs().max(), 1e-4)
        self.assertEqual(AutoTokenizer.from_pretrained(path).convert_tokens_to_ids("<|fim_middle|>"), 3)


class Nigh(unittest.TestCase):
    @unittest.skipIf(NIGH is None, "the environment variable NIGH does not name the program")
    def test_log_probabilities_are_those_of_nigh(self):
        model, path = exported()
        text = os.path.join(folder(), "corpus.txt")
        calibration.main(["--work", folder(), "--out", text])
        gguf_path = os.path.join(folder(), "nigh.gguf")
        export.write_gguf(path, gguf_path, "f32", "a name")
        for source in (path, gguf_path):
            out = os.path.join(folder(), "windows.jsonl")
            command = [NIGH, "eval", "perplexity", text, "--model", source, "--exact", "--window", str(CONTEXT), "--out", out]
            subprocess.run(command, check=True, capture_output=True)
            with open(out) as file:
                windows = [json.loads(line) for line in file]
            self.assertGreater(len(windows), 3)
            for window in windows:
                tokens = torch.tensor([window["tokens"]])
                with torch.no_grad():
                    ours = model.logits(model.hidden(tokens)).log_softmax(-1)[0]
                targets = tokens[0, window["first"]:]
                ours = ours[window["first"] - 1:-1].gather(1, targets[:, None])[:, 0]
                self.assertLess((ours - torch.tensor(window["logprobs"])).abs().max(), 1e-3, source)


class Gguf(unittest.TestCase):
    def write(self, kind):
        model, path = exported()
        out = os.path.join(folder(), f"{kind}.gguf")
        export.write_gguf(path, out, kind, "a name")
        return load_file(os.path.join(path, "model.safetensors")), gguf.GGUFReader(out)

    def test_every_tensor_is_there_in_every_type(self):
        for kind, tolerance in (("f32", 0.0), ("f16", 1e-3), ("q8_0", 8e-3)):
            state, reader = self.write(kind)
            tensors = {tensor.name: tensor for tensor in reader.tensors}
            self.assertEqual(set(tensors), {weights.gguf_name(name) for name in state})
            for name, value in state.items():
                tensor = tensors[weights.gguf_name(name)]
                self.assertEqual(tuple(tensor.shape), tuple(reversed(value.shape)))
                if value.dim() == 1:
                    self.assertEqual(tensor.tensor_type, gguf.GGMLQuantizationType.F32)
                stored = gguf.quants.dequantize(tensor.data, tensor.tensor_type).reshape(value.shape)
                self.assertLessEqual(np.abs(stored - value.numpy()).max(), tolerance, name)

    def test_metadata(self):
        _, reader = self.write("q8_0")
        value = lambda key: reader.fields[key].contents()
        self.assertEqual((value("general.architecture"), value("general.name"), value("general.file_type")), ("qwen3", "a name", 7))
        self.assertEqual((value("tokenizer.ggml.model"), value("tokenizer.ggml.pre")), ("gpt2", "qwen2"))
        self.assertEqual(value("qwen3.block_count"), SHAPES["test"]["layers"])
        self.assertEqual([value(f"tokenizer.ggml.fim_{k}_token_id") for k in ("pre", "suf", "mid", "pad", "rep", "sep")], [1, 2, 3, 4, 5, 6])
        with open(os.path.join(folder(), "tokenizer.json")) as file:
            data = json.load(file)
        tokens, kinds = value("tokenizer.ggml.tokens"), value("tokenizer.ggml.token_type")
        self.assertEqual(tokens[:16], list(SPECIAL))
        self.assertEqual({token: i for i, token in enumerate(tokens)}, data["model"]["vocab"])
        self.assertEqual(set(kinds[:16]), {int(gguf.TokenType.CONTROL)})
        self.assertEqual(set(kinds[16:]), {int(gguf.TokenType.NORMAL)})
        self.assertEqual(len(value("tokenizer.ggml.merges")), len(data["model"]["merges"]))

    def test_weights_and_tokenizer_come_back_out_of_a_file(self):
        state, _ = self.write("f32")
        path = os.path.join(folder(), "f32.gguf")
        back = weights.load_weights(path)
        self.assertEqual(set(back), set(state))
        for name, value in state.items():
            self.assertTrue(torch.equal(back[name], value), name)
        ours = Tokenizer.from_file(os.path.join(folder(), "tokenizer.json"))
        text = "<|fim_prefix|>def f(x):\n    return x + 123  # \u00fc \U0001f600<|fim_suffix|>"
        self.assertEqual(of_model(path).encode(text).ids, ours.encode(text).ids)

    def test_unknown_tensors_are_refused(self):
        with self.assertRaises(KeyError):
            weights.gguf_name("model.layers.0.mlp.router.weight")


if __name__ == "__main__":
    unittest.main()
