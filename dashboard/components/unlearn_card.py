"""What a removal did, in words and figures: before, after, and beside the clean model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from analysis.report.safe import escape_markdown
from analysis.report.unlearn_words import (
    class_lines,
    class_words,
    figure,
    inversion_words,
    public_answer,
    unlearn_sentence,
)
from analysis.report.words import CANNOT_PROVE, bounds, count, interval, rate
from analysis.runs.run import Run
from dashboard.components.goal_table import goal_table
from dashboard.components.headings import headings
from dashboard.components.verdict_card import chip
from dashboard.text import say, term, told

FIGURES = (
    (
        "excess_asr",
        term("Excess ASR"),
        term("Attack success minus the natural-flip floor; 0 is ideal"),
    ),
    ("asr_all", "ASR", term("Triggered victims that are answered with the attacker's class")),
    ("natural_flip_floor", term("Natural floor"), term("The same share for a clean model")),
    ("clean_accuracy", term("Clean accuracy"), term("On held-out samples without the trigger")),
)
STOPPED = term("You stopped it before its end: these are the figures of the best weights so far.")
STOPPED_AT_START = term(
    "You stopped it before a checkpoint was kept: the weights are those of the start."
)
MOMENTS = {"before": term("before"), "after": term("after"), "reference": term("clean model")}


def unlearn_card(run: Run, audit: str) -> None:
    """Draw the card of a removal that ended.

    Args:
        run: of kind unlearn.
        audit: answer of the newest finished audit of the same weights; "" without one.
    """
    metrics = run.record.get("metrics") or {}
    verdict = run.record.get("verdict") or {}
    answer = str(verdict.get("answer") or "")
    reasons = tuple(str(reason) for reason in verdict.get("reasons") or ())
    with st.container(border=True):
        chip(public_answer(answer, audit) or run.status)
        st.markdown(f"#### {escape_markdown(unlearn_sentence(answer, metrics, audit, reasons))}")
        if run.status == "cancelled":
            st.markdown(say(_stopped_words(metrics)))
        if answer != "declined" and metrics.get("after"):
            _figures(metrics, answer)
            goal_table(metrics.get("goals") or ())
        _reasons(reasons, folded=bool(metrics.get("goals")))
        for warning in run.record.get("warnings") or ():
            st.warning(escape_markdown(told(str(warning))), icon=":material/info:")
        with st.expander(say("What was not tested")):
            for gap in verdict.get("not_tested") or ():
                st.markdown(say("- not tested: {gap}", gap=escape_markdown(told(str(gap)))))
            st.caption(say(CANNOT_PROVE))


def _stopped_words(metrics: Mapping[str, Any]) -> str:
    kept = (metrics.get("guard") or {}).get("step")
    return STOPPED_AT_START if kept == 0 else STOPPED


def _reasons(reasons: Sequence[str], *, folded: bool) -> None:
    """Every reason as a line; beside a table of goals, which says most of them, folded away."""
    lines = "\n".join(f"- {escape_markdown(told(reason))}" for reason in reasons)
    if folded:
        with st.expander(say("The reasons in sentences")):
            st.markdown(lines)
    else:
        st.markdown(lines)


def _figures(metrics: Mapping[str, Any], answer: str) -> None:
    columns = st.columns(len(FIGURES))
    for column, (name, title, help_text) in zip(columns, FIGURES, strict=True):
        before, after = (figure(metrics, moment, name) for moment in ("before", "after"))
        column.metric(say(title), rate(after.value), help=say(help_text))
        column.caption(
            say(
                "was {before} · 95 % {range} · n {n}",
                before=rate(before.value),
                range=bounds(after.low, after.high) or "–",
                n=count(after.n or 0),
            )
            if after.value is not None
            else say("not measured")
        )
    lines = class_lines(metrics)
    st.markdown(f"**{escape_markdown(inversion_words(answer, lines))}** {class_words(lines)}")
    with st.expander(say("All figures with intervals; triggered accuracy by true class")):
        table = figure_table(metrics)
        st.dataframe(
            table,
            hide_index=True,
            column_config=headings(table),
            alt=say("Behaviour before and after the removal, beside the clean model"),
        )


def figure_table(metrics: Mapping[str, Any]) -> pd.DataFrame:
    """Every behaviour figure of the three models as text with interval and n."""
    rows = [_row(say(title), metrics, (name,)) for name, title, _ in FIGURES]
    classes = sorted(
        {
            label
            for moment in MOMENTS
            for label in (metrics.get(moment) or {}).get("triggered_accuracy") or {}
        }
    )
    rows += [
        _row(
            say("Triggered accuracy, class {label}", label=label),
            metrics,
            ("triggered_accuracy", label),
        )
        for label in classes
    ]
    rows += [
        _row(say("Same answers as before"), metrics, ("fidelity",)),
        _row(say("Trigger inside the window"), metrics, ("trigger_survival",)),
    ]
    return pd.DataFrame([row for row in rows if set(list(row.values())[1:]) != {"–"}])


def _row(title: str, metrics: Mapping[str, Any], path: tuple[str, ...]) -> dict[str, str]:
    row = {"figure": title}
    for moment, name in MOMENTS.items():
        found: Any = metrics.get(moment) or {}
        for key in path:
            found = (found or {}).get(key) or {}
        values = [found.get(key) for key in ("value", "low", "high", "n")]
        row[name] = "–" if values[0] is None else interval(*values)
    return row


def set_sizes(run: Run) -> str:
    """Such as "forget 97 · retain 1,000 · test 1,049 · triggered 515"."""
    known = (run.record.get("inputs") or {}).get("samples") or []
    return " · ".join(f"{say(str(s.get('role')))} {count(int(s.get('rows') or 0))}" for s in known)
