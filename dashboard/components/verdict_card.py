"""The answer of a run in one sentence, its reasons folded under it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import pandas as pd
import streamlit as st

from analysis.report.safe import escape_markdown
from analysis.report.words import (
    CANNOT_PROVE,
    answer_word,
    number,
    part,
    trigger_text,
    verdict_sentence,
)
from dashboard.text import say, told

Chip = Literal["red", "orange", "yellow", "blue", "green", "gray"]
CHIPS: Mapping[str, Chip] = {
    "found": "red",
    "not_found": "green",
    "inconclusive": "orange",
    "cleaned": "orange",  # not green: nobody has tried to bring it back yet
    "cleaned_removed": "green",
    "cleaned_hidden": "red",
    "cleaned_present": "red",
    "cleaned_unclear": "orange",
    "inverted": "red",
    "not_cleaned": "red",
    "removed": "green",
    "hidden": "red",
    "present": "red",
    "unclear": "orange",
    "running": "blue",
    "queued": "gray",
    "failed": "red",
    "cancelled": "gray",
    "unreadable": "red",
}
ICONS = {
    "found": ":material/warning:",
    "not_found": ":material/check_circle:",
    "inconclusive": ":material/help:",
    "cleaned": ":material/pending:",
    "cleaned_removed": ":material/verified:",
    "cleaned_hidden": ":material/warning:",
    "cleaned_present": ":material/warning:",
    "cleaned_unclear": ":material/help:",
    "inverted": ":material/swap_horiz:",
    "not_cleaned": ":material/warning:",
    "declined": ":material/do_not_disturb_on:",
    "removed": ":material/verified:",
    "hidden": ":material/visibility_off:",
    "present": ":material/warning:",
    "unclear": ":material/help:",
    "running": ":material/hourglass_top:",
    "queued": ":material/schedule:",
    "failed": ":material/error:",
    "cancelled": ":material/block:",
    "unreadable": ":material/error:",
}


def chip(answer: str) -> None:
    """A coloured label that carries its word and a sign, not only its colour."""
    st.badge(answer_word(answer), icon=ICONS.get(answer), color=CHIPS.get(answer, "gray"))


def verdict_card(record: Mapping[str, Any], samples: pd.DataFrame | None) -> None:
    """The verdict of an inspection.

    Args:
        record: of the run.
        samples: samples merged with the ranking, for the trigger; None while there are none.
    """
    verdict = record.get("verdict")
    answer = str((verdict or {}).get("answer") or record.get("status", ""))
    with st.container(border=True):
        chip(answer)
        st.markdown(f"#### {_sentence(record, samples)}")
        if verdict:
            _reasons(verdict)
        for warning in record.get("warnings") or ():
            st.warning(escape_markdown(told(str(warning))), icon=":material/info:")


def _sentence(record: Mapping[str, Any], samples: pd.DataFrame | None) -> str:
    flagged = samples[samples["flagged"]] if samples is not None and "flagged" in samples else None
    trigger = None if flagged is None else trigger_text(record.get("metrics") or {}, flagged)
    return verdict_sentence(record.get("verdict"), trigger, 0 if samples is None else len(samples))


def _reasons(verdict: Mapping[str, Any]) -> None:
    left, right = st.columns(2)
    for column, name, title in (
        (left, "model", say("Did the model take a backdoor?")),
        (right, "data", say("Does the file hold poison?")),
    ):
        answer, reasons = part(verdict, name)
        with column:
            words = answer_word(answer).lower()
            st.markdown(say("**{title}** {answer}", title=title, answer=words))
            st.markdown("\n".join(f"- {escape_markdown(told(reason))}" for reason in reasons))
    with st.expander(say("Confidence and what was not tested")):
        st.markdown(say("Confidence {confidence}.", confidence=number(verdict.get("confidence"))))
        for gap in verdict.get("not_tested") or ():
            st.markdown(say("- not tested: {gap}", gap=escape_markdown(told(str(gap)))))
        st.caption(say(CANNOT_PROVE))
