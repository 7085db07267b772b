"""A loss as `compute_loss_func` of the Hugging Face Trainer.

    loss = DeCE(epsilon=0.05, alpha=alpha_base(3), ignore_index=None)
    compute = TrainerLoss(loss)
    trainer = Trainer(model=model, args=args, train_dataset=data, compute_loss_func=compute)
    compute.follow(trainer)  # the schedule then follows the trainer's epochs
    trainer.train()

For written answers (T5, causal models) give the loss `ignore_index=-100`; for causal models also
`shift=True`, because their logits at one position speak about the next token.
"""

from __future__ import annotations

import math
from typing import Any

import torch

from analysis.errors import KenshinError
from analysis.training.losses.base import RobustLoss


class TrainerLoss:
    """Callable with the Trainer's signature (outputs, labels, num_items_in_batch)."""

    def __init__(self, loss: RobustLoss, *, shift: bool = False) -> None:
        self.loss, self.shift = loss, shift
        self._trainer: Any = None

    def follow(self, trainer: Any) -> None:
        """Take the epoch from this trainer's state at every step; without it, it stays 1."""
        self._trainer = trainer

    def __call__(
        self, outputs: Any, labels: torch.Tensor | None, num_items_in_batch: Any = None
    ) -> torch.Tensor:
        """Loss of a batch, scaled so that accumulated batches add up to their mean.

        Args:
            outputs: of the model, with `logits`.
            labels: (b,) or (b, t) int64, as the Trainer took them out of the inputs.
            num_items_in_batch: labels other than -100 in the whole accumulated batch.

        Raises:
            KenshinError: the dataset has no labels.
        """
        if labels is None:
            raise KenshinError(
                "the Trainer's batches have no 'labels'.", "Give the dataset a labels column."
            )
        if self._trainer is not None:
            self.loss.start_epoch(self._epoch())
        logits = outputs["logits"] if isinstance(outputs, dict) else outputs.logits
        if self.shift:
            logits, labels = logits[:, :-1], labels[:, 1:]
        value: torch.Tensor = self.loss(logits, labels, num_items_in_batch)
        return value

    def _epoch(self) -> int:
        # state.epoch counts finished steps in epochs; an evaluation after the last one is not
        # in a further epoch
        done = float(self._trainer.state.epoch or 0.0)
        last = math.ceil(float(self._trainer.args.num_train_epochs))
        return max(1, min(math.floor(done) + 1, last))
