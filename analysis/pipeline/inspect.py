"""`inspect`: from two checkpoints and a sample file to a verdict, step by step.

The order serves the analyst: predictions and the first map land early, the verdict next, the
slower maps and the attention statistics after it. Every table is committed when it is complete,
so that a cancelled or failed run keeps what it had.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from analysis.detect.specs import known_names
from analysis.engine.local import extract_all
from analysis.pipeline.behaviour import behaviour_step, heads_step
from analysis.pipeline.drift import drift_step
from analysis.pipeline.estimate import estimate_step
from analysis.pipeline.evidence import evidence_step, locate_step
from analysis.pipeline.explaining import explain_step
from analysis.pipeline.inputs import Inputs, read_inputs
from analysis.pipeline.maps import maps_step
from analysis.pipeline.paths import paths_step
from analysis.pipeline.searching import search_step
from analysis.pipeline.settings import InspectRequest
from analysis.pipeline.state import Inspection, Read
from analysis.pipeline.tables import samples_table
from analysis.runs.cache import ActivationCache
from analysis.runs.environment import environment
from analysis.runs.job_note import introduce
from analysis.runs.progress import Progress
from analysis.runs.run import Run
from analysis.runs.store import RunStore
from analysis.runs.writer import RunWriter


def inspect(
    request: InspectRequest,
    store: RunStore,
    listener: Callable[[Progress], None] | None = None,
    job_dir: Path | None = None,
) -> Run:
    """Run an inspection and return the finished run.

    Args:
        request: inputs and configuration.
        store: where the run goes.
        listener: called with every progress update.
        job_dir: folder of the job that runs this, told the run's name.

    Raises:
        RequestError: the inputs are wrong; no run is left behind.
        KenshinError: a step failed; the run says which and why.
        Cancelled: the user stopped it; the run is readable.
    """
    drawn_on = request.axes or request.parent
    parent = store.open(drawn_on) if drawn_on else None
    known_names(request.config.detectors)  # a wrong one is told before models are read
    with _begin(request, store) as writer:
        introduce(writer, listener, job_dir)
        with writer.step("read inputs"):
            inputs = read_inputs(request, writer)
        with writer.step("estimate"):
            estimate_step(inputs, request.config, writer)
        with ActivationCache(store.root / ".cache") as cache:
            work = Inspection(request, writer, inputs, _extract(request, inputs, writer, cache))
            work.trusted = _extract_trusted(work, cache)
            _samples(work)
            drift_step(work, parent, cache)
            heads_step(work)
            locate_step(work)
            methods = request.config.projection
            maps_step(work, tuple(m for m in methods if m == "pca"), parent)
            evidence_step(work)
            behaviour_step(work)
            _attention(work)
            maps_step(work, tuple(m for m in methods if m != "pca"), parent)
            explain_step(work)
            paths_step(work)
            search_step(work)
        writer.progress("Done")
    return writer.read()


def _begin(request: InspectRequest, store: RunStore) -> RunWriter:
    asked = {
        "suspect": request.suspect,
        "reference": request.reference,
        "controls": list(request.controls),
        **{role: str(path) for role, path in request.sample_files().items()},
    }
    return store.create(
        "inspect", request.config.to_json(), request.origins, asked, parent=request.parent
    )


def _extract(
    request: InspectRequest, inputs: Inputs, writer: RunWriter, cache: ActivationCache
) -> Read:
    """Hidden states of every layer and predictions of both models."""

    def progress(role: str, done: int, total: int, rate: float, left: float) -> None:
        writer.progress(f"Reading the {role} model's layers", done, total, rate, left)

    with writer.step("extract", makes=("samples",)):
        found = extract_all(inputs.models, inputs.samples, request.config, cache.sink, progress)
    first = found["suspect"].activations
    writer.set(
        environment=environment(first.device, first.precision, request.config.seed),
        metrics={
            "extraction": {
                role: {
                    "from_cache": each.activations.from_cache,
                    "seconds": each.activations.seconds,
                    "truncated": int(each.activations.truncated.sum()),
                    "n": len(inputs.samples),
                    "skipped": {str(s): why for s, why in each.activations.skipped.items()},
                }
                for role, each in found.items()
            }
        },
    )
    for role, each in found.items():
        for text in each.warnings:
            writer.warn(f"{role}: {text}")
    return Read.of(found)


def _extract_trusted(work: Inspection, cache: ActivationCache) -> Read | None:
    """The suspect's view of the trusted samples, for detectors that compare with them."""
    trusted = work.inputs.trusted
    if trusted is None:
        return None

    def progress(role: str, done: int, total: int, rate: float, left: float) -> None:
        work.writer.progress("Reading the trusted samples", done, total, rate, left)

    with work.writer.step("extract trusted"):
        found = extract_all(work.inputs.models, trusted, work.config, cache.sink, progress)
    return Read.of(found)


def _samples(work: Inspection) -> None:
    read = work.read
    suspect = read.activations["suspect"]
    table = samples_table(
        work.inputs.samples,
        read.predictions.get("suspect"),
        read.predictions.get("reference"),
        suspect.truncated,
        suspect.n_tokens,
    )
    work.writer.write_table("samples", table)


def _attention(work: Inspection) -> None:
    from analysis.extract.attention import attention_table

    work.writer.progress("Comparing attention weights")
    with work.writer.step("attention", optional=True, makes=("attention",)):
        found = attention_table(
            work.inputs.suspect, work.inputs.reference, work.inputs.control_pairs()
        )
        work.writer.write_table("attention", found.table)
