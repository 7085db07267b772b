"""The button that makes the files, and one download for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import streamlit as st

from analysis.report.document.archive import zipped
from analysis.report.document.make import make_files
from analysis.report.document.request import ReportRequest
from analysis.runs.run import Run
from dashboard import actions
from dashboard.text import says

_MADE: Final = "kenshin_report_made"  # (run_id, request) -> files, the latest only
_TYPES = {
    "html": "text/html",
    "pdf": "application/pdf",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "csv": "text/csv",
    "json": "application/json",
    "sarif": "application/sarif+json",
    "png": "image/png",
    "svg": "image/svg+xml",
    "md": "text/markdown",
    "zip": "application/zip",
}


def report_files(run: Run, wish: ReportRequest) -> None:
    """Make the files on demand and keep them for this session until the wish changes.

    Raises:
        RequestError: a wish that the run cannot fulfil.
    """
    key = (run.run_id, wish)
    if st.button(says("screen.generate"), type="primary", icon=":material/draft:"):
        with st.status(says("screen.working"), expanded=True) as status:
            files = make_files(run, wish, st.write)
            missed = actions.reported(run, files)
            if missed:
                st.write(missed)
            status.update(label=says("screen.ready", n=len(files)), state="complete")
            status.update(expanded=False)
        st.session_state[_MADE] = (key, files)
    kept = st.session_state.get(_MADE)
    if kept is not None and kept[0] == key:
        _downloads(run, kept[1])


def _downloads(run: Run, files: Mapping[str, bytes]) -> None:
    name = f"kenshin-{run.run_id}"
    if len(files) > 1:
        st.download_button(
            says("screen.download_all"),
            data=lambda: zipped(files, name),
            file_name=f"{name}.zip",
            mime=_TYPES["zip"],
            icon=":material/folder_zip:",
            key="kenshin_report_all",
            on_click="ignore",
        )
    with st.container(horizontal=True, gap="small"):
        for file, content in files.items():
            st.download_button(
                file,
                data=content,
                file_name=file,
                mime=_TYPES.get(file.rpartition(".")[2], "application/octet-stream"),
                icon=":material/download:",
                key=f"kenshin_report_{file}",
                on_click="ignore",
            )
