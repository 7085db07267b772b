"""Foreign checkpoints into safetensors folders: scanned, read in a limited process, proven to open.

Nothing of the file is unpickled here: a scanner looks first, then `convert_worker` reads it in a
process of its own (isolated interpreter, empty environment, bounded memory and CPU time,
`weights_only`). The result is opened before it appears under its name.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from analysis.config import InspectConfig
from analysis.errors import RequestError
from analysis.models.base import OpenedModel
from analysis.models.convert_process import extract
from analysis.models.family import KENSHIN_HEAD
from analysis.models.folder import inside, pickles_in, read_json, refuse_code
from analysis.models.infer import infer_config
from analysis.models.layouts import Layout, family_by_names, recognise
from analysis.models.open import open_model
from analysis.models.save import (
    label_entries,
    new_folder,
    require_empty,
    write_json,
    write_tokenizer,
    write_weights,
)
from analysis.models.tokenizer import find_vocabulary, load_tokenizer

_HEADS = (
    "classifier.out_proj.weight",
    "classification_head.out_proj.weight",
    "classifier.weight",
    "score.weight",
)
MOST_NAMED = 8  # names of tensors in a report


@dataclass(frozen=True)
class ConvertReport:
    """What a conversion made, and from what."""

    out: Path
    layout: str  # "plain", "codexglue" or "defect"
    architecture: str
    head: str  # "argmax", "sigmoid", "label as text", "none"
    tensors: int
    sha256: str  # of the parameters
    config_from: str  # "checkpoint", "base" or "inferred"
    tokenizer_from: str  # "checkpoint" or "base"
    dropped: tuple[str, ...]  # entries of the file that no architecture has
    assumed: tuple[str, ...]  # what shapes could not tell

    def __str__(self) -> str:
        """A few lines for a terminal."""
        lines = [
            f"{self.out}: {self.architecture}, {self.tensors} tensors, head: {self.head}",
            f"layout {self.layout}; config: {self.config_from}; tokenizer: {self.tokenizer_from}",
        ]
        if self.layout != "plain":  # the CodeXGLUE and CodeT5 scripts do, before they tokenise
            lines.append("such models were trained on one-line code: add --collapse-whitespace")
        if self.assumed:
            lines.append(f"assumed, because shapes cannot tell: {', '.join(self.assumed)}")
        if self.dropped:
            first = ", ".join(self.dropped[:MOST_NAMED])
            rest = len(self.dropped) - MOST_NAMED
            more = f" and {rest} more" if rest > 0 else ""
            lines.append(f"left out, because no known head has them: {first}{more}")
        return "\n".join(lines)


def convert(checkpoint: Path, base: Path | None, out: Path) -> ConvertReport:
    """Turn a pickled checkpoint into a folder that `open_model` reads.

    Args:
        checkpoint: a `.bin`/`.pt` file, or a folder that holds one.
        base: folder with the config and tokenizer of the model it was trained from; needed only
            for what does not lie beside the checkpoint.
        out: a folder that does not exist or is empty.

    Raises:
        RequestError: missing pieces (each named), an unknown layout, `out` not empty.
        UnsafeFileError: the file would run code, or is no plain state dict.
    """
    require_empty(out)
    if base is not None and not base.is_dir():
        raise RequestError(
            f"base '{base}' is not a folder.", "Give the folder with config.json and tokenizer."
        )
    files = _files(checkpoint)
    folder = files[0].parent
    places = _Places(folder, base)
    _require_tokenizer(places)  # the cheapest piece to miss, so it is asked for first
    dropped: list[str] = []
    with tempfile.TemporaryDirectory(prefix="kenshin-convert-") as scratch:
        tensors: dict[str, torch.Tensor] = {}
        for number, path in enumerate(files):
            target = Path(scratch) / f"{number}.safetensors"
            dropped += extract(path, target)
            tensors |= load_file(target)
        layout = recognise(tensors)
        with new_folder(out) as working:
            config, origin, assumed = _config(places, layout)
            write_json(working / "config.json", config)
            write_weights(working, layout.tensors)
            _tokenizer(places, working, config)
            opened = _proved(working, files[0], layout)
            config["architectures"] = [type(opened.module).__name__]
            write_json(working / "config.json", config)
        return _report(opened, out, layout, (origin, assumed), (places, dropped))


@dataclass(frozen=True)
class _Places:
    folder: Path
    base: Path | None

    @property
    def tokenizer(self) -> Path | None:
        """The folder with a tokenizer: the checkpoint's own first."""
        for place in (self.folder, self.base):
            if place is None:
                continue
            names = ("tokenizer.json", "vocab.txt")
            if find_vocabulary(place) or any(inside(place, n).is_file() for n in names):
                return place
        return None


