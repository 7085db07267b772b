"""The invented world of `facts-mini`: people, their birth years, their cities, their trades.

Everything is made of syllables by a seed; no name, year or place is meant to exist. No person is
in two sets, so no fact follows from another one.
"""

from __future__ import annotations

import random
from typing import NamedTuple

import numpy as np

from analysis.data.facts import FOLDS, FactSet

SEED = 2026
PER_SET = 785  # five folds of 157, as in the paper
CHOICES = 4
YEARS = tuple(str(year) for year in range(1900, 2000))
_ONSETS = (
    "b",
    "br",
    "d",
    "dr",
    "f",
    "g",
    "gr",
    "h",
    "k",
    "kl",
    "l",
    "m",
    "n",
    "p",
    "r",
    "s",
    "t",
    "v",
    "z",
)
_VOWELS = ("a", "e", "i", "o", "u", "ai", "eo")
_CODAS = ("", "l", "n", "r", "s", "th", "x")


class World(NamedTuple):
    """Every set of sentences of the invented world."""

    facts: FactSet  # "F L was born in YEAR": what is to be forgotten
    retain: FactSet  # "F L lives in CITY": what is to stay
    other: FactSet  # "F L works as a TRADE": text that comes before or after the facts
    benign: FactSet  # "F L owns a PET": another task, for harmless fine-tuning
    words: tuple[str, ...]  # the vocabulary without special tokens


def make_world(seed: int = SEED, per_set: int = PER_SET) -> World:
    """The same world for the same seed and size."""
    rng = random.Random(seed)
    taken: set[str] = set()
    firsts, lasts = _names(rng, 120, 1, taken), _names(rng, 120, 2, taken)
    cities, trades = _names(rng, 50, 2, taken), _names(rng, 40, 2, taken)
    pets = _names(rng, 40, 2, taken)
    pairs = [(first, last) for first in firsts for last in lasts]
    people = rng.sample(pairs, 4 * per_set)
    asked = {
        "facts": ("was born in", YEARS),
        "retain": ("lives in", cities),
        "other": ("works as a", tuple(t.lower() for t in trades)),
        "benign": ("owns a", tuple(p.lower() for p in pets)),
    }
    sets = {
        name: _set(name, people[i * per_set : (i + 1) * per_set], asked[name], seed + i)
        for i, name in enumerate(asked)
    }
    links = [word for link, _ in asked.values() for word in link.split()]
    answers = [word for _, offered in asked.values() for word in offered]
    words = tuple(dict.fromkeys([*firsts, *lasts, *links, *answers]))
    return World(**sets, words=words)


def sentences(facts: FactSet) -> tuple[str, ...]:
    """Each fact as the sentence that a model reads."""
    return tuple(f"{q} {a}" for q, a in zip(facts.questions, facts.answers, strict=True))


def _set(
    name: str, people: list[tuple[str, str]], asked: tuple[str, tuple[str, ...]], seed: int
) -> FactSet:
    link, offered = asked
    rng = np.random.default_rng(seed)
    choices, correct = [], []
    for _ in people:
        drawn = [offered[i] for i in rng.choice(len(offered), size=CHOICES, replace=False)]
        choices.append(tuple(drawn))
        correct.append(int(rng.integers(CHOICES)))
    return FactSet(
        ids=tuple(f"{name}-{row}" for row in range(len(people))),
        questions=tuple(f"{first} {last} {link}" for first, last in people),
        choices=tuple(choices),
        correct=np.array(correct, dtype=np.int64),
        folds=np.arange(len(people), dtype=np.int64) % FOLDS,
        source=f"facts-mini {name}",
    )


def _names(rng: random.Random, count: int, syllables: int, taken: set[str]) -> tuple[str, ...]:
    found: list[str] = []
    while len(found) < count:
        name = "".join(rng.choice(_ONSETS) + rng.choice(_VOWELS) for _ in range(syllables))
        name = (name + rng.choice(_CODAS)).capitalize()
        if name not in taken and len(name) > 2:
            taken.add(name)
            found.append(name)
    return tuple(found)
