"""One run of one method: build it for a fresh copy, take its steps, keep the best checkpoint."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import nn

from analysis.errors import KenshinError
from analysis.models.base import OpenedModel
from analysis.unlearn.config import UnlearnConfig
from analysis.unlearn.data import Trial
from analysis.unlearn.guard import Look, Measure, over_budget
from analysis.unlearn.kit import Kit
from analysis.unlearn.loop import LoopResult, LoopSettings, Moment, run_steps
from analysis.unlearn.lora import adapter_tensors, add_adapters, merged_parameters
from analysis.unlearn.objectives.specs import ObjectiveSpec
from analysis.unlearn.prepare import Prepared
from analysis.unlearn.state import with_parameters

LOOKS = 16  # while no checkpoint counts yet
Listener = Callable[[str, int, int], None]
Mask = Mapping[str, torch.Tensor]


@dataclass
class Session:
    """What all runs of one unlearning share; `rows` gathers the history."""

    work: OpenedModel  # float32, never trained itself
    ready: Prepared
    config: UnlearnConfig
    start: Look  # of the untouched model
    say: Listener
    recorder: Callable[[Mapping[str, Any]], None] | None = None
    cancelled: Callable[[], bool] | None = None
    rows: list[Mapping[str, Any]] = field(default_factory=list)
    known: dict[str, torch.Tensor] = field(default_factory=dict, repr=False)  # shared by all kits
    began: float = field(default_factory=time.process_time)  # CPU seconds when the work began

    def note(self, phase: str, method: str, moment: Moment) -> None:
        """Keep one moment and hand it on."""
        row = {**moment.row(phase), "method": method}
        self.rows.append(row)
        if self.recorder is not None:
            self.recorder(row)


@dataclass(frozen=True)
class Choice:
    """A method with its settings."""

    spec: ObjectiveSpec
    learning_rate: float
    strength: float
    steps: int
    why: str = "as requested"

    @classmethod
    def of(cls, spec: ObjectiveSpec, config: UnlearnConfig, scale: float = 1.0) -> Choice:
        """The method's defaults, its rate times `scale`, where the configuration says nothing."""
        return cls(
            spec,
            config.learning_rate or spec.learning_rate * scale,
            spec.strength if config.strength is None else config.strength,
            config.steps or spec.steps,
        )


@dataclass(frozen=True)
class Outcome:
    """Best checkpoint of one run."""

    parameters: Mapping[str, torch.Tensor] = field(repr=False)
    look: Look
    step: int
    stopped: str
    cancelled: bool
    trial: Trial
    adapter: Mapping[str, torch.Tensor] = field(default_factory=dict, repr=False)


def run_choice(
    session: Session,
    choice: Choice,
    phase: str,
    *,
    mask: Mask | None = None,
    measure: Measure | None = None,
    start: Look | None = None,
    begin: Mapping[str, torch.Tensor] | None = None,
) -> Outcome:
    """Run one method from the start and return its best checkpoint.

    Args:
        session: model, samples, settings.
        choice: method and settings.
        phase: "search" or "full", for the history.
        mask: weights that may change.
        measure: another guard than the session's (a smaller one while searching).
        start: its look at the model where the run begins.
        begin: weights to begin with, by name; the others are the suspect's.
    """
    began = time.monotonic()
    module = _fresh(session, choice, begin or {})
    plan = choice.spec.resolve()(_kit(session, choice, module))
    if mask is not None and plan.after_step is not None:  # such a method begins by setting weights
        _put_back(module, {**dict(session.work.module.named_parameters()), **(begin or {})}, mask)
    if session.config.lora is not None:
        add_adapters(module, session.config.lora, session.config.seed)

    def heard(moment: Moment) -> None:
        session.note(phase, choice.spec.name, moment)
        verb = "Trying" if phase == "search" else "Running"
        session.say(f"{verb} {choice.spec.title}", moment.step, choice.steps)
        if session.cancelled is not None and session.cancelled():
            raise KeyboardInterrupt

    result = run_steps(
        module,
        plan,
        session.ready.parts,
        _Known(measure or session.ready.measure, start or session.start),
        replace(
            _loop_settings(session.config, choice),
            baseline=session.start.accuracy if begin is not None else None,
        ),
        mask=mask,
        on_moment=heard,
    )
    seconds = time.monotonic() - began
    trial = _trial(session, choice, phase, result, seconds)
    return Outcome(
        _parameters(module, session.config.lora) if result.best.step else dict(begin or {}),
        result.best.look,
        result.best.step,
        result.stopped,
        result.cancelled,
        trial,
        adapter_tensors(module) if session.config.lora is not None else {},
    )


