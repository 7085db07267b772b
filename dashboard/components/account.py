"""The door in front of a shared dashboard, and who is inside."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from analysis.report.safe import escape_markdown
from analysis.runs.access import OPERATOR, VIEWER
from dashboard import access
from dashboard.components.language import language_choice
from dashboard.components.page_style import page_style
from dashboard.services import problems
from dashboard.text import language, say, term

ASSETS = Path(__file__).parent / "assets"
WORDS = {OPERATOR: term("operator"), VIEWER: term("viewer: may look, not change anything")}

_arrival = st.components.v2.component(
    "kenshin_arrival", js=(ASSETS / "arrival.js").read_text("utf-8")
)


def door() -> None:
    """Let people with a role pass; stop the page for everybody else, also when in doubt."""
    passed = False
    with problems():
        passed = _passes()
    if not passed:
        st.stop()


def _passes() -> bool:
    known = access.roles()
    if known is None or access.role():
        return True
    page_style()
    st.title("Kenshin")
    if access.user():
        st.warning(
            say(
                "The account {name} has no role here. Ask whoever keeps the file of roles.",
                name=escape_markdown(access.name()),
            ),
            icon=":material/block:",
        )
        st.button(say("Log out"), on_click=st.logout)
    else:
        st.markdown(say("This dashboard shows models and samples to known people only."))
        st.button(
            say("Log in"),
            type="primary",
            icon=":material/login:",
            on_click=st.login,
            args=(known.provider or None,),
        )
    language_choice()
    _keep_address(inside=bool(access.user()))
    return False


def account_box() -> None:
    """Name, role and the way out, in the sidebar; nothing where nobody logs in."""
    if access.roles() is None:
        return
    role = WORDS.get(access.role(), term("no role"))
    st.caption(f"{escape_markdown(access.name())} · {say(role)}")
    st.button(say("Log out"), on_click=st.logout, key="kenshin_logout", icon=":material/logout:")
    _keep_address(inside=True)


def _keep_address(inside: bool) -> None:
    """Go on where the login began, in its language: its provider sends back to the bare address.

    Args:
        inside: somebody is logged in; before that, the tab remembers where it stands.
    """
    _arrival(data={"inside": inside, "language": language()}, height=1, key="kenshin_arrival")
