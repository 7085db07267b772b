"""Which samples are to be forgotten: flagged, selected, confirmed, or those of a file."""

from __future__ import annotations

import io
from dataclasses import dataclass

import numpy as np
import pandas as pd
import streamlit as st

from analysis.report.words import count
from analysis.runs.run import Run
from dashboard import actions, map_state, services
from dashboard.components.inputs import upload
from dashboard.text import say, term
from dashboard.unlearn_request import forget_file

TITLES = {
    "flagged": term("Flagged"),
    "selected": term("Selected on a map or in a table"),
    "confirmed": term("Confirmed by hand"),
    "file": term("A file"),
}
FILES = ("jsonl", "json", "csv", "tsv", "parquet", "gz")


@dataclass(frozen=True)
class ForgetSet:
    """A choice that can become an argument of the command."""

    kind: str  # of TITLES
    rows: np.ndarray  # (m,) int64 rows of the inspection's samples; empty for a file
    path: str = ""  # as typed, for a file

    @property
    def size(self) -> int:
        """How many samples; 0 where only the file knows."""
        return len(self.rows)

    def argument(self, samples: pd.DataFrame) -> str:
        """The file to name with --forget; "" leaves it to what the inspection flagged.

        Raises:
            RequestError: an empty choice, or samples without labels.
        """
        if self.kind == "flagged":
            return ""
        if self.kind == "file":
            return self.path
        data = io.BytesIO(forget_file(samples.iloc[self.rows]))
        return str(actions.keep_upload(f"forget-{self.kind}.jsonl", data))


def forget_set(run: Run, samples: pd.DataFrame) -> ForgetSet:
    """Draw the choice; what has no samples is not offered."""
    rows = _rows(run, samples)
    kinds = [kind for kind in TITLES if kind == "file" or len(rows[kind])]

    def name(kind: str) -> str:
        title = say(TITLES[kind])
        return title if kind == "file" else f"{title} ({count(len(rows[kind]))})"

    kind = st.radio(
        say("Forget"),
        kinds,
        format_func=name,
        horizontal=True,
        key=f"kenshin_forget_{run.run_id}",
        help=say("What the model should no longer have learned, with the labels of the training."),
    )
    if kind != "file":
        return ForgetSet(kind, rows[kind])
    left, right = st.columns(2)
    path = left.text_input(say("Forget file"), placeholder=say("path, labelled as trained"))
    file = upload(say("or upload it"), FILES, "kenshin_forget_upload", place=right)
    if file is not None:
        with services.problems():
            path = str(actions.keep_upload(file.name, file))
    return ForgetSet("file", np.empty(0, dtype=np.int64), path)


def _rows(run: Run, samples: pd.DataFrame) -> dict[str, np.ndarray]:
    marks = actions.marks(run)
    flagged = np.zeros(len(samples), dtype=bool)
    if "flagged" in samples:
        flagged = samples["flagged"].to_numpy(dtype=bool)
    words = np.array([marks.get(name, "") for name in samples["sample_id"]], dtype=object)
    selected = [row for row in map_state.selected(run.run_id) if row < len(samples)]
    return {
        # As the command counts them: an analyst's word goes before the threshold's.
        "flagged": np.flatnonzero((flagged | (words == "confirmed")) & (words != "dismissed")),
        "selected": np.array(selected, dtype=np.int64),
        "confirmed": np.flatnonzero(words == "confirmed"),
    }
