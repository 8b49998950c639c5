"""Train a model of a named shape on the rows that rows.py and tasks wrote, for so many minutes or steps.

  python train.py --folder work/8m --shape 8m --minutes 60 [--resume]
  torchrun --nproc-per-node 2 train.py ...       the same steps, each batch shared out

Until the learning rate falls, rows come from work/8m/rows; then from work/8m/rows-decay where that exists: longer rows of the
corpus and a share of task data, in batches of as many tokens. Writes to work/8m/train: log.jsonl (one JSON object a line),
checkpoint.pt, from which --resume goes on exactly (weights, momenta, the next row), plateau/ (the weights before the decay: what a
later run starts from with --weights, under a new warm-up) and hf/ (the result). A Unix time written into the file `until` there moves the
end. Where there is an NVIDIA GPU it trains there. On a CPU, one process of one thread for each core is faster than one process of
many threads as soon as anything else runs: they wait once a step only.
"""
import argparse
import contextlib
import json
import os

import torch
import torch.distributed as dist

from evaluate import to_device, validation_losses
from model import PAD, SHAPES, build, flops_per_token
from optim import make_optimisers
from schedule import Clock, Schedule
from streams import open_decay, open_plateau
from weights import load_weights, save_hf


class Trainer:
    def __init__(self, options):
        self.options, self.folder = options, os.path.join(options.folder, "train")
        os.makedirs(self.folder, exist_ok=True)
        self.rank, self.ranks = int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))
        self.device = choose_device(options.device)
        if self.ranks > 1:
            dist.init_process_group("nccl" if self.device.type == "cuda" else "gloo")
        torch.manual_seed(options.seed)
        torch.set_float32_matmul_precision("high")
        self.plateau, self.decay = open_plateau(options.folder), open_decay(options.folder, options.task_share)
        self.context = (self.decay or self.plateau).context
        compute = torch.bfloat16 if options.precision == "bf16" else torch.float32
        self.model = build(options.shape, options.vocabulary, self.context, compute).to(self.device)
        self.optimisers = make_optimisers(self.model, options.lr, options.weight_decay)
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

    def path(self, name):
        return os.path.join(self.folder, name)

    def log(self, **values):
        if self.rank:
            return
        line = json.dumps(values)
        print(line, flush=True)
        with open(self.path("log.jsonl"), "a") as file:
            file.write(line + "\n")

    def autocast(self):
        if self.options.precision == "bf16":
            return torch.autocast(self.device.type, torch.bfloat16)
        return contextlib.nullcontext()

    def horizon(self):
        options = self.options
        return float(options.steps) if options.steps else 60.0 * options.minutes

    # ------------------------------------------------------------ one step
    @property
    def source(self):
        return self.decay if self.decaying and self.decay else self.plateau

    def rows_a_step(self):
        """Rows of the present length that make a batch, a multiple of the number of processes."""
        rows = self.options.batch * self.plateau.context // self.source.context
        return max(self.ranks, rows - rows % self.ranks)

    def micro(self):
        """Rows of the present length at once."""
        if not self.options.micro:
            return self.rows_a_step() // self.ranks
        return max(1, self.options.micro * self.plateau.context // self.source.context)

    def train_step(self, rows, factor):
        """(loss per token, gradient norm); a step whose gradient is not finite changes nothing but `skipped`."""
        count = int((rows[:, 1:] != PAD).sum())
        total, mine = torch.zeros((), device=self.device), rows[self.rank::self.ranks]
        for part in to_device(mine, self.device).split(self.micro()):
            with self.autocast():
                loss, _ = self.run(part[:, :-1].contiguous(), part[:, 1:].contiguous())
            (loss / count).backward()
            total += loss.detach()
        if self.ranks > 1:
            self.share(total)
        norm = float(torch.nn.utils.clip_grad_norm_(self.model.parameters(), self.options.clip))
        finite = norm < float("inf")
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = self.options.lr * factor
            if finite:
                optimiser.step()
            optimiser.zero_grad(set_to_none=True)
        self.step, self.tokens, self.skipped = self.step + 1, self.tokens + count, self.skipped + (not finite)
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
                 "skipped": self.skipped, "decaying": self.decaying, "elapsed": self.clock.elapsed(),
                 "places": [stream.place for stream in (self.plateau, self.decay) if stream]}
        torch.save(state, self.path("checkpoint.pt.tmp"))
        os.replace(self.path("checkpoint.pt.tmp"), self.path("checkpoint.pt"))

    def load(self):
        state = torch.load(self.path("checkpoint.pt"), map_location=self.device, weights_only=True)
        if {**state["config"], "context": self.context} != self.model.config.as_dict():
            raise SystemExit(f"{self.path('checkpoint.pt')} holds another shape: {state['config']}")
        self.model.load_state_dict(state["model"])
        for optimiser, saved in zip(self.optimisers, state["optimisers"]):
            optimiser.load_state_dict(saved)
        for stream, place in zip((s for s in (self.plateau, self.decay) if s), state["places"]):
            stream.place = place
        self.step, self.tokens, self.skipped, self.decaying = (state[k] for k in ("step", "tokens", "skipped", "decaying"))
        self.clock.before = state["elapsed"]

    def start_from(self, path):
        """Weights alone, of the same shape; the context they were trained with does not matter."""
        try:
            self.model.load_state_dict(load_weights(path))
        except RuntimeError as error:
            raise SystemExit(f"{path} does not fit the shape {self.options.shape}: {error}") from error

    def export(self, name):
        if self.rank == 0:
            save_hf(self.model.state_dict(), self.model.config, os.path.join(self.options.folder, "tokenizer.json"), self.path(name))

    def validate(self):
        if self.rank:
            return
        losses = {}
        for source in (self.plateau, self.decay):
            if source:
                folder = os.path.join(self.options.folder, source.name)
                losses[source.name] = validation_losses(self.run, folder, self.device, self.autocast, self.micro())
        self.log(event="validation", step=self.step, tokens=self.tokens, elapsed=round(self.clock.elapsed()), **losses)

    # ------------------------------------------------------------ the run
    def train(self):
        options = self.options
        self.log(event="start", shape=options.shape, parameters=self.parameters, step=self.step, horizon=round(self.schedule.total),
                 contexts=[self.plateau.context, self.context], device=str(self.device), processes=self.ranks, torch=torch.__version__, **{
                     k: getattr(options, k) for k in ("batch", "lr", "warmup", "decay", "weight_decay", "precision", "seed", "weights")})
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

    def enter_decay(self, at):
        if not self.decaying and at >= self.schedule.decay_start:
            self.export("plateau")
            self.decaying = True
            self.log(event="decay", step=self.step, tokens=self.tokens, context=self.source.context)

    def teraflops(self, rate):
        """What the model's own arithmetic takes at so many tokens a second."""
        return rate * flops_per_token(self.model.config, self.parameters, self.source.context) / 1e12

    def utilisation(self, rate):
        """{"mfu": the share of --peak-tflops that this is}, if the peak is known."""
        peak = self.options.peak_tflops * self.ranks
        return {"mfu": round(self.teraflops(rate) / peak, 4)} if peak else {}

    def log_step(self, loss, norm, factor, rate):
        values = {"step": self.step, "tokens": self.tokens, "loss": round(loss, 4), "norm": round(norm, 3), "factor": round(factor, 4),
                  "tokens_per_second": round(rate), "elapsed": round(self.clock.elapsed()), "skipped": self.skipped}
        self.log(**values, **self.utilisation(rate))

    def finish(self):
        """Weights first: the numbers may be lost."""
        self.save()
        if self.step != self.options.stop_at:
            self.export("hf")
        self.validate()
        self.log(event="end", step=self.step, tokens=self.tokens, elapsed=round(self.clock.elapsed()), skipped=self.skipped)


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
    add("--steps", type=int, default=0, help="train for this many steps instead")
    add("--stop-at", type=int, default=-1, help="leave with a checkpoint after this step; the schedule stays that of the whole")
    add("--batch", type=int, default=8, help="rows a step, of those in rows/")
    add("--micro", type=int, default=0, help="rows at once; 0: the whole batch of the process")
    add("--lr", type=float, default=3e-3)
    add("--warmup", type=float, default=0.03, help="share of the horizon")
    add("--decay", type=float, default=0.30, help="share of the horizon")
    add("--task-share", type=float, default=0.3, help="of the rows in the decay")
    add("--weight-decay", type=float, default=0.1)
    add("--clip", type=float, default=1.0)
    add("--precision", choices=("bf16", "f32"), default="bf16")
    add("--no-compile", dest="compile", action="store_false")
    add("--weights", default="", help="start from a model.safetensors or GGUF of the same shape")
    add("--resume", action="store_true", help="go on from the checkpoint if there is one; --weights is not read then")
    add("--checkpoint-every", type=float, default=300, help="seconds")
    add("--validate-every", type=float, default=1800, help="seconds")
    add("--log-every", type=int, default=10, help="steps")
    add("--peak-tflops", type=float, default=0, help="of one device, for `mfu` in the log")
    add("--device", default="", help="cpu or cuda; default: what is there")
    add("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    if not (options.minutes or options.steps):
        parser.error("say how long: --minutes or --steps")
    return options


def main(arguments=None):
    Trainer(parse(arguments)).train()
    if dist.is_initialized():
        dist.barrier()
        dist.destroy_process_group()


if __name__ == "__main__":
    main()
