"""One pass of a model over many texts: windows, batches, out-of-memory back-off, progress."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import torch

from analysis.behaviour.batches import batch_price, default_budget, pad_batch, plan_batches
from analysis.errors import Cancelled, KenshinError
from analysis.models.base import Batch, Forward, OpenedModel
from analysis.models.tokens import pad_id

WINDOW = 8_192  # samples tokenised and sorted at a time: memory does not grow with n
_TOKENISE = 512  # samples per tokenizer call: its own records are far larger than the ids

Progress = Callable[[int, int, float, float], None]  # done, total, samples/s, seconds left
Consume = Callable[[np.ndarray, Batch, Forward], None]  # rows (b,), batch, result

_OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory")


class PassResult(NamedTuple):
    """What one pass saw."""

    n_tokens: np.ndarray  # (n,) int32, before truncation
    truncated: np.ndarray  # (n,) bool
    budget: int  # padded tokens per batch at the end
    halvings: int  # times the budget was halved for lack of memory
    same_first_token: bool  # every sample starts with the same token


@dataclass
class Watch:
    """Progress and cancellation of one pass."""

    progress: Progress | None = None
    cancelled: Callable[[], bool] | None = None
    total: int = 0
    samples: int = 0
    tokens: int = 0
    started: float = field(default_factory=time.monotonic)

    def check(self) -> None:
        """Raise Cancelled once the caller asked for it."""
        if self.cancelled is not None and self.cancelled():
            raise Cancelled("the work was cancelled.")

    def advance(self, samples: int, tokens: int, tokens_waiting: int, texts_waiting: int) -> None:
        """Report after a batch; time left follows tokens, since long samples come first."""
        self.samples += samples
        self.tokens += tokens
        if self.progress is None:
            return
        elapsed = max(time.monotonic() - self.started, 1e-9)
        mean = (self.tokens + tokens_waiting) / max(1, self.total - texts_waiting)
        left = (tokens_waiting + mean * texts_waiting) * elapsed / max(1, self.tokens)
        self.progress(self.samples, self.total, self.samples / elapsed, left)


def run_pass(
    model: OpenedModel,
    texts: Sequence[str],
    consume: Consume,
    *,
    want_hidden: bool,
    budget: int | None = None,
    watch: Watch | None = None,
) -> PassResult:
    """Run every text once through a placed model, in inference mode.

    `consume` gets each result on the device; it may be called again for rows of a batch that
    ran out of memory, so it must be repeatable.

    Raises:
        KenshinError: one single sample does not fit into memory.
        Cancelled: the watch says so.
    """
    device = next(model.module.parameters()).device
    watch = watch or Watch()
    watch.total = len(texts)
    runner = _Runner(model, device, consume, want_hidden, budget or default_budget(device), watch)
    n_tokens = np.zeros(len(texts), dtype=np.int32)
    truncated = np.zeros(len(texts), dtype=bool)
    first_tokens: set[int] = set()
    with torch.inference_mode():
        for low in range(0, len(texts), WINDOW):
            high = min(low + WINDOW, len(texts))
            ids: list[np.ndarray] = []
            for start in range(low, high, _TOKENISE):
                watch.check()
                stop = min(start + _TOKENISE, high)
                encoded = model.encode(texts[start:stop])
                ids.extend(encoded.ids)
                n_tokens[start:stop] = encoded.n_tokens
                truncated[start:stop] = encoded.truncated
            first_tokens.update(int(row[0]) for row in ids)
            runner.window(ids, low, len(texts) - high)
    return PassResult(n_tokens, truncated, runner.budget, runner.halvings, len(first_tokens) == 1)


@dataclass
class _Runner:
    model: OpenedModel
    device: torch.device
    consume: Consume
    want_hidden: bool
    budget: int
    watch: Watch
    halvings: int = 0

    def window(self, ids: Sequence[np.ndarray], offset: int, texts_waiting: int) -> None:
        """Run one window; `offset` is the row of its first sample."""
        lengths = np.array([len(row) for row in ids], dtype=np.int64)
        waiting = np.arange(len(ids))
        while len(waiting):
            done = self._batches(ids, lengths, waiting, offset, texts_waiting)
            waiting = waiting[~np.isin(waiting, done)]

    def _batches(
        self,
        ids: Sequence[np.ndarray],
        lengths: np.ndarray,
        waiting: np.ndarray,
        offset: int,
        texts_waiting: int,
    ) -> np.ndarray:
        """Run batches until all are done or one runs out of memory; returns what is done."""
        done: list[np.ndarray] = [np.zeros(0, dtype=np.int64)]
        left = int(lengths[waiting].sum())
        price = batch_price(self.device)
        for picks in plan_batches(lengths[waiting], self.budget, price):
            rows = waiting[picks]
            self.watch.check()
            if not self._fits([ids[i] for i in rows], rows + offset):
                padded = int(lengths[rows].max()) * len(rows)
                self._shrink(padded, len(rows), int(rows[0]) + offset)
                break
            done.append(rows)
            tokens = int(lengths[rows].sum())
            left -= tokens
            self.watch.advance(len(rows), tokens, left, texts_waiting)
        return np.concatenate(done)

    def _fits(self, ids: Sequence[np.ndarray], rows: np.ndarray) -> bool:
        try:
            batch = pad_batch(ids, pad_id(self.model), self.device)
            result = self.model.adapter.forward(self.model, batch, want_hidden=self.want_hidden)
            self.consume(rows, batch, result)
        except (RuntimeError, MemoryError) as error:  # torch.OutOfMemoryError is a RuntimeError
            if not _is_out_of_memory(error):
                raise
            return False
        return True

    def _shrink(self, padded: int, n_rows: int, row: int) -> None:
        gc.collect()
        if self.device.type == "cuda":
            torch.cuda.empty_cache()
        if n_rows == 1:
            raise KenshinError(
                f"sample number {row + 1} ({padded} tokens) alone does not fit into the memory "
                f"of {self.device}.",
                "Cut samples with --max-length, or use --device cpu.",
            )
        self.budget = max(1, min(self.budget, padded) // 2)
        self.halvings += 1


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return any(words in str(error).lower() for words in _OUT_OF_MEMORY)
