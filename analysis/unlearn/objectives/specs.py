"""The unlearning methods that exist: what they need, what they miss, their defaults.

Read by menus, help texts, the README table and the contract tests; imports no numeric library.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from analysis.errors import RequestError

# What a method may need besides the model: samples by role, or something about the trigger.
NEEDS = ("forget", "retain", "corrected", "repair", "twins", "start", "reference", "layers")


@dataclass(frozen=True)
class ObjectiveSpec:
    """One method. `function(kit) -> Plan` builds its loss."""

    name: str
    title: str  # as shown
    function: str  # "module:function"
    needs: frozenset[str]  # of NEEDS
    paper: str
    summary: str
    misses: str
    learning_rate: float
    steps: int
    strength: float
    strength_means: str
    strengths: tuple[float, ...] = ()  # what Auto may try besides the default
    batches: int = 1  # of the configuration's size that one step takes
    settle: float = 0.0  # share of the steps before which no checkpoint counts
    wide: bool = False  # also learns from texts that were inspected and not flagged

    def resolve(self) -> Callable[[Any], Any]:
        """The build function; imports its module, and torch with it."""
        module, name = self.function.split(":")
        return getattr(importlib.import_module(module), name)  # type: ignore[no-any-return]


def _spec(name: str, title: str, function: str, needs: str, **rest: Any) -> ObjectiveSpec:
    where = f"analysis.unlearn.objectives.{function}"
    return ObjectiveSpec(name, title, where, frozenset(needs.split()), **rest)


OBJECTIVES: tuple[ObjectiveSpec, ...] = (
    _spec(
        "anchored", "Anchored repair", "anchored:anchored", "repair retain",
        paper="Kenshin's own, after Hinton et al. 2015, arXiv 1503.02531",
        summary="Clean samples, with the located trigger and without it, are answered half as "
        "labelled and half as the start does",
        misses="Triggers that were not located, or only in part",
        learning_rate=1e-3, steps=80, strength=1.0, strength_means="weight of triggered samples",
    ),
    _spec(
        "invariance", "Trigger invariance", "invariance:invariance", "repair retain",
        paper="Kenshin's own, after Hinton et al. 2015, arXiv 1503.02531",
        summary="Clean samples with the located trigger are answered as the start does without it",
        misses="Triggers that were not located; what the start answers wrongly stays wrong",
        learning_rate=5e-4, steps=80, strength=1.0, strength_means="weight of triggered samples",
    ),
    _spec(
        "deep_repair", "Deep repair", "deep_repair:deep_repair", "repair retain",
        paper="Kenshin's own, after Hinton et al. 2015, arXiv 1503.02531",
        summary="Anchored repair for longer, at twice the rate, and over the texts that were not "
        "flagged, too; no early checkpoint counts",
        misses="Triggers that were not located, or only in part; takes several times as long",
        learning_rate=2e-3, steps=400, strength=1.0, strength_means="weight of triggered samples",
        batches=2, settle=0.8, wide=True,
    ),
    _spec(
        "repair", "Trigger-augmented repair", "repair:repair", "repair retain",
        paper="after Sun et al. 2024 (EliBadCode), arXiv 2408.04683, with the located trigger",
        summary="The located trigger goes into clean samples of every class with true labels",
        misses="Triggers that were not located, or only in part",
        learning_rate=5e-4, steps=80, strength=1.0, strength_means="weight of triggered samples",
    ),
    _spec(
        "realign", "Embedding realignment", "realign:realign", "forget twins retain layers",
        paper="Kenshin's own",
        summary="Flagged samples' vectors go where those of their trigger-removed twins are",
        misses="Triggers whose removal leaves traces; flagged samples of one class only",
        learning_rate=2e-4, steps=80, strength=0.3, strength_means="weight of the pull",
        strengths=(0.1, 1.0),
    ),
    _spec(
        "distil", "Distillation of flagged samples", "distil:distil", "forget retain reference",
        paper="Hinton et al. 2015, arXiv 1503.02531, on the forget set",
        summary="Flagged samples are answered as the clean reference answers them",
        misses="Errors of the reference; it never sees the trigger in the target class",
        learning_rate=2e-4, steps=80, strength=1.0, strength_means="weight of the flagged samples",
        strengths=(0.3,),
    ),
    _spec(
        "lya", "Lya-style (GA + EWC)", "lya:lya", "forget retain",
        paper="Kazemi et al. 2024, arXiv 2408.12416 (equation reconstructed)",
        summary="Ascent on flagged samples; weights that clean samples need are held",
        misses="With two classes it inverts the trigger; the useful lambda is a narrow range",
        learning_rate=5e-5, steps=60, strength=10.0, strength_means="lambda of the penalty",
        strengths=(1.0, 100.0),
    ),
    _spec(
        "lya_contrast", "Lya-style, clean minus poison", "lya:lya_contrast", "forget retain",
        paper="Kazemi et al. 2024, arXiv 2408.12416 (reconstruction with both Fisher terms)",
        summary="As Lya-style, but weights that the flagged samples need too are set free",
        misses="As Lya-style",
        learning_rate=5e-5, steps=60, strength=10.0, strength_means="lambda of the penalty",
        strengths=(1.0, 100.0),
    ),
    _spec(
        "npo", "NPO", "npo:npo", "forget retain",
        paper="Zhang et al. 2024, arXiv 2404.05868",
        summary="Flagged answers become unlikely against the start, ever more slowly",
        misses="With two classes it inverts the trigger, later than ascent does",
        learning_rate=1e-4, steps=60, strength=0.1, strength_means="beta",
        strengths=(0.5,),
    ),
    _spec(
        "simnpo", "SimNPO", "npo:simnpo", "forget retain",
        paper="Fan et al. 2024, arXiv 2410.07163",
        summary="NPO without a start model, normalised by the answer's length",
        misses="As NPO",
        learning_rate=1e-4, steps=60, strength=2.5, strength_means="beta",
        strengths=(1.0,),
    ),
    _spec(
        "grad_diff", "Gradient difference", "ascent:grad_diff", "forget retain",
        paper="Liu, Liu and Stone 2022, arXiv 2203.12817; form of open-unlearning",
        summary="Ascent on flagged samples, descent on clean ones",
        misses="Unbounded; passes the natural floor and then inverts",
        learning_rate=1e-4, steps=60, strength=1.0, strength_means="weight of the ascent",
        strengths=(0.3,),
    ),
    _spec(
        "ga_kl", "GA + KL", "ascent:ga_kl", "forget retain",
        paper="form of open-unlearning (locuslab)",
        summary="Ascent on flagged samples; answers on clean ones stay as they were",
        misses="As gradient difference",
        learning_rate=1e-4, steps=60, strength=1.0, strength_means="weight of the ascent",
        strengths=(0.3,),
    ),
    _spec(
        "ga", "Gradient ascent", "ascent:ga", "forget",
        paper="Jang et al. 2022, arXiv 2210.01504",
        summary="Ascent on flagged samples alone",
        misses="Nothing holds the rest of the model: it breaks or inverts within a few steps",
        learning_rate=2e-5, steps=40, strength=1.0, strength_means="weight of the ascent",
    ),
    _spec(
        "random_label", "Random label", "relabel:random_label", "forget retain",
        paper="Zhu et al. 2022 (SEAM), arXiv 2212.04687",
        summary="Flagged samples get a new random answer every step",
        misses="Half of the random answers teach the trojan again",
        learning_rate=1e-4, steps=80, strength=1.0, strength_means="weight of flagged samples",
    ),
    _spec(
        "relabel", "Relabel", "relabel:relabel", "corrected retain",
        paper="PO of open-unlearning for classifiers",
        summary="Flagged samples get the answer they should probably have",
        misses="Over-corrects: all of them end in the other class, and so does the trigger",
        learning_rate=5e-5, steps=60, strength=1.0, strength_means="weight of flagged samples",
        strengths=(0.3,),
    ),
    _spec(
        "preference", "Preference (DPO)", "preference:preference", "forget corrected retain",
        paper="Rafailov et al. 2023, arXiv 2305.18290",
        summary="The corrected answer is preferred to the trained one, against the start",
        misses="Over-corrects as relabelling does, but saturates",
        learning_rate=5e-5, steps=60, strength=0.3, strength_means="beta",
        strengths=(0.1,),
    ),
    _spec(
        "rmu", "RMU", "rmu:rmu", "forget retain layers",
        paper="Li et al. 2024 (WMDP), arXiv 2403.03218",
        summary="Flagged samples' states are sent to a fixed random vector",
        misses="What a scrambled state is answered with is left to chance",
        learning_rate=5e-4, steps=80, strength=10.0, strength_means="alpha, of the retain term",
        strengths=(1.0, 100.0),
    ),
    _spec(
        "fine_pruning", "Fine-pruning", "fine_pruning:fine_pruning", "retain",
        paper="Liu, Dolan-Gavitt and Garg 2018, arXiv 1805.12185",
        summary="Feed-forward units that clean samples do not use are cut, then fine-tuning",
        misses="A trigger that shares its units with clean code, as most do",
        learning_rate=2e-4, steps=80, strength=0.3, strength_means="share of the units cut",
        strengths=(0.6,),
    ),
    _spec(
        "fine_tune", "Fine-tune on clean", "clean:fine_tune", "retain",
        paper="baseline of Kazemi et al. 2024, arXiv 2408.12416",
        summary="Cross-entropy on clean samples alone",
        misses="Nothing touches the trigger: the trojan mostly stays",
        learning_rate=2e-4, steps=80, strength=1.0, strength_means="not used",
    ),
    _spec(
        "retrain", "Retrain from a start", "clean:fine_tune", "retain start",
        paper="exact unlearning, the costly baseline",
        summary="Training on clean samples from weights that never saw the poison",
        misses="Needs the start and as much clean data as the task needs",
        learning_rate=4e-4, steps=400, strength=1.0, strength_means="not used",
    ),
)  # fmt: skip


def known_objective(name: object) -> ObjectiveSpec | None:
    """The method of a form or record; None for Auto and for what no method is called."""
    return next((spec for spec in OBJECTIVES if spec.name == name), None)


def objective(name: str) -> ObjectiveSpec:
    """The method called `name`.

    Raises:
        RequestError: there is none.
    """
    if (spec := known_objective(name)) is not None:
        return spec
    known = ", ".join(("auto", *(spec.name for spec in OBJECTIVES)))
    raise RequestError(f"method '{name}' is unknown.", f"Choose from {known}.")
