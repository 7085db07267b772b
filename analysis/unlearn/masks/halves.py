"""Evidence in two complementary halves of the samples: their mean is the whole, one pass for both.

What the halves would choose by themselves says how far a mask hangs on the samples, and costs no
further pass: the gradients of a half are as good as drawn anew, and both add up to the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from analysis.unlearn.masks.evidence import (
    Evidence,
    Tensors,
    input_axes,
    input_sizes,
    matrices,
    mean_gradients,
    sample_rows,
)
from analysis.unlearn.masks.specs import MaskSpec
from analysis.unlearn.run import Session


def gather(session: Session, spec: MaskSpec) -> tuple[Evidence, tuple[Evidence, ...]]:
    """What a mask wants to look at, from the session's forget and retain samples.

    Returns:
        The evidence of all samples, and of each of two halves; no halves for masks that do not
        look at samples, or where one part has a single sample.
    """
    parts, seed = session.ready.parts, session.config.seed
    bare = Evidence(
        weights=matrices(session.work.module),
        axes=input_axes(session.work.module),
        stacks=session.work.stacks,
        layers=session.config.mask_layers,
        ratio=session.config.mask_ratio,
        seed=seed,
    )
    if not spec.needs:
        return bare, ()
    rows = {name: sample_rows(len(parts[name]), seed) for name in ("forget", "retain")}
    if min(map(len, rows.values())) < 2:
        return _seen(session, spec, bare, rows), ()
    split = [{name: each[n::2] for name, each in rows.items()} for n in (0, 1)]
    halves = []
    for number, each in enumerate(split):
        session.say("Scoring weights on halves of the samples", number, len(split))
        halves.append(_seen(session, spec, bare, each))
    return whole_of(halves, [(len(r["forget"]), len(r["retain"])) for r in split]), tuple(halves)


def whole_of(halves: Sequence[Evidence], sizes: Sequence[tuple[int, int]]) -> Evidence:
    """The evidence of all samples from that of disjoint pieces.

    Args:
        halves: at least one.
        sizes: number of forget and of retain samples of each.
    """
    forget, retain = ([pair[n] for pair in sizes] for n in (0, 1))
    squares = [{name: v.square() for name, v in half.inputs.items()} for half in halves]
    return replace(
        halves[0],
        forget=_mean([half.forget for half in halves], forget),
        retain=_mean([half.retain for half in halves], retain),
        inputs={name: v.sqrt() for name, v in _mean(squares, forget).items()},
    )


def _mean(values: Sequence[Tensors], sizes: Sequence[int]) -> dict[str, torch.Tensor]:
    shares = [size / sum(sizes) for size in sizes]
    found = {name: value * shares[0] for name, value in values[0].items()}
    for share, each in zip(shares[1:], values[1:], strict=True):
        for name, total in found.items():
            total.add_(each[name], alpha=share)
    return found


def _seen(
    session: Session, spec: MaskSpec, bare: Evidence, rows: dict[str, np.ndarray]
) -> Evidence:
    module, ready, precision = session.work.module, session.ready, session.config.precision
    parts = ready.parts
    found = bare
    if "gradients" in spec.needs:
        forget, retain = (
            mean_gradients(module, ready.score, parts[name], 0, precision, rows[name])
            for name in ("forget", "retain")
        )
        found = replace(found, forget=forget, retain=retain)
    if "inputs" in spec.needs:
        sizes = input_sizes(module, ready.score, parts["forget"], rows["forget"])
        found = replace(found, inputs=sizes)
    return found
