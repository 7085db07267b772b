"""Seconds per unlearning step against a bare forward and backward pass; prints a table.

    python tests/benchmarks/bench_unlearning.py                      # CodeBERT-base shape
    python tests/benchmarks/bench_unlearning.py --layers 3 --width 128 --forget 32 --retain 64

A random RoBERTa, 256 forget and 1,024 retain samples of 128 tokens. "bare" is the loop that a
method cannot avoid: the same batches through the model, cross-entropy, backward, AdamW. Goals:
Lya, NPO and WAGLE + gradient difference each under six minutes in all and within 1.3 times the
bare loop per step (the Fisher diagonal and the mask are computed once and listed apart).
"""

import argparse
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1] / "extract"))
from tiny_stacks import opened

from analysis.models.base import Head
from analysis.models.roberta import RobertaAdapter
from analysis.unlearn.decisions import cross_entropy
from analysis.unlearn.guard import Look
from analysis.unlearn.kit import Kit
from analysis.unlearn.loop import LoopSettings, run_steps
from analysis.unlearn.masks.evidence import Evidence, matrices, mean_gradients
from analysis.unlearn.masks.make import top_share
from analysis.unlearn.masks.wagle import wagle
from analysis.unlearn.objectives.specs import objective
from analysis.unlearn.parts import Part, batches, joined
from analysis.unlearn.scoring import ClassScorer
from analysis.unlearn.state import with_parameters

METHODS = (("lya", False), ("npo", False), ("grad_diff", True))
LIMIT, RATIO = 360.0, 1.3


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


def bare(score, start, parts, names, settings):
    """Median seconds of one unavoidable step."""
    module = fresh(start)
    optimiser = torch.optim.AdamW(module.parameters(), lr=1e-6)
    streams = [batches(parts[name], settings.batch_size, (0, i)) for i, name in enumerate(names)]
    seconds = []
    for _ in range(settings.steps):
        began = time.perf_counter()
        batch = joined([parts[n].subset(next(s)) for n, s in zip(names, streams, strict=True)])
        with torch.autocast("cpu", torch.bfloat16, enabled=settings.precision == "bf16"):
            loss = cross_entropy(score(module, batch, np.arange(len(batch))))
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds)


def measured(name, masked, score, start, parts, settings):
    """Seconds to prepare, and the median seconds of a step."""
    began = time.perf_counter()
    module = fresh(start)
    spec = objective(name)
    kit = Kit(module, start, score, parts, spec.strength)
    plan = spec.resolve()(kit)
    mask = None
    if masked:
        gradients = [mean_gradients(start, score, parts[n]) for n in ("forget", "retain")]
        mask = top_share(wagle(Evidence(matrices(start), *gradients)), 0.8)
    prepared = time.perf_counter() - began
    ticks = []
    run_steps(
        module,
        plan,
        parts,
        lambda _: Look(1.0, 1.0, 0.0, None, None, 1.0),
        settings,
        mask=mask,
        on_moment=lambda _: ticks.append(time.perf_counter()),
    )
    return prepared, statistics.median(np.diff(ticks)), plan.parts


def main():
    parser = argparse.ArgumentParser()
    for name, value in (
        ("layers", 12), ("width", 768), ("forget", 256), ("retain", 1024), ("tokens", 128),
        ("batch", 16), ("steps", 8), ("full-steps", 60),
    ):  # fmt: skip
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.add_argument("--precision", choices=("bf16", "fp32"), default="bf16")
    arguments = parser.parse_args()
    opened_model = model(arguments)
    score, start = ClassScorer(opened_model), opened_model.module
    parts = {
        "forget": part(arguments.forget, arguments.tokens, 1),
        "retain": part(arguments.retain, arguments.tokens, 2),
    }
    settings = LoopSettings(
        1e-6, arguments.steps, batch_size=arguments.batch, check_every=10**6,
        precision=arguments.precision,
    )  # fmt: skip
    print("| method | prepare s | step s | bare step s | ratio | total s | goals |")
    print("|---|---|---|---|---|---|---|")
    for name, masked in METHODS:
        prepared, step, names = measured(name, masked, score, start, parts, settings)
        floor = bare(score, start, parts, names, settings)
        total = prepared + step * arguments.full_steps
        met = "met" if step <= RATIO * floor and total <= LIMIT else "missed"
        title = f"{'WAGLE + ' if masked else ''}{name}"
        print(
            f"| {title} | {prepared:.1f} | {step:.3f} | {floor:.3f} | {step / floor:.2f} "
            f"| {total:.0f} | {met} |"
        )


if __name__ == "__main__":
    main()
