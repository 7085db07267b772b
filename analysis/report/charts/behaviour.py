"""Chart 3: attack success and utility of each model, before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from analysis.report.charts.marks import Axis, Bars, Chart, Missing, Panel
from analysis.report.palette import MODEL_COLOURS
from analysis.report.text import Words
from analysis.report.words import number

FIGURES = ("asr_all", "natural_flip_floor", "excess_asr", "clean_accuracy")


def behaviour_chart(
    models: Mapping[str, Mapping[str, Any]], words: Words, name: str = "behaviour"
) -> Chart | Missing:
    """Bars with 95 % intervals: ASR, floor, excess ASR and clean accuracy per model.

    Args:
        models: role ("suspect" before, "unlearned" after, "reference") -> behaviour figures as a
            record keeps them, each with value, low, high and n.
        words: the language.
        name: of the chart.
    """
    measured = [
        figure
        for figure in FIGURES
        if any(_value(model, figure) is not None for model in models.values())
    ]
    roles = [role for role in models if any(_value(models[role], f) is not None for f in measured)]
    if not measured:
        return Missing(name, words("chart.behaviour.name"), words("chart.behaviour.missing"))
    width = 0.8 / len(roles)
    bars = tuple(
        _bars(models[role], measured, role, (index - (len(roles) - 1) / 2) * width, width, words)
        for index, role in enumerate(roles)
    )
    ticks = tuple(float(index) for index in range(len(measured)))
    labels = tuple(words(f"figure.{figure}") for figure in measured)
    lowest = min(0.0, *(float(np.nanmin(b.low if b.low is not None else b.height)) for b in bars))
    panel = Panel(
        bars,
        x=Axis(ticks=ticks, labels=labels, limits=(-0.55, len(measured) - 0.45)),
        y=Axis(words("chart.behaviour.y"), limits=(min(lowest, -0.001), 1.12)),
    )
    key = "after" if "unlearned" in roles else "before"
    title = words(f"chart.behaviour.title_{key}")
    return Chart(name, title, words("chart.behaviour.alt"), (panel,), 620, 340)


def _bars(
    model: Mapping[str, Any],
    measured: list[str],
    role: str,
    shift: float,
    width: float,
    words: Words,
) -> Bars:
    found = [model.get(figure) or {} for figure in measured]

    def values(key: str) -> np.ndarray:
        return np.array([_number(figure.get(key)) for figure in found])

    height = values("value")
    return Bars(
        np.arange(len(measured)) + shift,
        np.nan_to_num(height),
        words(f"role.{role}"),
        MODEL_COLOURS.get(role, MODEL_COLOURS["control"]),
        width * 0.94,
        np.where(np.isnan(values("low")), np.nan_to_num(height), values("low")),
        np.where(np.isnan(values("high")), np.nan_to_num(height), values("high")),
        tuple("–" if np.isnan(h) else number(round(float(h), 3)) for h in height),
    )


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _value(model: Mapping[str, Any], figure: str) -> float | None:
    found = (model.get(figure) or {}).get("value")
    return None if found is None else float(found)
