"""One ranking of every input sample, from all signals that ran.

Order: samples that hold a suspicious candidate come first; inside and outside of that set samples
are ordered by a weighted mean of robust z-scores: association 3, disagreement 2, embedding
detectors together 1 (their rank average; each alone is unreliable). Only the detectors that
`specs.WEIGHING` names take part, and no score that is marked as withheld. `probability` follows the
fitted map of the signals that took part (`calibration`); where none was fitted for them it is a
fixed monotone function of the score, and `calibrated` is empty.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from analysis.detect.calibration import Calibration
from analysis.detect.specs import WEIGHING
from analysis.detect.statistics import robust_z
from analysis.records import Scores, TriggerCandidate

WITHHELD = "withheld"  # key in a score's statistics: shown, but no evidence
_WEIGHTS = {"association": 3.0, "disagreement": 2.0, "embedding": 1.0}
_CAP = 10.0  # a single signal's z counts no further
LIFT = 12.0  # above every uncapped mean: holders of a suspicious candidate come first
_FALSE_ALARMS = 1.0  # flagged samples that chance is allowed over the whole file


@dataclass(frozen=True)
class Ranking:
    """Columns of the `ranking` table, one entry per input sample, in file order."""

    score: np.ndarray  # (n,) float32, finite, higher = more suspicious
    rank: np.ndarray  # (n,) int64, 1 = most suspicious
    flagged: np.ndarray  # (n,) bool
    probability: np.ndarray  # (n,) float32, monotone in the score
    why: tuple[str, ...]
    trigger_start: np.ndarray  # (n,) int64, -1 where no trigger was located
    trigger_end: np.ndarray  # (n,) int64
    threshold: float
    expected_false_alarms: float  # flagged samples that the tail of the unsuspicious rows gives
    calibrated: str = ""  # signals whose fitted map gave the probability; "": none was fitted


def rank_samples(
    n: int,
    association: np.ndarray | None,
    scores: Sequence[Scores],
    suspicious: Sequence[TriggerCandidate],
    maps: Mapping[str, Calibration] | None = None,
) -> Ranking:
    """Combine the signals of one inspection.

    Args:
        n: input samples.
        association: (n,) float, largest item z of each sample; None where it did not run.
        scores: the suspect's detector scores at one or more sites.
        suspicious: candidates the verdict counts as suspicious, strongest first.
        maps: fitted maps to probabilities, by the names of the signals joined with "+".
    """
    signals: dict[str, np.ndarray] = {}
    if association is not None:
        signals["association"] = np.clip(robust_z(association), -_CAP, _CAP)
    for name in ("disagreement", "embedding"):
        value = _signal(n, scores, name)
        if value is not None:
            signals[name] = value
    total = sum((_WEIGHTS[k] * v for k, v in signals.items()), np.zeros(n))
    score = total / max(sum(_WEIGHTS[k] for k in signals), 1.0)
    start, end = np.full(n, -1), np.full(n, -1)
    holder = np.full(n, -1)
    for number, candidate in enumerate(suspicious):
        for row, span in zip(candidate.rows, candidate.spans, strict=True):
            if holder[row] < 0:
                holder[row], start[row], end[row] = number, span[0], span[1]
    threshold = usual_threshold(score[holder < 0], n)
    names = "+".join(sorted(signals))
    fitted = (maps or {}).get(names)
    told = None if fitted is None else fitted.apply(score, holder >= 0)
    score = np.where(holder >= 0, score + LIFT, score)
    order = np.lexsort((np.arange(n), -score))
    rank = np.empty(n, dtype=np.int64)
    rank[order] = np.arange(1, n + 1)
    return Ranking(
        score=score.astype(np.float32),
        rank=rank,
        flagged=score >= threshold,
        probability=uncalibrated(score, threshold) if told is None else told,
        why=tuple(_why(row, holder, suspicious, signals) for row in range(n)),
        trigger_start=start,
        trigger_end=end,
        threshold=threshold,
        expected_false_alarms=_FALSE_ALARMS,
        calibrated=names if told is not None else "",
    )


def uncalibrated(score: np.ndarray, threshold: float) -> np.ndarray:
    """Where no map was fitted: a logistic curve of (n,) scores that crosses 1/2 at `threshold`."""
    return np.asarray(1.0 / (1.0 + np.exp(threshold - score)), dtype=np.float32)


def usual_threshold(scores: np.ndarray, n: int) -> float:
    """Score that about `_FALSE_ALARMS` of `n` unsuspicious rows exceed by chance.

    The tail beyond the 90 % point is taken as exponential, its rate from the 97.5 % point: heavier
    than a normal tail, and hardly moved by the few percent that poison may hold.
    """
    if len(scores) < 2:
        return LIFT / 2
    body, upper = np.quantile(scores, [0.9, 0.975])
    scale = max(float(upper - body), 1e-3) / np.log(4.0)
    reach = scale * np.log(max(0.1 * n / _FALSE_ALARMS, 1.0))
    return float(min(max(body + reach, upper, 1e-3), LIFT - 1.0))


def _signal(n: int, scores: Sequence[Scores], name: str) -> np.ndarray | None:
    """Mean over detectors and sites of the in-group signal, (n,) float64; None without any."""
    chosen = [
        s
        for s in scores
        if s.model == "suspect"
        and not s.skipped
        and s.detector in WEIGHING
        and not s.statistics.get(WITHHELD)
        and (s.detector == "disagreement") == (name == "disagreement")
    ]
    if not chosen:
        return None
    total, count = np.zeros(n), np.zeros(n)
    for score in chosen:
        values = robust_z(score.values) if name == "disagreement" else _rank_z(score.values)
        total[score.rows] += np.clip(values, -_CAP, _CAP)
        count[score.rows] += 1
    return np.asarray(total / np.maximum(count, 1))


def _rank_z(values: np.ndarray) -> np.ndarray:
    """Normal score of each value's rank: detectors on any scale weigh the same."""
    return np.asarray(stats.norm.ppf((stats.rankdata(values) - 0.5) / len(values)))


def _why(
    row: int,
    holder: np.ndarray,
    suspicious: Sequence[TriggerCandidate],
    signals: dict[str, np.ndarray],
) -> str:
    if holder[row] >= 0:
        candidate = suspicious[holder[row]]
        text = " ".join(candidate.text.split())[:60]
        return f"holds '{text}' ({candidate.purity:.0%} of {candidate.support} samples)"
    if not signals:
        return ""
    name = max(signals, key=lambda k: _WEIGHTS[k] * signals[k][row])
    value = signals[name][row]
    if value < 2.0:
        return ""
    words = {
        "association": "its text goes along with the class unusually often",
        "disagreement": "the reference answers differently",
        "embedding": "its vectors stand out in its class",
    }
    return f"{words[name]} (z {value:.1f})"
