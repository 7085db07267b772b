"""Recovery curves of an audit's arms, and several audits side by side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
import plotly.graph_objects as go

from analysis.report.audit_words import ARM_WORDS, FACTS_ARM_WORDS
from analysis.report.layout import styled
from analysis.report.palette import CONTROL, FLAGGED, SUSPECT, UNLEARNED, theme
from analysis.report.text.spoken import say, term

ARM_COLOURS = {
    "unlearned": UNLEARNED,
    "original": SUSPECT,
    "control": CONTROL,
    "stress": FLAGGED,
}
ARM_SYMBOLS = {"unlearned": "square", "original": "diamond", "control": "x", "stress": "star"}
ARM_DASHES = {"unlearned": "solid", "original": "dot", "control": "solid", "stress": "dash"}

ASR = term("ASR on held-out samples")
DECIDED = term("ASR at the budget that decided")
BEST_ANSWERS = term("held-out facts answered right, best of the grid")
SAMPLES_SEEN = term("samples shown in training (each repeat counts)")
FACTS_SEEN = term("facts shown in training (each repeat counts)")
ANSWERS = term("share of held-out facts answered right")


class Marks(NamedTuple):
    """What is drawn beside the curves; None where the audit has none."""

    floor: float | None = None  # ASR of the control before the attack
    near: float = 0.2  # how far above it the control may be
    facts: bool = False  # the curves show right answers, not the ASR
    decisive: int | None = None  # triggered samples seen at the budget that decided


def recovery_curves(
    rows: pd.DataFrame, marks: Marks, theme_name: str = "light", height: int = 380
) -> go.Figure:
    """ASR on held-out samples over samples seen, one line per arm with the range of its fits.

    Args:
        rows: readings of one attack and split, columns of the `recovery` table.
        marks: floor and the budget that decided.
        theme_name: "light" or "dark".
        height: pixels.
    """
    figure = go.Figure()
    chosen = theme(theme_name)
    if marks.floor is not None:
        figure.add_hrect(
            y0=marks.floor,
            y1=min(marks.floor + marks.near, 1.0),
            fillcolor=chosen.band,
            opacity=0.45,
            line_width=0,
            layer="below",
        )
    words = FACTS_ARM_WORDS if marks.facts else ARM_WORDS
    for arm in words:
        curve = arm_curve(rows[rows["arm"] == arm])
        if not curve.empty:
            _add_arm(figure, arm, curve, say(words[arm]))
    if marks.decisive:
        figure.add_vline(x=marks.decisive, line={"color": chosen.muted, "dash": "dot", "width": 1})
    styled(figure, theme_name, height)
    seen = [int(value) for value in sorted(rows["seen"].unique())]
    figure.update_xaxes(
        title_text=say(FACTS_SEEN if marks.facts else SAMPLES_SEEN),
        type="log",
        tickvals=seen,
        ticktext=seen,
    )
    figure.update_yaxes(title_text=say(ANSWERS if marks.facts else ASR), range=[-0.02, 1.02])
    return figure


def arm_curve(rows: pd.DataFrame) -> pd.DataFrame:
    """Best setting at each number of samples seen: columns seen, mean, low, high.

    Low and high are the smallest and the largest fit of that setting.
    """
    if rows.empty:
        return pd.DataFrame(columns=["seen", "mean", "low", "high"])
    keys = ["seen", "learning_rate", "samples", "epoch"]
    cells = rows.groupby(keys)["value_v"].agg(["mean", "min", "max"]).reset_index()
    best = cells.sort_values("mean").drop_duplicates("seen", keep="last").sort_values("seen")
    return best.rename(columns={"min": "low", "max": "high"})[["seen", "mean", "low", "high"]]


def _add_arm(figure: go.Figure, arm: str, curve: pd.DataFrame, words: str) -> None:
    colour = ARM_COLOURS[arm]
    x = curve["seen"].to_numpy()
    figure.add_trace(
        go.Scatter(
            x=[*x, *x[::-1]],
            y=[*curve["high"], *curve["low"].to_numpy()[::-1]],
            mode="lines",
            fill="toself",
            fillcolor=_faded(colour),
            line={"width": 0},
            hoverinfo="skip",
            showlegend=False,
            legendgroup=arm,
        )
    )
    figure.add_trace(
        go.Scatter(
            x=x,
            y=curve["mean"].to_numpy(),
            mode="lines+markers",
            name=words,
            legendgroup=arm,
            line={"color": colour, "dash": ARM_DASHES[arm], "width": 2},
            marker={"color": colour, "symbol": ARM_SYMBOLS[arm], "size": 8},
            hovertemplate=say("%{x} seen: %{y:.2f}") + f"<extra>{words}</extra>",
        )
    )


def _faded(colour: str) -> str:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.15)"


def audits_compared(
    audits: Sequence[tuple[str, Mapping[str, Any]]],
    theme_name: str = "light",
    facts: bool = False,
) -> go.Figure:
    """What each arm shows at the budget that decided, one line per audit, with intervals.

    Args:
        audits: label and decisive budget (`audit_words.decisive`) of each.
        theme_name: "light" or "dark".
        facts: they asked for facts; the figure is the share of right answers.
    """
    figure = go.Figure()
    for arm, words in (FACTS_ARM_WORDS if facts else ARM_WORDS).items():
        shown = [(label, c["arms"][arm]) for label, c in audits if arm in (c.get("arms") or {})]
        shown = [(label, value) for label, value in shown if value.get("value") is not None]
        if not shown:
            continue
        values = [value["value"] for _, value in shown]
        figure.add_trace(
            go.Scatter(
                x=values,
                y=[label for label, _ in shown],
                mode="markers",
                name=say(words),
                marker={"color": ARM_COLOURS[arm], "symbol": ARM_SYMBOLS[arm], "size": 10},
                error_x={
                    "type": "data",
                    "symmetric": False,
                    "array": [v["high"] - v["value"] for _, v in shown],
                    "arrayminus": [v["value"] - v["low"] for _, v in shown],
                    "color": ARM_COLOURS[arm],
                    "thickness": 1,
                },
            )
        )
    styled(figure, theme_name, 110 + 42 * max(1, len(audits)))
    figure.update_xaxes(title_text=say(BEST_ANSWERS if facts else DECIDED), range=[-0.02, 1.02])
    figure.update_yaxes(autorange="reversed")
    figure.update_layout(
        margin={"l": _room(label for label, _ in audits)}
    )  # plotly keeps too little
    return figure


def _room(labels: Iterable[str]) -> int:
    """Pixels for the longest label, at about seven each."""
    return 20 + 7 * max((len(label) for label in labels), default=20)
