"""Curves over steps: how a removal went, and whether an audit brought the behaviour back."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.report.charts.marks import Axis, Band, Chart, Line, Mark, Missing, Panel
from analysis.report.palette import CONTROL, FLAGGED, MODEL_COLOURS, REFERENCE, SUSPECT, theme
from analysis.report.text import Words

ARMS = {
    "unlearned": MODEL_COLOURS["unlearned"],
    "original": SUSPECT,
    "control": CONTROL,
    "stress": FLAGGED,
}
SHARES = (("asr", FLAGGED, "diamond"), ("accuracy", REFERENCE, "circle"))


def history_chart(history: pd.DataFrame | None, words: Words) -> Chart | Missing:
    """ASR and accuracy over the steps of a removal or a training.

    Args:
        history: columns step, asr, accuracy; missing values are not drawn.
        words: the language.
    """
    title = words("chart.history.name")
    if history is not None and "phase" in history and len(history):
        history = history[history["phase"] == history["phase"].iloc[-1]]  # not the search for it
    lines = []
    for column, colour, symbol in SHARES:
        if history is None or column not in history:
            continue
        rows = history.dropna(subset=[column]).sort_values("step")
        if not rows.empty:
            x, y = rows["step"].to_numpy(np.float64), rows[column].to_numpy(np.float64)
            lines.append(Line(x, y, words(f"chart.history.{column}"), colour, symbol))
    if not lines:
        return Missing("history", title, words("chart.history.missing"))
    shares = Axis(words("chart.behaviour.y"), (-0.03, 1.05))
    panel = Panel(tuple(lines), x=Axis(words("chart.history.x")), y=shares)
    return Chart("history", title, words("chart.history.alt"), (panel,), 620, 340)


def recovery_chart(recovery: pd.DataFrame | None, words: Words, theme_name: str) -> Chart | Missing:
    """One panel per attack that trains: ASR on unseen triggered samples over samples seen.

    The line is the mean over folds, seeds and rates, the band the lowest and highest of them.

    Args:
        recovery: the contract's table with `value_v`.
        words: the language.
        theme_name: "light" or "dark".
    """
    title = words("chart.recovery.name")
    if recovery is None or "value_v" not in recovery:
        return Missing("recovery", title, words("chart.recovery.missing"))
    rows = recovery.dropna(subset=["value_v"])
    rows = rows.assign(seen=rows["samples"] * rows["epoch"]) if "seen" not in rows else rows
    curves = rows.groupby("attack", observed=True)["seen"].nunique()
    attacks = [str(name) for name in curves.index[curves > 1]][:3]
    if not attacks:
        return Missing("recovery", title, words("chart.recovery.missing"))
    panels = tuple(
        _panel(rows[rows["attack"] == attack], attack.replace("_", " "), words, theme_name)
        for attack in attacks
    )
    width = 420 * max(len(panels), 2)
    return Chart("recovery", title, words("chart.recovery.alt"), panels, width, 360)


def _panel(rows: pd.DataFrame, title: str, words: Words, theme_name: str) -> Panel:
    marks: list[Mark] = []
    for arm, colour in ARMS.items():
        values = rows.loc[rows["arm"] == arm].groupby("seen", observed=True)["value_v"]
        if not values.ngroups:
            continue
        mean, low, high = values.mean(), values.min(), values.max()
        x, name = mean.index.to_numpy(np.float64), words(f"chart.recovery.{arm}")
        if arm == "unlearned":
            band = words("chart.recovery.spread")
            spread = Band(x, low.to_numpy(), high.to_numpy(), band, theme(theme_name).band)
            marks.insert(0, spread)
        marks.append(Line(x, mean.to_numpy(np.float64), name, colour, dashed=arm == "control"))
    return Panel(
        tuple(marks),
        title=title,
        x=Axis(words("chart.recovery.x")),
        y=Axis(words("chart.recovery.y"), (-0.03, 1.05)),
    )
