"""The unlearning loop: guarded steps, and the best checkpoint inside the budget."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from analysis.unlearn.guard import Kept, Look, Measure, better
from analysis.unlearn.kit import Plan
from analysis.unlearn.parts import Part, batches

Mask = Mapping[str, torch.Tensor]  # parameter -> bool of its shape, True where it may change


@dataclass(frozen=True)
class LoopSettings:
    """What decides the steps of one method."""

    learning_rate: float
    steps: int
    batch_size: int = 16
    clip: float = 1.0
    weight_decay: float = 0.0
    accuracy_budget: float = 0.01
    check_every: int = 10
    patience: int = 4
    warmup: float = 0.1  # share of the steps
    precision: str = "bf16"
    seed: int = 0
    settle: float = 0.0  # share of the steps before which no checkpoint counts
    baseline: float | None = None  # accuracy that the budget counts from; None: where it begins


class Moment(NamedTuple):
    """One line of the history; figures are None between looks."""

    step: int
    epoch: float  # passes over the method's first part
    loss: float
    gradient_norm: float
    learning_rate: float
    look: Look | None
    kept: bool  # the best checkpoint so far

    def row(self, phase: str) -> dict[str, Any]:
        """Columns of the `history` table."""
        look = self.look
        figures = {
            "accuracy": None if look is None else look.accuracy,
            "asr": None if look is None else look.asr,
            "floor": None if look is None else look.floor,
            "target_triggered": None if look is None else look.target_triggered,
            "gap": None if look is None else look.gap,
        }
        head = {"step": self.step, "epoch": self.epoch, "loss": self.loss}
        tail = {
            "gradient_norm": self.gradient_norm,
            "learning_rate": self.learning_rate,
            "kept": self.kept,
            "phase": phase,
        }
        return {**head, **figures, **tail}


class LoopResult(NamedTuple):
    """What the steps led to; the module holds the best checkpoint."""

    best: Kept
    start: Look
    history: tuple[Moment, ...]
    stopped: str  # why it ended, in words
    cancelled: bool = False


OnMoment = Callable[[Moment], None]


def run_steps(
    module: nn.Module,
    plan: Plan,
    parts: Mapping[str, Part],
    measure: Measure,
    settings: LoopSettings,
    *,
    mask: Mask | None = None,
    on_moment: OnMoment | None = None,
) -> LoopResult:
    """Minimise the plan's loss and leave the best checkpoint in `module`.

    Best means: clean guard accuracy within the budget of the start, then the smallest gap, among
    the looks from `settle` on. The
    start itself is a candidate, so the result is never worse than doing nothing.

    Args:
        module: changed in place; hand in a copy.
        plan: from a method's build function.
        parts: samples by role.
        measure: looks at the guard samples.
        settings: rates, steps, budgets, seed.
        mask: weights that may change; all others stay bit-identical.
        on_moment: called after every step. KeyboardInterrupt raised by it, or by Ctrl-C, ends the
            run and keeps the best so far.
    """
    torch.manual_seed(settings.seed)
    first = measure(module)
    run = _Run(module, plan, parts, measure, settings, _Frozen(module, plan, mask), first)
    run.note(Moment(0, 0.0, math.nan, math.nan, 0.0, first, kept=True), on_moment)
    stopped, was_cancelled = f"all {settings.steps} steps were taken", False
    try:
        for step in range(1, settings.steps + 1):
            why = run.step(step, on_moment)
            if why:
                stopped = why
                break
    except KeyboardInterrupt:  # half a step does no harm: the best checkpoint is put back
        stopped, was_cancelled = CANCELLED, True
    run.frozen.restore(run.best.state)
    return LoopResult(run.best, first, tuple(run.history), stopped, was_cancelled)


CANCELLED = "cancelled; the best checkpoint so far was kept"


class _Run:
    """One run between its first and its last step."""

    def __init__(
        self,
        module: nn.Module,
        plan: Plan,
        parts: Mapping[str, Part],
        measure: Measure,
        settings: LoopSettings,
        frozen: _Frozen,
        first: Look,
    ) -> None:
        self.module, self.plan, self.measure = module, plan, measure
        self.settings, self.frozen, self.first = settings, frozen, first
        self.best = Kept(first, 0, frozen.snapshot())
        self.history: list[Moment] = []
        self._poor = 0
        self._draws = _draws(plan, parts, settings)
        self._rows = len(parts[plan.parts[0]])  # an epoch is one pass over the first part
        self._optimiser = torch.optim.AdamW(
            frozen.movable, lr=settings.learning_rate, weight_decay=settings.weight_decay
        )

    def note(self, moment: Moment, on_moment: OnMoment | None) -> None:
        self.history.append(moment)
        if on_moment is not None:
            on_moment(moment)

    def step(self, step: int, on_moment: OnMoment | None) -> str:
        """One step and, when it is due, a look; a reason to stop, or nothing."""
        rate = _rate(self.settings, step)
        for group in self._optimiser.param_groups:
            group["lr"] = rate
        loss, norm = self._descend(next(self._draws))
        if not (math.isfinite(loss) and math.isfinite(norm)):
            return f"step {step}: loss {loss}, gradient norm {norm}; not finite"
        look = kept = None
        if step % self.settings.check_every == 0 or step == self.settings.steps:
            look = self.measure(self.module)
            kept = self._keep(look, step)
        epoch = step * min(self.settings.batch_size, self._rows) / self._rows
        self.note(Moment(step, epoch, loss, norm, rate, look, bool(kept)), on_moment)
        if self._poor >= self.settings.patience:
            return f"step {step}: no better checkpoint in {self._poor} looks"
        return ""

    def _keep(self, look: Look, step: int) -> bool:
        if step < self.settings.settle * self.settings.steps:
            return False
        budget = self.settings.accuracy_budget
        baseline = self.settings.baseline
        counted = self.first.accuracy if baseline is None else baseline
        kept = better(look, self.best.look, counted, budget)
        self._poor = 0 if kept else self._poor + 1
        if kept:
            self.best = Kept(look, step, self.frozen.snapshot())
        return kept

    def _descend(self, rows: Mapping[str, np.ndarray]) -> tuple[float, float]:
        device = next(self.module.parameters()).device
        enabled = self.settings.precision == "bf16"
        with torch.autocast(device.type, torch.bfloat16, enabled=enabled):
            loss = self.plan.loss(rows)
        self._optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.frozen.mask_gradients()  # before clipping: the norm is that of the step taken
        norm = float(nn.utils.clip_grad_norm_(self.frozen.movable, self.settings.clip))
        value = float(loss.detach())
        if math.isfinite(value) and math.isfinite(norm):
            self._optimiser.step()
            if self.plan.after_step is not None:
                self.plan.after_step()
            self.frozen.hold()  # last: what a method itself sets stays inside the mask, too
        return value, norm


def _draws(
    plan: Plan, parts: Mapping[str, Part], settings: LoopSettings
) -> Iterator[dict[str, np.ndarray]]:
    streams = {
        name: batches(parts[name], settings.batch_size, (settings.seed, number))
        for number, name in enumerate(plan.parts)
    }
    while True:
        yield {name: next(stream) for name, stream in streams.items()}


def _rate(settings: LoopSettings, step: int) -> float:
    """Linear warm-up, then a linear fall to a twentieth: constant rates end on a noisy step."""
    warm = max(1, round(settings.warmup * settings.steps))
    left = (settings.steps - step) / max(1, settings.steps - warm)
    return settings.learning_rate * min(step / warm, max(left, 0.05))


class _Frozen:
    """Which weights may move; the others are put back after every step, weight decay or not."""

    def __init__(self, module: nn.Module, plan: Plan, mask: Mask | None) -> None:
        self._named = {
            name: p
            for name, p in module.named_parameters()
            if p.requires_grad
            and (plan.only is None or name in plan.only)
            and (mask is None or bool(mask.get(name, torch.zeros(1)).any()))
        }
        self._mask = {  # a mask that was stored or drawn at random lies in main memory
            name: mask[name].to(p.device) for name, p in self._named.items() if mask is not None
        }
        self._start = {name: self._named[name].detach().clone() for name in self._mask}

    @property
    def movable(self) -> list[nn.Parameter]:
        return list(self._named.values())

    def mask_gradients(self) -> None:
        for name, allowed in self._mask.items():
            gradient = self._named[name].grad
            if gradient is not None:
                gradient.mul_(allowed)

    def hold(self) -> None:
        with torch.no_grad():
            for name, allowed in self._mask.items():
                p = self._named[name]
                p.copy_(torch.where(allowed, p, self._start[name]))

    def snapshot(self) -> dict[str, torch.Tensor]:
        return {name: p.detach().clone() for name, p in self._named.items()}

    def restore(self, state: Mapping[str, torch.Tensor]) -> None:
        with torch.no_grad():
            for name, value in state.items():
                self._named[name].copy_(value)
