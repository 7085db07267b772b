"""Which weights might change: by layer, matrix and head, how stable the choice is, its stages."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from analysis.report.weight_delta import matrix_name, weight_delta_heatmap
from analysis.report.words import number
from analysis.runs.run import Run
from dashboard import services, state
from dashboard.components.chart import chart
from dashboard.text import say, term

STABLE = 0.5  # Jaccard from which a mask is called stable
STEADY = term("Stable: other draws of the samples choose mostly the same weights.")
SHIFTING = term(
    "Not stable: other draws of the samples choose other weights, so where it points says little."
)


def mask_details(run: Run) -> None:
    """Draw what is stored about a mask; nothing for a removal without one."""
    if not (run.has("attribution_heads") or run.has("stages")):
        return
    st.markdown(f"#### {say('Which weights might change')}")
    if run.has("stages"):
        _stages(services.table(run, "stages"))
    if run.has("attribution_heads"):
        shown = by_place(services.table(run, "attribution_heads"))
        chart(
            weight_delta_heatmap(shown, "density", state.theme()),
            "mask-heads",
            say("Share of weights that the mask chose, by layer, matrix and head"),
        )
        st.caption(say("Share of each matrix or head that the mask chose."))
    if run.has("mask_stability"):
        st.markdown(stability_words(services.table(run, "mask_stability")))


def by_place(table: pd.DataFrame) -> pd.DataFrame:
    """Rows of `attribution_heads` with the words that the heatmap shows, layers in order."""
    two_stacks = {"encoder", "decoder"} <= set(table["stack"])
    rows = table.to_dict("records")
    names = [
        f"{matrix_name(str(row['matrix']))} {int(row['head'])}"
        if int(row["head"]) >= 0
        else matrix_name(str(row["matrix"]))
        for row in rows
    ]
    found = table.assign(
        matrix=names,
        place=[_place(int(row["layer"]), str(row["stack"]), two_stacks) for row in rows],
    )
    return found.sort_values("layer", kind="stable", key=lambda c: c.where(c >= 0, 10**6))


def stability_words(table: pd.DataFrame) -> str:
    """Overlap and rank correlation with masks of halves of the samples."""
    overlap, ranks = float(table["jaccard"].mean()), float(table["rank_correlation"].mean())
    steady = say(STEADY) if overlap >= STABLE else say(SHIFTING)
    return say(
        "{words} Overlap (Jaccard) with {n} halves of the samples {overlap}, by chance {chance}; "
        "rank correlation of the scores {ranks}.",
        words=steady,
        n=len(table),
        overlap=number(overlap),
        chance=number(float(table["chance"].iloc[0])),
        ranks=number(ranks),
    )


def _stages(table: pd.DataFrame) -> None:
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "ratio": st.column_config.NumberColumn(say("Share of weights"), format="percent"),
            "kept": st.column_config.CheckboxColumn(say("Kept")),
            "accuracy": st.column_config.NumberColumn(say("Accuracy"), format="%.3g"),
            "asr": st.column_config.NumberColumn(say("ASR"), format="%.3g"),
            "floor": st.column_config.NumberColumn(say("Floor"), format="%.3g"),
            "target_triggered": st.column_config.NumberColumn(
                say("Target class, triggered"), format="%.3g"
            ),
            "gap": st.column_config.NumberColumn(say("Gap"), format="%.3g"),
            "note": st.column_config.TextColumn(say("Note")),
        },
        alt=say("Growing masks with what each reached on guard samples"),
    )
    st.caption(
        say("Each kept stage has a weight delta of its own and can be taken back by itself.")
    )


def _place(layer: int, stack: str, two_stacks: bool) -> str:
    if layer <= 0:
        return say("embeddings") if layer == 0 else say("head")
    name = say("layer {n}", n=layer)
    return f"{stack} {name}" if two_stacks else name
