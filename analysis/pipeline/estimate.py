"""How long the reading will take, measured on a few samples before it starts."""

from __future__ import annotations

import time

import numpy as np

from analysis.behaviour.passes import run_pass
from analysis.behaviour.placed import placed
from analysis.config import InspectConfig
from analysis.extract.plan import ExtractPlan, make_plan
from analysis.models.base import Batch, Forward, OpenedModel
from analysis.pipeline.inputs import Inputs
from analysis.report.words import duration
from analysis.runs.writer import RunWriter

SAMPLED = 256  # texts whose lengths stand for the file
TIMED_TOKENS = 1024  # enough to fill the matrix units once
LOOKS = 4  # the least counts: the first of a shape prepares kernels, others may be disturbed
PATIENCE = 2.0  # seconds after which no further look is taken


def estimate_seconds(model: OpenedModel, texts: tuple[str, ...], plan: ExtractPlan) -> float:
    """Seconds that one pass over `texts` will take, from a timed handful of them."""
    step = max(1, len(texts) // SAMPLED)
    chosen = texts[::step][:SAMPLED]
    lengths = np.array([len(ids) for ids in model.encode(chosen).ids])
    order = np.argsort(lengths)
    middle = order[len(order) // 4 :]
    few = [chosen[i] for i in middle[: max(1, TIMED_TOKENS // max(1, int(np.median(lengths))))]]
    ready = placed(model, plan.device, plan.dtype)
    tokens = sum(len(ids) for ids in model.encode(few).ids)

    def ignore(rows: np.ndarray, batch: Batch, result: Forward) -> None:
        """The timing is all that counts."""

    looks: list[float] = []
    while len(looks) < 2 or (len(looks) < LOOKS and sum(looks) < PATIENCE):
        began = time.monotonic()
        run_pass(ready, few, ignore, want_hidden=True, budget=plan.budget)
        looks.append(time.monotonic() - began)
    return min(looks) * float(lengths.mean()) * len(texts) / max(1, tokens)


def estimate_step(inputs: Inputs, config: InspectConfig, writer: RunWriter) -> None:
    """Tell the user, and the record, what the reading will cost."""
    texts, n = inputs.samples.texts, len(inputs.samples)
    plans = [make_plan(config, model) for model in inputs.models.values()]
    total = sum(
        estimate_seconds(model, texts, plan)
        for model, plan in zip(inputs.models.values(), plans, strict=True)
    )
    writer.set(metrics={"estimate": {"seconds": total, "samples": n}})
    writer.progress(
        f"Reading {len(plans)} model{'s' if len(plans) > 1 else ''} x {n:,} samples on "
        f"{plans[0].device.type} in {plans[0].precision} takes about {duration(total)}, "
        "nothing where it is cached"
    )
