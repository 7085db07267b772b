"""Charts as PNG or SVG without a browser; the same bytes on every machine with these versions."""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from typing import Any, Literal

import matplotlib as mpl
import numpy as np
from matplotlib import font_manager
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from analysis.report.charts.marks import Axis, Band, Bars, Chart, Heat, Level, Line, Panel, Points
from analysis.report.palette import Theme, theme

# matplotlib's settings are of the whole process and a dashboard draws in several threads.
_LOCK = threading.Lock()
_SYMBOLS = {
    "circle": "o",
    "diamond": "D",
    "square": "s",
    "x": "x",
    "triangle-up": "^",
    "pentagon": "p",
    "star": "*",
    "hexagon": "h",
}
_RASTER_FROM = 6_000  # points beyond which an SVG would be larger than its picture
Format = Literal["png", "svg"]


def draw(
    chart: Chart,
    format: Format,
    theme_name: str,
    fonts: Sequence[str] = (),
    size: tuple[int, int] | None = None,
    scale: float = 2.0,
) -> bytes:
    """The picture of a chart.

    Args:
        chart: what to draw.
        format: "png" or "svg"; letters in an SVG are outlines, so that no font is needed.
        theme_name: "light" or "dark".
        fonts: files of further fonts, such as a Japanese one; used where the first lacks a sign.
        size: pixels (width, height); None for the chart's own.
        scale: pixels of a PNG per pixel of `size`.
    """
    width, height = size or (chart.width, chart.height)
    with _LOCK, mpl.rc_context(_settings(fonts, theme(theme_name))):
        figure = Figure(figsize=(width / 96, height / 96), dpi=96, layout="constrained")
        _draw_panels(figure, chart, theme(theme_name))
        buffer = io.BytesIO()
        canvas = FigureCanvasAgg(figure) if format == "png" else FigureCanvasSVG(figure)
        metadata: dict[str, Any] = {"Date": None} if format == "svg" else {"Software": None}
        canvas.figure.savefig(buffer, format=format, dpi=96 * scale, metadata=metadata)
    return buffer.getvalue()


def _settings(fonts: Sequence[str], chosen: Theme) -> Any:
    families = ["DejaVu Sans"]
    for path in fonts:
        known = {font.fname: font.name for font in font_manager.fontManager.ttflist}
        if path not in known:
            font_manager.fontManager.addfont(path)
        families.append(font_manager.get_font(path).family_name)
    return {
        "font.family": families,
        "font.size": 10,
        "text.parse_math": False,  # a dollar sign in a sample is a dollar sign
        "svg.fonttype": "path",
        "svg.hashsalt": "kenshin",
        "axes.unicode_minus": False,
        "figure.facecolor": chosen.paper,
        "savefig.facecolor": chosen.paper,
        "axes.facecolor": chosen.paper,
        "axes.edgecolor": chosen.grid,
        "axes.labelcolor": chosen.muted,
        "text.color": chosen.text,
        "xtick.color": chosen.muted,
        "ytick.color": chosen.muted,
        "grid.color": chosen.grid,
    }


