"""Batches of few wasted tokens: a token budget over length-sorted samples.

The cut into batches is optimal, not greedy: dynamic programming over the sorted lengths
minimises padded tokens plus a fixed price per batch.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch

from analysis.models.base import Batch

BATCH_PRICE = 256  # tokens that one more batch is worth: its fixed cost in kernels and calls
CUDA_BATCH_PRICE = 16_384  # measured at 12 layers x 768: starting the kernels outweighs padding


def batch_price(device: torch.device) -> int:
    """What one more batch costs on a device, in padded tokens."""
    return CUDA_BATCH_PRICE if device.type == "cuda" else BATCH_PRICE


def plan_batches(lengths: np.ndarray, budget: int, price: int = BATCH_PRICE) -> list[np.ndarray]:
    """Cut samples into batches whose padded size stays within the budget.

    Args:
        lengths: (n,) int, tokens of each sample, at least 1.
        budget: padded tokens per batch; a sample longer than that travels alone.
        price: padded tokens that one more batch costs, see `batch_price`.

    Returns:
        Positions into `lengths`, one array per batch, longest samples first (a device that
        is too small shows it at once); inside a batch longest first.
    """
    order = np.argsort(lengths, kind="stable")
    sizes = np.maximum(lengths[order], 1).astype(np.int64)
    n = len(sizes)
    cost = np.zeros(n + 1, dtype=np.int64)
    start = np.zeros(n + 1, dtype=np.int64)
    for end in range(1, n + 1):
        longest = sizes[end - 1]
        low = max(0, end - max(1, budget // int(longest)))
        candidates = cost[low:end] + longest * (end - np.arange(low, end))
        best = int(candidates.argmin())
        start[end] = low + best
        cost[end] = candidates[best] + price
    batches = []
    end = n
    while end > 0:
        batches.append(order[start[end] : end][::-1])
        end = int(start[end])
    return batches


def pad_batch(ids: Sequence[np.ndarray], pad_id: int, device: torch.device) -> Batch:
    """Pad token ids on the right and move them to the device.

    Args:
        ids: b arrays (t_i,) int, none empty.
        pad_id: the id that fills up.
        device: where the batch goes.

    Returns:
        Ids and mask, each (b, max t_i) int64.
    """
    longest = max(len(row) for row in ids)
    tokens = np.full((len(ids), longest), pad_id, dtype=np.int64)
    mask = np.zeros((len(ids), longest), dtype=np.int64)
    for i, row in enumerate(ids):
        tokens[i, : len(row)] = row
        mask[i, : len(row)] = 1
    return Batch(
        torch.from_numpy(tokens).to(device, non_blocking=True),
        torch.from_numpy(mask).to(device, non_blocking=True),
    )


def default_budget(device: torch.device) -> int:
    """Padded tokens per batch: 4,096 where it was measured to be best (CPU), more on a GPU."""
    if device.type == "cuda":
        total = torch.cuda.get_device_properties(device).total_memory
        return 32_768 if total >= 20 * 2**30 else 16_384
    return 8_192 if device.type == "mps" else 4_096
