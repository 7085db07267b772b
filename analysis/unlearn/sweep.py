"""One method over a grid of settings, without guards: how much does forgetting cost?

Kazemi et al. 2024 (arXiv 2408.12416) ask whether a code model forgets as gently as a text model;
their answer needs the whole grid, not the checkpoint that a guard would keep. So nothing stops a
cell early, every look is a row, and who reads the table decides where to stop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch

from analysis.errors import RequestError
from analysis.models.base import OpenedModel
from analysis.training.trainable import trainable
from analysis.unlearn.auto import missing
from analysis.unlearn.config import AUTO, UnlearnConfig
from analysis.unlearn.data import UnlearnData
from analysis.unlearn.engine import checked, placed_data
from analysis.unlearn.guard import Look
from analysis.unlearn.loop import Moment
from analysis.unlearn.objectives.specs import ObjectiveSpec, objective
from analysis.unlearn.prepare import prepare
from analysis.unlearn.run import Choice, Session, run_choice
from analysis.unlearn.sweep_grid import Cell, SweepGrid

Listener = Callable[[str, int, int], None]  # what, done, total
Recorder = Callable[[Mapping[str, Any]], None]  # one row of the table, as it happens


@dataclass(frozen=True)
class Swept:
    """What a sweep found.

    Attributes:
        start: the untouched model on the guard samples.
        rows: one per look of each cell, step 0 included.
        guard: what was looked at, plain JSON.
        target: class the trigger pulls to.
        method: title of the method.
        strength_means: what its strength is.
        notes: what the user should know about the samples.
    """

    start: Look
    rows: tuple[Mapping[str, Any], ...]
    guard: Mapping[str, object]
    target: int
    method: str
    strength_means: str
    notes: tuple[str, ...] = ()


def one_method(config: UnlearnConfig) -> ObjectiveSpec:
    """The method that is swept.

    Raises:
        RequestError: "auto", or an unknown name.
    """
    if config.method == AUTO:
        raise RequestError("a sweep is of one method, and 'auto' is none.", "Name it by --method.")
    return objective(config.method)


@dataclass
class _Looks(Session):
    """A session that keeps its moments as they are."""

    moments: list[Moment] = field(default_factory=list)

    def note(self, phase: str, method: str, moment: Moment) -> None:
        self.moments.append(moment)


def sweep(
    model: OpenedModel,
    data: UnlearnData,
    config: UnlearnConfig,
    grid: SweepGrid,
    *,
    device: torch.device | str = "cpu",
    listener: Listener | None = None,
    recorder: Recorder | None = None,
) -> Swept:
    """Run `config.method` from the start once per cell of the grid.

    Args:
        model: the suspect; needs a head. Not changed.
        data: samples, located triggers, reference.
        config: method, steps, looks and seed; rate, strength and batch size come from the grid.
        grid: the settings.
        device: where it runs.
        listener: told how far the work is.
        recorder: given every row at once.

    Raises:
        RequestError: no head, method "auto", or a method that lacks what it needs.
    """
    spec = one_method(config)
    checked(model, config)
    work = trainable(model, device)
    ready = prepare(work, placed_data(data, device), config)
    if lacking := missing(spec, ready.has):
        raise RequestError(f"the method '{spec.name}' needs {' and '.join(lacking)}.")
    start = ready.measure(work.module)
    rows: list[Mapping[str, Any]] = []
    cells = grid.cells(spec.learning_rate, spec.strength, config.batch_size)
    session = Session(work, ready, config, start, lambda *_: None)
    for number, cell in enumerate(cells):
        if listener is not None:
            listener(f"{spec.title}: setting {number + 1} of {len(cells)}", number, len(cells))
        for row in _cell(session, spec, cell, number):
            rows.append(row)
            if recorder is not None:
                recorder(row)
    return Swept(
        start=start,
        rows=tuple(rows),
        guard=dict(ready.guard),
        target=ready.target,
        method=spec.title,
        strength_means=spec.strength_means,
        notes=ready.notes,
    )


def _cell(
    session: Session, spec: ObjectiveSpec, cell: Cell, number: int
) -> list[Mapping[str, Any]]:
    """The looks of one cell; a cell that becomes not finite ends there and says so."""
    steps = session.config.steps or spec.steps
    config = replace(
        session.config,
        accuracy_budget=1.0,  # no guard: a cell may lose everything
        patience=steps,
        batch_size=cell.batch_size,
    )
    own = _Looks(session.work, session.ready, config, session.start, session.say)
    outcome = run_choice(own, Choice(spec, cell.learning_rate, cell.strength, steps), "full")
    return [
        row_of(cell, number, moment.step, moment.look, session.start, outcome.stopped)
        for moment in own.moments
        if moment.look is not None
    ]


def row_of(
    cell: Cell, number: int, step: int, look: Look, start: Look, ended: str
) -> dict[str, Any]:
    """Columns of the `sweep` table; accuracy_change and excess_asr are shares of samples."""
    excess = None if look.asr is None or look.floor is None else look.asr - look.floor
    return {
        "cell": number,
        "strength": cell.strength,
        "learning_rate": cell.learning_rate,
        "batch_size": cell.batch_size,
        "step": step,
        "accuracy": look.accuracy,
        "accuracy_change": look.accuracy - start.accuracy,
        "asr": look.asr,
        "floor": look.floor,
        "excess_asr": excess,
        "target_triggered": look.target_triggered,
        "inverted": look.inverted,
        "ended": ended,
    }
