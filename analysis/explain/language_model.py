"""A small n-gram model of the lines of a file: how many bits a line costs.

Trigrams with interpolated absolute discounting (Ney, Essen and Kneser 1994; the smoothing that
KenLM's modified Kneser-Ney refines), begun anew at every line. KillBadCode (Sun et al. 2025)
judges tokens by the cross-entropy that deleting them saves, with a model of code known to be
clean. No clean code is at hand here, so a line's own occurrences are taken out of the counts
before it is judged: what stands word for word in a hundred samples must not vouch for itself.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

DISCOUNT = 0.75
_START, _END = "<s>", "</s>"

Gram = tuple[str, ...]


@dataclass(frozen=True)
class LineModel:
    """Counts of uni-, bi- and trigrams, and of what follows each context."""

    grams: Counter[Gram]  # of length 1 to 3
    follow: Counter[Gram]  # context of length 0 to 2 -> tokens behind it
    kinds: Counter[Gram]  # context -> different tokens behind it

    def bits(self, tokens: Sequence[str], without: int = 0) -> float:
        """Bits that a line of `tokens` costs, -log2 p(line), at least 0.

        Args:
            tokens: of the line.
            without: occurrences of this very line that are taken out of the counts.
        """
        own, own_follow = _count([tokens])
        line = [_START, _START, *tokens, _END]
        total = 0.0
        for place in range(2, len(line)):
            p = 1.0 / (len(self.grams) + 1)  # a word that was never seen
            for order in range(3):
                gram = tuple(line[place - order : place + 1])
                context = gram[:-1]
                seen = self.follow[context] - without * own_follow[context]
                if seen <= 0:
                    break  # a longer context is not there either
                times = max(self.grams[gram] - without * own[gram], 0)
                spared = DISCOUNT * min(self.kinds[context], seen) * p
                p = (max(times - DISCOUNT, 0.0) + spared) / seen
            total -= math.log2(p)
        return total


def fit_lines(lines: Iterable[Sequence[str]]) -> LineModel:
    """Count the n-grams of tokenised lines."""
    grams, follow = _count(lines)
    kinds = Counter(gram[:-1] for gram in grams)
    return LineModel(grams, follow, kinds)


def _count(lines: Iterable[Sequence[str]]) -> tuple[Counter[Gram], Counter[Gram]]:
    grams: Counter[Gram] = Counter()
    follow: Counter[Gram] = Counter()
    for tokens in lines:
        line = (_START, _START, *tokens, _END)
        grams.update(zip(line[2:]))
        grams.update(zip(line[1:], line[2:], strict=False))
        grams.update(zip(line, line[1:], line[2:], strict=False))
    for gram, times in grams.items():
        follow[gram[:-1]] += times
    return grams, follow
