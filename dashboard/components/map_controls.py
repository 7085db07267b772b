"""What the map shows: stack, pooling, method and colour, kept in the URL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from analysis.runs.run import Run
from dashboard import map_state, services, state
from dashboard.colouring import TITLES, available_colours
from dashboard.solid import METHOD as SOLID
from dashboard.solid import solid_layers
from dashboard.text import say, term

METHODS = {"pca": "PCA", "tsne": "t-SNE", "umap": "UMAP", SOLID: "PCA 3-D"}
POOLINGS = {
    "cls": term("first token"),
    "mean": term("mean"),
    "max": term("maximum"),
    "last": term("last token"),
    "eos": term("end token"),
}


@dataclass(frozen=True)
class MapChoice:
    """A complete choice, every part of it present in the run."""

    stack: str
    layer: str  # "encoder:2"
    pooling: str
    method: str
    colour: str


def map_controls(
    run: Run,
    three: bool = False,
    beside: Callable[[MapChoice], None] | None = None,
    method_help: str = "",
) -> MapChoice:
    """Draw the controls and hand back the choice.

    Args:
        run: whose maps can be chosen.
        three: whether maps with three axes are offered, too.
        beside: draws more controls in the same row, given the choice.
        method_help: shown when the pointer rests on the choice of method.
    """
    sites = _with_solid(run, services.sites(run)) if three else services.sites(run)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        stacks = sorted(sites["stack"].unique(), key=lambda name: name != "encoder")
        stack = control(say("Stack"), state.STACK, stacks, stacks[0])
        of_stack = sites[sites["stack"] == stack]
        methods = [m for m in METHODS if m in set(of_stack["method"])]
        usual = [m for m in methods if m != SOLID]
        method = control(say("Method"), state.METHOD, methods, usual[-1], METHODS, method_help)
        of_method = of_stack[of_stack["method"] == method]
        poolings = [p for p in POOLINGS if p in set(of_method["pooling"])]
        pooling = control(say("Pooling"), state.POOLING, poolings, "mean", POOLINGS)
        rest = st.container(horizontal=True, width="content")
        colours = available_colours(services.samples(run))
        colour = control(say("Colour"), state.COLOUR, colours, colours[0], TITLES)
        shown = of_method[of_method["pooling"] == pooling]
        layers = [f"{stack}:{layer}" for layer in sorted(shown["layer"].unique())]
        choice = MapChoice(stack, _layer(run, layers), pooling, method, colour)
        if beside is not None:
            with rest:
                beside(choice)
    return choice


def _with_solid(run: Run, sites: pd.DataFrame) -> pd.DataFrame:
    """The sites with those of which the run stored three components."""
    pairs = sites[["stack", "pooling"]].drop_duplicates().itertuples(index=False)
    more = [
        {"stack": pair.stack, "pooling": pair.pooling, "method": SOLID, "layer": layer}
        for pair in pairs
        for layer in solid_layers(run, str(pair.stack), str(pair.pooling))
    ]
    return pd.concat([sites, pd.DataFrame(more)], ignore_index=True) if more else sites


def _layer(run: Run, layers: Sequence[str]) -> str:
    verdict = run.record.get("verdict") or {}
    return state.choose(state.LAYER, layers, verdict.get("layer") or layers[-1])


def control(
    label: str,
    key: str,
    options: Sequence[str],
    default: str,
    names: dict[str, str] | None = None,
    hint: str = "",
) -> str:
    """One segmented control bound to a query parameter; hidden while there is no choice."""
    value = state.choose(key, options, default)
    if len(options) < 2:
        return value
    widget = f"kenshin_control_{key}"
    state.show_in(widget, value)

    def changed() -> None:
        state.put(key, st.session_state[widget] or value)
        if key in (state.STACK, state.METHOD, state.POOLING):
            map_state.forget_zoom()

    st.segmented_control(
        label,
        options,
        key=widget,
        required=True,
        format_func=lambda option: say((names or {}).get(option, option)),
        on_change=changed,
        help=hint or None,
    )
    return value
