"""Identity by content: SHA-256 of parameters, files, texts and JSON, and library versions.

Nothing here imports torch when the module is read: the dashboard may import it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

LIBRARIES = (
    "kenshin",
    "torch",
    "transformers",
    "safetensors",
    "tokenizers",
    "numpy",
    "scipy",
    "scikit-learn",
    "pandas",
    "pyarrow",
    "umap-learn",
    "openTSNE",
)
_BLOCK = 1 << 22  # bytes hashed at a time: small enough for any machine, large enough for speed


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes, read in blocks.

    Raises:
        OSError: the file cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def json_sha256(value: Any) -> str:
    """SHA-256 of a JSON value in its canonical form (sorted keys, no spaces, UTF-8).

    Raises:
        TypeError: the value is not plain JSON.
    """
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def texts_sha256(texts: Iterable[str]) -> str:
    """SHA-256 of texts in order; each is preceded by its length, so that no two lists agree."""
    digest = hashlib.sha256()
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def parameters_sha256(tensors: Mapping[str, Any]) -> str:
    """SHA-256 of named torch tensors: sorted names, then dtype, shape and bytes of each.

    The bytes are streamed, so memory-mapped tensors are never copied as a whole. Devices,
    strides and the order of `tensors` do not matter.
    """
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name]
        dtype = str(tensor.dtype).removeprefix("torch.")
        digest.update(json.dumps([name, dtype, list(tensor.shape)]).encode())
        for block in _blocks(tensor):
            digest.update(block)
    return digest.hexdigest()


def _blocks(tensor: Any) -> Iterable[memoryview]:
    import torch

    flat = tensor.detach().contiguous().view(-1)
    step = max(1, _BLOCK // max(1, flat.element_size()))
    for start in range(0, flat.numel(), step):
        part = flat[start : start + step].cpu()
        # bfloat16 has no numpy type; its bytes do
        yield part.view(torch.uint8).numpy().data


def library_versions(names: Iterable[str] = LIBRARIES) -> dict[str, str]:
    """Installed version of each distribution; "missing" for one that is not installed."""
    return {name: _version(name) for name in names}


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "missing"
