"""Detectors of per-sample gradients: a layer's vectors beside what the output got wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from analysis.detect.layers import FEWEST, Groups
from analysis.detect.matrices import is_constant
from analysis.detect.specs import DetectorSpec
from analysis.records import Predictions, Scores, Site


def output_residuals(predictions: Predictions, labels: np.ndarray | None) -> np.ndarray:
    """Gradient of cross-entropy by the logits: p - e_y, (n, k) float32.

    Args:
        predictions: of n samples and k classes.
        labels: (n,) int, what the training saw; None, or a label that is no class of the model:
            the predicted class.
    """
    k = predictions.probabilities.shape[1]
    target = predictions.predicted
    if labels is not None:
        target = np.where((labels >= 0) & (labels < k), labels, target)
    result: np.ndarray = predictions.probabilities - np.eye(k, dtype=np.float32)[target]
    return result


def last_sites(sites: Sequence[Site]) -> frozenset[Site]:
    """The sites of each stack's last layer, where the output layer reads."""
    last = {stack: max(s.layer for s in sites if s.stack == stack) for stack, *_ in sites}
    return frozenset(s for s in sites if s.layer == last[s.stack])


def score_gradients(
    site: Site,
    features: Mapping[str, np.ndarray],
    groups: Mapping[str, Groups],
    residuals: Mapping[str, np.ndarray],
    specs: Sequence[DetectorSpec],
) -> Iterator[Scores]:
    """Scores of the detectors of `fits_on` "gradients", inside each predicted class.

    Args:
        site: where the vectors were read.
        features: role -> (n, d) float32.
        groups: role -> group name -> rows.
        residuals: role -> (n, k) float32; a role without predictions is left out.
        specs: all that run.
    """
    for spec in (s for s in specs if s.fits_on == "gradients"):
        for model, values in features.items():
            for group, rows in groups[model].items():
                reason = _unfit(residuals.get(model), values, rows)
                if reason:
                    none = np.empty(0, dtype=np.int64)
                    empty = none.astype(np.float32)
                    yield Scores(spec.name, model, site, group, none, empty, skipped=reason)
                    continue
                residual = residuals[model][rows]
                config = replace(spec.config(), classes=residual.shape[1])
                paired = np.hstack([values[rows], residual])
                scorer = spec.resolve()(paired, config)
                scores = scorer.score(paired).astype(np.float32)
                notes = {"small_share": float(scorer.small_share)}
                yield Scores(spec.name, model, site, group, rows, scores, notes)


def _unfit(residuals: np.ndarray | None, values: np.ndarray, rows: np.ndarray) -> str:
    if residuals is None:
        return "the model gives no predictions"
    if len(rows) < FEWEST:
        return f"only {len(rows)} samples in this group, {FEWEST} are needed"
    if not np.isfinite(values[rows]).all():
        return "the vectors hold NaN or infinite values"
    if is_constant(residuals[rows]) and is_constant(values[rows]):
        return "the gradient is the same for every sample"
    return ""
