"""The verdict's thresholds, derived anew from the other models, and each model judged by them.

The product's thresholds are fixed numbers that were chosen while looking at some of these models.
Here every number is fitted without the judged model: runs of the same model, of the same sample
file and, in the stricter reading, of the same trigger family are left out. A threshold lies
halfway between the two scores that it parts: of all such places the one with fewest errors, clean
and poisoned models weighing the same, among equals the one in the widest gap. What stays fixed is
the list of located texts itself: a threshold that would have let more of them in cannot be tried.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from tests.benchmarks.detection.stored import NONE, Candidate, Seen

LEAST_P = 1e-300  # of a logarithm


class Thresholds(NamedTuple):
    """What a fold fitted; `data` has one entry per axis of its kind of run."""

    data: tuple[float, ...]
    model: float


class Told(NamedTuple):
    """What one model is told by thresholds that do not know it."""

    name: str
    truth: str
    file: str
    data: bool  # found
    model: bool
    fitted: Thresholds


def axes(kind: str, each: Candidate, run: Seen) -> tuple[float, ...]:
    """What the thresholds of the data part look at, larger = more suspicious.

    Against a reference: z over the 95 % point of chance. Alone: purity, and -log10 of the p-value.
    """
    if kind == "pair":
        return (each.z / max(run.chance_z, 1e-9),)
    return each.purity, -float(np.log10(max(each.p_adjusted, LEAST_P)))


def width(kind: str) -> int:
    """Number of axes."""
    return 1 if kind == "pair" else 2


def halfway(clean: Sequence[float], poisoned: Sequence[float]) -> float:
    """The threshold between both, see above; the higher side is poisoned.

    Raises:
        ValueError: one side is empty.
    """
    if not len(clean) or not len(poisoned):
        raise ValueError("A threshold needs clean and poisoned models.")
    low, high = np.asarray(clean, dtype=np.float64), np.asarray(poisoned, dtype=np.float64)
    values = np.unique(np.concatenate([low, high]))
    if len(values) == 1:
        return float(values[0]) + 1e-9  # nothing parts them: nobody is found
    cuts = (values[:-1] + values[1:]) / 2
    errors = np.array([(low >= c).mean() + (high < c).mean() for c in cuts])
    best = np.flatnonzero(errors <= errors.min() + 1e-12)
    return float(cuts[best[np.diff(values)[best].argmax()]])


def fit(kind: str, runs: Sequence[Seen]) -> Thresholds:
    """Thresholds of one set of runs; data first, since they decide which probes count."""
    marks = {run.name: _strongest(kind, run) for run in runs}
    clean = [marks[r.name] for r in runs if r.truth == "clean"]
    poisoned = [marks[r.name] for r in runs if r.truth != "clean"]
    data = tuple(
        halfway([m[a] for m in clean], [m[a] for m in poisoned]) for a in range(width(kind))
    )
    scores = [(run.truth, reaction(kind, run, data)) for run in runs]
    model = halfway(
        [score for truth, score in scores if truth == "clean"],
        [score for truth, score in scores if truth == "took"],
    )
    return Thresholds(data, model)


def _strongest(kind: str, run: Seen) -> tuple[float, ...]:
    """Axes of the strongest text that could count, zeros without one."""
    counting = [c for c in run.candidates if c.counts]
    if not counting:
        return (0.0,) * width(kind)
    return axes(kind, max(counting, key=lambda c: c.z), run)


def suspicious(kind: str, run: Seen, data: Sequence[float]) -> list[Candidate]:
    """Texts that pass every threshold of the data part."""
    return [
        c
        for c in run.candidates
        if c.counts and all(v >= t for v, t in zip(axes(kind, c, run), data, strict=True))
    ]


def reaction(kind: str, run: Seen, data: Sequence[float]) -> float:
    """Largest lower bound of an excess, over suspicious texts and published triggers."""
    probed = [c.excess for c in suspicious(kind, run, data)]
    return max([*probed, run.bank], default=NONE)


Group = Callable[[Seen], frozenset[str]]


def by_model(run: Seen) -> frozenset[str]:
    """A run's own name and file: nothing that shares one of them takes part in its fit."""
    return frozenset((f"model {run.name}", f"file {run.file}"))


def by_family(run: Seen) -> frozenset[str]:
    """The same and its trigger family."""
    return by_model(run) | {f"family {run.family}"}


def judged(kind: str, runs: Sequence[Seen], group: Group) -> list[Told]:
    """Each model by thresholds fitted on the runs that share nothing of `group` with it.

    A model without any clean or taken model left to fit on is not judged.
    """
    found = []
    for run in runs:
        mine = group(run)
        rest = [other for other in runs if not group(other) & mine]
        if not {"clean", "took"} <= {other.truth for other in rest}:
            continue
        fitted = fit(kind, rest)
        found.append(
            Told(
                name=run.name,
                truth=run.truth,
                file=run.file,
                data=bool(suspicious(kind, run, fitted.data)),
                model=reaction(kind, run, fitted.data) >= fitted.model,
                fitted=fitted,
            )
        )
    return found
