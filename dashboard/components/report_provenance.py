"""What is known about the origin of each model of a chain, to be written down here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import streamlit as st

from analysis.report.document.chain import follow
from analysis.report.document.page_one import ROLES, inputs_of
from analysis.report.document.provenance import FIELDS, sheet_of
from analysis.runs.provenance import LONGEST
from analysis.runs.run import Run
from dashboard import actions
from dashboard.components.act_button import act_submit
from dashboard.components.empty_state import notice
from dashboard.services import problems
from dashboard.text import says

SHORT = 12


def report_provenance(run: Run) -> None:
    """One form for the chosen model; saving it is noted in the trail.

    Raises:
        RequestError: the run's chain cannot be read.
    """
    chain = follow(run)
    models = {str(m.get("sha256")): m for m in inputs_of(chain)[0] if m.get("role") in ROLES}
    if not models:
        return
    sheet = sheet_of(chain)
    known = {sha256: sheet.of(entry) for sha256, entry in models.items()}
    missing = sum(len(FIELDS) - len(said) for said in known.values())
    with st.expander(
        says("screen.provenance", n=missing) if missing else says("section.provenance"),
        icon=":material/account_tree:",
    ):
        st.caption(says("provenance.lead"))
        sha256 = st.selectbox(
            says("screen.provenance_model"),
            list(models),
            format_func=lambda name: _label(models[name]),
            key="kenshin_provenance_model",
        )
        if sha256 is not None:
            _form(sha256, known[sha256])


def _label(entry: Mapping[str, Any]) -> str:
    name = PurePath(str(entry.get("source") or "")).name
    return f"{says('role.' + str(entry.get('role')))}: {name} ({str(entry['sha256'])[:SHORT]})"


def _form(sha256: str, known: Mapping[str, str]) -> None:
    with st.form(f"kenshin_provenance_{sha256}", border=False):
        values = {
            field: st.text_input(
                says(f"provenance.{field}"),
                value=known.get(field, ""),
                placeholder=says("page.unknown"),
                max_chars=LONGEST,
                key=f"kenshin_provenance_{sha256}_{field}",
            )
            for field in FIELDS
        }
        saved = act_submit(
            says("screen.provenance_save"),
            icon=":material/save:",
        )
    with problems():
        if saved:
            actions.write_provenance(sha256, values)
            notice(says("screen.provenance_saved"))
            st.rerun()
