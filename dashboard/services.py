"""Cached reads of run folders (the only `st.cache_*`) and errors turned into a problem box."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from analysis.errors import KenshinError
from analysis.report.drawn_part import MOST_DRAWN
from analysis.runs.run import Run, RunSummary, load_run
from analysis.runs.store import RunStore
from dashboard import filters
from dashboard.components.problem import problem_box
from dashboard.joined import joined_source
from dashboard.map_labels import map_labels
from dashboard.map_source import stored_source
from dashboard.payload import MapPayload, build_payload
from dashboard.text import language
from dashboard.words_of_groups import WordTable, word_table

SITE = ("stack", "pooling", "method", "layer")


def runs_root() -> Path:
    """The runs folder, from `-- --runs DIR` of the command that serves the page."""
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    return parser.parse_known_args(sys.argv[1:])[0].runs.expanduser().absolute()


def summaries() -> tuple[RunSummary, ...]:
    """Every run, newest first, as it is now."""
    return RunStore(runs_root()).list()


def open_run(ref: str) -> Run:
    """The run a link names: an id, a unique prefix or `latest`, never a path.

    Raises:
        RequestError: nothing fits, or the record cannot be read.
    """
    return RunStore(runs_root()).open(ref, paths=False)


def relative(run: Run, kinds: Sequence[str]) -> str:
    """The nearest run of another kind in the same chain: an ancestor, else the newest descendant.

    Empty where there is none.
    """
    known = {summary.run_id: summary for summary in summaries()}
    parent = run.record.get("parent")
    while parent in known:
        if known[parent].kind in kinds:
            return str(parent)
        parent = known[parent].parent
    below = {run.run_id}
    for summary in reversed(known.values()):  # oldest first: parents come before children
        if summary.parent in below:
            below.add(summary.run_id)
    found = (s.run_id for s in known.values() if s.run_id in below and s.kind in kinds)
    return next(found, "")


def table(
    run: Run,
    name: str,
    columns: Sequence[str] | None = None,
    filters: Sequence[tuple[str, str, Any]] | None = None,
) -> pd.DataFrame:
    """A table of a run, from memory when this server has read it before.

    Callers must not change the frame in place.

    Raises:
        RequestError: the run has no such table or column.
    """
    return _table(
        str(run.path), _fingerprint(run, name), name, tuple(columns or ()), tuple(filters or ())
    )


@st.cache_resource(show_spinner=False, max_entries=64)
def _table(
    path: str,
    fingerprint: str,  # noqa: ARG001 - part of the key: a rewritten table is another one
    name: str,
    columns: tuple[str, ...],
    filters: tuple[tuple[str, str, Any], ...],
) -> pd.DataFrame:
    # cache_resource, not cache_data: frames are shared, not pickled, on every rerun
    return load_run(Path(path)).table(name, list(columns) or None, list(filters) or None)


def samples(run: Run) -> pd.DataFrame:
    """The samples of a run with their ranking, in file order; the index is the row.

    Raises:
        RequestError: the run has no samples yet.
    """
    ranking = _fingerprint(run, "ranking") if run.has("ranking") else ""
    return _samples(str(run.path), _fingerprint(run, "samples"), ranking)


@st.cache_resource(show_spinner=False, max_entries=8)
def _samples(path: str, fingerprint: str, ranking: str) -> pd.DataFrame:  # noqa: ARG001
    run = load_run(Path(path))
    frame = run.table("samples")
    if ranking:
        frame = frame.merge(run.table("ranking"), on="sample_id", how="left", sort=False)
        frame["flagged"] = frame["flagged"].fillna(False).astype(bool)
    return frame.reset_index(drop=True)


def map_payload(
    run: Run, site: tuple[str, str, str], theme: str, asked: tuple[str, str] = ("", "")
) -> MapPayload:
    """Everything the map needs for one stack, pooling and method, ready to send.

    Of a large set the samples that `asked` (a filter and a text, as in the URL) lets through are
    drawn first; a small set is drawn whole, whatever is asked.

    Raises:
        RequestError: the run has no projection.
    """
    fingerprints = "|".join(
        _fingerprint(run, name) for name in ("projection", "samples", "ranking", "layers")
    )
    part = asked if len(samples(run)) > MOST_DRAWN else ("", "")
    return _payload(str(run.path), fingerprints, site, part, (theme, language()))


@st.cache_resource(show_spinner=False, max_entries=12)
def _payload(
    path: str,
    fingerprints: str,
    site: tuple[str, str, str],
    asked: tuple[str, str],
    look: tuple[str, str],
) -> MapPayload:
    run = load_run(Path(path))
    version = f"{Path(path).name}|{hash((fingerprints, asked))}|{'|'.join((*site, *look))}"
    source = stored_source(run, samples(run), site, kept_samples(run, asked), version)
    return build_payload(source, look[0])


def kept_samples(run: Run, asked: tuple[str, str]) -> np.ndarray | None:
    """Which of all samples pass a filter and hold a text, (n,) bool; None when all do."""
    return _kept(str(run.path), _fingerprint(run, "samples"), asked) if any(asked) else None


@st.cache_resource(show_spinner=False, max_entries=16)
def _kept(path: str, fingerprint: str, asked: tuple[str, str]) -> np.ndarray | None:  # noqa: ARG001
    frame = samples(load_run(Path(path)))
    return filters.kept_samples(frame, filters.read_filter(asked[0], frame), asked[1])


def labels(run: Run, payload: MapPayload) -> dict[str, Any]:
    """Words of the dense groups of a map, from memory when they were asked for before."""
    return _labels(payload.meta["version"], payload, words_of_drawn(run, payload))


@st.cache_resource(show_spinner=False, max_entries=8)
def _labels(version: str, _payload: MapPayload, _words: WordTable) -> dict[str, Any]:  # noqa: ARG001
    return map_labels(_payload, _words)


def words_of_drawn(run: Run, payload: MapPayload) -> WordTable:
    """Which drawn sample holds which words, in drawing order."""
    return _words(_fingerprint(run, "samples"), hash(payload.rows.tobytes()), run, payload.rows)


@st.cache_resource(show_spinner=False, max_entries=4)
def _words(fingerprint: str, drawn: int, _run: Run, _rows: np.ndarray) -> WordTable:  # noqa: ARG001
    return word_table(samples(_run)["text"].iloc[_rows].astype(str).tolist())


def joined_payload(
    before: Run, after: Run, stack: str, pooling: str, method: str, theme: str
) -> MapPayload:
    """The map of an inspection with its re-inspection's suspect as a third panel, "unlearned".

    Raises:
        RequestError: one of them has no projection.
    """
    fingerprints = "|".join(
        _fingerprint(run, name) for run in (before, after) for name in ("projection", "samples")
    )
    site = (stack, pooling, method)
    return _joined(str(before.path), str(after.path), fingerprints, site, (theme, language()))


@st.cache_resource(show_spinner=False, max_entries=6)
def _joined(
    before: str, after: str, fingerprints: str, site: tuple[str, str, str], look: tuple[str, str]
) -> MapPayload:
    first, second = load_run(Path(before)), load_run(Path(after))
    return build_payload(
        joined_source(first, second, samples(first), site, f"{hash(fingerprints)}|{look}"), look[0]
    )


def sites(run: Run) -> pd.DataFrame:
    """Which (stack, pooling, method, layer) have a map.

    Raises:
        RequestError: the run has no projection.
    """
    panels = (run.record.get("metrics", {}).get("projection") or {}).get("panels")
    if panels and run.has("projection"):  # the record says it without reading the table
        return pd.DataFrame(panels)[list(SITE)].drop_duplicates(ignore_index=True)
    return _sites(str(run.path), _fingerprint(run, "projection"))


@st.cache_resource(show_spinner=False, max_entries=32)
def _sites(path: str, fingerprint: str) -> pd.DataFrame:  # noqa: ARG001
    return load_run(Path(path)).table("projection", SITE).drop_duplicates(ignore_index=True)


@contextmanager
def problems() -> Iterator[None]:
    """Show an error of ours as a box that says what to do; anything else stays an exception."""
    try:
        yield
    except KenshinError as error:
        problem_box(error.message, error.hint)


def _fingerprint(run: Run, name: str) -> str:
    """Hash of a table's file as the record lists it; empty while it is not there."""
    entries = run.record["artifacts"]
    return next((str(e.get("sha256")) for e in entries if e["name"] == f"{name}.parquet"), "")