def _draw_panels(figure: Figure, chart: Chart, chosen: Theme) -> None:
    axes = figure.subplots(1, len(chart.panels), squeeze=False)[0]
    named: dict[str, Any] = {}
    for ax, panel in zip(axes, chart.panels, strict=True):
        for mark in panel.marks:
            for name, handle in _MARKS[type(mark)](ax, mark, chosen):
                named.setdefault(name, handle)
        _finish(ax, panel, chosen)
    if named:
        figure.legend(
            list(named.values()),
            list(named),
            loc="outside lower left",
            ncols=min(len(named), max(1, chart.width // 170)),
            frameon=False,
            labelcolor=chosen.text,
            fontsize=9,
        )


def _finish(ax: Any, panel: Panel, chosen: Theme) -> None:
    if panel.title:
        ax.set_title(panel.title, fontsize=10, color=chosen.muted)
    heat = any(isinstance(mark, Heat) for mark in panel.marks)
    _axis(ax.xaxis, ax.set_xlim, panel.x)
    _axis(ax.yaxis, ax.set_ylim, panel.y)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    ax.set_axisbelow(True)
    if heat:
        for spine in ax.spines.values():
            spine.set_visible(False)
        ax.tick_params(length=0)
    else:
        ax.grid(True, linewidth=0.6)


def _axis(axis: Any, set_limits: Any, wanted: Axis) -> None:
    axis.set_label_text(wanted.title)
    if wanted.limits is not None:
        set_limits(*wanted.limits)
    if wanted.ticks is not None:
        axis.set_ticks(wanted.ticks, wanted.labels)
    if not wanted.numbers:
        axis.set_ticklabels([])
        axis.set_tick_params(length=0)


def _points(ax: Any, mark: Points, chosen: Theme) -> list[tuple[str, Any]]:
    handle = ax.scatter(
        mark.x,
        mark.y,
        s=14,
        c=mark.colour,
        marker=_SYMBOLS.get(mark.symbol, "o"),
        alpha=0.75,
        linewidths=0 if mark.symbol != "x" else 1,
        rasterized=len(mark.x) > _RASTER_FROM,
    )
    return [(mark.name, handle)]


def _line(ax: Any, mark: Line, chosen: Theme) -> list[tuple[str, Any]]:
    (handle,) = ax.plot(
        mark.x,
        mark.y,
        color=mark.colour,
        marker=_SYMBOLS.get(mark.symbol, "o"),
        markersize=6,
        linewidth=1.8,
        linestyle="--" if mark.dashed else "-",
    )
    return [(mark.name, handle)]


def _band(ax: Any, mark: Band, chosen: Theme) -> list[tuple[str, Any]]:
    x, low, high = mark.x, mark.low, mark.high
    if len(x) == 1:  # one layer still needs a visible width
        x = np.array([x[0] - 0.3, x[0] + 0.3])
        low, high = np.repeat(low, 2), np.repeat(high, 2)
    handle = ax.fill_between(x, low, high, color=mark.colour, linewidth=0)
    return [(mark.name, handle)]


def _bars(ax: Any, mark: Bars, chosen: Theme) -> list[tuple[str, Any]]:
    handle = ax.bar(mark.x, mark.height, mark.width, color=mark.colour)
    tops = mark.height
    if mark.low is not None and mark.high is not None:
        reach = np.clip([mark.height - mark.low, mark.high - mark.height], 0, None)
        ax.errorbar(mark.x, mark.height, reach, fmt="none", ecolor=chosen.text, elinewidth=1)
        tops = np.fmax(mark.height, mark.high)
    for x, top, text in zip(mark.x, tops, mark.text, strict=False):
        ax.annotate(text, (x, top), (0, 2), textcoords="offset points", ha="center", fontsize=8.5)
    return [(mark.name, handle)]


def _heat(ax: Any, mark: Heat, chosen: Theme) -> list[tuple[str, Any]]:
    stops = [(float(place), str(colour)) for place, colour in mark.scale]
    colours = LinearSegmentedColormap.from_list("house", stops).with_extremes(bad=chosen.paper)
    image = ax.pcolormesh(
        np.ma.masked_invalid(mark.values),
        cmap=colours,
        vmin=mark.low,
        vmax=mark.high,
        edgecolors=chosen.paper,
        linewidth=1.5,
    )
    ax.set_xticks(np.arange(len(mark.columns)) + 0.5, mark.columns, rotation=0)
    ax.set_yticks(np.arange(len(mark.rows)) + 0.5, mark.rows)
    if len(mark.columns) > 14:
        ax.tick_params(axis="x", labelsize=8)
    bar = ax.figure.colorbar(image, ax=ax, fraction=0.04, pad=0.02, ticks=[mark.low, mark.high])
    bar.ax.set_yticklabels(mark.ends)
    bar.outline.set_visible(False)
    return []


def _level(ax: Any, mark: Level, chosen: Theme) -> list[tuple[str, Any]]:
    if mark.x is not None:
        handle = ax.axvline(mark.x, color=mark.colour, linewidth=1.2, linestyle=":")
    else:
        handle = ax.axhline(mark.y, color=mark.colour, linewidth=1.2, linestyle=":")
    return [(mark.name, handle)]


_MARKS: dict[type, Any] = {
    Points: _points,
    Line: _line,
    Band: _band,
    Bars: _bars,
    Heat: _heat,
    Level: _level,
}
