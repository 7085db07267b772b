"""The way of one sample through the layers, with its trigger and without it."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from analysis.report.layout import styled
from analysis.report.palette import MODEL_COLOURS
from analysis.report.text.spoken import say, term
from analysis.report.words import count, number

CENTRES = {"group": term("to the triggered samples"), "own": term("to its own class")}
VERSIONS = {"with": ("solid", term("with the trigger")), "without": ("dot", term("without it"))}
CLEAR = 1.25  # times nearer from which a pull is spoken of
ROLES = {"suspect": term("suspect"), "reference": term("reference")}


def path_of(paths: pd.DataFrame, sample: str, pooling: str) -> pd.DataFrame:
    """Rows of one sample at one pooling with column `place`, encoder first; maybe empty."""
    rows = paths[(paths["sample_id"] == sample) & (paths["pooling"] == pooling)].copy()
    pairs = zip(rows["stack"], rows["layer"], strict=True)
    rows["place"] = [_place(stack, layer) for stack, layer in pairs]
    rows["late"] = rows["stack"] != "encoder"
    return rows.sort_values(["late", "layer"], kind="stable").drop(columns="late")


def pulls(paths: pd.DataFrame) -> pd.DataFrame:
    """How many times nearer the triggered samples are with the trigger than without it.

    Args:
        paths: rows of any samples.

    Returns:
        One row per model, pooling, stack and layer, with the median over samples in `pull`.
    """
    keys = ["model", "pooling", "stack", "layer", "sample_id"]
    wide = paths.pivot_table(index=keys, columns="version", values="group")
    if not {"with", "without"} <= set(wide.columns):
        return pd.DataFrame({name: [] for name in (*keys[:-1], "pull")})
    ratio = wide["without"] / wide["with"].clip(lower=1e-9)
    return ratio.groupby(level=keys[:-1]).median().rename("pull").reset_index()


def clearest_pooling(paths: pd.DataFrame) -> str:
    """The pooling at which the suspect's trigger pulls most."""
    best = _best(pulls(paths[paths["model"] == "suspect"]))
    return str(sorted(paths["pooling"].unique())[-1]) if best is None else best.pooling


def pull_sentence(paths: pd.DataFrame, pooling: str) -> str:
    """How far the trigger pulls all followed samples at one pooling, in each model."""
    found = pulls(paths[paths["pooling"] == pooling])
    best = _best(found[found["model"] == "suspect"])
    if best is None:
        return ""
    text = say(
        "Over {n} followed samples the suspect's layer {layer} puts them {pull} times nearer to "
        "the other triggered samples with the trigger than without it (median).",
        n=count(int(paths["sample_id"].nunique())),
        layer=best.place,
        pull=number(best.pull),
    )
    same = found[(found["model"] == "reference") & (found["layer"] == best.layer)]
    clean = _best(same[same["stack"] == best.stack])
    if clean is None:
        return text
    return text + " " + say("In the reference: {pull} times.", pull=number(clean.pull))


def path_sentence(path: pd.DataFrame) -> str:
    """Where the trigger pulls this sample most in the suspect; empty without both versions."""
    best = _best(pulls(path[path["model"] == "suspect"]))
    if best is None:
        return ""
    if best.pull < CLEAR:
        return say(
            "This sample is not pulled: without the trigger it stands as near to them (the model "
            "may have learned its label by heart)."
        )
    return say(
        "This sample: {pull} times nearer, most in layer {layer}.",
        pull=number(best.pull),
        layer=best.place,
    )


class _Best(NamedTuple):
    pooling: str
    stack: str
    layer: int
    pull: float

    @property
    def place(self) -> str:
        return _place(self.stack, self.layer)


def _best(found: pd.DataFrame) -> _Best | None:
    """The site with the largest pull; None without any."""
    rows = found.dropna(subset=["pull"])
    sites = zip(*(rows[name] for name in _Best._fields), strict=True)
    known = [_Best(str(p), str(s), int(n), float(pull)) for p, s, n, pull in sites]
    return max(known, key=lambda site: site.pull, default=None)


def _place(stack: str, layer: int) -> str:
    return f"d{layer}" if stack == "decoder" else str(layer)


def path_figure(path: pd.DataFrame, theme_name: str = "light") -> go.Figure:
    """Both distances over the layers; colour is the model, a dotted line is without the trigger."""
    titles = [say(title) for title in CENTRES.values()]
    figure = make_subplots(rows=1, cols=2, subplot_titles=titles, horizontal_spacing=0.1)
    for column, centre in enumerate(CENTRES, start=1):
        for role, role_name in ROLES.items():
            for version, (dash, words) in VERSIONS.items():
                rows = path[(path["model"] == role) & (path["version"] == version)]
                rows = rows.dropna(subset=[centre])
                if rows.empty:
                    continue
                name = say("{model}, {version}", model=say(role_name), version=say(words))
                figure.add_trace(
                    go.Scatter(
                        x=rows["place"],
                        y=rows[centre],
                        mode="lines+markers",
                        name=name,
                        legendgroup=name,
                        showlegend=column == 1,
                        line={"color": MODEL_COLOURS[role], "dash": dash, "width": 2},
                        marker={"symbol": "circle" if version == "with" else "circle-open"},
                        hovertemplate="%{y:.2f}<extra>" + name + "</extra>",
                    ),
                    row=1,
                    col=column,
                )
    styled(figure, theme_name, 340)
    figure.update_xaxes(title_text=say("layer"), type="category")
    figure.update_yaxes(rangemode="tozero")
    figure.update_yaxes(title_text=say("distance, class spreads"), row=1, col=1)
    figure.update_layout(
        legend={"orientation": "h", "y": -0.3, "yanchor": "top"}, margin={"t": 40, "b": 96}
    )
    return figure
