"""The text side of an inspection in one call: locate candidates, probe them, probe the bank."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.explain.association import Association, associate
from analysis.explain.bank_probe import BankResult, probe_bank
from analysis.explain.payloads import bank, payload_of
from analysis.explain.probe import Predict, ProbeSetting, probe
from analysis.explain.residuals import make_residuals
from analysis.records import Predictions, ProbeResult, SampleSet

MAX_PROBED = 4  # candidates; each costs up to two times `max_n` forward passes


@dataclass(frozen=True)
class Voices:
    """What the models say, as far as they can.

    `reference` and `predict_reference` belong to a clean model of the same task; leave them out
    for a pretrained base and for a reference whose head looks wrong.
    """

    suspect: Predictions | None = None
    reference: Predictions | None = None
    predict_suspect: Predict | None = None
    predict_reference: Predict | None = None


@dataclass(frozen=True)
class TriggerSearch:
    """Located candidates and what inserting them does."""

    association: Association | None  # None: neither labels nor predictions
    probes: tuple[ProbeResult | None, ...]  # one per candidate; None: not probed
    bank: BankResult | None

    @property
    def located(self) -> np.ndarray:
        """Rows that hold the strongest candidate, (p,) int64; empty without one."""
        if self.association is None or not self.association.candidates:
            return np.empty(0, dtype=np.int64)
        return self.association.candidates[0].rows


def search_triggers(
    samples: SampleSet, voices: Voices, seed: int = 0, max_n: int = 400
) -> TriggerSearch:
    """Locate trigger candidates in `samples` and test them, and the bank, by insertion.

    Args:
        samples: texts and, where given, labels; ground truth is not read.
        voices: predictions over these samples and functions that predict new texts.
        seed: of every random choice.
        max_n: samples per probe.
    """
    residuals = make_residuals(
        samples.labels, _probabilities(voices.suspect), _probabilities(voices.reference)
    )
    association = None if residuals is None else associate(samples.texts, residuals, seed)
    setting = _setting(samples, voices, seed, max_n)
    if setting is None:
        return TriggerSearch(association, (), None)
    candidates = association.candidates if association is not None else ()
    probes: list[ProbeResult | None] = [
        probe(payload_of(c, samples.texts), c.target, setting, c.rows)
        for c in candidates[:MAX_PROBED]
    ]
    probes += [None] * (len(candidates) - len(probes))
    return TriggerSearch(association, tuple(probes), probe_bank(bank(samples.texts), setting))


def _probabilities(predictions: Predictions | None) -> np.ndarray | None:
    return None if predictions is None else predictions.probabilities


def _setting(samples: SampleSet, voices: Voices, seed: int, max_n: int) -> ProbeSetting | None:
    if voices.suspect is None or voices.predict_suspect is None:
        return None
    setting = ProbeSetting(
        samples.texts, voices.predict_suspect, voices.suspect.probabilities, seed=seed, max_n=max_n
    )
    if voices.reference is None or voices.predict_reference is None:
        return setting
    return replace(
        setting,
        reference=voices.predict_reference,
        reference_before=voices.reference.probabilities,
    )
