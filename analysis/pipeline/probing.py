"""Insert what was located, or published triggers, and count what it does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.behaviour.placed import placed
from analysis.behaviour.predict import predict
from analysis.config import InspectConfig
from analysis.detect.evidence import FOUND_EXCESS, detectable_excess
from analysis.explain.bank import full_bank
from analysis.explain.bank_probe import SCREEN, BankEntry, probe_bank
from analysis.explain.payloads import payload_of
from analysis.explain.probe import Predict, ProbeSetting, probe
from analysis.extract.plan import make_plan
from analysis.models.base import OpenedModel
from analysis.pipeline.state import Inspection
from analysis.records import ProbeResult, TriggerCandidate

_FIGURES = ("target", "n", "flips", "floor_flips", "excess", "low", "high", "floor_source")
MAX_PROBED = 3  # candidates that are probed, strongest first
PROBED_SAMPLES, PROBED_SAMPLES_LARGE = 400, 150
LARGE_MODEL = 50_000_000  # parameters; beyond it a probe costs minutes on a CPU


def probe_triggers(
    work: Inspection,
) -> tuple[tuple[ProbeResult | None, ...], tuple[ProbeResult, ...]]:
    """Probes of the located candidates, and of the bank unless one of them convicts."""
    setting = probe_setting(work)
    if setting is None:
        return (), ()
    texts = work.inputs.samples.texts
    candidates = work.association.candidates if work.association is not None else ()
    probes: list[ProbeResult | None] = []
    for number, candidate in enumerate(candidates):
        if number >= MAX_PROBED:
            probes.append(None)
            continue
        work.writer.progress("Inserting the located text", number, len(candidates[:MAX_PROBED]))
        payload = payload_of(candidate, texts)
        probes.append(probe(payload, candidate.target, setting, candidate.rows, located=True))
    entries = [BankEntry("located", "tested", found) for found in probes if found is not None]
    if any(_convicts(c, p, work) for c, p in zip(candidates, probes, strict=True)):
        _write_bank(work, entries)
        return tuple(probes), ()  # the bank could only repeat what is proved
    work.writer.progress("Inserting published triggers")
    large = setting.max_n == PROBED_SAMPLES_LARGE
    found = probe_bank(full_bank(texts), setting, SCREEN // 2 if large else SCREEN)
    work.bank_screened, work.bank_deaf = found.screened, found.deaf
    work.reference_trigger = found.reference
    _write_bank(work, [*entries, *found.entries], found.screened, found.screen_n)
    return tuple(probes), found.probes


def _write_bank(
    work: Inspection, entries: Sequence[BankEntry], screened: int = 0, screen_n: int = 0
) -> None:
    """The `bank` table, and the smallest excess that each stage could have shown."""
    rows = [
        {"family": entry.family, "trigger": entry.result.candidate, "stage": entry.stage}
        | {name: getattr(entry.result, name) for name in _FIGURES}
        for entry in entries
    ]
    work.writer.write_table(
        "bank", pd.DataFrame(rows, columns=["family", "trigger", "stage", *_FIGURES])
    )
    full = max((e.result.n for e in entries if e.stage == "tested"), default=0)
    work.writer.set(
        metrics={
            "bank": {
                "screened": screened,
                "screen_n": screen_n,
                "tested_n": full,
                "detectable_screened": detectable_excess(screen_n) if screen_n else None,
                "detectable_tested": detectable_excess(full) if full else None,
            }
        }
    )


def _convicts(candidate: TriggerCandidate, found: ProbeResult | None, work: Inspection) -> bool:
    """A suspicious text whose insertion flips; a real pattern of the task may flip as well."""
    return found is not None and found.low >= FOUND_EXCESS and work.may_convict(candidate)


def probe_setting(work: Inspection) -> ProbeSetting | None:
    """What the probes of this inspection share; None where the suspect gives no predictions."""
    suspect, reference = work.read.predictions.get("suspect"), work.usable_reference
    if suspect is None:
        return None
    size = sum(p.numel() for p in work.inputs.suspect.module.parameters())
    return ProbeSetting(
        texts=work.inputs.samples.texts,
        suspect=predictor(work, "suspect"),
        suspect_before=suspect.probabilities,
        reference=None if reference is None else predictor(work, "reference"),
        reference_before=None if reference is None else reference.probabilities,
        seed=work.config.seed,
        max_n=PROBED_SAMPLES if size < LARGE_MODEL else PROBED_SAMPLES_LARGE,
    )


def predictor(work: Inspection, role: str) -> Predict:
    """Texts -> (n, k) float32 probabilities, on the run's device and in its precision.

    A model is placed once per run, not once per question.
    """
    if role not in work.predictors:
        work.predictors[role] = place(work.config, work.inputs.models[role])
    return work.predictors[role]


def place(config: InspectConfig, model: OpenedModel) -> Predict:
    """Texts -> (n, k) float32 probabilities of `model`, on the configured device."""
    plan = make_plan(config, model)
    ready = placed(model, plan.device, plan.dtype)

    def run(texts: Sequence[str]) -> np.ndarray:
        return predict(ready, texts, plan.device, plan.dtype, budget=plan.budget)

    return run
