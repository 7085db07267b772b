"""What every figure shares: quiet axes, explicit colours, no template of its own."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go

from analysis.report.palette import theme

# quoted: a name that holds a digit voids the whole list, and plotly falls back to its own
FONT = "'Source Sans', 'Source Sans 3', 'Noto Sans CJK JP', system-ui, sans-serif"


def styled(figure: go.Figure, theme_name: str, height: int) -> go.Figure:
    """Apply the house layout to `figure`, in place, and hand it back.

    The paper is opaque, so that a saved picture reads the same on any background.

    Args:
        figure: any figure.
        theme_name: "light" or "dark".
        height: pixels.
    """
    chosen = theme(theme_name)
    figure.update_layout(
        template="none",
        height=height,
        margin={"l": 8, "r": 8, "t": 8, "b": 8},
        paper_bgcolor=chosen.paper,
        plot_bgcolor=chosen.paper,
        font={"family": FONT, "size": 13, "color": chosen.text},
        hoverlabel={
            "bgcolor": chosen.low,
            "bordercolor": chosen.grid,
            "font": {"family": FONT, "size": 13, "color": chosen.text},
            "align": "left",
        },
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "title": None},
        modebar={"bgcolor": "rgba(0,0,0,0)", "color": chosen.muted, "activecolor": chosen.text},
    )
    axis: dict[str, Any] = {
        "automargin": True,
        "gridcolor": chosen.grid,
        "linecolor": chosen.grid,
        "zeroline": False,
        "tickfont": {"color": chosen.muted, "size": 12},
        "title": {"font": {"color": chosen.muted, "size": 12}, "standoff": 8},
    }
    figure.update_xaxes(**axis)
    figure.update_yaxes(**axis)
    return figure


def panel_title(text: str, theme_name: str, column: int, columns: int) -> dict[str, Any]:
    """A plotly annotation above panel `column` (0-based) of `columns` equal ones."""
    return {
        "text": text,
        "x": (column + 0.5) / columns,
        "y": 1.0,
        "xref": "paper",
        "yref": "paper",
        "xanchor": "center",
        "yanchor": "bottom",
        "showarrow": False,
        "font": {"size": 13, "color": theme(theme_name).muted, "family": FONT},
    }


def export_config(name: str, kind: str = "png") -> dict[str, Any]:
    """Plotly's config for a chart that saves itself as `kind` ("png" or "svg")."""
    return {
        "displaylogo": False,
        "displayModeBar": "hover",
        "modeBarButtons": [["toImage", "resetScale2d"]],
        "toImageButtonOptions": {"format": kind, "filename": f"kenshin-{name}", "scale": 2},
    }
