"""Which pieces of text go along with a class more than chance and the clean reference allow.

FINDINGS.md section 5: the share of the target label among the holders of an item is the strongest
single sign of poisoned data; every view of the text is blind to some trigger family, so all are
tested together. Candidates are found greedily: the strongest item, then again without its samples,
so that parts of one trigger do not count twice.

A candidate is a suspicion for the *data*. Real features leave items too; what tells them apart is
that a clean model of the same task predicts their class. Blind spots: clean-label poison, triggers
that a reference trained on the same poisoned rows shares, style triggers without a fixed token.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from analysis.explain.distinct import distinct
from analysis.explain.items import FRAGMENTS, ItemTable, build_items
from analysis.explain.merge import describe
from analysis.explain.power import fewest_alone, fewest_shown
from analysis.explain.residuals import Residuals
from analysis.explain.rivals import with_rivals
from analysis.explain.significance import adjusted_p, exact_p, item_z, null_maxima
from analysis.explain.surprise import ClassSurprise, with_unsure
from analysis.records import TriggerCandidate

MIN_PURITY = 0.8  # share of the target class among holders of a line or name
MIN_PURITY_FRAGMENT = 0.9  # the same for phrases and masked lines, which many samples share
MIN_PURITY_ALONE = 0.9  # the same without a reference
MIN_EXCESS = 0.4  # observed minus expected, mean over holders
MAX_EXPECTED = 0.5  # the reference must lean towards another class on the holders
MAX_LEARNED = 0.20  # how much likelier than for other classes it may call the holders' class
LEVEL = 0.01  # adjusted p
CLEAR = 1.5  # against a reference, z must exceed the 95 % point under chance so many times:
# residuals of real models depend on one another a little, which random deals do not imitate
MAX_CANDIDATES = 10
_CLOSE = 0.9  # share of the largest z from which texts are told apart by exact p
MAX_CLASSES = 20  # beyond, only the most frequent classes are tested


@dataclass(frozen=True)
class Association:
    """Candidates, and the strongest item of every sample."""

    mode: str
    candidates: tuple[TriggerCandidate, ...]  # those without rivals first, then by strength
    scores: np.ndarray  # (n,) float32, largest z among the sample's items towards its own class
    n_items: int
    null_z: float  # 95 % point of the largest z under chance
    next_z: float  # strongest item that is no part of a candidate
    fewest_shown: float = 0.0  # relabelled samples with one text that would be noticed
    distinct: int = 0  # samples that are no copies of others


def associate(
    texts: Sequence[str], residuals: Residuals, seed: int = 0, items: ItemTable | None = None
) -> Association:
    """Test every item of `texts` against every class; copies of a sample count once.

    Args:
        texts: n samples.
        residuals: the event, over the same n samples.
        seed: of the random deals behind the p-values.
        items: those of `texts`, where somebody has made them already.
    """
    kept = distinct(texts, residuals.own)
    if len(kept.first) == len(texts):
        return _associate(texts, residuals, seed, build_items(texts) if items is None else items)
    some = [texts[row] for row in kept.first]
    found = _associate(some, kept.residuals(residuals), seed, build_items(some))
    candidates = tuple(kept.spread(c) for c in found.candidates)
    return replace(found, candidates=candidates, scores=found.scores[kept.place])


def _associate(
    texts: Sequence[str], residuals: Residuals, seed: int, items: ItemTable
) -> Association:
    n = len(texts)
    scores = np.zeros(n, dtype=np.float32)
    found: list[TriggerCandidate] = []
    null_z, next_z, shown = 0.0, 0.0, 0.0
    inside: dict[int, ClassSurprise] = {}
    if items.matrix.shape[1] == 0:
        return Association(residuals.mode, (), scores, 0, null_z, next_z, distinct=n)
    for target in _targets(residuals):
        rng = np.random.default_rng([seed, target])
        values = residuals.values[:, target]
        if values.std() < 1e-9:
            continue
        maxima = null_maxima(items.matrix, values, rng)
        chance = float(np.quantile(maxima, 0.95))
        null_z = max(null_z, chance)
        if residuals.against_reference:
            inside[target] = ClassSurprise(items, residuals, target, seed)
            shown = max(shown, fewest_shown(residuals, target, CLEAR * chance, inside[target]))
        else:
            base = float((residuals.own == target).mean())
            shown = max(shown, fewest_alone(base, items.matrix.shape[1]))
        own = residuals.own == target
        scores[own] = _row_maxima(items, item_z(items.matrix, values))[own]
        candidates, rest = _greedy(texts, items, residuals, target, maxima)
        found += candidates
        next_z = max(next_z, rest)
    found = with_unsure(with_rivals(found, items, residuals), inside)
    n_items = items.matrix.shape[1]
    kept = in_order(found)
    return Association(residuals.mode, kept, scores, n_items, null_z, next_z, shown, n)


def in_order(found: Sequence[TriggerCandidate]) -> tuple[TriggerCandidate, ...]:
    """Texts of classes without real features first, parts of lines and names of others last.

    Among equals the strongest first; the first few are probed.
    """
    return tuple(sorted(found, key=lambda c: ((c.rivals > 0) * (1 + (c.kind in FRAGMENTS)), -c.z)))


def _targets(residuals: Residuals) -> list[int]:
    counts = np.bincount(residuals.own, minlength=residuals.observed.shape[1])
    order = np.argsort(-counts, kind="stable")[:MAX_CLASSES]
    return sorted(int(c) for c in order if counts[c])


def _row_maxima(items: ItemTable, z: np.ndarray) -> np.ndarray:
    """Largest z among the items of each sample, 0 where there is none above, (n,) float32."""
    indptr, indices = items.matrix.indptr, items.matrix.indices
    result = np.zeros(items.matrix.shape[0], dtype=np.float32)
    filled = np.flatnonzero(np.diff(indptr))
    if len(filled):
        result[filled] = np.maximum.reduceat(z[indices], indptr[filled])
    return np.maximum(result, 0.0)


def _greedy(
    texts: Sequence[str],
    items: ItemTable,
    residuals: Residuals,
    target: int,
    maxima: np.ndarray,
) -> tuple[list[TriggerCandidate], float]:
    """Candidates towards one class, and the largest z of what is left."""
    candidates: list[TriggerCandidate] = []
    left = np.ones(len(texts), dtype=bool)
    while True:
        rows = np.flatnonzero(left)
        z, allowed = _admissible(items, residuals, target, rows, maxima)
        if not allowed.any() or len(candidates) == MAX_CANDIDATES:
            return candidates, float(z.max(initial=0.0))
        best = _strongest(items, residuals, target, rows, np.where(allowed, z, -np.inf))
        chosen = describe(texts, items, best, np.flatnonzero(allowed), rows)
        p = _best_p(items, residuals, target, best, adjusted_p(z[[best]], maxima)[0])
        hold = chosen.rows
        candidates.append(
            TriggerCandidate(
                kind=chosen.kind,
                text=chosen.text,
                target=target,
                support=len(hold),
                purity=float((residuals.own[hold] == target).mean()),
                z=float(z[best]),
                p_adjusted=float(p),
                rows=hold,
                spans=chosen.spans,
                excess=float(residuals.values[hold, target].mean()),
            )
        )
        left[hold] = False
        left[items.matrix[:, [best]].nonzero()[0]] = False


def _strongest(
    items: ItemTable, residuals: Residuals, target: int, rows: np.ndarray, z: np.ndarray
) -> int:
    """Column of the largest z, (items,); without a reference of the least exact p close below it.

    A common name that a trigger holds has more holders and about the same z, but is less pure.
    """
    best = int(z.argmax())
    if residuals.against_reference:
        return best
    close = np.flatnonzero(z >= _CLOSE * z[best])
    event = residuals.own[rows] == target
    p = exact_p(items.matrix[rows], event, close, 1)
    return int(close[np.lexsort((-z[close], p))[0]])


def _admissible(
    items: ItemTable,
    residuals: Residuals,
    target: int,
    rows: np.ndarray,
    maxima: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Z of every item over `rows`, and which items pass every criterion."""
    matrix = items.matrix[rows]
    values = residuals.values[rows, target]
    if len(rows) < 2 or values.std() < 1e-9:
        return np.zeros(matrix.shape[1]), np.zeros(matrix.shape[1], dtype=bool)
    z = item_z(matrix, values)
    support = np.asarray(matrix.sum(axis=0)).ravel()
    share = np.maximum(support, 1.0)
    is_own = (residuals.own[rows] == target).astype(np.float32)
    purity = np.asarray(matrix.T @ is_own).ravel() / share
    allowed = (adjusted_p(z, maxima) <= LEVEL) & (support >= 4)
    if not residuals.against_reference:
        return z, allowed & (purity >= MIN_PURITY_ALONE)
    excess = np.asarray(matrix.T @ values.astype(np.float32)).ravel() / share
    fragment = np.isin(items.kinds, FRAGMENTS)
    enough = np.where(fragment, MIN_PURITY_FRAGMENT, MIN_PURITY)
    allowed &= (purity >= enough) & (excess >= MIN_EXCESS)
    allowed &= z >= CLEAR * np.quantile(maxima, 0.95)
    return z, allowed & _unlearned(matrix, residuals.expected[:, target], is_own > 0, rows)


