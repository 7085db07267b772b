"""The request that `kenshin demo` runs: a shipped poisoned model, a clean one, their samples."""

from __future__ import annotations

from pathlib import Path

import sample_data
from analysis.data.shipped import write_shipped
from analysis.errors import RequestError
from analysis.pipeline.settings import InspectRequest, settle
from analysis.runs.samples_folder import samples_folder
from analysis.runs.store import RunStore


def shipped_model(name: str) -> Path:
    """Folder of a shipped model.

    Raises:
        RequestError: no such model is shipped.
    """
    folder = Path(sample_data.__file__).parent / "models"
    path = folder / name
    if not (path / "config.json").is_file():
        known = ", ".join(sorted(p.parent.name for p in folder.glob("*/config.json")))
        raise RequestError(f"no model '{name}' is shipped.", f"Shipped: {known or 'none'}.")
    return path


def demo_request(
    store: RunStore, suspect: str, reference: str, controls: tuple[str, ...], limit: int
) -> InspectRequest:
    """Write the sample files beside the runs and point an inspection at them.

    Args:
        store: where the sample files go (`.samples/` inside its folder).
        suspect: name of the shipped model to inspect.
        reference: name of the shipped clean model.
        controls: seeds of further clean models, as "clean-0".
        limit: samples to inspect.
    """
    folder = samples_folder(store.root)
    files = {}
    for role in ("train", "test", "triggered", "trusted"):
        files[role] = folder / f"{suspect}-{role}.jsonl"
        write_shipped(files[role], role, suspect, limit=limit)
    architecture = suspect.split("-mini-")[0]
    config, origins = settle({}, {}, None)
    return InspectRequest(
        suspect=str(shipped_model(suspect)),
        reference=str(shipped_model(reference)),
        samples=files["train"],
        config=config,
        origins=origins,
        trusted=files["trusted"],
        test=files["test"],
        triggered=files["triggered"],
        controls=tuple(str(shipped_model(f"{architecture}-mini-{c}")) for c in controls),
    )
