"""How large should the model be? Trains shapes from nothing on the same few tokens and sets what they learn beside size and latency.

  python shapes.py --folder work/8m --into work/shapes --tokens 1000000 --nigh ../target/release/nigh --speed ../target/release/examples/speed

Every shape gets the rows of work/8m/rows in the same order at the same learning rate, warm-up and plateau without a decay, as many
processes as the machine has cores. Each is exported, quantised (`nigh quantize`) and timed (the engine's example `speed`). A law
loss = E + A / N^a + B / D^b is fitted to all curves (N parameters, D tokens; arXiv 2203.15556, section 3.3) and says what each shape would
reach with more tokens: a hint, not a promise, as far beyond the curves as --extrapolate goes. Prints a table in Markdown and writes
shapes.json. What is there already is not trained again.
"""
import argparse
import json
import os
import re
import subprocess
import sys

import torch

import export
from model import SHAPES, build

HERE = os.path.dirname(os.path.abspath(__file__))
WINDOW = 16  # steps whose losses are one point of a curve
FIRST = 0.2  # share of a curve that the law does not look at: the warm-up and what follows it
EXPONENTS = (0.34, 0.28)  # where the fit begins, and what it is held near: those of arXiv 2203.15556
TYPES = ("Q8_0", "Q4_K_M")
# One thread a process; memory is kept from step to step, not given back and cleared anew: a fifth more tokens a second.
CPU = {"OMP_NUM_THREADS": "1", "MALLOC_MMAP_THRESHOLD_": "4000000000", "MALLOC_TRIM_THRESHOLD_": "8000000000"}


