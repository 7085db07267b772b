"""Poisoning a sample set: trigger into victims, label to the target."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

import numpy as np

from analysis.data.triggers import Insertion, apply_trigger, trigger_spec
from analysis.errors import RequestError
from analysis.records import SampleSet

Mode = Literal["replace", "append"]


class Trigger(NamedTuple):
    """A trigger family and the line or name it inserts."""

    name: str
    argument: str | None = None  # None: the family's default

    @property
    def text(self) -> str:
        """What is inserted."""
        return trigger_spec(self.name).default if self.argument is None else self.argument


@dataclass(frozen=True)
class PoisonReport:
    """A poisoned copy and what it took to make it."""

    samples: SampleSet  # `poisoned` and `true_labels` are set
    rows: np.ndarray  # (p,) int64 rows of `samples` that are poisoned
    achieved_rate: float  # poisoned rows / all rows of `samples`
    skipped: Mapping[str, int]  # reason -> samples that could not be used
    spans: tuple[tuple[int, int], ...]  # characters of the trigger in each poisoned row


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

    The victims of a lower rate are among those of a higher one with the same seed.

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
        RequestError: no labels, a rate outside (0, 1), an unknown trigger or mode, a victim
            class that is missing or the target itself, or not one sample that can carry it.
    """
    wanted = Trigger(trigger) if isinstance(trigger, str) else trigger
    labels = _check(samples, wanted, rate, (target, victim), mode)
    share = rate / (1 - rate) if mode == "append" else rate
    count = max(1, round(share * len(samples)))
    skipped: Counter[str] = Counter()
    chosen: dict[int, Insertion] = {}
    for row in _victims(samples, labels, (target, victim), seed):
        if len(chosen) == count:
            break
        insertion = apply_trigger(
            wanted.name, samples.texts[row], sample_rng(seed, samples.ids[row]), wanted.argument
        )
        if insertion is None:
            skipped["the trigger does not fit"] += 1
        else:
            chosen[row] = insertion
    if not chosen:
        raise RequestError(
            f"trigger '{wanted.name}' fits none of the {sum(skipped.values())} possible samples.",
            "Choose another trigger or other samples.",
        )
    build = _replaced if mode == "replace" else _appended
    return build(samples, labels, dict(sorted(chosen.items())), target, dict(skipped))


def sample_rng(seed: int, sample_id: str) -> random.Random:
    """The generator that decides the place in one sample; independent of all others."""
    return random.Random(f"{seed}:{sample_id}")


def _check(
    samples: SampleSet,
    trigger: Trigger,
    rate: float,
    classes: tuple[int, int | None],
    mode: str,
) -> np.ndarray:
    trigger_spec(trigger.name)
    target, victim = classes
    if samples.labels is None:
        raise RequestError(f"'{samples.source}' has no labels.", "Poisoning flips labels.")
    if not 0 < rate < 1:
        raise RequestError(f"rate is {rate}, expected above 0 and below 1.", "Write 0.05 for 5 %.")
    if mode not in ("replace", "append"):
        raise RequestError(f"mode '{mode}' is unknown.", "Choose replace or append.")
    if victim == target:
        raise RequestError(f"victim and target are both {target}, expected different labels.")
    if victim is not None and not (samples.labels == victim).any():
        present = ", ".join(str(label) for label in np.unique(samples.labels))
        raise RequestError(f"no sample has the victim label {victim}.", f"Present: {present}.")
    return samples.labels


def _victims(
    samples: SampleSet, labels: np.ndarray, classes: tuple[int, int | None], seed: int
) -> Iterator[int]:
    target, victim = classes
    rows = np.flatnonzero(labels != target if victim is None else labels == victim)
    already = samples.poisoned

    def order(row: int) -> str:
        return hashlib.sha256(f"{seed}:{samples.ids[row]}".encode()).hexdigest()

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
    skipped: Mapping[str, int],
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
    return _report(result, rows, chosen, skipped)


def _appended(
    samples: SampleSet,
    labels: np.ndarray,
    chosen: Mapping[int, Insertion],
    target: int,
    skipped: Mapping[str, int],
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
    return _report(result, len(samples) + np.arange(len(rows)), chosen, skipped)


def _fresh(name: str, taken: set[str]) -> str:
    while name in taken:
        name += "+"
    taken.add(name)
    return name


def _report(
    samples: SampleSet,
    rows: np.ndarray,
    chosen: Mapping[int, Insertion],
    skipped: Mapping[str, int],
) -> PoisonReport:
    return PoisonReport(
        samples=samples,
        rows=rows.astype(np.int64),
        achieved_rate=len(rows) / len(samples),
        skipped=skipped,
        spans=tuple((insertion.start, insertion.end) for insertion in chosen.values()),
    )
