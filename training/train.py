"""Train on a GPU: from the base or other weights, on the rows that rows.py and tasks wrote, for so
many minutes or steps. On a CPU the trainer in trainer/ is several times as fast.

  python train.py --folder work/run --weights work/base --minutes 60 [--resume]
  torchrun --nproc-per-node 2 train.py ...       the same steps, each batch shared out

Until the learning rate falls, rows come from work/run/rows; then from work/run/rows-decay where
that exists: longer rows of the corpus and a share of task data, in batches of as many tokens. The
tokens of a missing middle weigh four times in the loss (model.py). Writes to work/run/train:
log.jsonl (one JSON object a line), checkpoint.pt, from which --resume goes on exactly (weights,
momenta, the next row), plateau/ (the weights before the decay: what a later run starts from with
--weights, under a new warm-up) and hf/ (the result). A Unix time written into the file `until`
there moves the end. Without --weights it starts from random ones.
"""

import argparse
import contextlib
import json
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray
from tokenizers import Tokenizer

from evaluate import to_device, validation_losses
from model import SHAPES, CodeModel, build, flops_per_token, loss_weights
from schedule import Clock, Schedule
from streams import Mixture, open_decay, open_plateau
from tokenizer import PAD, default_work
from weights import hf_config, load_weights, save_folder


