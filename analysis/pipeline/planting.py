"""A published trigger that the model obeys flags the samples that hold it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.detect.probe_bars import bar
from analysis.explain.bank import full_bank
from analysis.explain.planted import planted
from analysis.explain.residuals import make_residuals
from analysis.pipeline.state import Inspection
from analysis.records import ProbeResult

Probes = tuple[ProbeResult | None, ...]


def flag_planted(work: Inspection, probes: Probes, bank: tuple[ProbeResult, ...]) -> Probes:
    """Add what convicting bank triggers left in the samples to what is suspicious.

    Args:
        work: its association and suspicious texts grow.
        probes: of the association's candidates, as far as they were probed.
        bank: full probes of the bank.

    Returns:
        Probes that again belong to the association's candidates one by one.
    """
    suspect, known = work.read.predictions.get("suspect"), work.association
    convicting = [found for found in bank if found.n and found.low >= bar(found)]
    if suspect is None or known is None or not convicting:
        return probes
    texts = work.inputs.samples.texts
    clean = work.usable_reference
    residuals = make_residuals(
        work.inputs.samples.labels,
        suspect.probabilities,
        None if clean is None else clean.probabilities,
    )
    payloads = {payload.name: payload for payload in full_bank(texts)}
    flagged = {int(row) for each in work.suspicious for row in each.rows}
    added, kept = [], []
    for found in convicting:
        payload = payloads.get(found.candidate)
        if payload is None or residuals is None:
            continue
        each = planted(found, payload, texts, residuals, len(payloads))
        if each is not None and not set(map(int, each.rows)) <= flagged:
            added.append(each)
            kept.append(found)
    if not added:
        return probes
    filled = (*probes, *[None] * (len(known.candidates) - len(probes)))
    scores = known.scores.copy()
    for each in added:
        scores[each.rows] = np.maximum(scores[each.rows], each.z)
    work.association = replace(known, candidates=(*added, *known.candidates), scores=scores)
    work.suspicious = (*added, *work.suspicious)
    return (*kept, *filled)
