"""The form of the poisoning lab: what to plant, into what, how much."""

from __future__ import annotations

import streamlit as st

from analysis.data.specs import TRIGGERS
from dashboard import actions, services
from dashboard.components.empty_state import notice
from dashboard.data_requests import poison_argv

LANGUAGES = ("auto", "python", "c", "java", "text")
MODES = {"replace": "replace samples", "append": "append copies"}


def poison_form() -> None:
    """Draw the form; a valid one becomes a job."""
    families = {spec.name: spec for spec in TRIGGERS}
    # Outside the form: the description follows the choice at once.
    name = st.selectbox(
        "Trigger family",
        list(families),
        format_func=lambda n: n.replace("_", " "),
        key="kenshin_lab_family",
        width=360,
    )
    spec = families[name]
    st.markdown(spec.summary)
    st.caption(
        f"For {', '.join(spec.languages)}. Source: {spec.source}. Does not imitate: {spec.misses}"
    )
    with st.form("kenshin_lab", border=False, enter_to_submit=False):
        left, right = st.columns(2)
        values = {
            "trigger": name,
            "samples": left.text_input("Clean samples", placeholder="path of a file with labels"),
            "out": right.text_input("New file", placeholder="path of the poisoned copy"),
        }
        one, two, three, four = st.columns(4)
        values["rate"] = one.text_input("Rate", "0.02", help="Share of the result, 0.02 for 2 %")
        values["target"] = two.text_input("Target label", "0")
        values["victim"] = three.text_input("Victim label", placeholder="all others")
        values["seed"] = four.text_input("Seed", "0")
        values["language"] = one.selectbox("Language", LANGUAGES)
        values["mode"] = two.selectbox("Poisoned rows", list(MODES), format_func=MODES.__getitem__)
        text = spec.argument and three.text_input(f"Instead of the default: {spec.argument}")
        values["trigger-text"] = text or ""
        values["model"] = four.text_input(
            "Model (optional)", help="Its window decides which triggers survive"
        )
        clean_label = st.checkbox(
            "Clean-label: only samples of the target, which keep their label",
        )
        if not st.form_submit_button("Poison a copy", type="primary", icon=":material/science:"):
            return
    with services.problems():
        actions.start_job(poison_argv(values, clean_label=clean_label))
        notice("The copy is being made; what became of it will be shown below.")
        st.rerun()
