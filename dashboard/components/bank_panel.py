"""The trigger bank: every published trigger's flips beside the floor."""

from __future__ import annotations

import streamlit as st

from analysis.report.bank import bank_figure, bank_sentence, bank_table
from analysis.runs.run import Run
from dashboard import services, state
from dashboard.components.chart import chart
from dashboard.components.headings import headings
from dashboard.text import say


def bank_panel(run: Run) -> None:
    """Draw sentence, intervals and table; says so where the run has no bank."""
    st.markdown(say("#### Trigger bank"))
    if not run.has("bank"):
        st.caption(
            say(
                "This run has no bank: it could not predict, or it was made before banks were kept."
            )
        )
        return
    bank = services.table(run, "bank")
    facts = (run.record.get("metrics") or {}).get("bank") or {}
    st.markdown(bank_sentence(bank, facts))
    if bank.empty or not (bank["n"] > 0).any():
        return
    chart(
        bank_figure(bank, state.theme()),
        "bank",
        say("Excess flips of the strongest triggers with 95 % intervals; zero is the floor"),
    )
    with st.expander(say("All {n} figures", n=len(bank))):
        table = bank_table(bank)
        st.dataframe(
            table,
            hide_index=True,
            column_config=headings(
                table,
                {
                    "trigger": st.column_config.TextColumn(width="medium"),
                    "floor": st.column_config.TextColumn(
                        help=say(
                            "The same samples in the reference, or a neutral insertion without one"
                        )
                    ),
                    "excess": st.column_config.TextColumn(
                        help=say("Flips minus floor, 95 % interval")
                    ),
                },
            ),
            alt=say("Every trigger of the bank with flips, floor and excess"),
        )
