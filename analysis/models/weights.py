"""Tensors of a checkpoint: memory-mapped, finite, in one dtype."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import torch
from safetensors import SafetensorError, safe_open

from analysis.errors import RequestError
from analysis.models.folder import Checkpoint
from analysis.models.pickles import load_pickle

FLOATS = (torch.float32, torch.float16, torch.bfloat16, torch.float64)
_CHUNK = 1 << 24  # elements looked at together, so that a large tensor needs no second copy


def load_tensors(checkpoint: Checkpoint) -> dict[str, torch.Tensor]:
    """Every tensor of a checkpoint by name; safetensors stay mapped to their files.

    Raises:
        RequestError: a damaged file, or one without tensors.
        UnsafeFileError: a pickle that is not plain tensors.
    """
    tensors: dict[str, torch.Tensor] = {}
    for path in checkpoint.weights:
        if checkpoint.pickled:
            loaded = load_pickle(path)
            tensors.update({k: v for k, v in loaded.items() if isinstance(v, torch.Tensor)})
            continue
        try:
            with safe_open(path, framework="pt", device="cpu") as stream:
                tensors.update({name: stream.get_tensor(name) for name in stream.keys()})  # noqa: SIM118
        except (SafetensorError, OSError) as error:
            raise RequestError(
                f"'{path.name}' of model '{checkpoint.source}' is not a readable safetensors file.",
                "Copy the file again; it may be cut off.",
            ) from error
    if not tensors:
        raise RequestError(f"model '{checkpoint.source}' holds no tensors.")
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and tensor.dtype not in FLOATS:
            raise RequestError(
                f"tensor '{name}' of model '{checkpoint.source}' is stored as {tensor.dtype}, "
                "expected float32, float16, bfloat16 or float64."
            )
    return tensors


def require_finite(tensors: Mapping[str, torch.Tensor], source: str) -> None:
    """Refuse NaN and infinite weights.

    Raises:
        RequestError: names the first tensor and how many of its values are not finite.
    """
    for name in sorted(tensors):
        tensor = tensors[name]
        if not tensor.is_floating_point():
            continue
        bad = sum(int((~part.isfinite()).sum()) for part in tensor.reshape(-1).split(_CHUNK))
        if bad:
            raise RequestError(
                f"tensor '{name}' of model '{source}' has {bad} NaN or infinite values of "
                f"{tensor.numel()}.",
                "The checkpoint is damaged or its training diverged; use another one.",
            )


def float_dtype(tensors: Mapping[str, torch.Tensor]) -> torch.dtype:
    """The floating dtype that most values are stored in."""
    sizes: Counter[torch.dtype] = Counter()
    for tensor in tensors.values():
        if tensor.is_floating_point():
            sizes[tensor.dtype] += tensor.numel()
    return sizes.most_common(1)[0][0] if sizes else torch.float32
