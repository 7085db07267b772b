"""Seconds per unlearning step against a bare forward and backward pass; prints a table.

    python tests/benchmarks/bench_unlearning.py --threads 2        # CodeBERT-base shape, all of it
    python tests/benchmarks/bench_unlearning.py --forget 32 --retain 32 --steps 4    # ratio alone
    python tests/benchmarks/bench_unlearning.py --device cuda      # the same on a GPU
    python tests/benchmarks/bench_unlearning.py --layers 3 --width 128               # a small shape

A random RoBERTa, 256 forget and 1,024 retain samples of 128 tokens. "bare" is the loop that a
method cannot avoid: the same batches through the model, cross-entropy, backward, AdamW. It is
stepped between the method's own steps in the same process, and both are timed in CPU seconds of
this process as well as by the clock, so the ratio stands on a loaded machine too; the total does
not. Goals: Lya, NPO and WAGLE + gradient difference each under six minutes in all (preparation
and the method's own number of steps) and within 1.3 times the bare loop per step. What is computed
once (Fisher diagonal, mask, the start's answers) is listed apart. On a GPU every reading of the
clock waits for it, and the ratio by the clock decides.
"""

import argparse
import statistics
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "extract"))
from tiny_stacks import opened

from analysis.models.base import Head
from analysis.models.roberta import RobertaAdapter
from analysis.unlearn.config import UnlearnConfig
from analysis.unlearn.decisions import cross_entropy
from analysis.unlearn.guard import Look
from analysis.unlearn.kit import Kit
from analysis.unlearn.loop import LoopSettings, run_steps
from analysis.unlearn.masks.make import make_mask
from analysis.unlearn.objectives.specs import objective
from analysis.unlearn.parts import Part, batches, joined
from analysis.unlearn.scoring import ClassScorer
from analysis.unlearn.state import with_parameters

METHODS = (("lya", False), ("npo", False), ("grad_diff", True))
LIMIT, RATIO = 360.0, 1.3
MASKED = 0.8  # share of the weights that may change


class Seconds(NamedTuple):
    """By the clock, and of this process's threads together."""

    wall: float
    cpu: float

    @classmethod
    def now(cls) -> "Seconds":
        if torch.cuda.is_initialized():
            torch.cuda.synchronize()
        return cls(time.perf_counter(), time.process_time())

    def since(self, began: "Seconds") -> "Seconds":
        return Seconds(self.wall - began.wall, self.cpu - began.cpu)


