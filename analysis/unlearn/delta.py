"""The result as a value: what changes in the weights, applied and undone bit by bit.

For each changed tensor the delta holds the exclusive or of both bit patterns (as signed integers
of the element's size). Applying and undoing are then the same operation and exact for every
dtype, bf16 as float32, where adding and subtracting a rounded difference is not. Hashes of both
sides are kept, so a delta cannot be put on a model that it does not belong to.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from safetensors.torch import save

from analysis.errors import RequestError
from analysis.identity import parameters_sha256
from analysis.unlearn.stored_file import read_stored

FORMAT = "kenshin-weight-delta-1"
State = Mapping[str, torch.Tensor]
_INTEGER = {1: torch.int8, 2: torch.int16, 4: torch.int32, 8: torch.int64}


@dataclass(frozen=True)
class Delta:
    """Changed bits of a model's tensors.

    Attributes:
        bits: tensor name -> integers of the tensor's shape; unchanged tensors are left out.
        base_sha256: of the tensors that it applies to (`identity.parameters_sha256`).
        result_sha256: of the tensors that it makes.
    """

    bits: Mapping[str, torch.Tensor]
    base_sha256: str
    result_sha256: str

    def apply(self, base: State) -> dict[str, torch.Tensor]:
        """The unlearned tensors; `base` is not changed.

        Raises:
            RequestError: `base` is another model.
        """
        return self._flip(base, self.base_sha256, "applied to")

    def undo(self, result: State) -> dict[str, torch.Tensor]:
        """The original tensors from the unlearned ones.

        Raises:
            RequestError: `result` is another model.
        """
        return self._flip(result, self.result_sha256, "taken back from")

    def to_bytes(self) -> bytes:
        """A safetensors file."""
        metadata = {
            "format": FORMAT,
            "base_sha256": self.base_sha256,
            "result_sha256": self.result_sha256,
        }
        return save({n: t.contiguous() for n, t in self.bits.items()}, metadata=metadata)

    def _flip(self, state: State, expected: str, verb: str) -> dict[str, torch.Tensor]:
        found = parameters_sha256(state)
        if found != expected:
            raise RequestError(
                f"this weight delta cannot be {verb} a model with parameters {found[:12]}….",
                f"It belongs to {expected[:12]}….",
            )
        return {
            name: _from_bits(_bits(t) ^ self.bits[name], t) if name in self.bits else t
            for name, t in state.items()
        }


def make_delta(base: State, result: State) -> Delta:
    """The delta between two states of the same names, shapes and dtypes.

    Raises:
        RequestError: they do not fit together.
    """
    for name in sorted(base.keys() | result.keys()):
        a, b = base.get(name), result.get(name)
        if a is None or b is None or a.shape != b.shape or a.dtype != b.dtype:
            raise RequestError(f"two states differ in kind at tensor '{name}'.")
    bits = {name: _bits(base[name]) ^ _bits(result[name]) for name in base}
    changed = {name: value for name, value in bits.items() if bool(value.any())}
    return Delta(changed, parameters_sha256(base), parameters_sha256(result))


def read_delta(path: str) -> Delta:
    """A delta from its safetensors file.

    Raises:
        RequestError: the file is something else.
    """
    bits, metadata = read_stored(path, FORMAT, "weight delta")
    return Delta(bits, metadata["base_sha256"], metadata["result_sha256"])


def weight_rows(base: State, result: State) -> list[dict[str, Any]]:
    """Rows of the `weights` table: size of the change by layer and matrix.

    Columns: tensor, stack, layer (1..n; 0 embeddings, -1 elsewhere), matrix, weights, changed
    (share of weights whose bits differ), l2 (norm of the change), relative (l2 / norm before),
    largest (largest single change).
    """
    rows = []
    for name in base:
        before, after = base[name].detach().float(), result[name].detach().float()
        if not base[name].is_floating_point():
            continue
        change = after - before
        norm = float(before.norm())
        rows.append(
            {
                "tensor": name,
                **place_of(name),
                "weights": before.numel(),
                "changed": float((change != 0).float().mean()) if before.numel() else 0.0,
                "l2": float(change.norm()),
                "relative": float(change.norm()) / norm if norm > 0 else 0.0,
                "largest": float(change.abs().max()) if before.numel() else 0.0,
            }
        )
    return rows


_LAYER = re.compile(r"(?:^|\.)(?:layer|block|h|layers)\.(\d+)\.")


def place_of(name: str) -> dict[str, Any]:
    """Stack, layer and matrix that a tensor's name tells; layer 0 for embeddings, -1 elsewhere."""
    found = _LAYER.search(name)
    stack = "decoder" if name.startswith("decoder.") or ".decoder." in name else "encoder"
    inside = name[found.end() :] if found else name
    embedded = "embed" in name or name.startswith(("shared", "wte", "wpe"))
    layer = int(found[1]) + 1 if found else (0 if embedded else -1)
    return {"stack": stack, "layer": layer, "matrix": inside}


def _bits(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.detach().cpu().contiguous().view(_INTEGER[tensor.element_size()])


def _from_bits(bits: torch.Tensor, like: torch.Tensor) -> torch.Tensor:
    return bits.view(like.dtype)
