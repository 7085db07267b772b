"""What an unlearning was asked for, and what `--from RUN` fills in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from analysis.config import InspectConfig
from analysis.errors import RequestError
from analysis.runs.run import Run
from analysis.unlearn.config import UnlearnConfig

ROLES = ("forget", "retain", "test", "triggered")
# What an inspection calls its models and samples, in the words of an unlearning.
_AS_UNLEARN = {"suspect": "model", "reference": "reference", "trusted": "retain"}


@dataclass(frozen=True)
class UnlearnRequest:
    """Inputs and configuration of one unlearning; None where nothing was given."""

    model: str | None = None
    reference: str | None = None
    controls: tuple[str, ...] = ()  # further clean models: the floor is the mean of all
    mask_from: str | None = None  # an earlier removal of the same model, for its mask
    start: str | None = None  # weights to retrain from
    forget: Path | None = None
    retain: Path | None = None
    test: Path | None = None
    triggered: Path | None = None
    unlearn: UnlearnConfig = UnlearnConfig()
    config: InspectConfig = InspectConfig()  # how models and samples are read
    origins: Mapping[str, str] = field(default_factory=dict)
    parent: str | None = None
    out: Path | None = None  # a copy of the cleaned checkpoint goes there too
    reinspect: bool = True

    def sample_files(self) -> dict[str, Path]:
        """Role -> file, for the files that were given."""
        found = {role: getattr(self, role) for role in ROLES}
        return {role: path for role, path in found.items() if path is not None}

    def values(self) -> dict[str, Any]:
        """The configuration for the record: reading options, then those of the unlearning."""
        return {**self.config.to_json(), **self.unlearn.to_json()}


def filled_from(request: UnlearnRequest, run: Run) -> UnlearnRequest:
    """The request with everything that an inspection knows about it.

    What was given on the command line stays. A file that no longer exists is left out.

    Raises:
        RequestError: the run is no inspection, or it has not finished.
    """
    if run.kind != "inspect":
        raise RequestError(
            f"run {run.run_id} is of kind '{run.kind}', expected inspect.",
            "Name an inspection, or give --model, --forget and --retain.",
        )
    if run.status != "done":
        raise RequestError(
            f"run {run.run_id} is {run.status}, so what it flagged is not known.",
            "Wait for it, or repeat it.",
        )
    known: dict[str, Any] = {}
    for entry in run.record["inputs"]["models"]:
        known.setdefault(_AS_UNLEARN.get(entry["role"], entry["role"]), str(entry["source"]))
    controls = [str(e["source"]) for e in run.record["inputs"]["models"] if e["role"] == "control"]
    for entry in run.record["inputs"]["samples"]:
        name = _AS_UNLEARN.get(entry["role"], entry["role"])
        path = Path(str(entry["source"]))
        if name in ROLES and path.is_file():
            known.setdefault(name, path)
    if request.config.reference_kind == "base":  # drifts everywhere: no floor and no teacher
        known.pop("reference", None)
        controls = []
    names = ("model", "reference", "retain", "test", "triggered")
    missing = {n: known[n] for n in names if n in known and getattr(request, n) is None}
    if controls and not request.controls and request.reference is None:
        missing["controls"] = tuple(controls)
    origins = dict.fromkeys(missing, f"run {run.run_id}")
    origins |= {"forget": f"run {run.run_id}"} if request.forget is None else {}
    return replace(request, **missing, origins={**origins, **request.origins}, parent=run.run_id)


def require_complete(request: UnlearnRequest) -> None:
    """Refuse a request that lacks what no unlearning can do without.

    Raises:
        RequestError: model, forget or retain set is missing.
    """
    if not request.model:
        raise RequestError("--model is missing.", "Name the model to clean, or use --from RUN.")
    if request.forget is None and request.parent is None:
        raise RequestError(
            "--forget is missing.", "Name the file of samples to be forgotten, or use --from RUN."
        )
    if request.retain is None:
        raise RequestError(
            "--retain is missing.",
            "Name a file of clean samples with true labels; an inspection's --trusted serves too.",
        )
