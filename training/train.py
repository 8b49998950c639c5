"""Train a model of a named shape on the rows that rows.py wrote, for so many minutes or steps.

  python train.py --folder work/8m --shape 8m --minutes 60 [--resume]
  torchrun --nproc-per-node 2 train.py ...       the same steps, each batch shared out

The learning rate warms up, stays, and falls to zero over the last share of the horizon (WSD, arXiv 2405.18392), which is wall
clock (--minutes, --until) or a number of steps. Writes to work/8m/train: log.jsonl (one JSON object a line) and checkpoint.pt, from
which --resume goes on exactly: weights, momenta, the next row. Where there is an NVIDIA GPU it trains there. On a CPU, one process of
one thread for each core is faster than one process of many threads as soon as anything else runs: they wait once a step only.
"""
import argparse
import contextlib
import json
import os
import time

import torch
import torch.distributed as dist

from evaluate import read_rows, to_device, validation_losses
from model import PAD, SHAPES, build
from optim import make_optimisers


class Schedule:
    """Warm-up, plateau and linear decay over a horizon in seconds or steps, as a factor of the learning rate."""

    def __init__(self, total, warmup, decay):
        self.total, self.warmup, self.decay = total, warmup * total, decay * total

    def factor(self, at):
        left = max(0.0, self.total - at)
        return min(1.0, (at + 1e-9) / max(self.warmup, 1e-9), left / max(self.decay, 1e-9))


