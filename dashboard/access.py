"""Who is in front of the screen, and what they may do.

Without `--roles` nobody logs in: the server listens on the loopback address, and whoever uses it
acts as the account that it runs under. With it, people are who their login says, and what they do
is checked where it is done (`dashboard.actions`), not only by what is drawn.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from analysis.errors import RequestError
from analysis.runs.access import OPERATOR, Roles, read_roles
from analysis.runs.trail_actor import DASHBOARD, LOGIN, Actor, account
from dashboard.text import say


def roles() -> Roles | None:
    """The roles that the server was started with; None where nobody logs in.

    Raises:
        RequestError: the file cannot be read any more; then nobody may do anything.
    """
    parser = argparse.ArgumentParser(add_help=False)
    parser.add_argument("--roles", type=Path)
    path = parser.parse_known_args(sys.argv[1:])[0].roles
    return None if path is None else read_roles(path)


def user() -> Mapping[str, Any]:
    """The claims of the login; empty where nobody has logged in."""
    claims = st.user.to_dict()
    return claims if claims.get("is_logged_in") else {}


def role() -> str:
    """operator, viewer, or empty for somebody without a role."""
    known = roles()
    return OPERATOR if known is None else known.of(user())


def is_operator() -> bool:
    """Whether whoever is here may change anything."""
    return role() == OPERATOR


def name() -> str:
    """What the login calls them; empty where nobody logs in."""
    claims = user() if roles() is not None else {}
    return str(claims.get("email") or claims.get("name") or claims.get("sub") or "")


def actor() -> Actor:
    """Whose name goes into the trail."""
    return account(DASHBOARD) if roles() is None else Actor(name() or "nobody", LOGIN)


def require_operator() -> None:
    """Refuse whoever may only look.

    Raises:
        RequestError: they are no operator.
    """
    if not is_operator():
        who = name() or "nobody"
        raise RequestError(
            say("'{who}' may look, but not start or change anything.", who=who),
            say("Ask an operator, or whoever keeps the file of roles."),
        )