def train(options, shape):
    """The curve [(tokens, loss)] and tokens a second of one shape."""
    folder = os.path.join(options.into, shape)
    log = os.path.join(folder, "train", "log.jsonl")
    if not os.path.exists(os.path.join(folder, "train", "hf")):
        os.makedirs(folder, exist_ok=True)
        for name in ("rows", "tokenizer.json"):
            target = os.path.join(folder, name)
            if not os.path.lexists(target):
                os.symlink(os.path.realpath(os.path.join(options.folder, name)), target)
        with open(os.path.join(options.folder, "rows", "rows.json")) as file:
            context = json.load(file)["context"]
        steps = max(2, options.tokens // (options.batch * context))
        command = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(options.processes), "train.py", "--folder", folder,
                   "--shape", shape, "--vocabulary", str(options.vocabulary), "--steps", str(steps), "--batch", str(options.batch), "--lr", str(options.lr), "--decay", "0", "--log-every", "1",
                   "--validate-every", "1000000", *options.train]
        subprocess.run([sys.executable, *command], cwd=HERE, check=True, env={**CPU, **os.environ}, stdout=subprocess.DEVNULL)
    with open(log) as file:
        events = [json.loads(line) for line in file]
    steps = [event for event in events if "loss" in event]
    curve = []
    for start in range(0, len(steps) - WINDOW + 1, WINDOW):
        part = steps[start:start + WINDOW]
        curve.append((part[len(part) // 2]["tokens"], sum(step["loss"] for step in part) / len(part)))
    rates = sorted(step["tokens_per_second"] for step in steps)
    return curve, rates[len(rates) // 2]


def law(parameters, tokens, values):
    """The loss by the law; `values` are the logarithms of E, A, B, a and b."""
    least, size, data, a, b = values.exp()
    return least + size / parameters ** a + data / tokens ** b


def fit(curves):
    """The law's five values from {parameters: curve}, by least squares on the logarithm of the loss. Few curves say little about the
    exponents, so these are held near the published ones."""
    points = [(n, tokens, loss) for n, curve in curves.items() for tokens, loss in curve if tokens >= FIRST * curve[-1][0]]
    n, d, losses = (torch.tensor(column, dtype=torch.float64) for column in zip(*points))
    begin = torch.tensor([1.0, 300.0, 300.0, *EXPONENTS], dtype=torch.float64).log()
    values = begin.clone().requires_grad_()
    optimiser = torch.optim.LBFGS([values], max_iter=1000, line_search_fn="strong_wolfe", tolerance_grad=1e-10, tolerance_change=1e-12)

    def closure():
        optimiser.zero_grad()
        misses = (law(n, d, values).log() - losses.log()).square().mean() * 1e3
        loss = misses + 0.1 * (values[3:] - begin[3:]).square().sum() + 1e-3 * (values[:3] - begin[:3]).square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return values.detach()


def sizes_and_speed(options, shape):
    """{type: megabytes} and {figure: milliseconds} of the exported model."""
    folder, sizes, speed = os.path.join(options.into, shape), {}, {}
    whole = os.path.join(folder, "f32.gguf")
    export.write_gguf(os.path.join(folder, "train", "hf"), whole, "f32", shape)
    for kind in TYPES if options.nigh else ():
        path = os.path.join(folder, kind + ".gguf")
        subprocess.run([options.nigh, "quantize", whole, path, "--type", kind, "--force"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        sizes[kind] = os.path.getsize(path) / 1e6
    os.remove(whole)
    if options.speed:
        told = subprocess.run([options.speed, os.path.join(folder, "Q8_0.gguf"), "2"], check=True, capture_output=True, text=True).stdout
        for name, tokens in (("pp512", 1), ("tg64 after 512", 64)):
            speed[name] = float(re.search(rf"{name}: ([0-9.]+) ms", told).group(1)) / tokens
    return sizes, speed


def parameters(shape, vocabulary):
    with torch.device("meta"):
        return sum(p.numel() for p in build(shape, vocabulary).parameters())


def table(results, beyond):
    heads = ["shape", "M parameters", *(f"{kind}, MB" for kind in TYPES), "512 tokens of prompt, ms", "a token, ms", "trained tokens a second",
             "loss reached", *(f"after {tokens / 1e6:.0f} M" for tokens in beyond)]
    rows = [[r["shape"], f"{r['parameters'] / 1e6:.1f}", *(f"{r['megabytes'].get(kind, float('nan')):.1f}" for kind in TYPES),
             f"{r['milliseconds'].get('pp512', float('nan')):.0f}", f"{r['milliseconds'].get('tg64 after 512', float('nan')):.2f}",
             str(r["tokens_per_second"]), f"{r['curve'][-1][1]:.2f}", *(f"{loss:.2f}" for loss in r["extrapolated"])] for r in results]
    return "\n".join("| " + " | ".join(row) + " |" for row in [heads, ["---"] * len(heads), *rows])


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--folder", required=True, help="has rows/ and tokenizer.json")
    add("--into", required=True)
    add("--shapes", nargs="+", default=["8m", "30m", "60w"], choices=sorted(SHAPES))
    add("--tokens", type=int, default=1_000_000)
    add("--batch", type=int, default=4, help="rows a step")
    add("--lr", type=float, default=2e-3)
    add("--vocabulary", type=int, default=16_384)
    add("--processes", type=int, default=os.cpu_count())
    add("--extrapolate", type=float, nargs="+", default=[30e6, 1e9], metavar="TOKENS")
    add("--nigh", default="", help="the program, for sizes when quantised")
    add("--speed", default="", help="the engine's example `speed`, for latency")
    options, options.train = parser.parse_known_args(arguments)
    for name in ("folder", "into", "nigh", "speed"):
        setattr(options, name, os.path.abspath(getattr(options, name)) if getattr(options, name) else "")
    if options.speed and not options.nigh:
        parser.error("--speed times what --nigh quantises: name both")
    results = []
    for shape in options.shapes:
        curve, rate = train(options, shape)
        if len(curve) < 3:
            parser.error(f"--tokens {options.tokens} are too few for a curve: {3 * WINDOW} steps at least")
        megabytes, milliseconds = sizes_and_speed(options, shape)
        results.append(dict(shape=shape, parameters=parameters(shape, options.vocabulary), curve=curve, tokens_per_second=rate,
                            megabytes=megabytes, milliseconds=milliseconds))
    values = fit({r["parameters"]: r["curve"] for r in results})
    for result in results:
        result["extrapolated"] = [float(law(result["parameters"], tokens, values)) for tokens in options.extrapolate]
    with open(os.path.join(options.into, "shapes.json"), "w") as file:
        json.dump(dict(law=dict(zip(("E", "A", "B", "a", "b"), values.exp().tolist())), shapes=results), file, indent=1)
    print(table(results, options.extrapolate))


if __name__ == "__main__":
    main()
