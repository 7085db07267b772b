"""What inserting a candidate does: behavioural proof or disproof of a trojan.

A candidate is inserted into samples that do not hold it and that no model puts into the target
class yet. Counted are flips to the target: of the suspect, against the clean reference on the
same samples (the natural-flip floor, paired), or without a reference against a placebo of the
same kind and length in the same samples; where a random name turns over so many that no excess
could show, names of other samples take its place.
Blind spots: triggers that the insertion does not reproduce (style, several places at once), and
with a placebo floor: real features of the target class flip a clean model as well.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.behaviour.intervals import paired_interval
from analysis.detect.evidence import MOST_NEUTRAL
from analysis.explain.distinct import first_copies
from analysis.explain.ordinary import FEWEST_NAMES, ordinary_names, with_ordinary_name
from analysis.explain.payloads import Payload, insert, placebo_of
from analysis.records import ProbeResult

LONGEST = 20_000  # characters of a text that is probed
RENAMED = ("identifier", "identifier_suffix")  # payloads whose placebo is a random name
Predict = Callable[[Sequence[str]], np.ndarray]  # texts -> (n, k) float32 probabilities


@dataclass(frozen=True)
class ProbeSetting:
    """Everything the probes of one inspection share.

    `suspect_before` and `reference_before` are (n, k) probabilities of the untouched texts.
    """

    texts: Sequence[str]
    suspect: Predict
    suspect_before: np.ndarray
    reference: Predict | None = None  # a clean model of the same task, never a pretrained base
    reference_before: np.ndarray | None = None
    seed: int = 0
    max_n: int = 400


def probe(
    payload: Payload,
    target: int,
    setting: ProbeSetting,
    exclude: np.ndarray | None = None,
    located: bool = False,
) -> ProbeResult:
    """Insert `payload` into up to `max_n` samples and count flips to `target`.

    Args:
        payload: what to insert.
        target: the class it is suspected to pull towards.
        setting: texts, models, seed.
        exclude: (m,) int rows that must not be used (holders of the candidate, screened rows).
        located: the payload stands in these samples. Only such a name may be held against ordinary
            names: a published one that is not here would convict a task in which strange names
            mean something.

    Returns:
        Counts and the paired 95 % interval of the excess; n = 0 where nothing could be probed.
    """
    rows, changed = _changed_texts(payload, target, setting, exclude)
    if not rows:
        return ProbeResult(
            payload.name, payload.kind, target, 0, 0, 0, 0.0, -1.0, 1.0, _floor_source(setting)
        )
    flips = setting.suspect(changed).argmax(axis=1) == target
    floor, source = _floor(payload, target, setting, rows, changed), _floor_source(setting)
    if located and source == "placebo" and floor.mean() > MOST_NEUTRAL:
        floor, source = _ordinary_floor(payload, target, setting, rows, floor)
    interval = paired_interval(flips, floor)
    return ProbeResult(
        candidate=payload.name,
        kind=payload.kind,
        target=target,
        n=len(rows),
        flips=int(flips.sum()),
        floor_flips=int(floor.sum()),
        excess=interval.estimate,
        low=interval.low,
        high=interval.high,
        floor_source=source,
    )


def eligible_rows(
    target: int, setting: ProbeSetting, exclude: np.ndarray | None = None
) -> np.ndarray:
    """Rows that neither model puts into `target`, in a seeded random order, (m,) int64."""
    free = setting.suspect_before.argmax(axis=1) != target
    if setting.reference_before is not None:
        free &= setting.reference_before.argmax(axis=1) != target
    if exclude is not None:
        free[exclude] = False
    free &= first_copies(setting.texts)  # each tells the same
    # Far beyond every window a trigger is cut off anyway, and parsing such a text takes seconds.
    free &= np.array([len(text) <= LONGEST for text in setting.texts], dtype=bool)
    return np.random.default_rng([setting.seed, target]).permutation(np.flatnonzero(free))


def _changed_texts(
    payload: Payload, target: int, setting: ProbeSetting, exclude: np.ndarray | None
) -> tuple[list[int], list[str]]:
    rng = random.Random(setting.seed)
    rows: list[int] = []
    changed: list[str] = []
    for row in eligible_rows(target, setting, exclude).tolist():
        text = setting.texts[row]
        if any(piece in text for piece in payload.instances):
            continue
        insertion = insert(text, payload, rng)
        if insertion is not None:
            rows.append(row)
            changed.append(insertion.text)
        if len(rows) == setting.max_n:
            break
    return rows, changed


def _floor(
    payload: Payload, target: int, setting: ProbeSetting, rows: list[int], changed: list[str]
) -> np.ndarray:
    """Whether each sample flips without a trojan, (n,) bool."""
    if setting.reference is not None:
        return np.asarray(setting.reference(changed).argmax(axis=1) == target)
    rng = random.Random(setting.seed + 1)
    placebo = placebo_of(payload, rng)
    pieces = [insert(setting.texts[row], placebo, rng) for row in rows]
    # Where the placebo does not fit, the untouched text stands in: it did not flip.
    texts = [p.text if p else setting.texts[r] for p, r in zip(pieces, rows, strict=True)]
    return np.asarray(setting.suspect(texts).argmax(axis=1) == target)


def _ordinary_floor(
    payload: Payload, target: int, setting: ProbeSetting, rows: list[int], floor: np.ndarray
) -> tuple[np.ndarray, str]:
    """Flips by names that other samples use, (n,) bool; `floor` again where that cannot be told."""
    rng = random.Random(setting.seed + 2)
    short = [text for text in setting.texts if len(text) <= LONGEST]
    names = [n for n in ordinary_names(short, rng) if n not in payload.instances]
    if payload.kind not in RENAMED or len(names) < FEWEST_NAMES:
        return floor, "placebo"
    texts = [with_ordinary_name(setting.texts[row], names, rng) for row in rows]
    return np.asarray(setting.suspect(texts).argmax(axis=1) == target), "names"


def _floor_source(setting: ProbeSetting) -> str:
    return "placebo" if setting.reference is None else "reference"
