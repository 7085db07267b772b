"""The form of the poisoning lab: what to plant, into what, how much."""

from __future__ import annotations

import streamlit as st

from analysis.data.specs import TRIGGERS
from dashboard import actions, services
from dashboard.components.act_button import act_submit
from dashboard.components.empty_state import notice
from dashboard.data_requests import poison_argv
from dashboard.text import say, term

LANGUAGES = ("auto", "python", "c", "java", "text")
MODES = {"replace": term("replace samples"), "append": term("append copies")}


def poison_form() -> None:
    """Draw the form; a valid one becomes a job."""
    families = {spec.name: spec for spec in TRIGGERS}
    # Outside the form: the description follows the choice at once.
    name = st.selectbox(
        say("Trigger family"),
        list(families),
        format_func=lambda n: say(n.replace("_", " ")),
        key="kenshin_lab_family",
        width=360,
    )
    spec = families[name]
    st.markdown(say(spec.summary))
    st.caption(
        say(
            "For {languages}. Source: {source}. Does not imitate: {misses}",
            languages=", ".join(spec.languages),
            source=say(spec.source),
            misses=say(spec.misses),
        )
    )
    with st.form("kenshin_lab", border=False, enter_to_submit=False):
        left, right = st.columns(2)
        values = {
            "trigger": name,
            "samples": left.text_input(
                say("Clean samples"), placeholder=say("path of a file with labels")
            ),
            "out": right.text_input(say("New file"), placeholder=say("path of the poisoned copy")),
        }
        one, two, three, four = st.columns(4)
        values["rate"] = one.text_input(
            say("Rate"), "0.02", help=say("Share of the result, 0.02 for 2 %")
        )
        values["target"] = two.text_input(say("Target label"), "0")
        values["victim"] = three.text_input(say("Victim label"), placeholder=say("all others"))
        values["seed"] = four.text_input(say("Seed"), "0")
        values["language"] = one.selectbox(say("Language"), LANGUAGES)
        values["mode"] = two.selectbox(
            say("Poisoned rows"), list(MODES), format_func=lambda mode: say(MODES[mode])
        )
        text = spec.argument and three.text_input(
            say("Instead of the default: {argument}", argument=say(spec.argument))
        )
        values["trigger-text"] = text or ""
        values["model"] = four.text_input(
            say("Model (optional)"), help=say("Its window decides which triggers survive")
        )
        clean_label = st.checkbox(
            say("Clean-label: only samples of the target, which keep their label"),
        )
        if not act_submit(say("Poison a copy"), type="primary", icon=":material/science:"):
            return
    with services.problems():
        actions.start_job(poison_argv(values, clean_label=clean_label))
        notice(say("The copy is being made; what became of it will be shown below."))
        st.rerun()
