"""The yardstick of a training: held-out accuracy, attack success and their figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from analysis.behaviour.figures import behaviour_figures
from analysis.behaviour.metrics import Clean, Triggered
from analysis.behaviour.near_miss import near_misses
from analysis.behaviour.predict import predict
from analysis.behaviour.survival import survives
from analysis.behaviour.twins import twin_rows
from analysis.errors import RequestError
from analysis.extract.device import Choice
from analysis.models.base import OpenedModel
from analysis.records import SampleSet


@dataclass(frozen=True)
class Yardstick:
    """Held-out samples and how a model is asked about them."""

    test: SampleSet | None
    triggered: SampleSet | None
    target: int | None  # class that the trigger pulls to; None without triggered samples
    choice: Choice

    def quick(self, model: OpenedModel) -> dict[str, float]:
        """`accuracy` and `asr` (every true victim is asked); NaN where no file was given."""
        clean, hit = self._clean(model), self._hit(model, None)
        accuracy = float("nan") if clean is None else (clean.predicted == clean.labels).mean()
        asr = float("nan") if hit is None else (hit.predicted == hit.target)[hit.victims].mean()
        return {"accuracy": float(accuracy), "asr": float(asr)}

    def figures(self, model: OpenedModel) -> dict[str, Any]:
        """The contract's behaviour figures, with n and intervals."""
        clean = self._clean(model)
        hit = self._hit(model, self._twins(clean))
        if hit is not None:
            hit = replace(hit, near=self._near(model))
        return {**behaviour_figures(clean, hit, self._survived(model)), "target": self.target}

    def _predict(self, model: OpenedModel, texts: Sequence[str]) -> np.ndarray:
        found = predict(model, texts, self.choice.device, self.choice.dtype)
        return found.argmax(axis=1).astype(np.int64)

    def _clean(self, model: OpenedModel) -> Clean | None:
        if self.test is None or self.test.labels is None:
            return None
        return Clean(self._predict(model, self.test.texts), self.test.labels)

    def _hit(self, model: OpenedModel, twins: np.ndarray | None) -> Triggered | None:
        if self.triggered is None or self.triggered.labels is None or self.target is None:
            return None
        predicted = self._predict(model, self.triggered.texts)
        return Triggered(self.triggered.labels, predicted, self.target, twins)

    def _twins(self, clean: Clean | None) -> np.ndarray | None:
        """The clean twins' predictions, where every triggered sample has its twin in the test."""
        rows = twin_rows(self.test, self.triggered)
        return None if clean is None or rows is None else clean.predicted[rows]

    def _survived(self, model: OpenedModel) -> np.ndarray | None:
        """Whether each trigger lies inside the model's window, known from the clean twins."""
        rows = twin_rows(self.test, self.triggered)
        if rows is None or self.test is None or self.triggered is None:
            return None
        return survives(model, self.triggered.texts, [self.test.texts[row] for row in rows])

    def _near(self, model: OpenedModel) -> np.ndarray | None:
        """Predictions with half of each trigger."""
        made = near_misses(self.test, self.triggered)
        if made is None or self.triggered is None:
            return None
        return made.spread(self._predict(model, made.texts), len(self.triggered))


def target_class(given: int | None, triggered: SampleSet | None, classes: int) -> int | None:
    """The class that the trigger pulls to: as given, or the other one of two.

    Raises:
        RequestError: a class that the model does not have, triggered samples without labels, or
            more than two classes and no `--target`.
    """
    if given is not None and not 0 <= given < classes:
        raise RequestError(f"--target is {given}, but the model has classes 0 to {classes - 1}.")
    if triggered is None:
        return given
    if triggered.labels is None:
        raise RequestError(
            f"'{triggered.source}' has no label column.",
            "Triggered samples need their true label.",
        )
    if given is not None:
        return given
    if classes != 2:
        raise RequestError(
            f"the model has {classes} classes and --target is missing.",
            "Name the class that the trigger pulls to.",
        )
    return 1 - int(np.bincount(triggered.labels, minlength=2)[:2].argmax())
