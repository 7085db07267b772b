"""What an audit was asked for, and what `--from RUN` fills in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from analysis.config import InspectConfig
from analysis.errors import RequestError
from analysis.runs.run import Run
from analysis.runs.store import RunStore

ROLES = ("forget", "retain", "test", "triggered")


@dataclass(frozen=True)
class AuditRequest:
    """Inputs and configuration of one audit; None where nothing was given."""

    original: str | None = None
    unlearned: str | None = None
    control: str | None = None
    controls: tuple[str, ...] = ()  # further ones: their spread enters the interval
    forget: Path | None = None
    retain: Path | None = None
    test: Path | None = None
    triggered: Path | None = None
    target: int | None = None
    budget: str = "quick"
    attacks: tuple[str, ...] = ()  # empty: those of the budget
    config: InspectConfig = InspectConfig()
    origins: Mapping[str, str] = field(default_factory=dict)
    parent: str | None = None
    forget_run: str | None = None  # the run whose `forget` table stands in for a file

    def sample_files(self) -> dict[str, Path]:
        """Role -> file, for the files that were given."""
        found = {role: getattr(self, role) for role in ROLES}
        return {role: path for role, path in found.items() if path is not None}

    def all_controls(self) -> tuple[str, ...]:
        """Every control, the first one first."""
        return ((self.control,) if self.control else ()) + self.controls

    def values(self) -> dict[str, Any]:
        """The configuration for the record."""
        own = {"budget": self.budget, "attacks": list(self.attacks), "target": self.target}
        return {**self.config.to_json(), **own}


def filled_from(request: AuditRequest, run: Run, store: RunStore) -> AuditRequest:
    """The request with everything that an unlearn run, then its ancestors, know about it.

    What was given on the command line stays. A model or file that no longer exists is left out.

    Raises:
        RequestError: the run is no unlearning and no audit.
    """
    if run.kind not in ("unlearn", "audit"):
        raise RequestError(
            f"run {run.run_id} is of kind '{run.kind}', expected unlearn.",
            "Name an unlearn run, or give --original and --unlearned.",
        )
    known: dict[str, Any] = {}
    for each in _chain(run, store):
        for name, value in _inputs_of(each).items():
            known.setdefault(name, value)
    if request.control is not None:
        known.pop("controls", None)  # whoever names controls names all of them
    if run.has("forget") and request.forget is None and "forget" not in known:
        known["forget_run"] = run.run_id
    config = run.record.get("config", {}).get("values") or {}
    if config.get("target") is not None:
        known.setdefault("target", int(config["target"]))
    missing = {name: value for name, value in known.items() if not _given(request, name)}
    origins = dict.fromkeys(missing, f"run {run.run_id}")
    return replace(request, **missing, origins={**origins, **request.origins}, parent=run.run_id)


def _chain(run: Run, store: RunStore) -> list[Run]:
    """The run and its ancestors, nearest first."""
    found = [run]
    while (parent := found[-1].record.get("parent")) and len(found) < 8:
        try:
            found.append(store.open(str(parent)))
        except RequestError:
            break
    return found


def _given(request: AuditRequest, name: str) -> bool:
    value = getattr(request, name, None)
    return value is not None and value != ()


# What an inspection calls its models and samples, in the words of an audit.
_AS_AUDIT = {
    "inspect": {"suspect": "original", "reference": "control", "trusted": "retain"},
    "unlearn": {"reference": "control"},
    "audit": {},
}


def _inputs_of(run: Run) -> dict[str, Any]:
    inputs = run.record.get("inputs") or {}
    names: Mapping[str, str] = _AS_AUDIT.get(run.kind, {})
    found: dict[str, Any] = {}
    for model in inputs.get("models") or ():
        name = names.get(model["role"], model["role"])
        if name in ("original", "unlearned", "control") and Path(str(model["source"])).is_dir():
            if name == "control" and name in found and run.kind == "audit":
                found["controls"] = (*found.get("controls", ()), str(model["source"]))
            found.setdefault(name, str(model["source"]))
    for sample in inputs.get("samples") or ():
        name = names.get(sample["role"], sample["role"])
        if name in ROLES and Path(str(sample.get("source", ""))).is_file():
            found.setdefault(name, Path(str(sample["source"])))
    return found


def require_complete(request: AuditRequest) -> None:
    """Refuse a request that lacks what no audit can do without.

    Raises:
        RequestError: a model or the forget set is missing.
    """
    for name, what in (("original", "the model before"), ("unlearned", "the model after")):
        if not getattr(request, name):
            raise RequestError(f"--{name} is missing.", f"Name {what} unlearning, or use --from.")
    if request.forget is None and request.forget_run is None:
        raise RequestError("--forget is missing.", "Name the file of samples to be forgotten.")
