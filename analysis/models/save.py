"""Writing checkpoint folders that plain transformers loads, all at once or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import PreTrainedTokenizerFast

from analysis.errors import RequestError
from analysis.models.base import OpenedModel
from analysis.models.family import config_of
from analysis.models.folder import inside, read_json
from analysis.models.tokenizer import SPECIAL

_TOKENIZER_FILES = (
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "vocab.txt",
    "generation_config.json",
)


def require_empty(out: Path) -> None:
    """Refuse an output folder that already holds something.

    Raises:
        RequestError: `out` is a file or a folder with content.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise RequestError(
            f"output folder '{out}' is not empty.", "Give a new folder; nothing is overwritten."
        )


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A temporary folder beside `out` that becomes `out` when the block ends without an error.

    Raises:
        RequestError: `out` already holds something, or cannot be written.
    """
    require_empty(out)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        working = Path(tempfile.mkdtemp(prefix=f".{out.name}.", suffix=".tmp", dir=out.parent))
    except OSError as error:
        raise RequestError(f"output folder '{out}' cannot be written: {error}.") from error
    try:
        yield working
        working.chmod(0o755)  # mkdtemp makes it private; a model folder is not
        if out.exists():
            out.rmdir()
        os.replace(working, out)
    finally:
        shutil.rmtree(working, ignore_errors=True)


def write_weights(folder: Path, tensors: Mapping[str, torch.Tensor]) -> None:
    """Write model.safetensors; a tensor under two names (tied weights) is stored once."""
    seen: set[tuple[Any, ...]] = set()
    kept = {}
    for name, tensor in tensors.items():
        key = (tensor.data_ptr(), tuple(tensor.shape), tensor.stride(), tensor.dtype)
        if key in seen and tensor.numel():
            continue
        seen.add(key)
        kept[name] = tensor.detach().cpu().contiguous()
    save_file(kept, str(folder / "model.safetensors"), metadata={"format": "pt"})


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Write a JSON object, indented, in UTF-8."""
    text = json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True)
    path.write_text(text + "\n", encoding="utf-8")


def write_tokenizer(source: Path, target: Path, tokenizer: PreTrainedTokenizerFast) -> None:
    """Copy a folder's tokenizer files as they are; build tokenizer.json where it is missing."""
    for name in _TOKENIZER_FILES:
        path = inside(source, name)
        if path.is_file():
            shutil.copyfile(path, target / name)
    if (target / "tokenizer.json").exists():
        return
    tokenizer.backend_tokenizer.save(str(target / "tokenizer.json"))
    settings = read_json(target, "tokenizer_config.json") or {}
    names = {f"{name}_token": getattr(tokenizer, f"{name}_token") for name in SPECIAL}
    settings |= {name: value for name, value in names.items() if value is not None}
    settings["tokenizer_class"] = "PreTrainedTokenizerFast"
    write_json(target / "tokenizer_config.json", settings)


def save_model(
    model: OpenedModel, out: Path, state: Mapping[str, torch.Tensor] | None = None
) -> Path:
    """Save a model, or other weights in its shape, as a new Hugging Face folder.

    Args:
        model: opened from a folder; its config and tokenizer files are taken over.
        out: a folder that does not exist or is empty; it appears complete or not at all.
        state: tensors by the module's names in place of its own, in the dtype to store.

    Raises:
        RequestError: `out` is not empty, or `state` does not have the module's names and shapes.
    """
    own = model.module.state_dict()
    if state is not None:
        _check_state(own, state)
    if model.folder is None:
        raise RequestError(f"model '{model.source}' was not opened from a folder.")
    tensors = dict(own if state is None else state)
    with new_folder(out) as folder:
        write_weights(folder, tensors)
        write_json(folder / "config.json", _config(model, tensors))
        write_tokenizer(model.folder, folder, model.tokenizer)
    return out


def _check_state(own: Mapping[str, torch.Tensor], state: Mapping[str, torch.Tensor]) -> None:
    for name in sorted(own.keys() | state.keys()):
        have, want = own.get(name), state.get(name)
        if have is None or want is None or have.shape != want.shape:
            raise RequestError(f"the weights to save do not fit the model at tensor '{name}'.")


def _config(model: OpenedModel, tensors: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    assert model.folder is not None
    raw = read_json(model.folder, "config.json") or {}
    settings = config_of(model.module)
    raw["architectures"] = [type(model.module).__name__]
    raw["dtype"] = str(next(iter(tensors.values())).dtype).removeprefix("torch.")
    raw.pop("torch_dtype", None)
    if model.head is not None and len(raw.get("id2label") or {}) != settings.num_labels:
        raw |= label_entries(settings.num_labels)
    return raw


def label_entries(n_outputs: int) -> dict[str, Any]:
    """The config entries that give a head `n_outputs` rows, with plain names."""
    names = {str(row): f"LABEL_{row}" for row in range(n_outputs)}
    return {"id2label": names, "label2id": {name: int(row) for row, name in names.items()}}
