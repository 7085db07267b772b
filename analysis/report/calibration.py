"""How far a ranking's probabilities can be trusted: reliability diagram, Brier score, sums."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from analysis.report.layout import styled
from analysis.report.palette import SUSPECT, theme
from analysis.report.text.spoken import say
from analysis.report.words import count, number


def calibration_sentence(metrics: Mapping[str, Any]) -> str:
    """What the probabilities of this run add up to, and what they were fitted on."""
    facts = (metrics.get("ranking") or {}).get("calibration")
    if not facts:
        return say(
            "The probabilities of this run are not calibrated: no map was fitted for its signals. "
            "Read them as an order."
        )
    return say(
        "By the calibrated probability {expected} of the samples are poisoned, and {wrong} of the "
        "flagged ones are clean. Fitted on {models} models and files of one task, {poisoned} of "
        "them poisoned at 2 or 5 %; each was judged by a map fitted without it: Brier score "
        "{brier} [{low} to {high}], {constant} if only the base rate were known.",
        expected=number(facts["expected_poisoned"]),
        wrong=number(facts["expected_false_flagged"]),
        models=count(int(facts["models"])),
        poisoned=count(int(facts["poisoned_models"])),
        brier=small(facts["brier"]),
        low=small(facts["brier_low"]),
        high=small(facts["brier_high"]),
        constant=small(facts["brier_constant"]),
    )


def small(value: float) -> str:
    """A Brier score: these are small, so four decimals."""
    return f"{value:.4f}"


def calibration_table(metrics: Mapping[str, Any]) -> pd.DataFrame:
    """The reliability diagram as text, one line per range of probabilities."""
    rows = _bins(metrics)
    return pd.DataFrame(
        {
            "probability": [f"{row['told']:.3f}" for row in rows],
            "poisoned": [f"{row['share']:.3f}" for row in rows],
            "interval": [
                say("{low} to {high}", low=f"{row['low']:.3f}", high=f"{row['high']:.3f}")
                for row in rows
            ],
            "samples": [count(int(row["rows"])) for row in rows],
            "models": [count(int(row["models"])) for row in rows],
        }
    )


def calibration_figure(metrics: Mapping[str, Any], theme_name: str = "light") -> go.Figure:
    """Told probability against the true share; on the diagonal both agree."""
    rows = _bins(metrics)
    chosen = theme(theme_name)
    figure = go.Figure(
        [
            go.Scatter(
                x=[0, 1],
                y=[0, 1],
                mode="lines",
                line={"color": chosen.band, "dash": "dot"},
                name=say("perfect"),
                hoverinfo="skip",
            ),
            go.Scatter(
                x=[row["told"] for row in rows],
                y=[row["share"] for row in rows],
                customdata=[int(row["rows"]) for row in rows],
                mode="markers",
                marker={"color": SUSPECT, "size": 10},
                error_y={
                    "type": "data",
                    "symmetric": False,
                    "array": [max(row["high"] - row["share"], 0.0) for row in rows],
                    "arrayminus": [max(row["share"] - row["low"], 0.0) for row in rows],
                    "color": chosen.text,
                    "thickness": 1.2,
                },
                name=say("models left out of the fit"),
                hovertemplate="%{x:.3f} → %{y:.3f} (%{customdata})<extra></extra>",
            ),
        ]
    )
    styled(figure, theme_name, 300)
    figure.update_xaxes(title_text=say("told probability"), range=[-0.03, 1.03])
    figure.update_yaxes(title_text=say("share that was poisoned"), range=[-0.03, 1.05])
    return figure


def _bins(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    facts = (metrics.get("ranking") or {}).get("calibration") or {}
    return list(facts.get("bins") or [])