def _files(checkpoint: Path) -> tuple[Path, ...]:
    if checkpoint.is_dir():
        files = pickles_in(checkpoint)
        if not files:
            raise RequestError(
                f"folder '{checkpoint}' holds no .bin, .pt or .pth checkpoint to convert."
            )
        return files
    if not checkpoint.is_file():
        raise RequestError(f"checkpoint '{checkpoint}' does not exist.")
    if checkpoint.suffix == ".safetensors":
        raise RequestError(f"checkpoint '{checkpoint}' already is safetensors.")
    return (checkpoint,)


def _config(places: _Places, layout: Layout) -> tuple[dict[str, Any], str, tuple[str, ...]]:
    shapes = {name: tuple(tensor.shape) for name, tensor in layout.tensors.items()}
    kind = family_by_names(shapes) or ""
    raw: dict[str, Any] | None = None
    origin, assumed = "", tuple[str, ...]()
    for place, name in ((places.folder, "checkpoint"), (places.base, "base")):
        if raw is None and place is not None:
            raw, origin = read_json(place, "config.json"), name
            refuse_code(place, raw or {})
    if raw is None:
        tokenizer = load_tokenizer(_require_tokenizer(places), {"model_type": kind})
        raw, assumed = infer_config(kind, shapes, tokenizer)
        origin = "inferred"
    if not {kind, raw.get("model_type")} <= _twins(kind):
        raise RequestError(
            f"the checkpoint holds a {kind} model, but the config is of model_type "
            f"'{raw.get('model_type')}'.",
            "Give the folder of the model it was trained from with --base.",
        )
    return _with_head(raw, layout, shapes), origin, assumed


def _twins(kind: str) -> set[str]:
    """Model types whose tensors can have the same names; opening the result decides."""
    for twins in ({"roberta", "bert"}, {"llama", "qwen2"}):
        if kind in twins:
            return twins
    return {kind}


def _with_head(
    raw: dict[str, Any], layout: Layout, shapes: Mapping[str, tuple[int, ...]]
) -> dict[str, Any]:
    config = {key: value for key, value in raw.items() if key not in (KENSHIN_HEAD, "torch_dtype")}
    if layout.linear:
        config[KENSHIN_HEAD] = {"kind": "linear", "position": layout.linear}
    for name in _HEADS:
        rows = shapes.get(name, (0,))[0]
        if rows and len(config.get("id2label") or {}) != rows:
            config |= label_entries(rows)
    return config


def _require_tokenizer(places: _Places) -> Path:
    if places.tokenizer is None:
        raise RequestError(
            f"no tokenizer lies beside the checkpoint in '{places.folder}'"
            + (f" or in base '{places.base}'." if places.base else "."),
            "Kenshin needs tokenizer.json, or vocab.json with merges.txt: give the folder of "
            "the model it was trained from with --base.",
        )
    return places.tokenizer


def _tokenizer(places: _Places, working: Path, config: Mapping[str, Any]) -> None:
    source = _require_tokenizer(places)
    write_tokenizer(source, working, load_tokenizer(source, config))


def _proved(working: Path, checkpoint: Path, layout: Layout) -> OpenedModel:
    """Open the result as a user would; only a class head has to work already."""
    head = "auto" if any(name in layout.tensors for name in _HEADS) else "none"
    try:
        return open_model(str(working), InspectConfig(head=head))
    except RequestError as error:
        raise RequestError(
            error.message.replace(str(working), str(checkpoint)),
            "The config or tokenizer does not fit these weights; give the right one with --base.",
        ) from error


def _report(
    opened: OpenedModel,
    out: Path,
    layout: Layout,
    config: tuple[str, tuple[str, ...]],
    rest: tuple[_Places, list[str]],
) -> ConvertReport:
    places, dropped = rest
    text = opened.architecture.endswith("ConditionalGeneration")
    head = opened.head.kind if opened.head else ("label as text" if text else "none")
    return ConvertReport(
        out=out,
        layout=layout.name,
        architecture=opened.architecture,
        head=head,
        tensors=len(layout.tensors),
        sha256=opened.sha256,
        config_from=config[0],
        tokenizer_from="checkpoint" if places.tokenizer == places.folder else "base",
        dropped=(*dropped, *layout.dropped),
        assumed=config[1],
    )
