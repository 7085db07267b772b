"""The ways to colour a map: each turns a column of the samples into codes and a legend."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from analysis.report.palette import CLASS_SYMBOLS, FLAGGED, POISON, UNKNOWN, class_colour
from dashboard.text import say, term

TITLES = {
    "flagged": term("Flagged"),
    "score": term("Score"),
    "label": term("Label"),
    "prediction": term("Prediction"),
    "disagreement": term("Disagreement"),
    "truth": term("Known poison"),
}
RAMP = 12


def available_colours(samples: pd.DataFrame) -> tuple[str, ...]:
    """The colourings that this run's samples allow, best first."""
    needs = {
        "flagged": "flagged",
        "score": "score",
        "label": "label",
        "prediction": "predicted_suspect",
        "disagreement": "predicted_reference",
        "truth": "poisoned",
    }
    usable = [
        name
        for name, column in needs.items()
        if column in samples and samples[column].notna().any()
    ]
    return tuple(usable) or ("plain",)


def colour_modes(
    drawn: pd.DataFrame, models: tuple[str, ...], theme: str
) -> tuple[list[dict[str, Any]], dict[str, np.ndarray]]:
    """Legends for the component, and its code columns of the m drawn samples, (m,) uint8 each."""
    modes: list[dict[str, Any]] = []
    columns: dict[str, np.ndarray] = {}
    for name in available_colours(drawn):
        entries, codes, extra = _MAKERS[name](drawn, models, theme)
        names = [f"c_{name}_{i}" for i in range(len(codes))]
        columns.update(zip(names, codes, strict=True))
        modes.append(
            {"key": name, "title": say(TITLES.get(name, "")), "entries": entries, "columns": names}
            | extra
        )
    return modes, columns


def entry(name: str, colour: str, symbol: str = "circle", rank: int = 0) -> dict[str, Any]:
    """One legend entry; a higher rank is drawn later, on top, and larger."""
    return {"name": say(name), "colour": colour, "symbol": symbol, "rank": rank}


_Made = tuple[list[dict[str, Any]], list[np.ndarray], dict[str, Any]]


def _flags(column: str, off: str, on: tuple[str, str, str, int]) -> Any:
    def make(drawn: pd.DataFrame, models: tuple[str, ...], theme: str) -> _Made:  # noqa: ARG001
        codes = drawn[column].fillna(False).astype(bool).to_numpy().astype(np.uint8)
        return [entry(off, UNKNOWN), entry(*on)], [codes], {}

    return make


def _label(drawn: pd.DataFrame, models: tuple[str, ...], theme: str) -> _Made:  # noqa: ARG001
    return _classes([drawn["label"]], term("label {value}"), term("no label"))


def _prediction(drawn: pd.DataFrame, models: tuple[str, ...], theme: str) -> _Made:  # noqa: ARG001
    columns = [drawn.get(f"predicted_{model}", drawn["predicted_suspect"]) for model in models]
    return _classes(columns, term("predicted {value}"), term("no prediction"))


def _classes(columns: list[pd.Series], words: str, none: str) -> _Made:
    values = sorted({value for column in columns for value in column.dropna().unique()})
    entries = [
        entry(
            say(words, value=_plain(value)),
            class_colour(i),
            CLASS_SYMBOLS[i % len(CLASS_SYMBOLS)],
        )
        for i, value in enumerate(values[:254])
    ]
    entries.append(entry(none, UNKNOWN) | {"legend": False})
    index = {value: i for i, value in enumerate(values[:254])}
    last = len(entries) - 1
    codes = [column.map(index).fillna(last).to_numpy().astype(np.uint8) for column in columns]
    return entries, codes, {}


def _plain(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _disagreement(drawn: pd.DataFrame, models: tuple[str, ...], theme: str) -> _Made:  # noqa: ARG001
    differs = (drawn["predicted_suspect"] != drawn["predicted_reference"]).fillna(False)
    codes = differs.astype(bool).to_numpy().astype(np.uint8)
    entries = [
        entry(term("models agree"), UNKNOWN),
        entry(term("models differ"), FLAGGED, "triangle-up", 1),
    ]
    return entries, [codes], {}


def _score(drawn: pd.DataFrame, models: tuple[str, ...], theme: str) -> _Made:  # noqa: ARG001
    scores = drawn["score"].to_numpy(dtype=np.float64)
    finite = scores[np.isfinite(scores)]
    low, high = np.percentile(finite, [1, 99]) if len(finite) else (0.0, 1.0)
    unit = np.clip((np.nan_to_num(scores, nan=low) - low) / max(high - low, 1e-12), 0, 1)
    codes = np.minimum(unit * RAMP, RAMP - 1).astype(np.uint8)
    entries = [
        entry(
            say("step {n} of {last}", n=i + 1, last=RAMP), _mix(theme, i / (RAMP - 1)), "circle", i
        )
        for i in range(RAMP)
    ]
    return entries, [codes], {"ramp": [say("low"), say("high")]}


def _mix(theme: str, share: float) -> str:
    """A colour between quiet grey and vermilion."""
    quiet = (74, 84, 99) if theme == "dark" else (203, 208, 216)
    loud = (213, 94, 0)
    mixed = (round(a + (b - a) * share) for a, b in zip(quiet, loud, strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def _plain_mode(drawn: pd.DataFrame, models: tuple[str, ...], theme: str) -> _Made:  # noqa: ARG001
    return [entry(term("sample"), UNKNOWN)], [np.zeros(len(drawn), dtype=np.uint8)], {}


_MAKERS: dict[str, Any] = {
    "flagged": _flags("flagged", term("not flagged"), (term("flagged"), FLAGGED, "diamond", 1)),
    "truth": _flags(
        "poisoned", term("clean, as given"), (term("known poison"), POISON, "square", 1)
    ),
    "score": _score,
    "label": _label,
    "prediction": _prediction,
    "disagreement": _disagreement,
    "plain": _plain_mode,
}
