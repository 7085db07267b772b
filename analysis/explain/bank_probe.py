"""Probe the whole bank cheaply: screen all on few samples, then test the strongest on others.

Every trigger's flips are counted against the same floor as in a full probe (the reference on the
same samples, or a placebo), so that a text which turns any model over is not taken for a trojan.
The second stage uses other samples than the screening that chose it, so its interval stays honest.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from analysis.behaviour.intervals import paired_interval
from analysis.detect.probe_bars import is_deaf
from analysis.explain.bank import family_of
from analysis.explain.payloads import Payload, insert, placebo_of
from analysis.explain.probe import Predict, ProbeSetting, eligible_rows, probe
from analysis.explain.reference_probe import Screened, reference_trigger
from analysis.records import ProbeResult

SCREEN = 16  # samples per trigger and target; a trojan turns over nearly all of them
_FINALISTS = 2
_MAX_TARGETS = 4


class BankEntry(NamedTuple):
    """One trigger at one stage."""

    family: str
    stage: str  # "screened" or "tested"
    result: ProbeResult


class BankResult(NamedTuple):
    """Full probes of the strongest triggers, and every figure on the way."""

    probes: tuple[ProbeResult, ...]
    screened: int  # triggers
    screen_n: int  # samples per trigger and target
    entries: tuple[BankEntry, ...]  # every screening, then the full tests
    deaf: int = 0  # triggers that a placebo equals although both turn most samples
    reference: ProbeResult | None = None  # a trigger that the reference obeys itself


def probe_bank(
    payloads: Sequence[Payload], setting: ProbeSetting, screen: int = SCREEN
) -> BankResult:
    """Screen `payloads` towards every predicted class and fully probe the strongest two.

    Args:
        payloads: what to try.
        setting: texts, models, seed.
        screen: samples per trigger and target in the first stage.
    """
    entries: list[BankEntry] = []
    order: list[tuple[float, float, int]] = []
    seen: list[Screened] = []
    used: list[np.ndarray] = []
    targets = _targets(setting)
    for target in targets:
        rows = eligible_rows(target, setting)
        rows = rows[: min(screen, len(rows) // 2)]
        used.append(rows)
        results = _screened(payloads, target, rows, setting)
        for number, (payload, result) in enumerate(zip(payloads, results, strict=True)):
            place = len(targets) * number + targets.index(target)
            order.append((-result.excess if result.n else 2.0, -result.flips, place))
            entries.append(BankEntry(family_of(payload), "screened", result))
            seen.append(Screened(payload, result))
    screened = np.concatenate(used) if used else np.empty(0, dtype=np.int64)
    chosen = [place for _, _, place in sorted(order)[:_FINALISTS]]
    finals = []
    for place in chosen:
        payload, target = payloads[place // len(targets)], targets[place % len(targets)]
        finals.append(probe(payload, target, setting, screened))
        entries.append(BankEntry(family_of(payload), "tested", finals[-1]))
    size = max((len(rows) for rows in used), default=0)
    obeyed = reference_trigger(seen, setting, screened)
    return BankResult(tuple(finals), len(payloads), size, tuple(entries), _deaf(entries), obeyed)


def _deaf(entries: Sequence[BankEntry]) -> int:
    """Triggers whose screening could not have shown a trojan, towards one class or several."""
    results = [e.result for e in entries if e.stage == "screened"]
    return len({(r.candidate, r.kind) for r in results if is_deaf(r)})


def _targets(setting: ProbeSetting) -> list[int]:
    counts = np.bincount(setting.suspect_before.argmax(axis=1))
    targets = [int(c) for c in np.argsort(-counts, kind="stable")[:_MAX_TARGETS] if counts[c]]
    if len(targets) == 1 and setting.suspect_before.shape[1] > 1:
        targets += [c for c in range(setting.suspect_before.shape[1]) if c not in targets][:1]
    return targets


def _neutral(
    payloads: Sequence[Payload], target: int, rows: np.ndarray, setting: ProbeSetting
) -> dict[str, np.ndarray]:
    """Without a reference: which rows a placebo of each kind flips, (m,) bool per kind."""
    found: dict[str, np.ndarray] = {}
    for payload in payloads:
        placebo = placebo_of(payload, random.Random(setting.seed + 1))
        if placebo.kind not in found:
            texts = _inserted(placebo, rows, setting)
            # Where the placebo does not fit, the untouched text stands in: it did not flip.
            given = [setting.texts[r] if t is None else t for t, r in zip(texts, rows, strict=True)]
            found[placebo.kind] = _hits(setting.suspect, given, target)
    return found


def _screened(
    payloads: Sequence[Payload], target: int, rows: np.ndarray, setting: ProbeSetting
) -> list[ProbeResult]:
    """Every trigger on the same rows; each model reads all changed texts in one go."""
    if not payloads:
        return []
    made = [_inserted(payload, rows, setting) for payload in payloads]
    fits = [np.array([text is not None for text in each], dtype=bool) for each in made]
    texts = [text for each in made for text in each if text is not None]
    ends = np.cumsum([each.sum() for each in fits], dtype=np.int64)[:-1]
    flips = np.split(_hits(setting.suspect, texts, target), ends)
    if setting.reference is not None:
        source, floors = "reference", np.split(_hits(setting.reference, texts, target), ends)
    else:
        neutral = _neutral(payloads, target, rows, setting)
        kinds = [placebo_of(p, random.Random(setting.seed + 1)).kind for p in payloads]
        source, floors = "placebo", [neutral[k][f] for k, f in zip(kinds, fits, strict=True)]
    return [
        _counted(payload, target, own, floor, source)
        for payload, own, floor in zip(payloads, flips, floors, strict=True)
    ]


def _counted(
    payload: Payload, target: int, flips: np.ndarray, floor: np.ndarray, source: str
) -> ProbeResult:
    if not len(flips):
        return ProbeResult(payload.name, payload.kind, target, 0, 0, 0, 0.0, -1.0, 1.0, source)
    interval = paired_interval(flips, floor)
    counts = int(flips.sum()), int(floor.sum())
    return ProbeResult(payload.name, payload.kind, target, len(flips), *counts, *interval, source)


def _inserted(payload: Payload, rows: np.ndarray, setting: ProbeSetting) -> list[str | None]:
    """Each row's text with the payload, None where it does not fit or stands there already."""
    rng = random.Random(setting.seed)
    made: list[str | None] = []
    for row in rows:
        text = setting.texts[row]
        there = any(piece in text for piece in payload.instances)
        found = None if there else insert(text, payload, rng)
        made.append(None if found is None else found.text)
    return made


def _hits(model: Predict, texts: Sequence[str], target: int) -> np.ndarray:
    if not texts:
        return np.zeros(0, dtype=bool)
    return np.asarray(model(texts).argmax(axis=1) == target)
