"""Charts as picture files: matplotlib always, plotly through a browser where one is wanted.

matplotlib is the usual renderer: it needs no browser and gives the same bytes on every machine.
With `renderer="plotly"` a browser is looked for when the first picture is due; if there is none,
or it does not answer, matplotlib draws and the document says so.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from analysis.report.charts.marks import Chart, Points
from analysis.report.document.build import Style
from analysis.report.document.fonts import is_wide, japanese_font
from analysis.report.text import Words

Format = Literal["png", "svg"]
RENDERERS = ("matplotlib", "plotly")
_MANY_POINTS = 3_000  # beyond these a vector picture is larger than a sharp raster one


class Pictures:
    """Draws charts in one style, each once."""

    def __init__(self, style: Style) -> None:
        self._style = style
        self._kept: dict[tuple[str, str, Format, float], bytes] = {}
        self._browser: Callable[[Chart, Format, float], bytes] | None = None
        self.fell_back = False
        if style.renderer == "plotly":
            self._browser = self._with_plotly

    def note(self, words: Words) -> str:
        """Who drew the pictures."""
        drawn = words("report.renderer_fallback") if self.fell_back else self._name
        return words("report.charts_note", renderer=drawn)

    @property
    def _name(self) -> str:
        return "plotly" if self._browser is not None else "matplotlib"

    def draw(self, chart: Chart, format: Format, scale: float = 2.0) -> bytes:
        """The picture of a chart, PNG or SVG; `scale` is for PNG."""
        key = (chart.name, chart.title, format, scale)
        if key not in self._kept:
            self._kept[key] = self._fresh(chart, format, scale)
        return self._kept[key]

    def for_page(self, chart: Chart) -> tuple[bytes, str]:
        """A picture for a web page and its media type: SVG, or PNG for clouds of many points."""
        points = sum(len(m.x) for p in chart.panels for m in p.marks if isinstance(m, Points))
        if points > _MANY_POINTS:
            return self.draw(chart, "png", 2.0), "image/png"
        return self.draw(chart, "svg"), "image/svg+xml"

    def _fresh(self, chart: Chart, format: Format, scale: float) -> bytes:
        if self._browser is not None:
            try:
                return self._browser(chart, format, scale)
            except Exception:  # no browser, a broken one, or no kaleido: all mean the same here
                self._browser, self.fell_back = None, True
        from analysis.report.charts.draw_matplotlib import draw

        fonts = (str(japanese_font()),) if _needs_japanese(chart) else ()
        return draw(chart, format, self._style.theme, fonts, self._size(chart), scale)

    def _size(self, chart: Chart) -> tuple[int, int]:
        return self._style.width or chart.width, self._style.height or chart.height

    def _with_plotly(self, chart: Chart, format: Format, scale: float) -> bytes:
        from analysis.report.charts.draw_plotly import figure_of

        figure = figure_of(chart, self._style.theme, self._size(chart))
        picture: bytes = figure.to_image(format=format, scale=scale if format == "png" else 1)
        return picture


def _needs_japanese(chart: Chart) -> bool:
    return is_wide(chart.title) or is_wide(repr([(p.title, p.x, p.y) for p in chart.panels]))
