"""Run the vector detectors on one site, inside each predicted class. One site at a time in memory.

Between classes everything separates everything; inside one predicted class a trojan's samples are
strangers. Each model is grouped by its *own* predictions, so that the reference's view of the same
samples is not a picture of flipped labels.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from analysis.detect.matrices import is_constant
from analysis.detect.specs import DetectorSpec
from analysis.records import Predictions, Scores, Site

FEWEST = 20  # rows of a group
ELSEWHERE = ("predictions", "layers", "classes", "gradients")  # scored by a function of their own
_MAX_CLOUD = 20_000  # rows a detector is fitted on; all rows are scored

Groups = Mapping[str, np.ndarray]  # name -> rows, (m,) int64


@dataclass(frozen=True)
class SiteContext:
    """What the detectors of one site may use besides the samples' own vectors.

    `trusted` is role -> (t, d) at this site; `trusted_groups` role -> group -> rows of it.
    """

    trusted: Mapping[str, np.ndarray] = field(default_factory=dict)
    trusted_groups: Mapping[str, Groups] = field(default_factory=dict)
    configs: Mapping[str, Any] = field(default_factory=dict)  # detector -> settings
    seed: int = 0


def make_groups(predictions: Predictions | None, labels: np.ndarray | None, n: int) -> Groups:
    """Rows by predicted class, else by label, else all in one group."""
    classes = predictions.predicted if predictions is not None else labels
    if classes is None:
        return {"all": np.arange(n)}
    return {str(c): np.flatnonzero(classes == c) for c in np.unique(classes)}


def score_site(
    site: Site,
    features: Mapping[str, np.ndarray],
    groups: Mapping[str, Groups],
    context: SiteContext,
    specs: Sequence[DetectorSpec],
) -> Iterator[Scores]:
    """Scores of every detector, model and group at one site.

    Args:
        site: where the vectors were read.
        features: role -> (n, d) float32; "suspect" and, where there is one, "reference".
        groups: role -> group name -> rows.
        context: trusted vectors, settings, seed.
        specs: detectors that can run; those that fit on something `ELSEWHERE` are passed over.

    Yields:
        One record per detector, model and group; with a reason and no rows where skipped.
    """
    for model, values in features.items():
        for group, rows in groups[model].items():
            reason = _unfit(values, rows)
            for spec in specs:
                if spec.fits_on in ELSEWHERE:
                    continue
                skipped = reason or _lacks(spec, context, model, group)
                if skipped:
                    yield _empty(spec.name, model, site, group, skipped)
                else:
                    yield _score(spec, model, site, (group, rows), features, context)


def score_predictions(
    site: Site, suspect: Predictions, reference: Predictions, groups: Groups, spec: DetectorSpec
) -> Iterator[Scores]:
    """Scores of a detector that compares predictions; `site` names the output it belongs to."""
    paired = np.hstack([suspect.probabilities, reference.probabilities])
    scorer = spec.resolve()(paired, spec.config())
    for group, rows in groups.items():
        values = scorer.score(paired[rows]).astype(np.float32)
        yield Scores(spec.name, "suspect", site, group, rows, values)


def output_site(sites: Sequence[Site]) -> Site:
    """The site that scores of the model's output are filed under: the last one, pooling "head"."""
    last = max(sites, key=lambda s: (s.stack != "encoder", s.layer))
    return last._replace(pooling="head")


def _unfit(values: np.ndarray, rows: np.ndarray) -> str:
    if len(rows) < FEWEST:
        return f"only {len(rows)} samples in this group, {FEWEST} are needed"
    if is_constant(values[rows]):
        return "the vector is the same for every sample"
    if not np.isfinite(values[rows]).all():
        return "the vectors hold NaN or infinite values"
    return ""


def _lacks(spec: DetectorSpec, context: SiteContext, model: str, group: str) -> str:
    if spec.fits_on != "trusted":
        return ""
    count = len(_trusted_rows(context, model, group))
    if count >= FEWEST:
        return ""
    return f"only {count} trusted samples in this group, {FEWEST} are needed"


def _trusted_rows(context: SiteContext, model: str, group: str) -> np.ndarray:
    if model not in context.trusted:
        return np.empty(0, dtype=np.int64)
    everything = np.arange(len(context.trusted[model]))
    return context.trusted_groups.get(model, {}).get(
        group, everything if group == "all" else everything[:0]
    )


def _empty(detector: str, model: str, site: Site, group: str, reason: str) -> Scores:
    none = np.empty(0, dtype=np.int64)
    return Scores(detector, model, site, group, none, none.astype(np.float32), skipped=reason)


def _score(
    spec: DetectorSpec,
    model: str,
    site: Site,
    named_rows: tuple[str, np.ndarray],
    features: Mapping[str, np.ndarray],
    context: SiteContext,
) -> Scores:
    group, rows = named_rows
    values = features[model][rows]
    config = context.configs.get(spec.name, spec.config())
    config = _fill(config, seed=context.seed)
    cloud = _sample(values, context.seed)
    trusted = _trusted_rows(context, model, group)
    if spec.fits_on == "paired":
        config = _fill(config, width=values.shape[1])
        # The reference's own residual, predicted from the suspect, is what clean models show.
        other = features["reference" if model == "suspect" else "suspect"]
        values = cloud = np.hstack([values, other[rows]])
    elif spec.fits_on == "trusted":
        cloud = context.trusted[model][trusted]
    elif spec.fits_on == "trusted_or_group":
        has_trusted = len(trusted) >= FEWEST
        cloud = context.trusted[model][trusted] if has_trusted else cloud
        config = _fill(config, within=not has_trusted)
    scorer = spec.resolve()(cloud, config)
    scores = np.asarray(scorer.score(values), dtype=np.float32)
    notes = {
        name: float(getattr(scorer, name))
        for name in ("silhouette", "small_share")
        if hasattr(scorer, name)
    }
    return Scores(spec.name, model, site, group, rows, np.nan_to_num(scores), notes)


def _fill(config: Any, **values: Any) -> Any:
    """`config` with those of `values` that it has a field for."""
    names = {f.name for f in fields(config)}
    return replace(config, **{k: v for k, v in values.items() if k in names})


def _sample(values: np.ndarray, seed: int) -> np.ndarray:
    if len(values) <= _MAX_CLOUD:
        return values
    rows = np.random.default_rng(seed).choice(len(values), _MAX_CLOUD, replace=False)
    return values[np.sort(rows)]
