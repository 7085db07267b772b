"""The answer of an audit, the rule that gave it, and what was not tested."""

from __future__ import annotations

import streamlit as st

from analysis.audit.specs import ATTACKS
from analysis.report.audit_words import NO_PROOF, attack_rows, audit_sentence
from analysis.report.safe import escape_markdown, inline_code
from analysis.report.words import number
from analysis.runs.run import Run
from dashboard.components.verdict_card import chip

TITLES = {spec.name: spec.title for spec in ATTACKS}


def audit_card(run: Run) -> None:
    """Draw it for a run that has ended."""
    record = run.record
    verdict, metrics = record.get("verdict") or {}, record.get("metrics") or {}
    with st.container(border=True):
        chip(str(verdict.get("answer") or run.status))
        st.markdown(f"#### {escape_markdown(audit_sentence(verdict, metrics))}")
        if verdict.get("rule_words"):
            st.markdown(f"**Rule that decided:** {escape_markdown(str(verdict['rule_words']))}.")
        reasons = verdict.get("reasons") or ()
        st.markdown("\n".join(f"- {escape_markdown(str(reason))}" for reason in reasons))
        for warning in record.get("warnings") or ():
            st.warning(escape_markdown(str(warning)), icon=":material/info:")
        with st.expander("Confidence and what was not tested"):
            st.markdown(f"Confidence {number(verdict.get('confidence'))}.")
            for gap in verdict.get("not_tested") or ():
                st.markdown(f"- not tested: {escape_markdown(str(gap))}")
            st.caption(NO_PROOF)


def attacks_table(run: Run) -> None:
    """Every attack at the budget that decided, and what T and V were."""
    metrics = run.record.get("metrics") or {}
    rows = attack_rows(metrics, TITLES)
    if rows.empty:
        return
    st.markdown("#### Every attack")
    st.dataframe(
        rows, hide_index=True, alt="Attacks with their budget and the ASR of every arm after them"
    )
    trigger, held = metrics.get("trigger") or {}, metrics.get("held_out") or {}
    if trigger:
        st.caption(f"Trigger in the forget set: {inline_code(str(trigger.get('text', '')))}")
    for name, words in (metrics.get("splits") or {}).items():
        st.caption(f"Split {name}: {escape_markdown(str(words))}")
    if held:
        st.caption(f"V: {held.get('n')} samples, {escape_markdown(str(held.get('origin', '')))}.")
