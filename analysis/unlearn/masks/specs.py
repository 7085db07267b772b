"""The masks that exist: how weights are scored, what that misses. Imports no numeric library.

Scores rank all weights of the matrices together; the top share (`mask_ratio`) may change, all
other weights, biases and norms stay bit-identical.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from analysis.errors import RequestError


@dataclass(frozen=True)
class MaskSpec:
    """One way to choose weights. `function(Evidence) -> name -> score tensor`, higher = chosen."""

    name: str
    function: str  # "module:function"
    needs: frozenset[str]  # "gradients" (of forget and retain), "inputs" (of linear layers)
    paper: str
    summary: str
    misses: str

    def resolve(self) -> Callable[[Any], Any]:
        """The score function; imports its module, and torch with it."""
        module, name = self.function.split(":")
        return getattr(importlib.import_module(module), name)  # type: ignore[no-any-return]


_BASE = "analysis.unlearn.masks."
_GRADIENTS = frozenset({"gradients"})

MASKS: tuple[MaskSpec, ...] = (
    MaskSpec(
        "wagle",
        _BASE + "wagle:wagle",
        _GRADIENTS,
        "Jia et al. 2024 (WAGLE), arXiv 2410.17509",
        "|(theta - g_r / gamma) g_f|: weights that forgetting needs, with what retaining says",
        "The sign; gamma decides which of the two terms speaks",
    ),
    MaskSpec(
        "wagle_signed",
        _BASE + "wagle:wagle_signed",
        _GRADIENTS,
        "Jia et al. 2024 (WAGLE), arXiv 2410.17509, with its sign kept",
        "As wagle, but weights whose change would hurt the retain set come last",
        "Gamma decides which of the two terms speaks",
    ),
    MaskSpec(
        "salun",
        _BASE + "gradient:salun",
        _GRADIENTS,
        "Fan et al. 2024 (SalUn), arXiv 2310.12508",
        "|g_f|: weights with a large gradient on the forget set",
        "Weights that the retain set needs as much",
    ),
    MaskSpec(
        "snip",
        _BASE + "gradient:snip",
        _GRADIENTS,
        "Lee, Ajanthan and Torr 2019 (SNIP), arXiv 1810.02340",
        "|theta g_f|: weights whose removal would change the forget loss",
        "Small weights that matter once they grow",
    ),
    MaskSpec(
        "magnitude",
        _BASE + "size:magnitude",
        frozenset(),
        "Han et al. 2015, arXiv 1506.02626",
        "|theta|: the largest weights",
        "Everything about forgetting: it does not look at the samples",
    ),
    MaskSpec(
        "wanda",
        _BASE + "wanda:wanda",
        frozenset({"inputs"}),
        "Sun et al. 2024 (Wanda), arXiv 2306.11695",
        "|theta| times the norm of its input on flagged samples, compared within each row",
        "What a weight does to the loss",
    ),
    MaskSpec(
        "layers",
        _BASE + "layers:layers",
        frozenset(),
        "a choice of layers by hand (mask_layers)",
        "All matrices of the chosen layers; the ratio is not used",
        "A trojan in other layers",
    ),
    MaskSpec(
        "heads",
        _BASE + "heads:heads",
        _GRADIENTS,
        "SNIP scores summed over each attention head",
        "The query, key and value rows of the heads with the largest mean |theta g_f|",
        "A trojan in feed-forward blocks or embeddings",
    ),
    MaskSpec(
        "random",
        _BASE + "size:random",
        frozenset(),
        "control at the same ratio",
        "Random weights: what any mask must beat",
        "Everything; it is the control",
    ),
)


def mask_spec(name: str) -> MaskSpec:
    """The mask called `name`.

    Raises:
        RequestError: there is none.
    """
    for spec in MASKS:
        if spec.name == name:
            return spec
    known = ", ".join(spec.name for spec in MASKS)
    raise RequestError(f"mask '{name}' is unknown.", f"Choose from {known}.")