def _unlearned(
    matrix: sparse.csr_matrix, expected: np.ndarray, is_own: np.ndarray, rows: np.ndarray
) -> np.ndarray:
    """Items whose holders look to the reference like samples of *other* classes, (items,) bool.

    A rare real feature is learned a little by every clean model, so the holders' class is likelier
    to it than on samples of other classes; on relabelled victims it is not. The mean plus its
    standard error counts, so that few holders need a clearer case.
    """
    p = expected[rows].astype(np.float32)
    share = np.maximum(np.asarray(matrix.sum(axis=0)).ravel(), 1.0)
    mean = np.asarray(matrix.T @ p).ravel() / share
    square = np.asarray(matrix.T @ p**2).ravel() / share
    upper = mean + np.sqrt(np.maximum(square - mean**2, 0.0) / share)
    base = float(p[~is_own].mean()) if (~is_own).any() else 0.0
    return np.asarray((upper <= base + MAX_LEARNED) & (mean < MAX_EXPECTED))


def _best_p(
    items: ItemTable, residuals: Residuals, target: int, column: int, permuted: float
) -> float:
    """Exact p where the event is the plain label, else the permuted one."""
    if residuals.against_reference:
        return permuted
    event = residuals.own == target
    return float(exact_p(items.matrix, event, np.array([column]), items.matrix.shape[1])[0])
