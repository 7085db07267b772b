"""Probe a bank of published triggers cheaply: screen all on few samples, then test the strongest.

The second stage uses other samples than the screening that chose it, so its interval stays honest.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from analysis.explain.payloads import Payload, insert
from analysis.explain.probe import ProbeSetting, eligible_rows, probe
from analysis.records import ProbeResult

_SCREEN = 48  # samples per trigger and target
_FINALISTS = 2
_MAX_TARGETS = 4


class BankResult(NamedTuple):
    """Full probes of the strongest triggers, and how many were screened."""

    probes: tuple[ProbeResult, ...]
    screened: int
    screen_n: int  # samples per trigger and target


def probe_bank(payloads: Sequence[Payload], setting: ProbeSetting) -> BankResult:
    """Screen `payloads` towards every predicted class and fully probe the strongest two."""
    counts = np.bincount(setting.suspect_before.argmax(axis=1))
    targets = [int(c) for c in np.argsort(-counts, kind="stable")[:_MAX_TARGETS] if counts[c]]
    if len(targets) == 1 and setting.suspect_before.shape[1] > 1:
        targets += [c for c in range(setting.suspect_before.shape[1]) if c not in targets][:1]
    shares: list[tuple[float, int, int]] = []
    used: list[np.ndarray] = []
    for target in targets:
        rows = eligible_rows(target, setting)
        rows = rows[: min(_SCREEN, len(rows) // 2)]
        used.append(rows)
        shares += [
            (_flip_share(payload, target, rows, setting), number, target)
            for number, payload in enumerate(payloads)
        ]
    screened = np.concatenate(used) if used else np.empty(0, dtype=np.int64)
    shares.sort(key=lambda item: (-item[0], item[1], item[2]))
    finals = tuple(
        probe(payloads[number], target, setting, screened)
        for _, number, target in shares[:_FINALISTS]
    )
    return BankResult(finals, len(payloads), max((len(rows) for rows in used), default=0))


def _flip_share(payload: Payload, target: int, rows: np.ndarray, setting: ProbeSetting) -> float:
    rng = random.Random(setting.seed)
    changed = [insert(setting.texts[row], payload, rng) for row in rows]
    texts = [insertion.text for insertion in changed if insertion is not None]
    if not texts:
        return -1.0
    return float((setting.suspect(texts).argmax(axis=1) == target).mean())
