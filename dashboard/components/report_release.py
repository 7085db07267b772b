"""Trial, reviewed, released: who vouches for the model of this report, and taking it back."""

from __future__ import annotations

import streamlit as st

from analysis.report.document.approve import LONGEST, Wish, refusals
from analysis.report.document.chain import Chain, follow
from analysis.report.document.facts import facts_of, headline
from analysis.report.document.policy import Policy
from analysis.report.document.release import release_of
from analysis.report.document.release_words import approval_lines
from analysis.report.safe import escape_markdown
from analysis.report.text import words_of
from analysis.runs.run import Run
from analysis.runs.trail_approval import LEVELS
from dashboard import access, actions
from dashboard.components.act_button import act_submit
from dashboard.components.empty_state import notice
from dashboard.services import problems
from dashboard.text import language, says

ICONS = {"trial": ":material/science:", "reviewed": ":material/fact_check:",
         "released": ":material/verified:"}  # fmt: skip


def report_release(run: Run, policy: Policy | None) -> None:
    """The state in words and the form that changes it.

    Args:
        run: any run that has ended.
        policy: the clauses of the form above; they must hold.

    Raises:
        RequestError: the run's chain cannot be read.
    """
    chain = follow(run)
    release = release_of(chain, headline(chain)[0])  # the samples are not read for it
    level = release.approval.level
    with st.expander(
        says("screen.release", level=says(f"approval.level.{level}")), icon=ICONS[level]
    ):
        for line in approval_lines(release, words_of(language())):
            st.markdown(escape_markdown(line))
        if not release.fingerprint:
            return
        if not access.is_operator():
            st.caption(says("screen.release_viewer"))
            return
        _form(chain, policy, level)


def _form(chain: Chain, policy: Policy | None, level: str) -> None:
    st.caption(says("screen.release_policy" if policy is None else "screen.release_with_policy"))
    with st.form("kenshin_release", border=False):
        to = st.segmented_control(
            says("screen.release_to"),
            LEVELS,
            default=LEVELS[min(LEVELS.index(level) + 1, len(LEVELS) - 1)],
            required=True,
            format_func=lambda name: says(f"approval.level.{name}"),
            key="kenshin_release_to",
        )
        own = access.name()
        by = st.text_input(
            says("screen.release_by"), own, disabled=bool(own), max_chars=80,
            key="kenshin_release_by",
        )  # fmt: skip
        note = st.text_input(says("screen.release_note"), max_chars=LONGEST)
        reason = st.text_input(
            says("screen.release_override"),
            max_chars=LONGEST,
            help=says("screen.release_override_help"),
        )
        sent = act_submit(says("screen.release_send"), icon=":material/approval:")
    with problems():
        if sent and not reason.strip() and by.strip() and _missing(chain, to or level, policy):
            return
        if sent:
            state = actions.approve(chain.focus, Wish(to or level, by, note, policy, reason))
            notice(says("screen.release_done", level=says(f"approval.level.{state.level}")))
            st.rerun()


def _missing(chain: Chain, to: str, policy: Policy | None) -> bool:
    """Say in the reader's language what stands in the way; False when nothing does."""
    facts = facts_of(chain)
    if LEVELS.index(to) < LEVELS.index(facts.release.approval.level) or to == LEVELS[0]:
        return False  # taking back needs nothing
    found = refusals(facts, to, policy)
    if found:
        lines = "\n".join(f"- {says(f'refusal.{name}')}" for name in found)
        st.error(f"{says('screen.release_missing')}\n\n{lines}", icon=":material/block:")
    return bool(found)
