"""Search for a trigger that no bank holds, and test what was found on other samples.

Never part of the verdict. Clean models have sequences that turn them as well, so without a
reference of the same task a find is only a hint; with one, the excess over it counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from analysis.detect.evidence import FOUND_EXCESS
from analysis.explain.inversion import KINDS, SearchConfig, Searched, search
from analysis.explain.payloads import Payload
from analysis.explain.probe import ProbeSetting, eligible_rows, probe
from analysis.extract.plan import make_plan
from analysis.pipeline.probing import PROBED_SAMPLES, predictor
from analysis.pipeline.state import Inspection
from analysis.records import ProbeResult

FEWEST = 40  # samples outside a target: half to search on, half to test on
_MAX_TARGETS = 3
_STEP = "search triggers"
_FIGURES = ("n", "flips", "floor_flips", "excess", "low", "high", "floor_source")
# Excess over a clean reference on the shipped models, codebert-mini, seed 0 (README).
CLEAN_MODELS = (
    "Measured on small models: the excess over a reference stayed below 0.16 at its lower bound in "
    "6 searches on 2 clean models and was above 0.44 in 8 searches on 4 trojaned ones, towards the "
    "trojan's class. Without a reference clean models are turned as fully. Too few clean models "
    "were searched to decide by it."
)


class Find(NamedTuple):
    """A sequence, and what it does to samples that it was not searched on."""

    found: Searched
    tested: ProbeResult


def search_step(work: Inspection) -> None:
    """Search towards the commonest classes; writes `metrics.search`."""
    suspect = work.read.predictions.get("suspect")
    if not work.config.search_triggers:
        work.writer.skip_step(_STEP, "not asked for (--search-triggers)")
        return
    if suspect is None:
        work.writer.skip_step(_STEP, "the suspect predicts no class")
        return
    with work.writer.step(_STEP, optional=True) as step:
        setting = _setting(work, suspect.probabilities)
        counts = np.bincount(suspect.predicted, minlength=suspect.probabilities.shape[1])
        found: list[Find | None] = []
        for target in np.argsort(-counts, kind="stable")[:_MAX_TARGETS].tolist():
            rows = eligible_rows(target, setting)
            if len(rows) >= FEWEST:
                found += [_one(work, setting, target, rows, kind) for kind in KINDS]
        if not found:
            step.skip(f"fewer than {FEWEST} samples lie outside every class")
            return
        work.writer.set(metrics={"search": summary([find for find in found if find is not None])})


def _setting(work: Inspection, before: np.ndarray) -> ProbeSetting:
    reference = work.usable_reference
    return ProbeSetting(
        texts=work.inputs.samples.texts,
        suspect=predictor(work, "suspect"),
        suspect_before=before,
        reference=None if reference is None else predictor(work, "reference"),
        reference_before=None if reference is None else reference.probabilities,
        seed=work.config.seed,
        max_n=PROBED_SAMPLES,
    )


def _one(
    work: Inspection, setting: ProbeSetting, target: int, rows: np.ndarray, kind: str
) -> Find | None:
    """Search on half of `rows` and test on the others; None where nothing can be put in."""
    half = rows[: len(rows) // 2]
    device = make_plan(work.config, work.inputs.suspect).device
    name = "line" if kind == "line" else "name"
    what = f"Searching a {name} that turns samples to class {target}"
    found = search(
        work.inputs.suspect,
        [setting.texts[row] for row in half],
        target,
        kind,
        SearchConfig(seed=work.config.seed, device=str(device)),
        progress=lambda done, total: work.writer.progress(what, done, total),
    )
    if found is None:
        return None
    payload = Payload(found.text, kind, (found.text,))
    return Find(found, probe(payload, target, setting, half))


def summary(finds: Sequence[Find]) -> dict[str, Any]:
    """What `metrics.search` holds: every find with its test, and the reasons in words."""
    return {
        "passes": sum(find.found.passes for find in finds),
        "found": [
            {
                "kind": find.found.kind,
                "text": find.found.text,
                "target": find.found.target,
                "turned_in_search": find.found.turned,
                "passes": find.found.passes,
                **{name: getattr(find.tested, name) for name in _FIGURES},
            }
            for find in finds
        ],
        "reasons": [reason_of(find.tested) for find in finds if find.tested.low >= FOUND_EXCESS],
        "clean_models": CLEAN_MODELS,
    }


def reason_of(tested: ProbeResult) -> str:
    """One sentence on a sequence that turns more than its floor."""
    n = tested.n
    against = "the clean reference" if tested.floor_source == "reference" else "a placebo"
    sentence = (
        f"A searched {tested.kind} '{tested.candidate}' turns {tested.flips} of {n} other samples "
        f"to class {tested.target}, {against} {tested.floor_flips} of {n} (excess "
        f"{tested.excess:.2f}, 95 % interval {tested.low:.2f} to {tested.high:.2f})."
    )
    if tested.floor_source == "reference":
        return sentence
    return sentence + " Clean models have such sequences too: without a reference only a hint."
