"""`unlearn`: from a flagged sample set to cleaned weights, their figures and a verdict.

The order serves the analyst: nothing to forget is said at once, curves are drawn while it runs,
and a run that is stopped keeps the best checkpoint so far. The cleaned checkpoint lies beside the
runs, so that the re-inspection and the audit can open it as any model.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from safetensors.torch import save

from analysis.errors import Cancelled, RequestError
from analysis.extract.device import choose_device
from analysis.models.open import open_model
from analysis.models.save import require_empty, save_model
from analysis.pipeline.live_table import LiveTable
from analysis.pipeline.recording import model_entry
from analysis.pipeline.unlearn_inputs import (
    UnlearnInputs,
    read_unlearn_inputs,
    without_overlap,
)
from analysis.pipeline.unlearn_outcome import write_figures
from analysis.pipeline.unlearn_settings import UnlearnRequest, require_complete
from analysis.pipeline.unlearn_triggers import forget_table, trigger_layers
from analysis.pipeline.unlearn_verdict import declined
from analysis.runs.environment import environment
from analysis.runs.job_note import introduce
from analysis.runs.models_folder import model_folder
from analysis.runs.progress import Progress
from analysis.runs.run import Run
from analysis.runs.store import RunStore
from analysis.runs.trail import note as note_act
from analysis.runs.writer import RunWriter
from analysis.unlearn.data import UnlearnResult
from analysis.unlearn.delta import weight_rows
from analysis.unlearn.engine import unlearn
from analysis.unlearn.masks.stored import StoredMask, read_mask
from analysis.unlearn.state import stored_state

MASK = "mask.safetensors"
KEPT = "stopped by the user; the best checkpoint so far was kept"
NOTHING_KEPT = "stopped by the user before a checkpoint was kept; no weight was changed"


def run_unlearn(
    request: UnlearnRequest,
    store: RunStore,
    listener: Callable[[Progress], None] | None = None,
    job_dir: Path | None = None,
) -> Run:
    """Run an unlearning and return the finished run; see `unlearn_again` for the re-inspection.

    Args:
        request: inputs and configuration, from `filled_from` where a run was named.
        store: where the run goes.
        listener: called with every progress update.
        job_dir: folder of the job that runs this, told the run's name.

    Raises:
        RequestError: the inputs are wrong; no run is left behind.
        KenshinError: a step failed; the run says which and why.
        Cancelled: the user stopped it; the run keeps the best checkpoint so far.
    """
    require_complete(request)
    cpu = time.process_time()
    if request.out is not None:
        require_empty(request.out)
    if request.mask_from is not None and not store.open(request.mask_from).has(MASK):
        raise RequestError(
            f"run {request.mask_from} holds no mask.",
            "Name a removal that was made with --mask.",
        )
    parent = store.open(request.parent) if request.parent else None
    with _begin(request, store) as writer:
        introduce(writer, listener, job_dir)
        with writer.step("read inputs", makes=("forget",)):
            inputs = read_unlearn_inputs(request, parent, writer)
            writer.write_table("forget", forget_table(inputs.flagged))
        if not len(inputs.flagged.samples):
            writer.set(verdict=declined(_nothing_flagged(parent)))
            writer.skip_step("unlearn", "there is nothing to forget")
        else:
            _unlearn(request, inputs, parent, writer, store)
        writer.set(metrics={"cpu_seconds": time.process_time() - cpu})
        writer.progress("Done")
    return writer.read()


def _begin(request: UnlearnRequest, store: RunStore) -> RunWriter:
    asked = {
        "model": request.model,
        "reference": request.reference,
        "controls": list(request.controls),
        "mask_from": request.mask_from,
        "start": request.start,
        **{role: str(path) for role, path in request.sample_files().items()},
    }
    return store.create("unlearn", request.values(), request.origins, asked, parent=request.parent)


def _unlearn(
    request: UnlearnRequest,
    inputs: UnlearnInputs,
    parent: Run | None,
    writer: RunWriter,
    store: RunStore,
) -> None:
    choice = choose_device(request.config)
    writer.set(
        environment=environment(str(choice.device), request.unlearn.precision, request.unlearn.seed)
    )
    curves: LiveTable[Mapping[str, Any]] = LiveTable(writer, "history", _history)
    data = inputs.data(trigger_layers(parent))
    mask = _mask_of(request, store)
    with writer.step("unlearn", makes=("history", "trials")):
        result = unlearn(
            inputs.model,
            replace(data, retain=without_overlap(data.retain, data.forget), mask=mask),
            request.unlearn,
            device=choice.device,
            listener=writer.progress,
            recorder=lambda row: curves.keep([row]),
        )
        if result.cancelled:
            writer.progress("Stopping: the best so far is written and measured first")
        if curves.rows:
            curves.write()
        _tables(writer, inputs, result)
    if result.declined:
        writer.set(verdict=declined(result.declined))
        return
    with writer.step("write the cleaned model"):
        _materialise(request, inputs, result, writer, store)
    with writer.step("behaviour", optional=True):
        write_figures(request, inputs, result, writer)
    if result.cancelled:
        reason = KEPT if result.step else NOTHING_KEPT
        writer.cancel(reason)
        raise Cancelled(reason)


def _mask_of(request: UnlearnRequest, store: RunStore) -> StoredMask | None:
    """The mask of an earlier removal, where one was named."""
    if request.mask_from is None:
        return None
    return read_mask(str(store.open(request.mask_from).file(MASK)))


def _tables(writer: RunWriter, inputs: UnlearnInputs, result: UnlearnResult) -> None:
    for note in result.notes:
        writer.warn(note)
    writer.set(
        metrics={
            "chosen": dict(result.chosen),
            "guard": {
                "before": result.before._asdict(),
                "after": result.after._asdict(),
                "step": result.step,
                "stopped": result.stopped,
                "inverted": result.after.inverted,
            },
            "seconds": result.seconds,
            "forget": {
                "samples": len(inputs.flagged.samples),
                "source": inputs.flagged.source,
                "confirmed": inputs.flagged.confirmed,
                "dismissed": inputs.flagged.dismissed,
            },
        }
    )
    if result.trials:
        writer.write_table("trials", pd.DataFrame([trial.row() for trial in result.trials]))
    for name in ("attribution", "attribution_heads", "mask_stability"):
        if rows := getattr(result, name):
            writer.write_table(name, pd.DataFrame(rows))
    if result.stages:
        writer.write_table("stages", pd.DataFrame([stage.row() for stage in result.stages]))
    for number, stage in enumerate(result.stages, 1):
        if stage.delta is not None:
            writer.write_bytes(f"delta-{number}.safetensors", stage.delta.to_bytes())
    if result.adapter:
        writer.write_bytes("lora.safetensors", save(dict(result.adapter)))
    if result.mask is not None:
        writer.write_bytes(MASK, result.mask.to_bytes())


def _materialise(
    request: UnlearnRequest,
    inputs: UnlearnInputs,
    result: UnlearnResult,
    writer: RunWriter,
    store: RunStore,
) -> None:
    """The delta and its profile, the checkpoint beside the runs and, when asked, elsewhere."""
    writer.progress("Writing the cleaned model")
    writer.write_bytes("delta.safetensors", result.delta.to_bytes())
    before = stored_state(inputs.model, inputs.model.module)
    rows = weight_rows(before, result.state)
    writer.write_table("weights", pd.DataFrame(rows))
    folder = save_model(inputs.model, model_folder(store.root, writer.run_id), result.state)
    if request.out is not None:
        save_model(inputs.model, request.out, result.state)
    cleaned = open_model(str(folder), request.config)
    models = [*writer.record["inputs"]["models"], model_entry("unlearned", cleaned)]
    writer.set(
        inputs={"models": models},
        metrics={
            "unlearned_sha256": cleaned.sha256,
            "delta": {
                "base_sha256": result.delta.base_sha256,
                "result_sha256": result.delta.result_sha256,
                "tensors": len(result.delta.bits),
            },
        },
    )
    prints = {
        "base": result.delta.base_sha256,
        "result": result.delta.result_sha256,
        "model": cleaned.sha256,
    }
    note_act(store.root, "delta.applied", writer.run_id, prints, place=str(request.out or folder))


def _nothing_flagged(parent: Run | None) -> str:
    if parent is None:
        return "The forget file holds no samples."
    verdict = parent.record.get("verdict") or {}
    answer = str(verdict.get("answer", "nothing")).replace("_", " ")
    return (
        f"Inspection {parent.run_id} flagged no sample and none is confirmed (its answer: "
        f"{answer}), so there is nothing to unlearn."
    )


def _history(rows: list[Mapping[str, Any]]) -> pd.DataFrame:
    figures = ("accuracy", "asr", "floor", "target_triggered", "gap", "loss")
    return pd.DataFrame(rows).astype(dict.fromkeys(figures, "float64"))
