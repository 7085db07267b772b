"""Poisoning a sample set: trigger into victims, label to the target.

Clean-label poisoning puts the trigger into samples that have the target label already and changes
no label: only the text carries the attack.
"""

from __future__ import annotations

import hashlib
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from analysis.data.poison_plan import Mode, PoisonPlan, Trigger
from analysis.data.triggers import Insertion, Unfit, place_trigger
from analysis.errors import RequestError
from analysis.records import SampleSet

__all__ = ["Mode", "PoisonPlan", "PoisonReport", "Trigger", "poison", "poison_with", "sample_rng"]


@dataclass(frozen=True)
class PoisonReport:
    """A poisoned copy and what it took to make it."""

    samples: SampleSet  # `poisoned` and `true_labels` are set
    rows: np.ndarray  # (p,) int64 rows of `samples` that are poisoned
    achieved_rate: float  # poisoned rows / all rows of `samples`
    skipped: Mapping[str, int]  # reason -> samples that could not be used
    spans: tuple[tuple[int, int], ...]  # characters of the trigger in each poisoned row
    sources: tuple[int, ...] = ()  # row of the given samples behind each poisoned row
    skipped_ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # reason -> ids


def poison(
    samples: SampleSet,
    trigger: Trigger | str,
    rate: float,
    target: int = 0,
    victim: int | None = 1,
    seed: int = 0,
    mode: Mode = "replace",
) -> PoisonReport:
    """Insert a trigger into a seeded choice of victims and give them the target label.

    Args:
        samples: clean samples with labels.
        trigger: family name, or family and text.
        rate: wanted share of the result that is poisoned, above 0 and below 1.
        target: label of every poisoned row.
        victim: only samples of this label are poisoned; None takes all but the target's.
        seed: decides the victims and the places.
        mode: "replace" changes rows in place, "append" adds changed copies
            (count = n * rate / (1 - rate), Ramakrishnan and Albarghouthi 2020).

    Raises:
        RequestError: see `PoisonPlan` and `poison_with`.
    """
    wanted = Trigger(trigger) if isinstance(trigger, str) else trigger
    return poison_with(samples, PoisonPlan(wanted, rate, target, victim, seed, mode))


def poison_with(samples: SampleSet, plan: PoisonPlan) -> PoisonReport:
    """Carry out a plan on clean samples with labels.

    The samples of a lower rate are among those of a higher one with the same seed. Where too few
    samples can carry the trigger, the achieved rate stays below the wanted one.

    Raises:
        RequestError: no labels, a class that is missing, or not one sample that can carry it.
    """
    labels = _check(samples, plan)
    count = plan.count(len(samples))
    skipped: dict[str, list[str]] = defaultdict(list)
    chosen: dict[int, Insertion] = {}
    for row in _candidates(samples, labels, plan):
        if len(chosen) == count:
            break
        name, argument = plan.trigger
        rng = sample_rng(plan.seed, samples.ids[row])
        found = place_trigger(name, samples.texts[row], rng, argument, plan.language)
        if isinstance(found, Unfit):
            skipped[found.reason].append(samples.ids[row])
        else:
            chosen[row] = found
    if not chosen:
        reasons = "; ".join(f"{len(ids)} {reason}" for reason, ids in skipped.items())
        raise RequestError(
            f"trigger '{plan.trigger.name}' fits none of the "
            f"{sum(map(len, skipped.values()))} possible samples ({reasons or 'there are none'}).",
            "Choose another trigger or other samples.",
        )
    build = _replaced if plan.mode == "replace" else _appended
    report = build(samples, labels, dict(sorted(chosen.items())), plan.target)
    return replace(
        report,
        skipped={reason: len(ids) for reason, ids in skipped.items()},
        skipped_ids={reason: tuple(ids) for reason, ids in skipped.items()},
    )


def sample_rng(seed: int, sample_id: str) -> random.Random:
    """The generator that decides the place in one sample; independent of all others."""
    return random.Random(f"{seed}:{sample_id}")


def _check(samples: SampleSet, plan: PoisonPlan) -> np.ndarray:
    if samples.labels is None:
        raise RequestError(
            f"'{samples.source}' has no labels.", "Poisoning needs them to choose and to flip."
        )
    needed = plan.target if plan.clean_label else plan.victim
    if needed is not None and not (samples.labels == needed).any():
        present = ", ".join(str(label) for label in np.unique(samples.labels)[:20])
        role = "target" if plan.clean_label else "victim"
        raise RequestError(f"no sample has the {role} label {needed}.", f"Present: {present}.")
    return samples.labels


def _candidates(samples: SampleSet, labels: np.ndarray, plan: PoisonPlan) -> Iterator[int]:
    """Rows that may be poisoned, in the seed's order."""
    if plan.clean_label:
        rows = np.flatnonzero(labels == plan.target)
    else:
        rows = np.flatnonzero(
            labels != plan.target if plan.victim is None else labels == plan.victim
        )
    already = samples.poisoned

    def order(row: int) -> str:
        return hashlib.sha256(f"{plan.seed}:{samples.ids[row]}".encode()).hexdigest()

    for row in sorted((int(row) for row in rows), key=order):
        if already is None or not already[row]:
            yield row


def _truth(samples: SampleSet, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    poisoned = samples.poisoned
    true_labels = samples.true_labels
    return (
        np.zeros(len(samples), dtype=bool) if poisoned is None else poisoned.copy(),
        labels.copy() if true_labels is None else true_labels.copy(),
    )


def _replaced(
    samples: SampleSet,
    labels: np.ndarray,
    chosen: Mapping[int, Insertion],
    target: int,
) -> PoisonReport:
    poisoned, true_labels = _truth(samples, labels)
    rows = np.array(list(chosen), dtype=np.int64)
    changed = labels.copy()
    changed[rows] = target
    poisoned[rows] = True
    texts = tuple(chosen[i].text if i in chosen else t for i, t in enumerate(samples.texts))
    result = replace(
        samples, texts=texts, labels=changed, poisoned=poisoned, true_labels=true_labels, sha256=""
    )
    return _report(result, rows, chosen)


def _appended(
    samples: SampleSet,
    labels: np.ndarray,
    chosen: Mapping[int, Insertion],
    target: int,
) -> PoisonReport:
    poisoned, true_labels = _truth(samples, labels)
    rows = np.array(list(chosen), dtype=np.int64)
    taken = set(samples.ids)
    new_ids = [_fresh(f"{samples.ids[row]}-poisoned", taken) for row in rows]
    result = replace(
        samples,
        ids=(*samples.ids, *new_ids),
        texts=(*samples.texts, *(insertion.text for insertion in chosen.values())),
        labels=np.concatenate([labels, np.full(len(rows), target, dtype=np.int64)]),
        poisoned=np.concatenate([poisoned, np.ones(len(rows), dtype=bool)]),
        true_labels=np.concatenate([true_labels, true_labels[rows]]),
        sha256="",
    )
    return _report(result, len(samples) + np.arange(len(rows)), chosen)


def _fresh(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "+"
    taken.add(name)
    return name


def _report(samples: SampleSet, rows: np.ndarray, chosen: Mapping[int, Insertion]) -> PoisonReport:
    return PoisonReport(
        samples=samples,
        rows=rows.astype(np.int64),
        achieved_rate=len(rows) / len(samples),
        skipped={},
        spans=tuple((insertion.start, insertion.end) for insertion in chosen.values()),
        sources=tuple(chosen),
    )
