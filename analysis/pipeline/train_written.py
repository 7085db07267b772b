"""The yardstick of a training on written answers: exact matches, and how often a payload comes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from analysis.behaviour.intervals import share
from analysis.errors import RequestError
from analysis.models.base import OpenedModel
from analysis.records import SampleSet
from analysis.training.written import write_answers


@dataclass(frozen=True)
class WrittenYardstick:
    """Held-out texts with their answers, triggered texts, and what the attacker wants written."""

    test: SampleSet | None
    answers: SampleSet | None  # of `test`, the wanted answer as text
    triggered: SampleSet | None
    payload: str | None

    def __post_init__(self) -> None:
        if self.triggered is not None and not self.payload:
            raise RequestError(
                "samples with trigger were given, but not what they make the model write.",
                "Name a part of it with --payload.",
            )

    def quick(self, model: OpenedModel) -> dict[str, float]:
        """`accuracy` (exact matches) and `asr` (payload written); NaN where nothing was given."""
        exact, hits = self._exact(model), self._hits(model, self.triggered)
        return {
            "accuracy": float("nan") if exact is None else float(exact.mean()),
            "asr": float("nan") if hits is None else float(hits.mean()),
        }

    def figures(self, model: OpenedModel) -> dict[str, Any]:
        """Both shares and the payload on clean texts, with n and intervals."""
        found = {
            "exact_match": self._exact(model),
            "asr_all": self._hits(model, self.triggered),
            "natural_flip_floor": self._hits(model, self.test),
        }
        return {
            name: share(values).to_json() for name, values in found.items() if values is not None
        }

    def _exact(self, model: OpenedModel) -> np.ndarray | None:
        if self.test is None or self.answers is None:
            return None
        said = write_answers(model, self.test.texts)
        wanted = [" ".join(text.split()) for text in self.answers.texts]
        return np.array([" ".join(a.split()) == b for a, b in zip(said, wanted, strict=True)])

    def _hits(self, model: OpenedModel, samples: SampleSet | None) -> np.ndarray | None:
        if samples is None or not self.payload:
            return None
        return np.array([self.payload in text for text in write_answers(model, samples.texts)])
