"""The way of one sample through the layers, with its trigger and without it."""

from __future__ import annotations

import pandas as pd
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from analysis.report.layout import styled
from analysis.report.palette import MODEL_COLOURS
from analysis.report.text.spoken import say, term
from analysis.report.words import number

CENTRES = {"group": term("to the triggered samples"), "own": term("to its own class")}
VERSIONS = {"with": ("solid", term("with the trigger")), "without": ("dot", term("without it"))}
ROLES = {"suspect": term("suspect"), "reference": term("reference")}


def path_of(paths: pd.DataFrame, sample: str, pooling: str) -> pd.DataFrame:
    """Rows of one sample at one pooling with column `place`, encoder first; maybe empty."""
    rows = paths[(paths["sample_id"] == sample) & (paths["pooling"] == pooling)].copy()
    rows["place"] = [
        f"d{layer}" if stack == "decoder" else str(layer)
        for stack, layer in zip(rows["stack"], rows["layer"], strict=True)
    ]
    rows["late"] = rows["stack"] != "encoder"
    return rows.sort_values(["late", "layer"], kind="stable").drop(columns="late")


def path_sentence(path: pd.DataFrame) -> str:
    """Where the trigger pulls the sample most, in each model; empty without both versions."""
    parts = []
    for role, name in ROLES.items():
        rows = path[path["model"] == role]
        wide = rows.pivot_table(index="place", columns="version", values="group", sort=False)
        if not {"with", "without"} <= set(wide.columns):
            continue
        pull = wide["without"] - wide["with"]
        place = str(pull.idxmax())
        parts.append(
            say(
                "In the {model} the trigger pulls this sample most in layer {layer}: its distance "
                "to the other triggered samples is {given} with it and {taken} without.",
                model=say(name),
                layer=place,
                given=number(wide.loc[place, "with"]),
                taken=number(wide.loc[place, "without"]),
            )
        )
    return " ".join(parts)


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
    figure.update_layout(legend={"orientation": "h", "y": -0.25}, margin={"t": 40, "b": 90})
    return figure
