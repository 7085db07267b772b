"""The answer of a scan, its reasons, and the texts it located."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from analysis.report.safe import escape_markdown
from analysis.report.scan_words import READS, located_table, scan_sentence
from analysis.report.words import part
from dashboard.components.headings import headings
from dashboard.components.verdict_card import chip
from dashboard.text import say, told


def scan_card(record: Mapping[str, Any], n_samples: int) -> None:
    """Draw the answer.

    Args:
        record: of the run.
        n_samples: scanned samples.
    """
    verdict, metrics = record.get("verdict") or {}, record.get("metrics") or {}
    answer, reasons = part(verdict, "data")
    with st.container(border=True):
        chip(answer or str(record.get("status", "")))
        st.markdown(f"#### {scan_sentence(verdict, metrics, n_samples)}")
        st.markdown("\n".join(f"- {escape_markdown(told(reason))}" for reason in reasons))
        with st.expander(say("What was not tested")):
            for gap in verdict.get("not_tested") or ():
                st.markdown(f"- {escape_markdown(told(str(gap)))}")
        for warning in record.get("warnings") or ():
            st.warning(escape_markdown(told(str(warning))), icon=":material/info:")
    _located(metrics)
    _copies(metrics)


def _located(metrics: Mapping[str, Any]) -> None:
    table = located_table(metrics)
    if table.empty:
        return
    real = table["reads as"] == say(READS[False])
    if not real.all():
        st.markdown(say("#### Located text"))
        _table(table[~real])
    if real.any():
        with st.expander(say("{n} texts taken for real patterns of the task", n=int(real.sum()))):
            _table(table[real])


def _table(table: pd.DataFrame) -> None:
    st.dataframe(
        table,
        hide_index=True,
        column_config=headings(
            table,
            {
                "text": st.column_config.TextColumn(width="medium"),
                "purity": st.column_config.TextColumn(
                    help=say("Share of its samples with this label")
                ),
                "adjusted p": st.column_config.TextColumn(
                    help=say("Chance that any text of the file goes along with a label so purely")
                ),
                "looks put in": st.column_config.TextColumn(
                    width="medium",
                    help=say(
                        "How improbable the rest of the file makes it, and how alike its "
                        "samples are otherwise; 1 means strangers"
                    ),
                ),
            },
        ),
        alt=say("Located texts with support, purity and how they read"),
    )


def _copies(metrics: Mapping[str, Any]) -> None:
    copies = metrics.get("copies") or {}
    if copies.get("pairs"):
        st.caption(
            say(
                "{pairs} pairs of samples are nearly copies of one another; {other_label} of "
                "them carry different labels.",
                pairs=f"{copies['pairs']:,}",
                other_label=f"{copies['other_label']:,}",
            )
        )
