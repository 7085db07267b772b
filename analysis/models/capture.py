"""Hidden states of every block in one pass, by hooks that always come off.

Hugging Face's own `output_hidden_states` leaves hooks behind (transformers 5), after which the
module can no longer be copied or pickled; these do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn


@contextmanager
def captured(blocks: Iterable[nn.Module], wanted: bool) -> Iterator[list[torch.Tensor]]:
    """Collect the input of the first block, then the output of each block, in order.

    Yields a list that fills while the module runs: n_blocks + 1 tensors (b, t, d), or nothing
    where `wanted` is false.
    """
    states: list[torch.Tensor] = []
    handles = []

    def enter(_: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        states.append(args[0] if args else kwargs["hidden_states"])

    def leave(_: nn.Module, __: tuple[Any, ...], output: Any) -> None:
        states.append(output[0] if isinstance(output, tuple) else output)

    try:
        if wanted:
            for number, block in enumerate(blocks):
                if number == 0:
                    handles.append(block.register_forward_pre_hook(enter, with_kwargs=True))
                handles.append(block.register_forward_hook(leave))
        yield states
    finally:
        for handle in handles:
            handle.remove()


def with_last(states: list[torch.Tensor], last: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Hidden states as Hugging Face gives them: the last entry has passed the final norm."""
    return (*states[:-1], last)