def model(arguments):
    import transformers

    torch.manual_seed(0)
    config = transformers.RobertaConfig(
        vocab_size=50265,
        hidden_size=arguments.width,
        num_hidden_layers=arguments.layers,
        num_attention_heads=max(1, arguments.width // 64),
        intermediate_size=4 * arguments.width,
        max_position_embeddings=514,
        num_labels=2,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    module = transformers.RobertaForSequenceClassification(config)
    return opened(module, RobertaAdapter(), Head("argmax", 2), window=512)


def part(n, tokens, seed):
    rng = np.random.default_rng(seed)
    return Part([rng.integers(5, 50000, tokens) for _ in range(n)], rng.integers(2, size=n))


def fresh(start):
    module = with_parameters(start, {})
    for p in module.parameters():
        p.requires_grad_(True)
    return module


class Bare:
    """The unavoidable loop, one step at a time, on a model of its own."""

    def __init__(self, score, start, parts, names, settings):
        self.module, self.score, self.precision = fresh(start), score, settings.precision
        self.optimiser = torch.optim.AdamW(self.module.parameters(), lr=1e-6)
        self.parts, self.names = parts, names
        size = settings.batch_size
        self.streams = [batches(parts[name], size, (0, i)) for i, name in enumerate(names)]

    def step(self):
        drawn = zip(self.names, self.streams, strict=True)
        batch = joined([self.parts[name].subset(next(stream)) for name, stream in drawn])
        device = next(self.module.parameters()).device.type
        with torch.autocast(device, torch.bfloat16, enabled=self.precision == "bf16"):
            loss = cross_entropy(self.score(self.module, batch, np.arange(len(batch))))
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()


def wagle_mask(work, score, parts, precision):
    """The product's mask with all that it stores about it: heads, stability between halves."""
    session = SimpleNamespace(
        work=work,
        ready=SimpleNamespace(parts=parts, score=score),
        config=UnlearnConfig(mask="wagle", mask_ratio=MASKED, precision=precision),
        say=lambda *_: None,
    )
    return make_mask(session).mask


def measured(name, masked, work, parts, settings):
    """Seconds to prepare, and of every step of the method and of the bare loop, in turns."""
    score, start = ClassScorer(work), work.module
    began = Seconds.now()
    module = fresh(start)
    spec = objective(name)
    kit = Kit(module, start, score, parts, spec.strength, precision=settings.precision)
    plan = spec.resolve()(kit)
    mask = None
    if masked:
        mask = wagle_mask(work, score, parts, settings.precision)
    prepared = Seconds.now().since(began)
    bare = Bare(score, start, parts, plan.parts, settings)
    own, floor, state = [], [], {}

    def on_moment(moment):
        if moment.step:
            own.append(Seconds.now().since(state["began"]))
            sys.stderr.write(f"{name} {moment.step}: {own[-1]}\n")
        began = Seconds.now()
        bare.step()
        floor.append(Seconds.now().since(began))
        state["began"] = Seconds.now()

    look = Look(1.0, 1.0, 0.0, None, None, 1.0)
    run_steps(module, plan, parts, lambda _: look, settings, mask=mask, on_moment=on_moment)
    # the first step allocates, and asks the start about all forget samples where a method needs it
    first, own, floor = own[0], own[1:], floor[1:-1]
    usual = Seconds(*map(statistics.median, zip(*own, strict=True)))
    once = first.since(usual)
    return Seconds(prepared.wall + once.wall, prepared.cpu + once.cpu), own, floor, spec.steps


def ratio(own, floor):
    """Median over pairs of neighbouring steps, with the smallest and the largest."""
    pairs = sorted(a / b for a, b in zip(own, floor, strict=True))
    return f"{statistics.median(pairs):.2f} [{pairs[0]:.2f}-{pairs[-1]:.2f}]"


def line(title, prepared, own, floor, steps):
    wall, cpu = ([getattr(each, n) for each in own] for n in ("wall", "cpu"))
    bare_wall, bare_cpu = ([getattr(each, n) for each in floor] for n in ("wall", "cpu"))
    total = prepared.wall + steps * statistics.median(wall)
    own_time, bare_time = (wall, bare_wall) if torch.cuda.is_initialized() else (cpu, bare_cpu)
    close = statistics.median(a / b for a, b in zip(own_time, bare_time, strict=True)) <= RATIO
    goals = f"ratio {'met' if close else 'missed'}, total {'met' if total <= LIMIT else 'missed'}"
    return (
        f"| {title} | {len(own)} | {prepared.wall:.1f} ({prepared.cpu:.1f}) "
        f"| {statistics.median(wall):.2f} ({statistics.median(cpu):.2f}) "
        f"| {statistics.median(bare_wall):.2f} ({statistics.median(bare_cpu):.2f}) "
        f"| {ratio(cpu, bare_cpu)} | {ratio(wall, bare_wall)} | {steps} | {total:.0f} | {goals} |"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, value in (
        ("layers", 12), ("width", 768), ("forget", 256), ("retain", 1024), ("tokens", 128),
        ("batch", 16), ("steps", 8), ("threads", 1),
    ):  # fmt: skip
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--precision", choices=("bf16", "fp32"), default="bf16")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--method", choices=[name for name, _ in METHODS], help="this one alone")
    arguments = parser.parse_args()
    if arguments.steps < 2:
        parser.error("--steps: at least 2, because the first is not counted")
    torch.set_num_threads(arguments.threads)
    work = model(arguments).to(torch.device(arguments.device), torch.float32)
    parts = {
        "forget": part(arguments.forget, arguments.tokens, 1),
        "retain": part(arguments.retain, arguments.tokens, 2),
    }
    settings = LoopSettings(
        1e-6, arguments.steps, batch_size=arguments.batch, check_every=10**6,
        precision=arguments.precision,
    )  # fmt: skip
    print(
        "Seconds by the clock (CPU); ratios are medians over pairs of steps [smallest-largest].\n"
    )
    print("| method | n | prepare | step | bare step | ratio, CPU | ratio, clock | steps | total s "
          "| goals |\n|---|---|---|---|---|---|---|---|---|---|")  # fmt: skip
    for name, masked in METHODS:
        if arguments.method in (None, name):
            title = f"{'WAGLE + ' if masked else ''}{name}"
            print(line(title, *measured(name, masked, work, parts, settings)), flush=True)


if __name__ == "__main__":
    main()
