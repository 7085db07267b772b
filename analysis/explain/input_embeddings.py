"""Read a text as other vectors than its tokens' own: one hook, gone afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import nn


def embedding_of(module: Any) -> nn.Embedding:
    """The table in which a model looks its input tokens up; the encoder's where there are two."""
    body = module.get_encoder() if getattr(module.config, "is_encoder_decoder", False) else module
    found = body.get_input_embeddings()
    assert isinstance(found, nn.Embedding), "every supported family looks its tokens up in a table"
    return found


@contextmanager
def first_reading(
    module: nn.Module, change: Callable[[torch.Tensor], torch.Tensor]
) -> Iterator[None]:
    """Replace what the table gives at its first look-up, (b, t, d) -> (b, t, d).

    A decoder that shares the encoder's table looks up later and keeps its own reading.
    """
    seen: list[bool] = []

    def put(_: nn.Module, __: Any, out: torch.Tensor) -> torch.Tensor | None:
        if seen:
            return None
        seen.append(True)
        return change(out)

    handle = embedding_of(module).register_forward_hook(put)
    try:
        yield
    finally:
        handle.remove()
