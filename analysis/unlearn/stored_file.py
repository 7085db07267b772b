"""Reading what an unlearning leaves beside its run: tensors with a name for what they are."""

from __future__ import annotations

import torch
from safetensors import safe_open

from analysis.errors import RequestError


def read_stored(path: str, kind: str, what: str) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Tensors and metadata of a safetensors file whose metadata names `kind` as its format.

    Args:
        path: the file.
        kind: the format it must have.
        what: the same in words, for the sentence.

    Raises:
        RequestError: the file is something else.
    """
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except Exception as error:  # safetensors has its own error type without a public name
        raise RequestError(f"'{path}' cannot be read as a {what}: {error}.") from error
    if metadata.get("format") != kind:
        raise RequestError(f"'{path}' is not a {what} of Kenshin.")
    return tensors, metadata
