"""Score every layer of both models with every detector that can run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from analysis.detect.classes import score_classes
from analysis.detect.geometry import shift_stats, similarities
from analysis.detect.gradient_scores import last_sites, output_residuals, score_gradients
from analysis.detect.layer_stats import (
    LayerStat,
    adjust,
    direction_stats,
    located_stats,
    tail_stats,
)
from analysis.detect.layers import (
    Groups,
    SiteContext,
    make_groups,
    output_site,
    score_predictions,
    score_site,
)
from analysis.detect.ranking import WITHHELD
from analysis.detect.specs import DetectorSpec, choose
from analysis.detect.trajectories import Trajectories
from analysis.pipeline.state import Inspection
from analysis.records import Scores, Site


def score_layers(work: Inspection) -> tuple[list[Scores], list[LayerStat]]:
    """Scores of every site, one layer in memory at a time, and the statistics per layer."""
    specs, groups = _specs(work), _groups(work)
    sites = work.read.activations["suspect"].sites
    clean = work.config.reference_kind == "same-task"
    paths = Trajectories(groups)
    residuals, last = _residuals(work), last_sites(sites)
    scores: list[Scores] = []
    layers: list[LayerStat] = []
    similarity: list[dict[str, object]] = []
    for number, site in enumerate(sites):
        work.writer.progress("Scoring every layer", number, len(sites))
        features = {
            role: np.asarray(each.arrays[site], dtype=np.float32)
            for role, each in work.read.activations.items()
            if site in each.arrays
        }
        context = _context(work, site)
        fitting = [
            s for s in specs if "reference" in features or "reference_activations" not in s.needs
        ]
        found = [
            *score_site(site, features, groups, context, fitting),
            *score_classes(site, features, groups, fitting),
            *(score_gradients(site, features, groups, residuals, fitting) if site in last else ()),
        ]
        here = _marked(found, specs, clean)
        layers += _statistics(work, here, clean)
        layers += direction_stats(
            site, features, groups, work.located, work.config.seed, clean_reference=clean
        )
        layers += shift_stats(site, features, groups, work.located, clean_reference=clean)
        similarity += similarities(site, features)
        if any(s.fits_on == "layers" for s in specs):
            paths.add(site, features, context)
        scores += here
    late = list(paths.scores(specs))
    layers += _statistics(work, late, clean)
    work.writer.set(metrics={"similarity": similarity})
    return [*scores, *late, *_output_scores(work, sites, groups, specs)], adjust(layers)


def _statistics(work: Inspection, scores: Sequence[Scores], clean: bool) -> list[LayerStat]:
    n = len(work.inputs.samples)
    return [
        *tail_stats(scores, work.config.seed, clean_reference=clean),
        *located_stats(scores, work.located, n, clean_reference=clean),
    ]


def _marked(scores: Iterable[Scores], specs: Sequence[DetectorSpec], clean: bool) -> list[Scores]:
    """The scores; against a mere base those that need its vectors are marked as no evidence.

    Any fine-tune drifts from its base, clean or not.
    """
    drifts = {s.name for s in specs if "reference_activations" in s.needs and not clean}
    return [
        replace(s, statistics={**s.statistics, WITHHELD: 1.0}) if s.detector in drifts else s
        for s in scores
    ]


def _specs(work: Inspection) -> Sequence[DetectorSpec]:
    available = {
        "trusted": work.trusted is not None,
        "reference_activations": work.inputs.reference is not None,
        "reference_predictions": work.usable_reference is not None,
    }
    has = frozenset(name for name, there in available.items() if there)
    specs, reasons = choose(work.config.detectors, has)
    for name, reason in reasons.items():
        work.writer.skip_step(f"detector {name}", reason)
    return specs


def _groups(work: Inspection) -> dict[str, Groups]:
    n, labels = len(work.inputs.samples), work.inputs.samples.labels
    return {
        role: make_groups(work.read.predictions.get(role), labels, n)
        for role in work.read.activations
    }


def _residuals(work: Inspection) -> dict[str, np.ndarray]:
    labels = work.inputs.samples.labels
    return {role: output_residuals(p, labels) for role, p in work.read.predictions.items()}


def _context(work: Inspection, site: Site) -> SiteContext:
    if work.trusted is None or work.inputs.trusted is None:
        return SiteContext(seed=work.config.seed)
    trusted, read = work.inputs.trusted, work.trusted
    return SiteContext(
        trusted={
            role: np.asarray(each.arrays[site], dtype=np.float32)
            for role, each in read.activations.items()
            if site in each.arrays
        },
        trusted_groups={
            role: make_groups(read.predictions.get(role), trusted.labels, len(trusted))
            for role in read.activations
        },
        seed=work.config.seed,
    )


def _output_scores(
    work: Inspection,
    sites: Sequence[Site],
    groups: dict[str, Groups],
    specs: Sequence[DetectorSpec],
) -> list[Scores]:
    suspect, reference = work.read.predictions.get("suspect"), work.usable_reference
    if suspect is None or reference is None or not sites:
        return []
    site = output_site(sites)
    return [
        score
        for spec in specs
        if spec.fits_on == "predictions"
        for score in score_predictions(site, suspect, reference, groups["suspect"], spec)
    ]
