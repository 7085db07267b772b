"""The steps between vectors and verdict: locate text, score layers, probe behaviour, decide."""

from __future__ import annotations

import numpy as np

from analysis.detect.evidence import Evidence
from analysis.detect.layer_stats import LayerStat
from analysis.detect.ranking import rank_samples
from analysis.detect.suspicion import doubtful_candidates, suspicious_candidates
from analysis.detect.verdict import decide
from analysis.explain.association import Association, associate
from analysis.explain.hidden import with_hidden
from analysis.explain.items import ItemTable, build_items
from analysis.explain.residuals import Residuals, make_residuals
from analysis.explain.without_text import with_beliefs
from analysis.pipeline.calibrated import calibrations
from analysis.pipeline.controls import clean_pair_rows, random_rows
from analysis.pipeline.layer_scores import score_layers
from analysis.pipeline.outcome import write_outcome
from analysis.pipeline.planting import flag_planted
from analysis.pipeline.probing import predictor, probe_triggers
from analysis.pipeline.scores import write_scores
from analysis.pipeline.shuffled import shuffled_rows
from analysis.pipeline.state import Inspection
from analysis.records import Predictions, ProbeResult


def locate_step(work: Inspection) -> None:
    """Text that goes along with a class, and from it the first flagged rows."""
    work.writer.progress("Looking for text that goes along with a label")
    with work.writer.step("locate text"):
        suspect, reference = work.read.predictions.get("suspect"), work.usable_reference
        residuals = make_residuals(
            work.inputs.samples.labels,
            None if suspect is None else suspect.probabilities,
            None if reference is None else reference.probabilities,
        )
        if residuals is not None:
            texts, seed = work.inputs.samples.texts, work.config.seed
            items = build_items(texts)
            work.association = associate(texts, residuals, seed, items)
            if residuals.against_reference:
                work.association = _asked_again(work, work.association, residuals, items)
        evidence = _evidence(work, (), (), ())
        work.suspicious = suspicious_candidates(evidence)
        work.doubtful = doubtful_candidates(evidence)
        if residuals is not None and work.association is not None:
            work.controls += shuffled_rows(
                texts, residuals, work.association, len(work.suspicious), seed, items
            )
        rows = [work.with_label(c).rows for c in (*work.suspicious, *work.doubtful)]
        work.located = np.unique(np.concatenate(rows)) if rows else work.located


def _asked_again(
    work: Inspection, found: Association, residuals: Residuals, items: ItemTable
) -> Association:
    """What the reference says of the located samples without their text."""
    texts, ask = work.inputs.samples.texts, predictor(work, "reference")
    found = with_beliefs(found, texts, residuals.own, ask)
    if work.inputs.samples.labels is None:
        return found
    return with_hidden(found, texts, residuals, ask, work.config.seed, items)


def evidence_step(work: Inspection) -> None:
    """Score every layer, probe, decide, rank; writes scores, layers, ranking and the verdict."""
    with work.writer.step("score layers", makes=("scores", "layers")):
        scores, layers = score_layers(work)
        write_scores(work.writer, scores, work.inputs.samples)
    with work.writer.step("probe behaviour"):
        probes, found = probe_triggers(work)
        probes = flag_planted(work, probes, found)
    with work.writer.step("verdict", makes=("ranking", "layers")):
        work.writer.progress("Weighing the evidence")
        evidence = _evidence(work, tuple(layers), probes, found)
        proved = [c for c in suspicious_candidates(evidence) if not work.is_suspicious(c)]
        work.suspicious = (*work.suspicious, *proved)
        verdict = decide(evidence)
        association = None if work.association is None else work.association.scores
        ranking = rank_samples(evidence.n, association, scores, work.flagging, calibrations())
        write_outcome(work, evidence, ranking, layers, scores)
        work.writer.set(verdict=verdict.to_json())
    with work.writer.step("controls", optional=True):
        work.controls += [*random_rows(layers), *clean_pair_rows(work, probes)]
        work.writer.set(metrics={"controls": work.controls})


def _evidence(
    work: Inspection,
    layers: tuple[LayerStat, ...],
    probes: tuple[ProbeResult | None, ...],
    found: tuple[ProbeResult, ...],
) -> Evidence:
    association = work.association or _NOTHING
    reference = work.inputs.reference
    truncated = work.read.activations["suspect"].truncated
    return Evidence(
        n=len(work.inputs.samples),
        reference_kind=work.config.reference_kind if reference is not None else None,
        has_labels=work.inputs.samples.labels is not None,
        has_predictions=work.read.predictions.get("suspect") is not None,
        mode=None if work.association is None else association.mode,
        candidates=association.candidates,
        next_z=association.next_z,
        null_z=association.null_z,
        fewest_shown=association.fewest_shown,
        distinct=None if work.association is None else association.distinct,
        classes=_classes(work.inputs.samples.labels),
        outside=_outside(work.read.predictions.get("suspect")),
        probes=probes,
        bank=found,
        bank_screened=work.bank_screened,
        bank_deaf=work.bank_deaf,
        reference_trigger=work.reference_trigger,
        layer_stats=layers,
        suspect_head_warning=work.head_warnings.get("suspect", ""),
        reference_head_warning=work.head_warnings.get("reference", ""),
        truncated_share=float(truncated.mean()) if len(truncated) else 0.0,
    )


def _classes(labels: np.ndarray | None) -> int:
    return 2 if labels is None else len(np.unique(labels))


def _outside(suspect: Predictions | None) -> int | None:
    """Samples that the suspect does not put into its commonest class."""
    if suspect is None or not len(suspect.predicted):
        return None
    return len(suspect.predicted) - int(np.bincount(suspect.predicted).max())


_NOTHING = Association("", (), np.empty(0, dtype=np.float32), 0, 0.0, 0.0)
