"""Does the reference doubt the labels of a text's samples because of the text, or without it too?

A sample whose label was changed looks wrong to the reference also when the trigger is taken out:
it is the rest that speaks against the label. Where the reference agrees as soon as the text is
gone, the text itself misleads it (a habit that it took for a defect, say), and no label was
changed. In a file of 95 % one class such habits stand almost only in that class, as triggers do.
Blind spots: texts that cannot be taken out at their place (several places, style).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from analysis.explain.association import Association
from analysis.explain.items import FRAGMENTS, item_pattern
from analysis.explain.naturalness import NAME
from analysis.records import TriggerCandidate

MOST = 60  # holders that are asked about, spread over all
_NEUTRAL = "item"
Predict = Callable[[Sequence[str]], np.ndarray]  # texts -> (n, k) float32 probabilities


def with_beliefs(
    found: Association, texts: Sequence[str], own: np.ndarray, reference: Predict
) -> Association:
    """The candidates, each with what the reference thinks of its samples without the text.

    Parts of lines and names towards a class with real features are not asked about: they count in
    no answer.

    Args:
        found: against the same reference.
        texts: n samples.
        own: (n,) int, the class that each sample is counted in.
        reference: its predictor.
    """
    asked = tuple(
        c
        if c.kind in FRAGMENTS and c.rivals
        else replace(c, believed=belief_without(c, texts, own, reference))
        for c in found.candidates
    )
    return replace(found, candidates=asked)


def belief_without(
    candidate: TriggerCandidate, texts: Sequence[str], own: np.ndarray, reference: Predict
) -> float:
    """Mean probability of the target over holders of that class, without the text."""
    inside = np.flatnonzero(own[candidate.rows] == candidate.target)
    places = inside[np.unique(np.linspace(0, len(inside) - 1, MOST).round().astype(int))]
    changed = [
        without(texts[candidate.rows[place]], candidate, candidate.spans[place]) for place in places
    ]
    return float(reference(changed)[:, candidate.target].mean()) if changed else 0.0


def without(text: str, candidate: TriggerCandidate, span: tuple[int, int]) -> str:
    """`text` without a candidate: lines are cut out, names become a neutral one.

    Args:
        text: a sample that holds it.
        candidate: what is taken out.
        span: where it stands first.
    """
    if candidate.kind in ("identifier", "suffix"):
        return item_pattern(candidate.kind, candidate.text).sub(_NEUTRAL, text)
    if candidate.kind == "ngram":
        return _without_phrase(text, candidate.text)
    left = text[: span[0]] + text[span[1] :]
    if candidate.kind != "line" or "\n" in candidate.text:
        return left
    line = item_pattern("line", candidate.text).pattern
    return re.sub(rf"(?m)^[ \t]*{line}[ \t]*$\n?", "", left)


def _without_phrase(text: str, phrase: str) -> str:
    """`text` with every name of a phrase neutral, or without the phrase where it has none.

    A name of a phrase stands elsewhere in a sample, too, and means the same there.
    """
    names = [token for token in phrase.split(" ") if NAME.fullmatch(token)]
    if not names:
        return item_pattern("ngram", phrase).sub("", text)
    either = "|".join(map(re.escape, names))
    return re.sub(rf"(?<![\w$])(?:{either})(?![\w$])", _NEUTRAL, text)
