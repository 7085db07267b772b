"""Questions whose answers a model may have memorised, and their folds for the relearning audit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.errors import RequestError

FOLDS = 5  # of 157 facts each in the paper


@dataclass(frozen=True)
class FactSet:
    """Multiple-choice facts in file order.

    Facts of one fold are attacked together: an audit trains on all other folds and scores this
    one, so a fact must not follow from the facts of another fold.
    """

    ids: tuple[str, ...]  # unique
    questions: tuple[str, ...]
    choices: tuple[tuple[str, ...], ...]  # two or more different answers each, the true one too
    correct: np.ndarray  # (n,) int64, place of the true answer among the choices
    folds: np.ndarray  # (n,) int64, 0 … k - 1
    paraphrases: tuple[str, ...] = ()  # the true answer in other words, "" where unknown
    source: str = ""
    sha256: str = ""
    warnings: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def answers(self) -> tuple[str, ...]:
        """The true answers."""
        return tuple(
            offered[place] for offered, place in zip(self.choices, self.correct, strict=True)
        )

    @property
    def n_folds(self) -> int:
        """How many folds there are."""
        return int(self.folds.max()) + 1 if len(self) else 0

    @property
    def chance(self) -> float:
        """Expected accuracy of guessing: mean of one over the number of choices."""
        return float(np.mean([1 / len(offered) for offered in self.choices]))

    def subset(self, rows: np.ndarray) -> FactSet:
        """The facts at `rows`, (m,) int, in that order; folds keep their numbers."""
        return replace(
            self,
            ids=tuple(self.ids[i] for i in rows),
            questions=tuple(self.questions[i] for i in rows),
            choices=tuple(self.choices[i] for i in rows),
            correct=self.correct[rows],
            folds=self.folds[rows],
            paraphrases=tuple(self.paraphrases[i] for i in rows) if self.paraphrases else (),
        )

    def outside(self, fold: int) -> FactSet:
        """T: every fact that is not in `fold`."""
        return self.subset(np.flatnonzero(self.folds != fold))

    def inside(self, fold: int) -> FactSet:
        """V: the facts of `fold`."""
        return self.subset(np.flatnonzero(self.folds == fold))


def assign_folds(questions: tuple[str, ...], k: int, seed: int) -> np.ndarray:
    """Folds 0 … k - 1 of nearly equal size by a seeded shuffle, (n,) int64.

    Equal questions come into one fold: trained on one of them, a model knows the other.

    Raises:
        RequestError: fewer than two folds, or fewer different questions than folds.
    """
    names = {question: place for place, question in enumerate(dict.fromkeys(questions))}
    if k < 2:
        raise RequestError(f"folds is {k}, expected 2 or more.")
    if len(names) < k:
        raise RequestError(
            f"{len(names)} different questions cannot fill {k} folds.", "Give more facts."
        )
    order = np.random.default_rng(seed).permutation(len(names))
    fold_of = np.empty(len(names), dtype=np.int64)
    fold_of[order] = np.arange(len(names)) % k
    return fold_of[[names[question] for question in questions]]
