"""A mask as a file: computed once, used again with any method on the same weights."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from safetensors.torch import save

from analysis.errors import RequestError
from analysis.unlearn.stored_file import read_stored

FORMAT = "kenshin-weight-mask-1"


@dataclass(frozen=True)
class StoredMask:
    """Which weights may change, of which model.

    Attributes:
        mask: tensor name -> bool of its shape; absent: frozen.
        base_sha256: parameters of the model that it was computed on.
        summary: name, ratio and size, plain JSON.
    """

    mask: Mapping[str, torch.Tensor] = field(repr=False)
    base_sha256: str
    summary: Mapping[str, Any]

    def to_bytes(self) -> bytes:
        """A safetensors file with eight weights to the byte."""
        shapes = {name: list(value.shape) for name, value in self.mask.items()}
        metadata = {
            "format": FORMAT,
            "base_sha256": self.base_sha256,
            "shapes": json.dumps(shapes),
            "summary": json.dumps(dict(self.summary)),
        }
        return save({name: _packed(value) for name, value in self.mask.items()}, metadata=metadata)

    def fitting(self, base_sha256: str) -> StoredMask:
        """The mask itself.

        Raises:
            RequestError: it was computed on other weights.
        """
        if base_sha256 != self.base_sha256:
            raise RequestError(
                f"the stored mask belongs to parameters {self.base_sha256[:12]}…, this model has "
                f"{base_sha256[:12]}….",
                "Name a removal of the same model with --mask-from, or compute one with --mask.",
            )
        return self


def read_mask(path: str) -> StoredMask:
    """A mask from its file.

    Raises:
        RequestError: the file is something else.
    """
    packed, metadata = read_stored(path, FORMAT, "mask")
    shapes = json.loads(metadata["shapes"])
    mask = {name: _unpacked(value, shapes[name]) for name, value in packed.items()}
    return StoredMask(mask, metadata["base_sha256"], json.loads(metadata["summary"]))


def _packed(mask: torch.Tensor) -> torch.Tensor:
    return torch.from_numpy(np.packbits(mask.detach().cpu().numpy().reshape(-1)))


def _unpacked(packed: torch.Tensor, shape: list[int]) -> torch.Tensor:
    count = int(np.prod(shape))
    bits = np.unpackbits(packed.numpy(), count=count).astype(bool)
    return torch.from_numpy(bits.reshape(shape))
