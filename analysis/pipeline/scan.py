"""`scan`: what a sample file alone says about poison. No model takes part, torch is not loaded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from analysis.config import InspectConfig
from analysis.data.labels import numbered_alike, words_entry
from analysis.data.read import read_samples
from analysis.detect.ranking import rank_samples
from analysis.explain.association import Association, associate
from analysis.explain.items import build_items
from analysis.explain.located import counting, locate
from analysis.explain.naturalness import Naturalness, naturalness
from analysis.explain.near_duplicates import Copies, find_copies
from analysis.explain.relatedness import fit_relatedness
from analysis.explain.residuals import make_residuals
from analysis.pipeline.calibrated import calibrations
from analysis.pipeline.scan_written import Signals, write_scan
from analysis.pipeline.shuffled import shuffled_rows
from analysis.pipeline.tables import samples_table
from analysis.records import SampleSet
from analysis.runs.environment import environment
from analysis.runs.job_note import introduce
from analysis.runs.progress import Progress
from analysis.runs.run import Run
from analysis.runs.store import RunStore
from analysis.runs.writer import RunWriter

OPTIONS = ("seed", "text_column", "label_column", "max_samples")  # what a scan is made of
_BITS_PER_Z = 15.0  # a text that looks put in weighs like a z of bits / 15, the border like 4


@dataclass(frozen=True)
class ScanRequest:
    """One file to be scanned."""

    samples: Path
    config: InspectConfig = InspectConfig()  # of which only OPTIONS count
    origins: dict[str, str] | None = None  # option -> where its value came from


def scan(
    request: ScanRequest,
    store: RunStore,
    listener: Callable[[Progress], None] | None = None,
    job_dir: Path | None = None,
) -> Run:
    """Scan a file and return the finished run.

    Args:
        request: file and options.
        store: where the run goes.
        listener: called with every progress update.
        job_dir: folder of the job that runs this, told the run's name.

    Raises:
        RequestError: the file cannot be used; no run is left behind.
        Cancelled: the user stopped it; the run is readable.
    """
    values = {name: request.config.to_json()[name] for name in OPTIONS}
    origins = {n: o for n, o in (request.origins or {}).items() if n in OPTIONS}
    asked = {"samples": str(request.samples)}
    with store.create("scan", values, origins, asked) as writer:
        introduce(writer, listener, job_dir)
        writer.set(environment=environment("none", "none", request.config.seed))
        samples = _read(request, writer)
        signals = _signals(samples, request.config.seed, writer)
        write_scan(samples, signals, writer)
        writer.progress("Done")
    return writer.read()


def _read(request: ScanRequest, writer: RunWriter) -> SampleSet:
    config = request.config
    with writer.step("read inputs", makes=("samples",)):
        writer.progress("Reading samples")
        samples = read_samples(
            request.samples,
            config.text_column,
            config.label_column,
            config.max_samples,
            config.seed,
            words=True,
        )
        samples = numbered_alike({"samples": samples})["samples"]
        source = str(request.samples.resolve())
        entry = {"role": "samples", "source": source, "sha256": samples.sha256}
        writer.set(inputs={"samples": [{**entry, "rows": len(samples), **words_entry(samples)}]})
        for text in samples.warnings:
            writer.warn(f"samples: {text}")
        nothing = np.zeros(len(samples), dtype=bool)
        table = samples_table(samples, None, None, nothing, nothing)
        writer.write_table("samples", table.drop(columns="n_tokens"))
    return samples


def _signals(samples: SampleSet, seed: int, writer: RunWriter) -> Signals:
    texts, labels, association, items = samples.texts, samples.labels, None, None
    with writer.step("label purity") as step:
        writer.progress("Looking for text that goes along with a label", 0, 3)
        residuals = make_residuals(labels, None, None)
        if residuals is None:
            step.skip("the file has no labels")
        else:
            items = build_items(texts)
            association = associate(texts, residuals, seed, items)
    with writer.step("near copies"):
        writer.progress("Looking for copies", 1, 3)
        copies = find_copies(texts)
    with writer.step("naturalness"):
        writer.progress("Looking for text that looks put in", 2, 3)
        items = build_items(texts) if items is None else items
        natural = naturalness(texts, items, copies.group)
    found = locate(labels, association, natural.strange, fit_relatedness(items), texts)
    counted = [counting(f, labels) for f in found if f.suspicious or f.doubtful]
    combined = _combined(association, natural)
    # Without labels only half of the signal is there: no map was fitted for that.
    maps = {} if association is None else calibrations()
    ranking = rank_samples(len(samples), combined, (), counted, maps)
    controls: list[dict[str, Any]] = []
    if association is not None and residuals is not None:
        lone = sum(f.suspicious for f in found)
        with writer.step("controls", optional=True):
            controls = shuffled_rows(texts, residuals, association, lone, seed, items)
    return Signals(association, natural, found, ranking, _copies(samples, copies), controls)


def _combined(association: Association | None, natural: Naturalness) -> np.ndarray:
    """The stronger of both signals per sample, (n,) float: each is blind to something."""
    strange = natural.scores / _BITS_PER_Z
    return strange if association is None else np.maximum(association.scores, strange)


def _copies(samples: SampleSet, pairs: Copies) -> dict[str, int]:
    labels = samples.labels
    differ = 0 if labels is None else int((labels[pairs.first] != labels[pairs.second]).sum())
    groups = len(np.unique(pairs.group))
    return {"pairs": len(pairs.first), "other_label": differ, "distinct": groups}
