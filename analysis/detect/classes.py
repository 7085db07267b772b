"""Detectors that look at every predicted class at once, though they score one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from analysis.detect.layers import FEWEST, Groups
from analysis.detect.matrices import is_constant
from analysis.detect.specs import DetectorSpec
from analysis.records import Scores, Site


def classes_of(groups: Groups, n: int) -> np.ndarray:
    """A number per row for its group, (n,) int64; -1 outside of all."""
    classes = np.full(n, -1, dtype=np.int64)
    for number, name in enumerate(sorted(groups)):
        classes[groups[name]] = number
    return classes


def score_classes(
    site: Site,
    features: Mapping[str, np.ndarray],
    groups: Mapping[str, Groups],
    specs: Sequence[DetectorSpec],
) -> Iterator[Scores]:
    """Scores of the detectors of `fits_on` "classes": the other model's vectors, own answers.

    The reference is scored in the suspect's vectors the same way: what a clean model shows there.
    """
    chosen = [spec for spec in specs if spec.fits_on == "classes"]
    for model in features:
        other = features.get("suspect" if model == "reference" else "reference")
        for spec in chosen:
            reason = _unfit(other, groups[model])
            scorer = None
            if not reason and other is not None:
                rows = np.hstack([other, classes_of(groups[model], len(other))[:, None]])
                scorer = spec.resolve()(rows, spec.config())
            for group, members in groups[model].items():
                why = reason
                if not why and len(members) < FEWEST:
                    why = f"only {len(members)} samples in this group, {FEWEST} are needed"
                if why or scorer is None:
                    none = np.empty(0, dtype=np.int64)
                    empty = none.astype(np.float32)
                    yield Scores(spec.name, model, site, group, none, empty, skipped=why)
                else:
                    values = scorer.score(rows[members]).astype(np.float32)
                    yield Scores(spec.name, model, site, group, members, values)


def _unfit(other: np.ndarray | None, groups: Groups) -> str:
    if other is None:
        return "the other model has no vectors here"
    if len(groups) < 2:
        return "all samples are in one group, two predicted classes are needed"
    if is_constant(other):
        return "the other model's vector is the same for every sample"
    return "" if np.isfinite(other).all() else "the vectors hold NaN or infinite values"
