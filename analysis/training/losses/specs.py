"""The losses that exist: what they are called, what can be set, what they are for and miss.

Read by menus, help texts, the README table and the tests; loads no numeric library.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from analysis.errors import RequestError
from analysis.training.losses.schedule import alpha_base

GENERATION_IGNORE = -100  # what tokenised answers are padded with; class labels ignore nothing


class Knob(NamedTuple):
    """One value of a loss that can be set."""

    name: str  # argument of the loss's class
    default: float | None  # None: chosen from the planned epochs
    help: str


@dataclass(frozen=True)
class LossSpec:
    """One loss.

    `grid` holds the settings that `--tune` tries, the strongest (smallest pull of a hard sample)
    first; values of `alpha` there are those of the last epoch.
    """

    name: str
    title: str
    target: str  # "module:class"
    paper: str
    summary: str
    misses: str
    knobs: tuple[Knob, ...] = ()
    grid: tuple[Mapping[str, float], ...] = field(default=())

    def build(
        self, values: Mapping[str, float | None], epochs: int, ignore_index: int | None = None
    ) -> Any:
        """The loss with these knobs; missing ones and None take their defaults.

        Args:
            values: knob -> value.
            epochs: planned with this loss, for schedules.
            ignore_index: None for class labels, -100 for written answers.

        Raises:
            RequestError: a knob that this loss does not have, or a value outside its range.
        """
        module, name = self.target.split(":")
        made = getattr(importlib.import_module(module), name)
        return made(**self.settled(values, epochs), ignore_index=ignore_index)

    def settled(self, values: Mapping[str, float | None], epochs: int) -> dict[str, float]:
        """Every knob with its value, defaults filled in.

        Raises:
            RequestError: a knob that this loss does not have.
        """
        known = {knob.name: knob.default for knob in self.knobs}
        for name, value in values.items():
            if value is not None and name not in known:
                raise RequestError(
                    f"{name} {value} was given, but the loss '{self.name}' has no {name}.",
                    f"It has {', '.join(known)}." if known else "It has nothing to set.",
                )
        chosen: dict[str, float] = {}
        for name, default in known.items():
            value = values.get(name)
            usual = alpha_base(max(1, epochs)) if default is None else default
            chosen[name] = usual if value is None else value
        return chosen


_EPSILON = "share of each label that is spread over the other classes"

LOSSES: tuple[LossSpec, ...] = (
    LossSpec(
        "ce",
        "Cross-entropy",
        "analysis.training.losses.cross_entropy:CrossEntropy",
        "the plain loss",
        "What training usually minimises; every other loss is measured against it",
        "A hard sample pulls without bound, so a few poisoned ones suffice",
    ),
    LossSpec(
        "dece",
        "Deceptive cross-entropy (DeCE)",
        "analysis.training.losses.dece:DeCE",
        "Yang et al. 2026, arXiv 2407.08956",
        "Blends the softened label into the prediction, which bounds the pull of hard samples",
        "Learns nothing from random weights over a large vocabulary without a warm-up; only "
        "delays a poison that is frequent enough",
        (
            Knob("epsilon", 0.05, _EPSILON),
            Knob("alpha", None, "base of alpha = base^epoch; by default from the planned epochs"),
        ),
        tuple(
            {"alpha": alpha, "epsilon": epsilon}
            for alpha in (0.3, 0.5, 0.7, 0.9)
            for epsilon in (0.1, 0.05)
        ),
    ),
    LossSpec(
        "label_smoothing",
        "Label smoothing",
        "analysis.training.losses.label_smoothing:LabelSmoothing",
        "Szegedy et al. 2016, arXiv 1512.00567",
        "Cross-entropy towards softened labels",
        "Slows clean and poisoned samples alike",
        (Knob("epsilon", 0.1, "share of each label that is spread over all classes"),),
        ({"epsilon": 0.3}, {"epsilon": 0.2}, {"epsilon": 0.1}, {"epsilon": 0.05}),
    ),
    LossSpec(
        "gce",
        "Generalised cross-entropy (GCE)",
        "analysis.training.losses.gce:GeneralisedCrossEntropy",
        "Zhang and Sabuncu 2018, arXiv 1805.07836",
        "Between cross-entropy and absolute error: hard samples pull less",
        "Clean hard samples pull less, too; slow from random weights",
        (Knob("q", 0.7, "0 is cross-entropy, 1 absolute error"),),
        ({"q": 0.9}, {"q": 0.7}, {"q": 0.5}, {"q": 0.3}),
    ),
    LossSpec(
        "in_trust",
        "In-trust",
        "analysis.training.losses.in_trust:InTrust",
        "Huang et al. 2021, in the form of the DeCE authors",
        "Adds a term that trusts the model's own prediction to a weaker cross-entropy",
        "The cross-entropy part keeps its unbounded pull, only scaled",
        (
            Knob("a", 0.2, "weight of cross-entropy"),
            Knob("b", 0.8, "weight of the trusting term"),
            Knob("delta", 0.5, "how far the model's own prediction is trusted"),
        ),
        ({"a": 0.05}, {"a": 0.1}, {"a": 0.2}, {"a": 0.5}),
    ),
)
NAMES = tuple(spec.name for spec in LOSSES)


def loss_spec(name: str) -> LossSpec:
    """The loss called `name`.

    Raises:
        RequestError: there is none.
    """
    for spec in LOSSES:
        if spec.name == name:
            return spec
    raise RequestError(f"loss '{name}' is unknown.", f"Choose from {', '.join(NAMES)}.")
