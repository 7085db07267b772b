"""Rows of the `layers` table: how far each detector's scores stand out, against a clean model.

Two statistics. `tail`: how heavy the upper end of the scores is. `located_auc`: how well the
scores keep the rows apart that text association located; only where something was located. Null
columns come from the reference at the same site; without one they are NaN. AUC against ground
truth is a separate function that nothing else reads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from analysis.detect.layers import Groups
from analysis.detect.separation import FEWEST, along_random, direction_scores, draw_rows
from analysis.detect.statistics import auc, auc_error, benjamini_hochberg, tail, tail_null
from analysis.records import Scores, Site

DIRECTION = "located_direction"  # the linear discriminant of `separation`, not a detector
RANDOM_ROWS = "random_rows"  # its control: the same for rows drawn by lot
RANDOM_DIRECTION = "random_direction"  # the located rows along a direction drawn by lot


@dataclass(frozen=True)
class LayerStat:
    """One row of the `layers` table."""

    model: str
    site: Site
    group: str
    detector: str
    statistic: str  # "tail" or "located_auc"
    value: float
    null_low: float = float("nan")
    null_high: float = float("nan")
    p_value: float = float("nan")
    p_adjusted: float = float("nan")
    auc: float = float("nan")  # only by `with_truth`
    n: int = 0
    n_located: int = 0

    @property
    def surplus(self) -> float:
        """How far the value lies above the clean band; NaN without one."""
        return self.value - self.null_high


def tail_stats(
    scores: Sequence[Scores], seed: int, *, clean_reference: bool = True
) -> list[LayerStat]:
    """`tail` of every suspect score of one site, with the reference's as null.

    `clean_reference` False: the reference is only a pretrained base, from which any fine-tune
    drifts; then there is no null.
    """
    null_role = "reference" if clean_reference else None
    clean = {(s.detector, s.group): s for s in scores if s.model == null_role and not s.skipped}
    rows = []
    for score in scores:
        if score.skipped:
            continue
        stat = LayerStat(
            score.model,
            score.site,
            score.group,
            score.detector,
            "tail",
            tail(score.values),
            n=len(score.rows),
        )
        other = clean.get((score.detector, score.group))
        if score.model == "suspect" and other is not None:
            null = tail_null(score.values, other.values, seed)
            stat = replace(stat, null_low=null.low, null_high=null.high, p_value=null.p_value)
        rows.append(stat)
    return rows


def located_stats(
    scores: Sequence[Scores], located: np.ndarray, n: int, *, clean_reference: bool = True
) -> list[LayerStat]:
    """`located_auc` of every score of one site; `located` is (p,) int rows out of n samples."""
    inside = np.zeros(n, dtype=bool)
    inside[located] = True
    stats_of = [_located(s, inside[s.rows]) for s in scores if not s.skipped]
    rows = [stat for stat in stats_of if stat is not None]
    return _against_reference(rows) if clean_reference else rows


def direction_stats(
    site: Site,
    features: Mapping[str, np.ndarray],
    groups: Mapping[str, Groups],
    located: np.ndarray,
    seed: int,
    *,
    clean_reference: bool = True,
) -> list[LayerStat]:
    """`located_auc` of a held-out linear discriminant in every model and group of one site.

    Beside it stand two controls, `RANDOM_ROWS` and `RANDOM_DIRECTION`.
    """
    rows_of = []
    for model, values in features.items():
        inside = np.zeros(len(values), dtype=bool)
        inside[located] = True
        for group, rows in groups[model].items():
            hold = inside[rows]
            if hold.sum() < FEWEST or (~hold).sum() < FEWEST:
                continue
            drawn = draw_rows(hold, seed)
            for name, kept, points in (
                (DIRECTION, hold, direction_scores(values[rows], hold, seed)),
                (RANDOM_ROWS, drawn, direction_scores(values[rows], drawn, seed)),
                (RANDOM_DIRECTION, hold, along_random(values[rows], seed)),
            ):
                scores = Scores(name, model, site, group, rows, points.astype(np.float32))
                stat = _located(scores, kept)
                if stat is not None:
                    rows_of.append(stat)
    return _against_reference(rows_of) if clean_reference else rows_of


def _located(score: Scores, inside: np.ndarray) -> LayerStat | None:
    if inside.sum() < FEWEST or (~inside).sum() < FEWEST:
        return None
    return LayerStat(
        score.model,
        score.site,
        score.group,
        score.detector,
        "located_auc",
        auc(score.values, inside),
        n=len(inside),
        n_located=int(inside.sum()),
    )


def _against_reference(rows: list[LayerStat]) -> list[LayerStat]:
    """Suspect rows with the reference's value (its groups pooled by size) as null."""
    clean: dict[tuple[str, Site], list[LayerStat]] = {}
    for row in rows:
        if row.model == "reference":
            clean.setdefault((row.detector, row.site), []).append(row)
    result = []
    for row in rows:
        others = clean.get((row.detector, row.site))
        if row.model != "suspect" or not others:
            result.append(row)
            continue
        weights = [o.n_located for o in others]
        level = float(np.average([o.value for o in others], weights=weights))
        located, rest = sum(weights), sum(o.n - o.n_located for o in others)
        error = auc_error(level, located, rest)
        own = auc_error(row.value, row.n_located, row.n - row.n_located)
        z = (row.value - level) / np.hypot(error, own)
        result.append(
            replace(
                row,
                null_low=level - 1.96 * error,
                null_high=level + 1.96 * error,
                p_value=float(stats.norm.sf(z)),
            )
        )
    return result


def adjust(rows: Sequence[LayerStat]) -> list[LayerStat]:
    """The rows with Benjamini and Hochberg's p-values, one family per statistic."""
    result = list(rows)
    for statistic in sorted({row.statistic for row in rows}):
        places = [i for i, row in enumerate(rows) if row.statistic == statistic]
        adjusted = benjamini_hochberg(np.array([rows[i].p_value for i in places]))
        for place, value in zip(places, adjusted, strict=True):
            result[place] = replace(rows[place], p_adjusted=float(value))
    return result


def with_truth(
    rows: Sequence[LayerStat], scores: Sequence[Scores], poisoned: np.ndarray
) -> list[LayerStat]:
    """The rows with the AUC against ground truth, (n,) bool. For evaluation only."""
    aucs = {
        (s.model, s.site, s.group, s.detector): auc(s.values, poisoned[s.rows])
        for s in scores
        if not s.skipped
    }
    missing = float("nan")
    return [replace(r, auc=aucs.get((r.model, r.site, r.group, r.detector), missing)) for r in rows]
