"""The box that says what went wrong, which value, and what to do."""

from __future__ import annotations

import streamlit as st

from analysis.report.safe import escape_markdown
from analysis.runs.run import Run
from dashboard.text import say, told


def problem_box(message: str, hint: str = "", details: str = "") -> None:
    """Show an error; every part is plain text, whatever it holds.

    Args:
        message: what happened and which value.
        hint: what to do next.
        details: longer output, folded away.
    """
    text = f"**{escape_markdown(told(message))}**"
    if hint:
        text += f"\n\n{escape_markdown(told(hint))}"
    st.error(text, icon=":material/error:")
    if details:
        with st.expander(say("What the command printed")):
            st.code(details, language=None)


def ended_early(label: str, run: Run) -> bool:
    """Say why a run has nothing more to show; False where it is done or still at work.

    Args:
        label: of the run, as the list of choices names it.
        run: of any kind whose screen has the form to start it again.
    """
    if run.status not in ("failed", "cancelled"):
        return False
    reason = told(run.reason) or say(run.status)
    problem_box(say("{label}: {reason}", label=label, reason=reason), say("Start it again below."))
    return True