class Trainer:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options, self.folder = options, os.path.join(options.folder, "train")
        os.makedirs(self.folder, exist_ok=True)
        self.rank, self.ranks = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        self.device = choose_device(options.device)
        if self.ranks > 1:
            dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo")
        torch.manual_seed(options.seed)
        torch.set_float32_matmul_precision("high")
        self.plateau = open_plateau(options.folder)
        self.decay = open_decay(options.folder, options.task_share)
        compute = torch.bfloat16 if options.precision == "bf16" else torch.float32
        self.tokenizer = Tokenizer.from_file(os.path.join(options.folder, "tokenizer.json"))
        size = self.tokenizer.get_vocab_size()
        self.model = build(options.shape, size, compute).to(self.device)
        self.optimiser = make_optimiser(self.model, options.lr, options.weight_decay)
        self.parameters = sum(p.numel() for p in self.model.parameters())
        self.step = self.tokens = self.skipped = 0
        self.decaying = False
        self.clock = Clock(self, self.path("until"))
        if options.resume and os.path.exists(self.path("checkpoint.pt")):
            self.load()
        elif options.weights:
            self.start_from(options.weights)
        self.run = torch.compile(self.model, dynamic=False) if options.compile else self.model
        self.schedule = Schedule(self.horizon(), options.warmup, options.decay)

    def path(self, name: str) -> str:
        return os.path.join(self.folder, name)

    def log(self, **values: Any) -> None:
        if self.rank:
            return
        line = json.dumps(values)
        print(line, flush=True)
        with open(self.path("log.jsonl"), "a") as file:
            file.write(line + "\n")

    def autocast(self) -> AbstractContextManager[Any]:
        if self.options.precision == "bf16":
            return torch.autocast(self.device.type, torch.bfloat16)
        return contextlib.nullcontext()

    def horizon(self) -> float:
        options = self.options
        return float(options.steps) if options.steps else 60.0 * options.minutes

    # ------------------------------------------------------------ one step
    @property
    def source(self) -> Mixture:
        return self.decay if self.decaying and self.decay else self.plateau

    def rows_a_step(self) -> int:
        """Rows of the present length that make a batch, a multiple of the number of processes."""
        rows = self.options.batch * self.plateau.context // self.source.context
        return max(self.ranks, rows - rows % self.ranks)

    def micro(self) -> int:
        """Rows of the present length at once."""
        if not self.options.micro:
            return self.rows_a_step() // self.ranks
        return max(1, self.options.micro * self.plateau.context // self.source.context)

    def train_step(self, rows: NDArray[np.uint16], factor: float) -> tuple[float, float]:
        """(loss, weighted as it is trained on; gradient norm). A step whose gradient is not finite
        changes nothing but `skipped`."""
        weight = float(loss_weights(torch.from_numpy(rows.astype(np.int64))).sum())
        total, mine = torch.zeros((), device=self.device), rows[self.rank :: self.ranks]
        for part in to_device(mine, self.device).split(self.micro()):
            with self.autocast():
                losses = self.run(part)
            loss = (losses * loss_weights(part)).sum() / weight
            loss.backward()
            total += loss.detach()
        if self.ranks > 1:
            self.share(total)
        norm = float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.options.clip))
        finite = norm < float("inf")
        for group in self.optimiser.param_groups:
            group["lr"] = self.options.lr * factor
        if finite:
            self.optimiser.step()
        self.optimiser.zero_grad(set_to_none=True)
        self.step, self.skipped = self.step + 1, self.skipped + (not finite)
        self.tokens += int((rows != PAD).sum())
        return float(total), norm

    def share(self, total: torch.Tensor) -> None:
        """Sum the gradients, and the loss, over all processes."""
        gradients = [p.grad for p in self.model.parameters()]
        flat = torch.cat([total.reshape(1), *(gradient.flatten() for gradient in gradients)])
        dist.all_reduce(flat)
        total.copy_(flat[0])
        parts = flat[1:].split([gradient.numel() for gradient in gradients])
        for gradient, part in zip(gradients, parts, strict=True):
            gradient.copy_(part.view_as(gradient))

    # ------------------------------------------------------------ state
    def save(self) -> None:
        if self.rank:
            return
        state = {name: getattr(self, name) for name in ("step", "tokens", "skipped", "decaying")}
        state |= {
            "shape": self.options.shape,
            "config": self.model.config.as_dict(),
            "model": self.model.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "elapsed": self.clock.elapsed(),
            "places": [stream.place for stream in (self.plateau, self.decay) if stream],
        }
        torch.save(state, self.path("checkpoint.pt.tmp"))
        os.replace(self.path("checkpoint.pt.tmp"), self.path("checkpoint.pt"))

    def load(self) -> None:
        path = self.path("checkpoint.pt")
        state = torch.load(path, map_location=self.device, weights_only=True)
        if state["config"] != self.model.config.as_dict():
            raise SystemExit(f"{path} holds another shape: {state['config']}")
        self.model.load_state_dict(state["model"])
        self.optimiser.load_state_dict(state["optimiser"])
        streams = [stream for stream in (self.plateau, self.decay) if stream]
        for stream, place in zip(streams, state["places"], strict=True):
            stream.place = place
        for name in ("step", "tokens", "skipped", "decaying"):
            setattr(self, name, state[name])
        self.clock.before = state["elapsed"]

    def start_from(self, path: str) -> None:
        """Only weights, of the same shape."""
        try:
            self.model.load_state_dict(load_weights(path))
        except RuntimeError as error:
            shape = self.options.shape
            raise SystemExit(f"{path} does not fit the shape {shape}: {error}") from error

    def export(self, name: str) -> None:
        if self.rank == 0:
            config = hf_config(self.model.config)
            save_folder(self.model.state_dict(), config, self.tokenizer, self.path(name))

    def validate(self) -> None:
        if self.rank:
            return
        losses = {}
        for source in (self.plateau, self.decay):
            if source:
                folder = os.path.join(self.options.folder, source.name)
                losses[source.name] = validation_losses(
                    self.run, folder, self.device, self.autocast, self.micro()
                )
        self.log(
            event="validation",
            step=self.step,
            tokens=self.tokens,
            elapsed=round(self.clock.elapsed()),
            **losses,
        )

    # ------------------------------------------------------------ the run
    def train(self) -> None:
        options = self.options
        self.log_start()
        checkpointed = validated = self.clock.elapsed()
        then, tokens = self.clock.elapsed(), self.tokens
        while self.step != options.stop_at:
            at, end = self.clock.now()
            if end:
                self.schedule.move(end, at)
                self.log(event="moved", end=round(end), at=round(at))
            if at >= self.schedule.total:
                break
            self.enter_decay(at)
            factor = self.schedule.factor(at)
            loss, norm = self.train_step(self.source.take(self.rows_a_step()), factor)
            now = self.clock.elapsed()
            if self.step % options.log_every == 0:
                self.log_step(loss, norm, factor, (self.tokens - tokens) / (now - then))
                then, tokens = now, self.tokens
            if now - checkpointed > options.checkpoint_every:
                checkpointed = now
                self.save()
            if now - validated > options.validate_every:
                validated = now
                self.validate()
        self.finish()

    def log_start(self) -> None:
        asked = (
            "shape",
            "batch",
            "lr",
            "warmup",
            "decay",
            "weight_decay",
            "precision",
            "seed",
            "weights",
        )
        self.log(
            event="start",
            parameters=self.parameters,
            step=self.step,
            horizon=round(self.schedule.total),
            device=str(self.device),
            processes=self.ranks,
            contexts=[source.context for source in (self.plateau, self.decay) if source],
            torch=torch.__version__,
            **{name: getattr(self.options, name) for name in asked},
        )

    def enter_decay(self, at: float) -> None:
        if not self.decaying and at >= self.schedule.decay_start:
            self.export("plateau")
            self.decaying = True
            self.log(event="decay", step=self.step, tokens=self.tokens, context=self.source.context)

    def teraflops(self, rate: float) -> float:
        """What the model's own arithmetic takes at so many tokens a second."""
        context = self.source.context
        return rate * flops_per_token(self.model.config, self.parameters, context) / 1e12

    def utilisation(self, rate: float) -> dict[str, float]:
        """{"mfu": the share of --peak-tflops that this is}, if the peak is known."""
        peak = self.options.peak_tflops * self.ranks
        return {"mfu": round(self.teraflops(rate) / peak, 4)} if peak else {}

    def log_step(self, loss: float, norm: float, factor: float, rate: float) -> None:
        values = {
            "step": self.step,
            "tokens": self.tokens,
            "loss": round(loss, 4),
            "norm": round(norm, 3),
            "factor": round(factor, 4),
            "tokens_per_second": round(rate),
            "elapsed": round(self.clock.elapsed()),
            "skipped": self.skipped,
        }
        self.log(**values, **self.utilisation(rate))

    def finish(self) -> None:
        """Weights first: the numbers may be lost."""
        self.save()
        if self.step != self.options.stop_at:
            self.export("hf")
        self.validate()
        self.log(
            event="end",
            step=self.step,
            tokens=self.tokens,
            elapsed=round(self.clock.elapsed()),
            skipped=self.skipped,
        )


