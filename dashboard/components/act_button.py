"""Buttons that change something: viewers see them, cannot press them and read why.

What is drawn protects nothing; `dashboard.actions` refuses whoever may only look.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard import access
from dashboard.text import say


def act_button(label: str, **given: Any) -> bool:
    """`st.button` for an act of operators; the arguments are those of Streamlit."""
    return st.button(label, **_allowed(given))


def act_submit(label: str, **given: Any) -> bool:
    """`st.form_submit_button` for an act of operators."""
    return st.form_submit_button(label, **_allowed(given))


def _allowed(given: dict[str, Any]) -> dict[str, Any]:
    if access.is_operator():
        return given
    why = say("As a viewer you may look at everything; an operator starts and changes it.")
    return {**given, "disabled": True, "help": why}
