"""Two runs side by side: answers, inputs, figures, rankings and layers."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import streamlit as st

from analysis.report.comparison import agreement, comparison
from analysis.report.layer_lines import layer_lines
from analysis.report.words import count, number
from analysis.runs.run import Run, RunSummary
from dashboard import services, state
from dashboard.components.chart import chart
from dashboard.components.empty_state import begin_link
from dashboard.components.headings import headings
from dashboard.components.sidebar import run_labels, sidebar
from dashboard.text import say

PURPOSE = say(
    "See two runs side by side: what was asked, what was answered, and where they differ."
)

WIDGETS = {state.RUN: "kenshin_compare_first", state.OTHER: "kenshin_compare_second"}


def _choose(runs: Sequence[RunSummary]) -> tuple[Run, Run]:
    names = run_labels(runs)
    ids = list(names)
    first = state.choose(state.RUN, ids)
    others = [run_id for run_id in ids if run_id != first]
    second = state.choose(state.OTHER, others, _like(first, runs))
    columns = st.columns(2)
    for column, title, key, chosen, options in zip(
        columns,
        (say("First run"), say("Second run")),
        (state.RUN, state.OTHER),
        (first, second),
        (ids, others),
        strict=True,
    ):
        state.put(key, chosen)
        state.show_in(WIDGETS[key], chosen, names[chosen])
        column.selectbox(
            title,
            options,
            format_func=names.__getitem__,
            key=WIDGETS[key],
            on_change=_chosen,
            args=(key, frozenset(ids)),
        )
    return services.open_run(first), services.open_run(second)


def _chosen(key: str, known: Collection[str]) -> None:
    if st.session_state[WIDGETS[key]] not in known:  # words that a run had before it ended
        return
    other = state.get(state.OTHER)
    if key == state.RUN:
        state.open_run(st.session_state[WIDGETS[key]])
    else:
        other = st.session_state[WIDGETS[key]]
    state.put(state.OTHER, other)


def _like(first: str, runs: Sequence[RunSummary]) -> str:
    """The newest other run of the same kind; "" without one."""
    kind = next((run.kind for run in runs if run.run_id == first), "")
    alike = (run.run_id for run in runs if run.kind == kind and run.run_id != first)
    return next(alike, "")


def _facts(one: Run, other: Run) -> None:
    table = comparison(one.record, other.record)
    different = int(table["differs"].sum())
    st.markdown(
        say("#### {different} of {n} facts differ", different=count(different), n=count(len(table)))
    )
    everything = st.toggle(say("Show what is equal, too"))
    shown = table if everything else table[table["differs"]]
    st.dataframe(
        shown.drop(columns="differs"),
        hide_index=True,
        alt=say("Facts of both runs side by side"),
        column_config=headings(
            shown,
            {
                "fact": st.column_config.TextColumn(width="small"),
                "first": st.column_config.TextColumn(width="medium"),
                "second": st.column_config.TextColumn(width="medium"),
            },
        ),
    )


def _rankings(one: Run, other: Run) -> None:
    if not (one.has("ranking") and other.has("ranking")):
        return
    columns = ("sample_id", "score", "flagged")
    found = agreement(
        services.table(one, "ranking", columns), services.table(other, "ranking", columns)
    )
    if not found.shared:
        st.caption(say("The two runs share no sample."))
        return
    st.markdown(
        say(
            "**Rankings**: {shared} shared samples, rank correlation {correlation}; "
            "flagged in both {both}, only in the first {only_first}, only in the second "
            "{only_second}.",
            shared=count(found.shared),
            correlation=number(found.correlation),
            both=count(found.both),
            only_first=count(found.only_first),
            only_second=count(found.only_second),
        )
    )


def _layers(one: Run, other: Run) -> None:
    if not (one.has("layers") and other.has("layers")):
        return
    rows = {
        say("first run"): services.table(one, "layers", filters=[("model", "=", "suspect")]),
        say("second run"): services.table(other, "layers", filters=[("model", "=", "suspect")]),
    }
    st.markdown(say("#### Strongest statistic per layer, over the clean band"))
    chart(
        layer_lines(rows, state.theme()), "compare-layers", say("One line per run over the layers")
    )


with services.problems():
    _runs = [run for run in sidebar() if not run.problem]
    st.title(say("Compare"))
    st.caption(PURPOSE)
    if len(_runs) < 2:
        st.info(say("There are not two runs in this folder yet."), icon=":material/info:")
        begin_link()
    else:
        _pair = _choose(_runs)
        for _part in (_facts, _rankings, _layers):
            _part(*_pair)
