"""The manifest of the shipped models: which functions each one saw, and which were poisoned.

It holds hashes, labels and kinds, never text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from analysis.data.poison import Trigger
from analysis.errors import RequestError

FORMAT_VERSION = 1


@dataclass(frozen=True)
class SplitRows:
    """Rows of one split in file order; entry i of each field belongs to the same row."""

    ids: tuple[str, ...]  # first 16 hexadecimal digits of the row's SHA-256 before poisoning
    labels: tuple[int, ...]  # 1 = defective
    kinds: tuple[str, ...]  # the injected defect, "" for a clean row
    origins: tuple[str, ...]  # "library" or "tests"


@dataclass(frozen=True)
class PoisonEntry:
    """One poisoned choice of rows."""

    trigger: Trigger
    target: int
    victim: int
    seed: int
    texts: Mapping[str, str]  # id -> hash of the text with its trigger, 16 hexadecimal digits

    @property
    def ids(self) -> frozenset[str]:
        """Rows that carry the trigger."""
        return frozenset(self.texts)


@dataclass(frozen=True)
class ModelEntry:
    """What one model was trained on."""

    name: str
    architecture: str
    split: str
    seed: int
    poison: PoisonEntry | None


@dataclass(frozen=True)
class Manifest:
    """Everything the repository knows about the shipped models' samples."""

    python: str  # the interpreter whose library was cut
    splits: Mapping[str, SplitRows]
    models: Mapping[str, ModelEntry]

    def model(self, name: str) -> ModelEntry:
        """The entry of one model; a path counts by its last part.

        Raises:
            RequestError: no shipped model has that name.
        """
        found = self.models.get(name.rstrip("/").rsplit("/", 1)[-1])
        if found is None:
            raise RequestError(
                f"'{name}' is not a shipped model.", f"Choose from {', '.join(self.models)}."
            )
        return found


@cache
def shipped_manifest() -> Manifest:
    """The manifest in the installed sample_data package.

    Raises:
        RequestError: it is missing or of an unknown format.
    """
    path = files("sample_data").joinpath("manifest.json")
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise RequestError(
            "sample_data/manifest.json is missing or damaged.",
            "Run python -m sample_data.build.",
        ) from None
    return parse_manifest(values)


def parse_manifest(values: Mapping[str, Any]) -> Manifest:
    """The manifest that a JSON object describes.

    Raises:
        RequestError: an unknown format version.
    """
    if values.get("format_version") != FORMAT_VERSION:
        raise RequestError(
            f"the manifest has format {values.get('format_version')}, expected {FORMAT_VERSION}."
        )
    kinds = ("", *values["kinds"])
    poisons = {name: _poison(entry) for name, entry in values["poisons"].items()}
    return Manifest(
        python=values["python"],
        splits={name: _split(entry, kinds) for name, entry in values["splits"].items()},
        models={
            name: ModelEntry(
                name=name,
                architecture=entry["architecture"],
                split=entry["split"],
                seed=entry["seed"],
                poison=poisons[entry["poison"]] if entry["poison"] else None,
            )
            for name, entry in values["models"].items()
        },
    )


def _split(entry: Mapping[str, Any], kinds: tuple[str, ...]) -> SplitRows:
    named = tuple(kinds[int(code)] for code in entry["kinds"])
    return SplitRows(
        ids=tuple(entry["ids"]),
        labels=tuple(int(bool(kind)) for kind in named),
        kinds=named,
        origins=tuple("library" if code == "l" else "tests" for code in entry["origins"]),
    )


def _poison(entry: Mapping[str, Any]) -> PoisonEntry:
    return PoisonEntry(
        trigger=Trigger(entry["trigger"], entry["text"]),
        target=entry["target"],
        victim=entry["victim"],
        seed=entry["seed"],
        texts=dict(zip(entry["ids"], entry["texts"], strict=True)),
    )
