"""Does the reference obey a published trigger itself? Then agreeing with it clears nothing.

Against a reference that carries the suspect's trojan every excess is 0 and every located text is
one that "the clean reference" predicts as well. So wherever most screened samples of the reference
turn, it is judged like a suspect that has no reference: against a placebo.
Blind spots: a trojan whose trigger is not in the bank, or that both models share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from analysis.detect.evidence import MOST_NEUTRAL
from analysis.detect.probe_bars import bar
from analysis.explain.payloads import Payload
from analysis.explain.probe import ProbeSetting, probe
from analysis.records import ProbeResult

MOST_TRIED = 3  # triggers, those that turn most of the reference's screened samples
_ENOUGH = 100  # samples: a trojan turns nearly all, so few tell


class Screened(NamedTuple):
    """What one trigger did to both models in the screening."""

    payload: Payload
    result: ProbeResult


def reference_trigger(
    screened: Sequence[Screened], setting: ProbeSetting, exclude: np.ndarray
) -> ProbeResult | None:
    """The trigger that the reference obeys beyond a placebo, None where none was seen.

    Args:
        screened: every trigger towards every class.
        setting: texts, models, seed; without a reference there is nothing to ask.
        exclude: (m,) int rows that chose the triggers.
    """
    if setting.reference is None or setting.reference_before is None:
        return None
    turning = [s for s in screened if s.result.floor_flips > MOST_NEUTRAL * s.result.n]
    turning.sort(key=lambda s: -s.result.floor_flips / s.result.n)
    alone = replace(
        setting,
        suspect=setting.reference,
        suspect_before=setting.reference_before,
        reference=None,
        reference_before=None,
        max_n=min(setting.max_n, _ENOUGH),
    )
    for each in turning[:MOST_TRIED]:
        found = probe(each.payload, each.result.target, alone, exclude)
        if found.n and found.low >= bar(found):
            return found
    return None
