"""Turns one scanned pickle into safetensors, alone in a process with limits.

Started by path with `python -I` and an almost empty environment, so it imports nothing of
Kenshin. Prints one JSON object: {"dropped": [...]} or {"error": "..."}.

Usage: convert_worker.py SOURCE TARGET MAX_BYTES
"""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

_WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "weights")
_HEADROOM = 1 << 30  # bytes of address space that torch itself may still map
_CPU_SECONDS = 600


def main(arguments: list[str]) -> int:
    """Convert one file; 0 on success."""
    source, target, most = Path(arguments[0]), Path(arguments[1]), int(arguments[2])
    limit(most)
    try:
        value = torch.load(
            source, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(source)
        )
        tensors, dropped = flatten(value)
        check_size(tensors, most)
        save_file(unshared(tensors), str(target), metadata={"format": "pt"})
    except MemoryError:
        return report({"error": "it needs more memory than its size allows"})
    except Exception as error:
        return report({"error": " ".join(str(error).split())[:300] or type(error).__name__})
    return report({"dropped": dropped})


def limit(most: int) -> None:
    """Bound address space, CPU time and file size; systems without `resource` go without."""
    try:
        import resource
    except ImportError:
        return
    pages = Path("/proc/self/statm")
    if pages.exists():
        mapped = int(pages.read_text().split()[0]) * resource.getpagesize()
        _set(resource.RLIMIT_AS, mapped + 3 * most + _HEADROOM)
    _set(resource.RLIMIT_CPU, _CPU_SECONDS)
    _set(resource.RLIMIT_FSIZE, most + (1 << 20))
    _set(resource.RLIMIT_CORE, 0)


def _set(kind: int, value: int) -> None:
    import resource

    hard = resource.getrlimit(kind)[1]
    value = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (value, value))


def flatten(value: Any) -> tuple[dict[str, torch.Tensor], list[str]]:
    """The tensors of a state dict, also inside a {"state_dict": …} wrapper; names left out."""
    if not isinstance(value, Mapping):
        raise ValueError(f"it holds a {type(value).__name__}, not a state dict")
    inner = next((value[name] for name in _WRAPPERS if _holds_tensors(value.get(name))), None)
    if inner is not None:
        return flatten(inner)
    tensors = {str(k): v for k, v in value.items() if torch.is_tensor(v)}
    if not tensors:
        raise ValueError("it holds no tensors")
    for name, tensor in tensors.items():
        if tensor.layout != torch.strided or tensor.is_quantized:
            raise ValueError(f"tensor '{name}' is sparse or quantised")
    return tensors, sorted(str(k) for k, v in value.items() if not torch.is_tensor(v))


def _holds_tensors(value: Any) -> bool:
    return isinstance(value, Mapping) and any(map(torch.is_tensor, value.values()))


def check_size(tensors: Mapping[str, torch.Tensor], most: int) -> None:
    """Refuse views that unfold to far more than the file holds (zero strides)."""
    total = sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())
    if total > most:
        raise ValueError(f"its tensors unfold to {total} bytes, expected at most {most}")


def unshared(tensors: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Tensors that share no memory, as safetensors needs them; tied ones are stored once."""
    seen: dict[tuple[Any, ...], str] = {}
    kept = {}
    for name, tensor in tensors.items():
        tensor = tensor.detach()
        place = (tensor.data_ptr(), tuple(tensor.shape), tensor.stride(), tensor.dtype)
        if tensor.numel() and place in seen:
            continue
        seen[place] = name
        kept[name] = tensor.clone(memory_format=torch.contiguous_format)
    return kept


def report(value: dict[str, Any]) -> int:
    """Print the answer for the parent process."""
    sys.stdout.write(json.dumps(value) + "\n")
    return 1 if "error" in value else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