class Trainer:
    def __init__(self, options):
        self.options, self.folder = options, os.path.join(options.folder, "train")
        os.makedirs(self.folder, exist_ok=True)
        self.rank, self.ranks = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        if options.batch % self.ranks:
            raise SystemExit(f"a batch of {options.batch} rows cannot be shared by {self.ranks} processes")
        self.device = choose_device(options.device)
        if self.ranks > 1:
            dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo")
        torch.manual_seed(options.seed)
        torch.set_float32_matmul_precision("high")
        with open(os.path.join(options.folder, "rows", "rows.json")) as file:
            self.context = json.load(file)["context"]
        self.rows = read_rows(os.path.join(options.folder, "rows", "train.rows"), self.context)
        compute = torch.bfloat16 if options.precision == "bf16" else torch.float32
        self.model = build(options.shape, options.vocabulary, self.context, compute).to(self.device)
        self.run = torch.compile(self.model, dynamic=False) if options.compile else self.model
        self.optimisers = make_optimisers(self.model, options.lr, options.weight_decay)
        self.step = self.tokens = self.row = 0
        self.before, self.began = 0.0, time.monotonic()  # seconds of training in earlier processes; this one's start
        if options.resume and os.path.exists(self.checkpoint):
            self.load()
        self.schedule = Schedule(self.horizon(), options.warmup, options.decay)

    @property
    def checkpoint(self):
        return os.path.join(self.folder, "checkpoint.pt")

    def log(self, **values):
        if self.rank:
            return
        line = json.dumps(values)
        print(line, flush=True)
        with open(os.path.join(self.folder, "log.jsonl"), "a") as file:
            file.write(line + "\n")

    def autocast(self):
        if self.options.precision == "bf16":
            return torch.autocast(self.device.type, torch.bfloat16)
        return contextlib.nullcontext()

    # ------------------------------------------------------------ the clock
    def elapsed(self):
        return self.before + time.monotonic() - self.began

    def at(self):
        """Where in the horizon we are; by the clock of the first process, so that all leave together."""
        if self.options.steps:
            return float(self.step)
        now = torch.tensor(self.elapsed(), dtype=torch.float64, device=self.device)
        if self.ranks > 1:
            dist.broadcast(now, 0)
        return float(now)

    def horizon(self):
        options = self.options
        if options.steps:
            return float(options.steps)
        return self.elapsed() + max(1.0, options.until - time.time()) if options.until else 60.0 * options.minutes

    # ------------------------------------------------------------ one step
    def next_rows(self):
        """The rows of one batch; after the last row the first comes again."""
        places = [(self.row + i) % len(self.rows) for i in range(self.options.batch)]
        self.row += self.options.batch
        return self.rows[places]

    def train_step(self, factor):
        """(loss per token, gradient norm); a step whose gradient is not finite changes nothing."""
        rows = self.next_rows()
        count = int((rows[:, 1:] != PAD).sum())
        total, mine = torch.zeros((), device=self.device), rows[self.rank::self.ranks]
        for part in to_device(mine, self.device).split(self.options.micro or len(mine)):
            with self.autocast():
                loss, _ = self.run(part[:, :-1].contiguous(), part[:, 1:].contiguous())
            (loss / count).backward()
            total += loss.detach()
        if self.ranks > 1:
            self.share(total)
        norm = float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.options.clip))
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = self.options.lr * factor
            if norm < float("inf"):
                optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        self.step, self.tokens = self.step + 1, self.tokens + count
        return float(total) / count, norm

    def share(self, total):
        """Sum the gradients, and the loss, over all processes."""
        gradients = [p.grad for p in self.model.parameters()]
        flat = torch.cat([total.reshape(1), *(gradient.flatten() for gradient in gradients)])
        dist.all_reduce(flat)
        total.copy_(flat[0])
        for gradient, part in zip(gradients, flat[1:].split([gradient.numel() for gradient in gradients])):
            gradient.copy_(part.view_as(gradient))

    # ------------------------------------------------------------ state
    def save(self):
        if self.rank:
            return
        state = {"shape": self.options.shape, "config": self.model.config.as_dict(), "model": self.model.state_dict(),
                 "optimisers": [optimiser.state_dict() for optimiser in self.optimisers], "step": self.step, "tokens": self.tokens,
                 "row": self.row, "elapsed": self.elapsed()}
        torch.save(state, self.checkpoint + ".tmp")
        os.replace(self.checkpoint + ".tmp", self.checkpoint)

    def load(self):
        state = torch.load(self.checkpoint, map_location=self.device, weights_only=True)
        if state["config"] != self.model.config.as_dict():
            raise SystemExit(f"{self.checkpoint} holds another shape: {state['config']}")
        self.model.load_state_dict(state["model"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"]):
            optimiser.load_state_dict(saved)
        self.step, self.tokens, self.row, self.before = state["step"], state["tokens"], state["row"], state["elapsed"]

    def validate(self):
        if self.rank:
            return
        losses = validation_losses(self.model, os.path.join(self.options.folder, "rows"), self.context, self.device, self.autocast,
                                   self.options.micro or self.options.batch // self.ranks)
        self.log(event="validation", step=self.step, tokens=self.tokens, elapsed=round(self.elapsed()), **losses)

    # ------------------------------------------------------------ the run
    def train(self):
        options = self.options
        self.log(event="start", shape=options.shape, parameters=sum(p.numel() for p in self.model.parameters()), step=self.step,
                 horizon=round(self.schedule.total), rows=len(self.rows), device=str(self.device), **{
                     k: getattr(options, k) for k in ("batch", "lr", "warmup", "decay", "weight_decay", "precision", "seed")})
        checkpointed = validated = self.elapsed()
        then, tokens = self.elapsed(), self.tokens
        while (at := self.at()) < self.schedule.total and self.step != options.stop_at:
            factor = self.schedule.factor(at)
            loss, norm = self.train_step(factor)
            if self.step % options.log_every == 0:
                now = self.elapsed()
                self.log(step=self.step, tokens=self.tokens, loss=round(loss, 4), norm=round(norm, 3), factor=round(factor, 4),
                         tokens_per_second=round((self.tokens - tokens) / (now - then)), elapsed=round(now))
                then, tokens = now, self.tokens
            if self.elapsed() - checkpointed > options.checkpoint_every:
                checkpointed = self.elapsed()
                self.save()
            if self.elapsed() - validated > options.validate_every:
                validated = self.elapsed()
                self.validate()
        self.save()
        self.validate()
        self.log(event="end", step=self.step, tokens=self.tokens, elapsed=round(self.elapsed()))


def choose_device(name):
    """The named one, else this process's GPU, else the CPU."""
    if name or not torch.cuda.is_available():
        return torch.device(name or "cpu")
    torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", 0)))
    return torch.device("cuda", torch.cuda.current_device())


def parse(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--folder", default=os.path.join(os.path.dirname(os.path.abspath(__file__)), "work", "8m"))
    add("--shape", default="8m", choices=sorted(SHAPES))
    add("--vocabulary", type=int, default=16_384)
    add("--minutes", type=float, default=0, help="of training, over all resumes")
    add("--until", type=float, default=0, help="train until this Unix time instead")
    add("--steps", type=int, default=0, help="train for this many steps instead")
    add("--stop-at", type=int, default=-1, help="leave with a checkpoint after this step; the schedule stays that of the whole")
    add("--batch", type=int, default=4, help="rows a step")
    add("--micro", type=int, default=0, help="rows at once; 0: the whole batch of the process")
    add("--lr", type=float, default=3e-3)
    add("--warmup", type=float, default=0.03)
    add("--decay", type=float, default=0.35)
    add("--weight-decay", type=float, default=0.1)
    add("--clip", type=float, default=1.0)
    add("--precision", choices=("bf16", "f32"), default="bf16")
    add("--no-compile", dest="compile", action="store_false")
    add("--resume", action="store_true")
    add("--checkpoint-every", type=float, default=300, help="seconds")
    add("--validate-every", type=float, default=1800, help="seconds")
    add("--log-every", type=int, default=10, help="steps")
    add("--device", default="", help="cpu or cuda; default: what is there")
    add("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    if not (options.minutes or options.until or options.steps):
        parser.error("say how long: --minutes, --until or --steps")
    return options


def main(arguments=None):
    Trainer(parse(arguments)).train()
    if dist.is_initialized():
        dist.barrier()
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
