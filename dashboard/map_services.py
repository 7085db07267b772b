"""Cached maps of run folders: coordinates, colours, labels and the words of their groups."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from analysis.report.drawn_part import MOST_DRAWN
from analysis.runs.run import Run, load_run
from dashboard import filters
from dashboard.atlas import atlas_frame
from dashboard.joined import joined_source
from dashboard.map_labels import map_labels
from dashboard.map_source import stored_source
from dashboard.payload import MapPayload, build_payload
from dashboard.services import samples, table_print
from dashboard.text import language
from dashboard.words_of_groups import WordTable, word_table


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
        table_print(run, name) for name in ("projection", "samples", "ranking", "layers")
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
    return _kept(str(run.path), table_print(run, "samples"), asked) if any(asked) else None


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
    return _words(table_print(run, "samples"), hash(payload.rows.tobytes()), run, payload.rows)


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
        table_print(run, name) for run in (before, after) for name in ("projection", "samples")
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


def atlas_points(run: Run, site: tuple[str, str, str], layer: str, model: str) -> pd.DataFrame:
    """Every placed sample of one model's map at one layer, as Embedding Atlas reads it.

    Args:
        run: whose map it is.
        site: stack, pooling and method; no map with three axes.
        layer: "encoder:2".
        model: "suspect" or "reference".

    Raises:
        RequestError: the run has no projection.
    """
    prints = "|".join(table_print(run, name) for name in ("projection", "samples", "ranking"))
    number = int(layer.rpartition(":")[2])
    return _atlas_points(str(run.path), prints, site, number, model)


@st.cache_resource(show_spinner=False, max_entries=4)
def _atlas_points(
    path: str,
    prints: str,  # noqa: ARG001 - part of the key
    site: tuple[str, str, str],
    layer: int,
    model: str,
) -> pd.DataFrame:
    run = load_run(Path(path))
    names = ("stack", "pooling", "method", "layer", "model")
    wanted = [(name, "=", v) for name, v in zip(names, (*site, layer, model), strict=True)]
    return atlas_frame(samples(run), run.table("projection", ["sample_id", "x", "y"], wanted))
