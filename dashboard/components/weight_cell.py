"""One cell of the weight heat map: overlaid distributions, per head, with numbers."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analysis.report.quantile_plot import quantile_plot
from analysis.report.weight_words import MEASURES, cell_numbers
from analysis.report.weights import (
    Cell,
    cell_rows,
    heads_of,
    overlaid_distributions,
    whole_matrices,
)
from analysis.report.words import model_word
from dashboard import state
from dashboard.components.chart import chart
from dashboard.components.headings import headings
from dashboard.text import say, term

WHOLE = term("whole matrix")


def weight_cell(table: pd.DataFrame, stack: str, measure: str) -> None:
    """Let the user choose a cell (the most different one at first) and show it."""
    cells = ranked_cells(table, stack, measure)
    if not cells:
        return
    st.markdown(say("#### One matrix"))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        names = {
            _key(cell): say("layer {layer} · {label}", layer=cell.layer, label=cell.label)
            for cell in cells
        }
        by_key = {_key(cell): cell for cell in cells}
        chosen = st.selectbox(
            say("Matrix, largest {measure} first", measure=say(MEASURES[measure]).lower()),
            list(names),
            index=list(names).index(state.choose(state.CELL, list(names))),
            format_func=names.__getitem__,
            width=320,
        )
        state.put(state.CELL, chosen)
        cell = by_key[chosen]
        parts = {say(WHOLE): None, **{say("head {n}", n=n): n for n in heads_of(table, cell)}}
        head = st.selectbox(say("Part"), list(parts), width=180)
    number = parts[head]
    rows = cell_rows(table, cell, number)
    left, right = st.columns([0.6, 0.4])
    with left:
        chart(
            overlaid_distributions(rows, state.theme()),
            "distributions",
            say(
                "Distributions of {name}, {head}, one line per model",
                name=names[chosen],
                head=head,
            ),
        )
    quantiles = quantile_plot(rows, state.theme())
    if quantiles is not None:
        with right:
            chart(
                quantiles,
                "quantiles",
                say("Quantiles of {name} against the reference's", name=names[chosen]),
            )
    numbers = cell_numbers(rows)
    st.dataframe(
        numbers.assign(model=[model_word(str(model)) for model in numbers["model"]]),
        hide_index=True,
        column_config=headings(numbers),
        alt=say("Numbers of {name}, {head}", name=names[chosen], head=head),
    )
    st.caption(
        say(
            "Intervals are 95 %. Entries of one matrix depend on one another, so p-values "
            "come only from clean-clean pairs, adjusted over all rows (Benjamini-Hochberg)."
        )
    )


def choose_cell(stack: str, label: str, layer: str) -> None:
    """Turn to the cell of a click on the heat map: an axis label such as "cross Q weight"."""
    matrix, kind = label.removeprefix("cross ").lower().split()
    attention = "cross" if label.startswith("cross ") else "self"
    state.put(state.CELL, _key(Cell(stack, int(layer), attention, matrix, kind)))


def ranked_cells(table: pd.DataFrame, stack: str, measure: str) -> list[Cell]:
    """Every cell of the suspect in `stack`, the most different first."""
    rows = whole_matrices(table)
    rows = rows[(rows["model"] == "suspect") & (rows["stack"] == stack)]
    rows = rows.assign(strength=rows[measure].abs().fillna(-1.0) if measure in rows else 0.0)
    rows = rows.sort_values("strength", ascending=False, kind="stable")
    return [
        Cell(stack, int(row["layer"]), str(row["attention"]), str(row["matrix"]), str(row["kind"]))
        for row in rows.to_dict("records")
    ]


def _key(cell: Cell) -> str:
    return f"{cell.stack}:{cell.layer}:{cell.attention}:{cell.matrix}:{cell.kind}"
