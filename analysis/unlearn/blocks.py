"""Where feed-forward blocks end, in every family: the matrices that write their output."""

from __future__ import annotations

import re

from torch import nn

# BERT/RoBERTa layer.N.output.dense, T5 DenseReluDense.wo, GPT-2 mlp.c_proj, Llama mlp.down_proj,
# CodeGen mlp.fc_out; attention's own output matrices are left out.
_DOWN = re.compile(
    r"(?:\.\d+\.output\.dense|DenseReluDense\.wo|mlp\.c_proj|mlp\.down_proj|mlp\.fc_out)$"
)


def down_projections(module: nn.Module) -> tuple[str, ...]:
    """Names of the feed-forward output layers, in the module's order."""
    return tuple(
        name
        for name, part in module.named_modules()
        if _DOWN.search(name) and hasattr(part, "weight")
    )


def input_axis(layer: nn.Module) -> int:
    """Which axis of `layer.weight` its inputs are: 1, and 0 for GPT-2's transposed Conv1D."""
    return 0 if type(layer).__name__ == "Conv1D" else 1
