"""The form that scans a data file: one field, no model."""

from __future__ import annotations

import streamlit as st

from dashboard import actions, services
from dashboard.components.act_button import act_submit
from dashboard.components.empty_state import notice
from dashboard.components.inputs import upload
from dashboard.components.inspect_form import FILES
from dashboard.data_requests import scan_argv
from dashboard.text import say


def scan_form(where: str) -> None:
    """Draw the form; a valid one becomes a job.

    Args:
        where: the screen it stands on, for the keys of its widgets.
    """
    with st.form(f"kenshin_scan_{where}", border=False, enter_to_submit=False):
        left, right = st.columns(2)
        samples = left.text_input(
            say("Samples file"),
            placeholder=say("path of a JSONL, CSV, TSV or Parquet file"),
            help=say("A training file, best with labels."),
        )
        file = upload(say("or upload samples"), FILES, place=right)
        with st.expander(say("Columns and size")):
            one, two, three = st.columns(3)
            options = {
                "text-column": one.text_input(say("Text column"), placeholder="code, func, text"),
                "label-column": two.text_input(say("Label column"), placeholder="label, target"),
                "max-samples": three.text_input(
                    say("At most so many samples"), placeholder=say("all")
                ),
            }
        st.caption(say("Needs no model: about a second per 1,000 samples."))
        if not act_submit(say("Scan"), type="primary", icon=":material/policy:"):
            return
    with services.problems():
        if file is not None:
            samples = str(actions.keep_upload(file.name, file))
        actions.start_job(scan_argv(samples, options))
        notice(say("The scan has started; its progress is under Jobs on the overview."))
        st.rerun()
