"""What users bring along for the decision pages: acceptance clauses and a price per hour."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from analysis.report.document.policy import Policy, policy_of_text
from dashboard.components.inputs import upload
from dashboard.services import problems
from dashboard.text import says

EXAMPLE = """name = "Release 1"

[[clause]]
id = "A"
about = "answer"
is = ["not_found", "removed"]

[[clause]]
about = "clean_accuracy"
at_least = 0.85

[[clause]]
about = "approval"
is = "released"
"""


class Decisions(NamedTuple):
    """Clauses and price; None where nobody gave any."""

    policy: Policy | None
    price: float | None
    currency: str


def report_decisions() -> Decisions:
    """Draw the inputs."""
    with st.expander(says("screen.decisions"), icon=":material/rule:"):
        st.caption(says("screen.decisions_lead"))
        policy = _policy()
        left, right = st.columns([3, 2])
        price = left.number_input(
            says("screen.price"),
            min_value=0.0,
            value=None,
            help=says("screen.price_help"),
            key="kenshin_report_price",
        )
        currency = right.text_input(
            says("screen.currency"), max_chars=12, key="kenshin_report_currency"
        )
    return Decisions(policy, price, currency)


def _policy() -> Policy | None:
    file = upload(
        says("screen.policy"),
        ("toml", "json"),
        "kenshin_report_policy",
        says("screen.policy_help"),
    )
    with st.popover(says("screen.policy_example"), width="content"):
        st.code(EXAMPLE, language="toml")
    if file is None:
        return None
    with problems():
        policy = policy_of_text(file.getvalue().decode("utf-8", "replace"), file.name)
        st.caption(says("screen.policy_read", name=policy.name, n=len(policy.clauses)))
        return policy
    return None
