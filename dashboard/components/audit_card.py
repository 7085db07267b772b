"""The answer of an audit, the rule that gave it, and what was not tested."""

from __future__ import annotations

import streamlit as st

from analysis.audit.specs import ATTACKS
from analysis.report.audit_rows import attack_rows
from analysis.report.audit_words import (
    FACTS_NO_PROOF,
    NO_PROOF,
    about_facts,
    audit_sentence,
)
from analysis.report.safe import escape_but_code, escape_markdown, inline_code
from analysis.report.words import number
from analysis.runs.run import Run
from dashboard.components.headings import headings
from dashboard.components.verdict_card import chip
from dashboard.text import say, term, told

TITLES = {spec.name: spec.title for spec in ATTACKS}
FACTS_TITLES = {
    "asking": term("Asking in other words"),
    "relearning": term("Training on other facts (RTT)"),
}


def audit_card(run: Run) -> None:
    """Draw it for a run that has ended."""
    record = run.record
    verdict, metrics = record.get("verdict") or {}, record.get("metrics") or {}
    with st.container(border=True):
        chip(str(verdict.get("answer") or run.status))
        st.markdown(f"#### {escape_markdown(audit_sentence(verdict, metrics))}")
        if verdict.get("rule_words"):
            st.markdown(
                say(
                    "**Rule that decided:** {rule_words}.",
                    rule_words=escape_markdown(told(str(verdict["rule_words"]))),
                )
            )
        rule = str(verdict.get("rule_words") or "")
        reasons = [r for r in verdict.get("reasons") or () if not _same(str(r), rule)]
        st.markdown("\n".join(f"- {escape_markdown(told(str(reason)))}" for reason in reasons))
        for warning in record.get("warnings") or ():
            st.warning(escape_markdown(told(str(warning))), icon=":material/info:")
        with st.expander(say("Confidence and what was not tested")):
            st.markdown(
                say("Confidence {confidence}.", confidence=number(verdict.get("confidence")))
            )
            for gap in verdict.get("not_tested") or ():
                st.markdown(say("- not tested: {gap}", gap=escape_markdown(told(str(gap)))))
            st.caption(say(FACTS_NO_PROOF if about_facts(metrics) else NO_PROOF))


def _same(reason: str, rule: str) -> bool:
    """Whether a reason only repeats the rule, which stands above it."""
    return bool(rule) and reason.rstrip(".").casefold() == rule.rstrip(".").casefold()


def attacks_table(run: Run) -> None:
    """Every attack at the budget that decided, and what T and V were."""
    metrics = run.record.get("metrics") or {}
    titles = FACTS_TITLES if about_facts(metrics) else TITLES
    rows = attack_rows(metrics, {name: say(title) for name, title in titles.items()})
    if rows.empty:
        return
    st.markdown(say("#### Every attack"))
    st.dataframe(
        rows,
        hide_index=True,
        column_config=headings(rows),
        alt=say("Attacks with their budget and what every arm shows after them"),
    )
    trigger, held = metrics.get("trigger") or {}, metrics.get("held_out") or {}
    if trigger:
        st.caption(
            say("Trigger in the forget set: {text}", text=inline_code(str(trigger.get("text", ""))))
        )
    for name, words in (metrics.get("splits") or {}).items():
        st.caption(say("Split {name}: {words}", name=name, words=escape_but_code(told(str(words)))))
    if held:
        st.caption(
            say(
                "V: {n} samples, {origin}.",
                n=held.get("n"),
                origin=escape_markdown(told(str(held.get("origin", "")))),
            )
        )
