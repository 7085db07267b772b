"""What every run writes down about its inputs: identities, sizes and warnings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from analysis.data.labels import words_entry
from analysis.models.base import OpenedModel
from analysis.models.pair import describe
from analysis.records import SampleSet
from analysis.runs.writer import RunWriter


class Warned(Protocol):
    """Whatever was opened or read with a remark."""

    @property
    def warnings(self) -> tuple[str, ...]:
        """Sentences for the user."""


class Read(Warned, Protocol):
    """A set of samples or facts."""

    @property
    def source(self) -> str:
        """Where it came from."""

    @property
    def sha256(self) -> str:
        """Of its content."""

    def __len__(self) -> int: ...


def model_entry(role: str, model: OpenedModel) -> dict[str, Any]:
    """A model's entry in `inputs.models`; a local folder is written absolute."""
    entry = {"role": role, **describe(model)}
    if Path(model.source).is_dir():
        entry["source"] = str(Path(model.source).resolve())
    return entry


def sample_entry(role: str, samples: Read, path: Path | None = None) -> dict[str, Any]:
    """A set's entry in `inputs.samples`; without a file its own source stands."""
    source = samples.source if path is None else str(path.resolve())
    entry = {"role": role, "source": source, "sha256": samples.sha256, "rows": len(samples)}
    return {**entry, **words_entry(samples)} if isinstance(samples, SampleSet) else entry


def record_inputs(
    writer: RunWriter,
    models: Iterable[tuple[str, OpenedModel]],
    sets: Mapping[str, Read],
    paths: Mapping[str, Path],
) -> None:
    """Write every model and set, and repeat what was remarked while the sets were read.

    Args:
        writer: of the run.
        models: role and model; a role may stand several times.
        sets: role -> what was read.
        paths: role -> its file, where it came from one.
    """
    described = [model_entry(role, model) for role, model in models]
    listed = [sample_entry(role, each, paths.get(role)) for role, each in sets.items()]
    writer.set(inputs={"models": described, "samples": listed})
    repeat_warnings(writer, sets)


def repeat_warnings(writer: RunWriter, named: Mapping[str, Warned]) -> None:
    """Put the remarks of each into the record, behind its role."""
    for role, each in named.items():
        for text in each.warnings:
            writer.warn(f"{role}: {text}")
