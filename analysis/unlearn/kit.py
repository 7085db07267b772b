"""What an objective may use, and what it hands to the loop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from analysis.errors import RequestError
from analysis.unlearn.decisions import Decisions, sequence_log_probs, split_up
from analysis.unlearn.parts import Part, joined
from analysis.unlearn.scoring import Scorer

Rows = Mapping[str, np.ndarray]  # part -> rows of this step's batch
_CHUNK = 64


class Plan(NamedTuple):
    """An objective made ready for one model."""

    loss: Callable[[Rows], torch.Tensor]  # scalar to minimise
    parts: tuple[str, ...]  # of which each step draws a batch
    only: frozenset[str] | None = None  # parameters that may change; None: all
    after_step: Callable[[], None] | None = None  # restores what must stay


@dataclass(frozen=True)
class Kit:
    """The module that is changed, its frozen start, and the samples.

    Attributes:
        module: its parameters require gradients; dropout is off.
        start: the same model before unlearning, without gradients.
        parts: by role; which ones a method needs stands in its spec.
        strength: the method's own weight.
        layers: (stack, layer) pairs that carry the trigger, for methods that look inside.
        teacher: a clean reference of the same task and shape, where there is one.
    """

    module: nn.Module
    start: nn.Module
    score: Scorer
    parts: Mapping[str, Part]
    strength: float
    retain_weight: float = 1.0
    layers: tuple[tuple[str, int], ...] = ()
    teacher: nn.Module | None = None
    seed: int = 0
    precision: str = "fp32"  # of passes that only ask
    known: dict[str, torch.Tensor] = field(default_factory=dict, repr=False)  # see `once`

    def part(self, name: str) -> Part:
        """Samples of one role.

        Raises:
            RequestError: they were not given.
        """
        if name not in self.parts or not len(self.parts[name]):
            raise RequestError(f"this method needs {name} samples, and there are none.")
        return self.parts[name]

    def decide(self, name: str, rows: Rows) -> Decisions:
        """Decisions of the changing module on this step's batch, with gradients."""
        return self.score(self.module, self.part(name), rows[name])

    def decide_all(self, names: Sequence[str], rows: Rows) -> tuple[Decisions, ...]:
        """Decisions on several parts' batches in one pass: small models pay per call."""
        pieces = [self.part(name).subset(rows[name]) for name in names]
        whole = joined(pieces)
        said = self.score(self.module, whole, np.arange(len(whole)))
        return split_up(said, [len(piece) for piece in pieces])

    def start_log_probs(self, name: str, rows: Rows) -> torch.Tensor:
        """Log-probability of each sequence under the start, (b,); computed once per part."""
        found = self.once(f"log p of {name}", lambda: self._over(name, sequence_log_probs))
        return found[torch.from_numpy(rows[name])]

    def once(self, what: str, compute: Callable[[], torch.Tensor]) -> torch.Tensor:
        """A tensor that depends on the start and the parts alone.

        Kits of the same two may share `known`: such passes cost as much as many steps.
        """
        if what not in self.known:
            self.known[what] = compute()
        return self.known[what]

    def start_distribution(self, name: str, rows: Rows) -> torch.Tensor:
        """Log-probabilities of every class under the start, (m, k)."""
        return self._distribution(self.start, name, rows)

    def teacher_distribution(self, name: str, rows: Rows) -> torch.Tensor:
        """Log-probabilities of every class under the clean reference, (m, k).

        Raises:
            RequestError: there is no reference.
        """
        if self.teacher is None:
            raise RequestError("this method needs a clean --reference of the same task.")
        return self._distribution(self.teacher, name, rows)

    def _distribution(self, module: nn.Module, name: str, rows: Rows) -> torch.Tensor:
        with torch.no_grad():
            found = self.score(module, self.part(name), rows[name])
        return F.log_softmax(found.logits, dim=1)

    def _over(self, name: str, read: Callable[[Decisions], torch.Tensor]) -> torch.Tensor:
        part = self.part(name)
        with torch.no_grad():
            pieces = [
                read(self.score(self.start, part, np.arange(low, min(low + _CHUNK, len(part)))))
                for low in range(0, len(part), _CHUNK)
            ]
        return torch.cat(pieces)
