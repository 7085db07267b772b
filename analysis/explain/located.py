"""Suspicious texts of a data file, seen by labels, by naturalness, or by both.

Two independent marks of a trigger: it goes along with a class (labels), and it looks put in
(naturalness). Each has an innocent look-alike, a real feature of the class and boilerplate; both
at once have none. So a text convicts when it names its class alone (nothing else does), or when it
looks put in and goes along with a class. A text that names its class alone must stand among
strangers, too: in tasks of many classes each class has its own words, and their samples are alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import stats

from analysis.detect.boilerplate import is_boilerplate
from analysis.detect.evidence import (
    FEWEST_ALONE,
    LEVEL_ALONE,
    LEVEL_DOUBT,
    PURE_DOUBT,
    is_lone,
)
from analysis.explain.association import Association
from analysis.explain.conditions import CONDITION
from analysis.explain.items import FRAGMENTS
from analysis.explain.naturalness import MAX_RELATED, NAME, Strange
from analysis.explain.relatedness import Relatedness
from analysis.records import TriggerCandidate

PURE_STRANGE = 0.9  # purity that a text which looks put in needs
LEVEL_STRANGE = 1e-3  # and its hypergeometric p, corrected for the texts that look put in
_SAME = 0.8  # overlap (Jaccard) from which two findings are one
NO_TARGET = -1
WITHIN_LINES = ("ngram", "masked_line", CONDITION)  # texts whose lines differ from row to row


@dataclass(frozen=True)
class Located:
    """One text and what speaks against it."""

    candidate: TriggerCandidate  # target NO_TARGET without labels
    suspicious: bool  # counts against the file
    doubtful: bool  # does not, but should be looked at
    strange: Strange | None = None  # how it looks put in


def locate(
    labels: np.ndarray | None,
    association: Association | None,
    strange: Sequence[Strange],
    related: Relatedness | None = None,
    texts: Sequence[str] = (),
) -> tuple[Located, ...]:
    """Join both views, those that count first.

    Args:
        labels: (n,) int of the file.
        association: texts that go along with a class; None without labels.
        strange: texts that look put in.
        related: of the file; None asks nobody whether samples are strangers.
        texts: the n samples; without them the rest of a phrase's line counts as other code.
    """
    found: list[Located] = []
    left = list(strange)
    enough = association is not None and association.distinct >= FEWEST_ALONE
    for candidate in association.candidates if association is not None else ():
        twin = next((s for s in left if _same(candidate.rows, s.found.rows)), None)
        if twin is not None:
            left.remove(twin)
        many = labels is not None and len(np.unique(labels)) > 2
        phrase = candidate.kind in FRAGMENTS
        unlike = _unlike(candidate, labels, related, texts)
        # Among many classes some phrase of three signs stands alone by itself.
        convicts = enough and unlike and not (many and phrase)
        located = _by_label(candidate, twin, unlike, convicts)
        if is_lone(candidate) and enough and not many and not located.suspicious:
            located = replace(located, doubtful=True)  # alike or not: in 0 of 80 clean files
        found.append(located)
    found += [_alone(each, labels, len(strange)) for each in left]
    found = [_excused(each) if is_boilerplate(each.candidate) else each for each in found]
    return tuple(sorted(found, key=lambda f: (not f.suspicious, not f.doubtful)))


def _excused(found: Located) -> Located:
    """A notice is looked at, but without a model nothing counts it against a file."""
    return replace(found, suspicious=False, doubtful=found.suspicious or found.doubtful)


def counting(found: Located, labels: np.ndarray | None) -> TriggerCandidate:
    """What a located text flags in a scan: see `with_label`.

    A text that looks put in flags all of its samples, a trigger without its effect among them.
    """
    return found.candidate if found.strange is not None else with_label(found.candidate, labels)


def with_label(candidate: TriggerCandidate, labels: np.ndarray | None) -> TriggerCandidate:
    """Only the samples that the file puts into the text's class; all of them without labels.

    Nobody relabels a sample to another class than the target, so the others hold the text by
    themselves.
    """
    if labels is None:
        return candidate
    inside = np.flatnonzero(labels[candidate.rows] == candidate.target)
    spans = tuple(candidate.spans[place] for place in inside) if candidate.spans else ()
    return replace(candidate, rows=candidate.rows[inside], spans=spans)


def _same(first: np.ndarray, second: np.ndarray) -> bool:
    both = len(np.intersect1d(first, second))
    return both >= _SAME * (len(first) + len(second) - both)


def _unlike(
    candidate: TriggerCandidate,
    labels: np.ndarray | None,
    related: Relatedness | None,
    texts: Sequence[str],
) -> bool:
    """Whether a text's samples are strangers; where that cannot be told, two classes have them."""
    if related is None:
        return True
    own = set(NAME.findall(candidate.text))
    value = related.of(candidate.rows, own, _beside(candidate, texts))
    if np.isnan(value):  # nothing but those lines, so they have to speak after all
        value = related.of(candidate.rows, own)
    if np.isnan(value):
        return labels is None or len(np.unique(labels)) <= 2
    return value <= MAX_RELATED


def _beside(candidate: TriggerCandidate, texts: Sequence[str]) -> list[set[str]]:
    """Names in the rest of a phrase's lines: a trigger whose words are drawn brings them along."""
    if candidate.kind not in WITHIN_LINES or not len(texts):
        return []
    names = []
    for row, (start, end) in zip(candidate.rows.tolist(), candidate.spans, strict=True):
        text = texts[row]
        first, stop = text.rfind("\n", 0, start) + 1, text.find("\n", end)
        names.append(set(NAME.findall(text[first : stop if stop >= 0 else len(text)])))
    return names


def _by_label(
    candidate: TriggerCandidate, strange: Strange | None, unlike: bool, convicts: bool
) -> Located:
    pure = candidate.purity >= PURE_STRANGE and candidate.p_adjusted <= LEVEL_STRANGE
    suspicious = (is_lone(candidate) and convicts) or (strange is not None and pure)
    doubt = candidate.p_adjusted <= LEVEL_DOUBT and candidate.purity >= PURE_DOUBT
    clear = candidate.p_adjusted <= LEVEL_ALONE and candidate.purity >= PURE_STRANGE
    lonely = (doubt or clear) and not candidate.rivals and unlike
    return Located(candidate, suspicious, not suspicious and (lonely or bool(strange)), strange)


def _alone(strange: Strange, labels: np.ndarray | None, tests: int) -> Located:
    """A text that looks put in and that the labels did not bring up by themselves."""
    rows, target, purity, z, p = strange.found.rows, NO_TARGET, float("nan"), float("nan"), 1.0
    excess = float("nan")
    if labels is not None and len(rows):
        values, counts = np.unique(labels[rows], return_counts=True)
        target, hits, m = int(values[counts.argmax()]), int(counts.max()), len(rows)
        known = int((labels == target).sum())
        base = known / len(labels)
        purity, excess = hits / m, hits / m - base
        z = (hits - m * base) / max(np.sqrt(m * base * (1 - base)), 1e-9)
        classes = len(np.unique(labels))
        tail = float(stats.hypergeom.sf(hits - 1, len(labels), known, m))
        p = min(tail * tests * classes, 1.0)
    candidate = TriggerCandidate(
        kind=strange.found.kind,
        text=strange.found.text,
        target=target,
        support=len(rows),
        purity=purity,
        z=z,
        p_adjusted=p,
        rows=rows,
        spans=strange.found.spans,
        excess=excess,
    )
    suspicious = purity >= PURE_STRANGE and p <= LEVEL_STRANGE
    return Located(candidate, bool(suspicious), not suspicious, strange)