def make_optimiser(model: CodeModel, lr: float, weight_decay: float) -> torch.optim.Optimizer:
    """AdamW over all parameters; norms do not decay."""
    matrices = [p for p in model.parameters() if p.dim() > 1]
    norms = [p for p in model.parameters() if p.dim() == 1]
    groups = [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": norms, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=lr, betas=(0.9, 0.95), eps=1e-8, fused=True)


def choose_device(name: str) -> torch.device:
    """The named one, else this process's GPU, else the CPU."""
    if name or not torch.cuda.is_available():
        return torch.device(name or "cpu")
    torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
    return torch.device("cuda", torch.cuda.current_device())


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--folder", default=os.path.join(default_work(), "run"))
    add("--shape", default="smol", choices=sorted(SHAPES))
    add("--weights", default="", help="start from a folder, a model.safetensors or a GGUF")
    add(
        "--resume",
        action="store_true",
        help="go on from the checkpoint if there is one; --weights is not read then",
    )
    add("--minutes", type=float, default=0, help="of training, over all resumes")
    add("--steps", type=int, default=0, help="train for this many steps instead")
    add(
        "--stop-at",
        type=int,
        default=-1,
        help="leave with a checkpoint after this step; the schedule stays that of the whole",
    )
    add_recipe(add)
    add("--no-compile", dest="compile", action="store_false")
    add("--device", default="", help="cpu or cuda; default: what is there")
    add("--checkpoint-every", type=float, default=300, help="seconds")
    add("--validate-every", type=float, default=1800, help="seconds")
    add("--log-every", type=int, default=10, help="steps")
    add("--peak-tflops", type=float, default=0, help="of one device, for `mfu` in the log")
    options = parser.parse_args(arguments)
    if not (options.minutes or options.steps):
        parser.error("say how long: --minutes or --steps")
    return options


def add_recipe(add: Callable[..., Any]) -> None:
    """What decides which weights come out."""
    add("--batch", type=int, default=64, help="rows a step, of those in rows/")
    add("--micro", type=int, default=0, help="rows at once; 0: the whole batch of the process")
    add("--lr", type=float, default=6e-4)
    add("--warmup", type=float, default=0.03, help="share of the horizon")
    add("--decay", type=float, default=0.50, help="share of the horizon")
    add("--task-share", type=float, default=0.3, help="of the rows in the decay")
    add("--weight-decay", type=float, default=0.05)
    add("--clip", type=float, default=1.0)
    add("--precision", choices=("bf16", "f32"), default="bf16")
    add("--seed", type=int, default=1)


def main(arguments: Sequence[str] | None = None) -> None:
    Trainer(parse(arguments)).train()
    if dist.is_initialized():
        dist.barrier()
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
