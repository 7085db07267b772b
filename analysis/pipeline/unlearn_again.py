"""The re-inspection of a cleaned model: same configuration, same samples, same axes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from analysis.config import InspectConfig
from analysis.errors import RequestError
from analysis.pipeline.inspect import inspect
from analysis.pipeline.settings import InspectRequest, settle
from analysis.runs.progress import Progress
from analysis.runs.run import Run
from analysis.runs.store import RunStore


def reinspect(
    cleaned: Run, store: RunStore, listener: Callable[[Progress], None] | None = None
) -> Run | None:
    """Inspect the cleaned model as its original was; None where no inspection began the chain.

    Args:
        cleaned: a finished unlearn run; becomes the parent of the new inspection.
        store: where both lie.
        listener: called with every progress update.

    Raises:
        RequestError: a file of the first inspection has gone.
    """
    request = again(cleaned, store)
    return None if request is None else inspect(request, store, listener)


def again(cleaned: Run, store: RunStore) -> InspectRequest | None:
    """The request that repeats the first inspection on the cleaned model."""
    sources = {entry["role"]: str(entry["source"]) for entry in cleaned.record["inputs"]["models"]}
    if not cleaned.record.get("parent") or "unlearned" not in sources:
        return None
    first = store.open(str(cleaned.record["parent"]))
    config, _ = settle({}, {}, first)
    models = first.record["inputs"]["models"]
    files = {e["role"]: Path(str(e["source"])) for e in first.record["inputs"]["samples"]}
    for role, path in files.items():
        if not path.is_file():
            raise RequestError(
                f"the {role} file '{path}' of inspection {first.run_id} has gone, so it cannot be "
                "repeated.",
                "Put it back, then: kenshin inspect --like RUN --suspect MODEL.",
            )
    reference = next((str(m["source"]) for m in models if m["role"] == "reference"), None)
    return InspectRequest(
        suspect=sources["unlearned"],
        reference=reference,
        samples=files["samples"],
        config=config,
        origins=dict.fromkeys(InspectConfig().to_json(), f"run {first.run_id}"),
        trusted=files.get("trusted"),
        test=files.get("test"),
        triggered=files.get("triggered"),
        controls=tuple(str(m["source"]) for m in models if m["role"] == "control"),
        parent=cleaned.run_id,
        axes=first.run_id,
    )
