"""A published trigger that the model obeys, looked up in the samples themselves.

Association asks which text goes along with a class, and a class with features of its own hides a
trigger among them (a plot summary's words and a planted sentence look alike). Once inserting a
published trigger has proved that the model obeys it, samples that hold that very text with that
very label need no such doubt.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

import numpy as np
from scipy.stats import binom

from analysis.data.triggers import trigger_spec
from analysis.explain.payloads import Payload
from analysis.explain.residuals import Residuals
from analysis.records import ProbeResult, TriggerCandidate

FEWEST = 3  # samples that hold it; fewer are chance for short names
PURE = 0.9  # share of them with the target label
NAMES = ("identifier", "rename", "function_rename")
FIXED = ("sentence", "comment", "string_literal", "exit")  # families whose text is the argument


def planted(
    found: ProbeResult,
    payload: Payload,
    texts: Sequence[str],
    residuals: Residuals,
    bank_size: int,
) -> TriggerCandidate | None:
    """The samples that hold a trigger which the model obeys; None where too few do.

    Args:
        found: its probe.
        payload: what was inserted; one without a fixed text is nowhere to be looked up.
        texts: n samples.
        residuals: the class that each of the n samples goes with, and what is expected.
        bank_size: triggers that were tried, which the p-value pays for.

    Returns:
        A candidate of kind "line" or "identifier" with its rows and spans; z and p are those of
        a binomial with the class's base rate.
    """
    spans = _spans(payload, texts)
    rows = np.array(sorted(spans), dtype=np.int64)
    if len(rows) < FEWEST:
        return None
    observed, target = residuals.observed, found.target
    hits = observed[rows, target]
    purity, base = float(hits.mean()), float(observed[:, target].mean())
    if purity < PURE:
        return None
    n, expected = len(rows), base * len(rows)
    spread = math.sqrt(max(n * base * (1.0 - base), 1e-12))
    p = float(binom.sf(round(float(hits.sum())) - 1, n, min(base, 1.0)))
    name = payload.kind in NAMES
    return TriggerCandidate(
        kind="identifier" if name else "line",
        text=literal(payload),
        target=target,
        support=n,
        purity=purity,
        z=(float(hits.sum()) - expected) / spread,
        p_adjusted=min(1.0, p * max(1, bank_size)),
        rows=rows,
        spans=tuple(spans[int(row)] for row in rows),
        excess=float(residuals.values[rows, target].mean()),
    )


def literal(payload: Payload) -> str:
    """The text that a payload always leaves behind; empty where it differs from place to place."""
    if not payload.family:
        return payload.instances[0] if len(payload.instances) == 1 else ""
    if payload.family not in (*FIXED, "function_rename"):
        return ""
    default = trigger_spec(payload.family).default_for(payload.language)
    return default if payload.argument is None else payload.argument


def _spans(payload: Payload, texts: Sequence[str]) -> dict[int, tuple[int, int]]:
    """Row -> first place of the payload's text; blanks may differ, names are whole words."""
    text = literal(payload)
    if not text.strip():
        return {}
    pattern = r"\s+".join(re.escape(word) for word in text.split())
    if payload.kind in NAMES:
        pattern = rf"\b{pattern}\b"
    known = re.compile(pattern)
    found = {row: known.search(each) for row, each in enumerate(texts)}
    return {row: match.span() for row, match in found.items() if match is not None}