def _put_back(module: nn.Module, own: Mapping[str, torch.Tensor], mask: Mask) -> None:
    """Undo what was changed outside the mask."""
    with torch.no_grad():
        for name, p in module.named_parameters():
            allowed = mask.get(name, torch.zeros((), dtype=torch.bool)).to(p.device)
            p.copy_(torch.where(allowed, p, own[name]))


def _parameters(module: nn.Module, lora: int | None) -> dict[str, torch.Tensor]:
    if lora is not None:
        return merged_parameters(module)
    return {name: p.detach() for name, p in module.named_parameters()}


class _Known:
    """A guard whose first look, at the untouched model, was taken before."""

    def __init__(self, measure: Measure, start: Look) -> None:
        self._measure, self._start = measure, [start]

    def __call__(self, module: nn.Module) -> Look:
        """The known look once, then real ones."""
        return self._start.pop() if self._start else self._measure(module)


def failed(choice: Choice, phase: str, error: KenshinError, seconds: float) -> Trial:
    """The trial of a method that could not run."""
    return Trial(
        phase, choice.spec.name, choice.learning_rate, choice.strength, choice.steps,
        None, 0, False, seconds, str(error),
    )  # fmt: skip


def within_budget(look: Look, start: Look, config: UnlearnConfig) -> bool:
    """Whether the clean guard accuracy is kept."""
    return over_budget(look, start.accuracy, config.accuracy_budget) == 0


def _fresh(session: Session, choice: Choice, begin: Mapping[str, torch.Tensor]) -> nn.Module:
    """A copy of the suspect to change, or of the start that retraining begins with."""
    source = session.work.module
    if "start" in choice.spec.needs and session.ready.start is not None:
        source = session.ready.start
    module = with_parameters(source, begin)
    for parameter in module.parameters():
        parameter.requires_grad_(parameter.is_floating_point())
    return module.eval()


def _kit(session: Session, choice: Choice, module: nn.Module) -> Kit:
    ready = session.ready
    return Kit(
        module=module,
        start=session.work.module,
        score=ready.score,
        parts=ready.parts,
        strength=choice.strength,
        retain_weight=session.config.retain_weight,
        layers=ready.layers,
        teacher=ready.teacher,
        known=session.known,
        precision=session.config.precision,
        seed=session.config.seed,
    )


def _loop_settings(config: UnlearnConfig, choice: Choice) -> LoopSettings:
    return LoopSettings(
        learning_rate=choice.learning_rate,
        steps=choice.steps,
        batch_size=config.batch_size * choice.spec.batches,
        clip=config.clip,
        weight_decay=config.weight_decay,
        accuracy_budget=config.accuracy_budget,
        check_every=max(config.check_every, round(choice.spec.settle * choice.steps / LOOKS)),
        patience=config.patience,
        precision=config.precision,
        seed=config.seed,
        settle=choice.spec.settle,
    )


def _trial(
    session: Session, choice: Choice, phase: str, result: LoopResult, seconds: float
) -> Trial:
    best = result.best.look, result.best.step
    if phase == "search":  # too short to be inside any budget; where it stands says more
        last = next(m for m in reversed(result.history) if m.look is not None)
        best = last.look or result.start, last.step
    return Trial(
        phase=phase,
        method=choice.spec.name,
        learning_rate=choice.learning_rate,
        strength=choice.strength,
        steps=choice.steps,
        look=best[0],
        step=best[1],
        within_budget=within_budget(best[0], result.start, session.config),
        seconds=seconds,
        note=result.stopped,
    )
