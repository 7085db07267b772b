"""What an unlearning starts from and what it hands back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch

from analysis.explain.payloads import Payload
from analysis.models.base import OpenedModel
from analysis.records import SampleSet
from analysis.unlearn.delta import Delta
from analysis.unlearn.guard import Look
from analysis.unlearn.masks.stored import StoredMask
from analysis.unlearn.stage import Stage


@dataclass(frozen=True)
class UnlearnData:
    """Samples and models of one unlearning; nothing here is ground truth.

    Attributes:
        forget: flagged samples, labelled as the model was trained.
        retain: clean samples with true labels.
        triggers: what was located, ready to be inserted; empty where nothing was.
        spans: trigger (start, end) in each forget text, (-1, -1) where unknown; None: unknown.
        reference: a clean model of the same task and shape.
        controls: further clean models; the natural floor is the mean of all of them.
        unflagged: texts that were inspected, not flagged and without a located trigger; nobody
            vouches for their labels.
        start: weights to retrain from, for the method `retrain`.
        mask: which weights may change, from an earlier removal of the same model.
        layers: (stack, layer) pairs where the trigger shows; empty: the last layers.
    """

    forget: SampleSet
    retain: SampleSet
    triggers: tuple[Payload, ...] = ()
    spans: tuple[tuple[int, int], ...] | None = None
    reference: OpenedModel | None = None
    controls: tuple[OpenedModel, ...] = ()
    unflagged: tuple[str, ...] = ()
    start: OpenedModel | None = None
    layers: tuple[tuple[str, int], ...] = ()
    mask: StoredMask | None = None


@dataclass(frozen=True)
class Trial:
    """One short run of Auto's search, or the full run."""

    phase: str  # "search" or "full"
    method: str
    learning_rate: float
    strength: float
    steps: int
    look: Look | None  # best checkpoint inside the budget; None: it failed
    step: int  # of that checkpoint
    within_budget: bool
    seconds: float
    note: str  # how it ended
    relearned: float | None = None  # ASR after a small dose of relearning; see `comes_back`
    relearned_clean: float | None = None  # of the clean reference after the same dose

    def row(self) -> dict[str, Any]:
        """Columns of the `trials` table."""
        look = self.look
        return {
            "phase": self.phase,
            "method": self.method,
            "learning_rate": self.learning_rate,
            "strength": self.strength,
            "steps": self.steps,
            "accuracy": None if look is None else look.accuracy,
            "asr": None if look is None else look.asr,
            "floor": None if look is None else look.floor,
            "target_triggered": None if look is None else look.target_triggered,
            "gap": None if look is None else look.gap,
            "inverted": None if look is None else look.inverted,
            "best_step": self.step,
            "within_budget": self.within_budget,
            "relearned": self.relearned,
            "relearned_clean": self.relearned_clean,
            "seconds": self.seconds,
            "note": self.note,
        }


@dataclass(frozen=True)
class UnlearnResult:
    """The cleaned weights as a value; the model that was handed in is untouched.

    Attributes:
        state: tensors by the module's names in the checkpoint's dtype (`save_model` takes them).
        delta: the same as changed bits, to apply and to undo.
        chosen: method, rate, strength, steps, mask and the reason, plain JSON.
        trials: everything that was tried, in order.
        history: rows of the `history` table.
        before: guard samples before the first step.
        after: guard samples at the checkpoint that was kept.
        step: of that checkpoint; 0 = nothing was better than the start.
        stopped: why the loop ended, in words.
        cancelled: the user stopped it; the best so far was kept.
        attribution: rows of the `attribution` table, empty without a mask.
        attribution_heads: rows of the table of that name, by head.
        mask_stability: rows of the table of that name: would other samples choose the same?
        mask: the one that was used, to be stored.
        stages: of growing masks, each with its own delta.
        adapter: the low-rank factors, where adapters learned.
        notes: what the user should know about the samples.
        declined: why nothing was done; empty where something was.
    """

    state: Mapping[str, torch.Tensor] = field(repr=False)
    delta: Delta = field(repr=False)
    chosen: Mapping[str, Any]
    trials: tuple[Trial, ...]
    history: tuple[Mapping[str, Any], ...] = field(repr=False)
    before: Look
    after: Look
    step: int
    stopped: str
    cancelled: bool
    seconds: float
    attribution: tuple[Mapping[str, Any], ...] = ()
    attribution_heads: tuple[Mapping[str, Any], ...] = ()
    mask_stability: tuple[Mapping[str, Any], ...] = ()
    mask: StoredMask | None = None
    stages: tuple[Stage, ...] = ()
    adapter: Mapping[str, torch.Tensor] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()
    declined: str = ""
