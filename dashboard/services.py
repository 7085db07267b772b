"""Cached reads of run folders, and errors turned into a problem box.

Only here and in `dashboard.map_services` is anything kept between two pages.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from analysis.errors import KenshinError
from analysis.runs.run import Run, RunSummary, load_run
from analysis.runs.store import RunStore
from dashboard.components.problem import problem_box

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
        str(run.path), table_print(run, name), name, tuple(columns or ()), tuple(filters or ())
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
    ranking = table_print(run, "ranking") if run.has("ranking") else ""
    return _samples(str(run.path), table_print(run, "samples"), ranking)


@st.cache_resource(show_spinner=False, max_entries=8)
def _samples(path: str, fingerprint: str, ranking: str) -> pd.DataFrame:  # noqa: ARG001
    run = load_run(Path(path))
    frame = run.table("samples")
    if ranking:
        frame = frame.merge(run.table("ranking"), on="sample_id", how="left", sort=False)
        frame["flagged"] = frame["flagged"].fillna(False).astype(bool)
    return frame.reset_index(drop=True)


def sites(run: Run) -> pd.DataFrame:
    """Which (stack, pooling, method, layer) have a map.

    Raises:
        RequestError: the run has no projection.
    """
    panels = (run.record.get("metrics", {}).get("projection") or {}).get("panels")
    if panels and run.has("projection"):  # the record says it without reading the table
        return pd.DataFrame(panels)[list(SITE)].drop_duplicates(ignore_index=True)
    return _sites(str(run.path), table_print(run, "projection"))


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


def table_print(run: Run, name: str) -> str:
    """Hash of a table's file as the record lists it; empty while it is not there."""
    entries = run.record["artifacts"]
    return next((str(e.get("sha256")) for e in entries if e["name"] == f"{name}.parquet"), "")
