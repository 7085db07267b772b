"""Negative controls: what the same procedures say where there is nothing to find.

Random rows and directions cost little and always run (shuffled labels too, see `shuffled`). A clean
model in the suspect's place needs one (`--control`): it is never evidence, it shows how much two
clean models differ.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from analysis.detect.layer_stats import DIRECTION, RANDOM_DIRECTION, RANDOM_ROWS, LayerStat
from analysis.detect.layers import make_groups, output_site, score_predictions
from analysis.detect.specs import detector
from analysis.detect.statistics import tail
from analysis.explain.payloads import payload_of
from analysis.explain.probe import Predict, probe
from analysis.pipeline.probing import MAX_PROBED, place, probe_setting
from analysis.pipeline.shuffled import Row, control_row
from analysis.pipeline.state import Inspection
from analysis.records import Predictions, ProbeResult


def random_rows(layers: Sequence[LayerStat]) -> list[Row]:
    """Best layer for the located samples, beside the best for drawn samples and directions."""
    best = {name: _best(layers, name) for name in (DIRECTION, RANDOM_ROWS, RANDOM_DIRECTION)}
    here = best.pop(DIRECTION)
    if here is None:
        return []
    return [control_row(name, "located_auc", value, here) for name, value in best.items() if value]


def _best(layers: Sequence[LayerStat], name: str) -> float | None:
    values = [r.value for r in layers if r.model == "suspect" and r.detector == name]
    return max(values, default=None)


def clean_pair_rows(work: Inspection, probes: Sequence[ProbeResult | None]) -> list[Row]:
    """The first clean control in the suspect's place; empty without control or reference."""
    reference = work.usable_reference
    if not work.inputs.controls or reference is None:
        return []
    work.writer.progress("Putting a clean control in the suspect's place")
    ask = place(work.config, work.inputs.controls[0])
    said = replace(reference, model="suspect", probabilities=ask(work.inputs.samples.texts))
    suspect = work.read.predictions["suspect"]
    rows = [
        control_row(
            "clean_pair", "disagreement_tail", *(_tail(work, p, reference) for p in (said, suspect))
        )
    ]
    return rows + _insertions(work, probes, ask, said)


def _tail(work: Inspection, suspect: Predictions, reference: Predictions) -> float:
    """Heaviest tail of the disagreement over the predicted classes."""
    site = output_site(work.read.activations["suspect"].sites)
    groups = make_groups(suspect, None, len(suspect.probabilities))
    spec = detector("disagreement")
    return max(tail(s.values) for s in score_predictions(site, suspect, reference, groups, spec))


def _insertions(
    work: Inspection, probes: Sequence[ProbeResult | None], ask: Predict, said: Predictions
) -> list[Row]:
    setting = probe_setting(work)
    candidates = work.association.candidates[:MAX_PROBED] if work.association else ()
    strongest = max(
        (
            (found.excess, candidate)
            for candidate, found in zip(candidates, probes, strict=False)
            if found is not None and found.n and work.may_convict(candidate)
        ),
        key=lambda pair: pair[0],
        default=None,
    )
    if strongest is None or setting is None:
        return []
    excess, candidate = strongest
    clean = replace(setting, suspect=ask, suspect_before=said.probabilities)
    payload = payload_of(candidate, work.inputs.samples.texts)
    control = probe(payload, candidate.target, clean, candidate.rows)
    return [control_row("clean_pair", "excess", control.excess, excess)] if control.n else []
