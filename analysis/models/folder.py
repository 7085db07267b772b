"""A checkpoint folder on disk, looked at before anything in it is loaded.

Every path is checked against the folder: a name that points outside it is refused, apart from
the hub cache's own `blobs`, to which its snapshots link.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from analysis.errors import RequestError, UnsafeFileError

ADAPTER = "adapter_config.json"  # what peft leaves behind
CONFIG_BYTES = 4 << 20  # the largest real config is well under 1 MB
_HUB_ID = re.compile(r"^[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}$")
_PICKLES = ("pytorch_model.bin", "model.bin", "model.pt", "model.pth", "model.ckpt")
_PICKLE_SUFFIXES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")


@dataclass(frozen=True)
class Checkpoint:
    """Files of one checkpoint, all inside its folder."""

    source: str  # as the user gave it
    folder: Path
    config: dict[str, Any]
    weights: tuple[Path, ...]
    pickled: bool  # the weights are pickles, not safetensors


def resolve_folder(source: str) -> Path:
    """The local folder that `source` means: a path, or a hub id that is cached or downloaded.

    Raises:
        RequestError: no such folder, or the hub cannot be reached.
    """
    path = Path(source).expanduser()
    if path.is_dir():
        return path
    if path.exists():
        raise RequestError(
            f"model '{source}' is a file, expected a folder.",
            "Give the folder that holds config.json, or turn the file into one with "
            "'kenshin convert'.",
        )
    if not _HUB_ID.match(source):
        raise RequestError(
            f"model '{source}' does not exist.",
            "Give a local folder with config.json and safetensors weights, or a hub id owner/name.",
        )
    return _from_hub(source)


def _from_hub(source: str) -> Path:
    import huggingface_hub

    # no *.py and no pickles are ever fetched
    wanted = ["*.json", "*.safetensors", "*.txt", "*.model"]
    try:
        return Path(
            huggingface_hub.snapshot_download(source, allow_patterns=wanted, etag_timeout=5)
        )
    except Exception as error:
        raise RequestError(
            f"model '{source}' is neither a local folder nor in the local hub cache, and it "
            f"could not be fetched from the hub ({type(error).__name__}).",
            "Download the model where there is a network and give its folder.",
        ) from error


def inside(folder: Path, name: str) -> Path:
    """The file `name` of `folder`.

    Raises:
        UnsafeFileError: the name is absolute, climbs out, or links outside the folder.
    """
    parts = {*PurePosixPath(name).parts, *PureWindowsPath(name).parts}
    absolute = PurePosixPath(name).is_absolute() or PureWindowsPath(name).is_absolute()
    path = folder / name
    if absolute or ".." in parts or "\x00" in name or not _contained(folder, path):
        raise UnsafeFileError(
            f"'{name}' in model folder '{folder.name}' points outside the folder.",
            "Kenshin reads only files inside the model's own folder.",
        )
    return path


def _contained(folder: Path, path: Path) -> bool:
    roots = [folder.resolve()]
    if folder.resolve().parent.name == "snapshots":
        roots.append(folder.resolve().parent.parent / "blobs")
    try:
        target = path.resolve()
    except (OSError, RuntimeError):  # links in a circle, before Python 3.13
        return False
    if target.is_symlink():  # links in a circle lead to no file of this folder
        return False
    return any(target.is_relative_to(root) for root in roots)


def read_json(folder: Path, name: str, limit: int = CONFIG_BYTES) -> dict[str, Any] | None:
    """The JSON object in `folder/name`, None if there is no such file.

    Raises:
        RequestError: too large, not JSON, or not an object.
        UnsafeFileError: the file lies outside the folder.
    """
    path = inside(folder, name)
    if not path.is_file():
        return None
    size = path.stat().st_size
    if size > limit:
        raise UnsafeFileError(
            f"{name} of model '{folder.name}' has {size} bytes, expected at most {limit}."
        )
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise RequestError(f"{name} of model '{folder.name}' is not valid JSON.") from error
    if not isinstance(value, dict):
        raise RequestError(f"{name} of model '{folder.name}' is not a JSON object.")
    return value


def open_folder(source: str, *, allow_pickle: bool = False) -> Checkpoint:
    """Find a checkpoint's config and weights without loading them.

    Raises:
        RequestError: no config or no weights.
        UnsafeFileError: own code, a path that leaves the folder, or only pickled weights.
    """
    folder = resolve_folder(source)
    config = read_json(folder, "config.json")
    if config is None:
        _refuse_adapter(source, folder)
        raise RequestError(
            f"model folder '{source}' has no config.json.",
            "A bare state dict becomes a folder with 'kenshin convert FILE --base DIR --out DIR'.",
        )
    refuse_code(folder, config)
    weights = _safetensors(folder)
    if weights:
        return Checkpoint(source, folder, config, weights, pickled=False)
    pickles = pickles_in(folder)
    if not pickles:
        raise RequestError(f"model folder '{source}' has no weights, expected model.safetensors.")
    if not allow_pickle:
        raise UnsafeFileError(
            f"model '{source}' has only pickled weights ({pickles[0].name}), which can run code.",
            f"Convert it with 'kenshin convert {pickles[0]} --out NEW_FOLDER', or read it "
            "through the scanner with --allow-pickle.",
        )
    return Checkpoint(source, folder, config, pickles, pickled=True)


def _refuse_adapter(source: str, folder: Path) -> None:
    if (folder / ADAPTER).is_file():
        raise RequestError(
            f"model folder '{source}' holds only an adapter ({ADAPTER}), which changes a base "
            "model.",
            "Merge it into its base first (peft: model.merge_and_unload()), save the whole model, "
            "and give that folder.",
        )


def refuse_code(folder: Path, config: dict[str, Any]) -> None:
    """Refuse a folder whose config or tokenizer asks for its own Python code.

    Raises:
        UnsafeFileError: an `auto_map` or `custom_pipelines` entry is there.
    """
    tokenizer = read_json(folder, "tokenizer_config.json") or {}
    for name, values in (("config.json", config), ("tokenizer_config.json", tokenizer)):
        for key in ("auto_map", "custom_pipelines"):
            if values.get(key):
                raise UnsafeFileError(
                    f"{name} of model '{folder.name}' asks to run its own code ({key}).",
                    "Kenshin never runs code from a model folder; save the model with one of "
                    "the built-in architectures.",
                )


def _safetensors(folder: Path) -> tuple[Path, ...]:
    single = inside(folder, "model.safetensors")
    if single.is_file():
        return (single,)
    return _sharded(folder, "model.safetensors.index.json")


def pickles_in(folder: Path) -> tuple[Path, ...]:
    """Pickled weights in a folder: the usual names, a shard index, else the first other pickle."""
    for name in _PICKLES:
        if inside(folder, name).is_file():
            return (folder / name,)
    sharded = _sharded(folder, "pytorch_model.bin.index.json")
    if sharded:
        return sharded
    others = sorted(p.name for p in folder.iterdir() if p.suffix in _PICKLE_SUFFIXES)
    skipped = ("training_args.bin", "optimizer.pt", "scheduler.pt")
    return tuple(inside(folder, name) for name in others if name not in skipped)[:1]


def _sharded(folder: Path, index: str) -> tuple[Path, ...]:
    listing = read_json(folder, index, limit=64 << 20)
    if listing is None:
        return ()
    shards = listing.get("weight_map")
    if not isinstance(shards, dict) or not all(isinstance(v, str) for v in shards.values()):
        raise RequestError(f"{index} of model '{folder.name}' has no usable weight_map.")
    paths = tuple(inside(folder, name) for name in sorted(set(shards.values())))
    for path in paths:
        if not path.is_file():
            raise RequestError(f"{index} of model '{folder.name}' lists '{path.name}', missing.")
        if index.startswith("model.safetensors") and path.suffix != ".safetensors":
            raise UnsafeFileError(
                f"{index} of model '{folder.name}' lists '{path.name}', expected safetensors."
            )
    return paths
