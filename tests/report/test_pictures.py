"""Two renderers, one chart: matplotlib always works, a browser is only ever an option."""

import io
import subprocess
import sys
import warnings

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from PIL import Image

from analysis.report.charts.behaviour import behaviour_chart
from analysis.report.charts.curves import history_chart, recovery_chart
from analysis.report.charts.draw_matplotlib import draw
from analysis.report.charts.draw_plotly import figure_of
from analysis.report.charts.layers import choose_statistic, detector_chart, layer_chart
from analysis.report.charts.marks import Axis, Band, Bars, Chart, Line, Missing, Panel, Points
from analysis.report.charts.ranking import ranking_chart
from analysis.report.document.build import Style, build_document
from analysis.report.document.fonts import japanese_font
from analysis.report.document.make import charts_of
from analysis.report.document.pictures import Pictures
from analysis.report.text import words_of

EN, JA = words_of("en"), words_of("ja")
LINE = Line(np.arange(3.0), np.array([0.1, 0.9, 0.5]), "価 $x_1$", "#E69F00", "diamond")


def simple(*marks):
    return Chart("c", "図", "alt", (Panel(marks or (LINE,), x=Axis("層"), y=Axis("y")),), 300, 200)


def test_both_renderers_draw_every_chart_of_a_report_with_the_same_values(chain_facts):
    document = build_document(chain_facts, "ja", Style(theme="dark"))
    charts = list(charts_of(document))
    assert len(charts) >= 6
    fonts = (str(japanese_font()),)
    for chart in charts:
        with warnings.catch_warnings():
            warnings.filterwarnings("error", message=".*[Gg]lyph.*")  # none may be missing
            picture = draw(chart, "png", "dark", fonts, scale=0.5)
        assert Image.open(io.BytesIO(picture)).size[0] == pytest.approx(chart.width / 2, abs=1)
        figure = figure_of(chart, "dark")
        bars = [m for p in chart.panels for m in p.marks if isinstance(m, Bars)]
        drawn = [t for t in figure.data if isinstance(t, go.Bar)]
        assert [list(t.y) for t in drawn] == [list(b.height) for b in bars]
        points = [m for p in chart.panels for m in p.marks if isinstance(m, Points)]
        clouds = [t for t in figure.data if t.mode == "markers"] if points else []
        assert [len(t.x) for t in clouds] == [len(p.x) for p in points]


def test_size_theme_and_format_are_as_asked():
    light = draw(simple(), "png", "light", (str(japanese_font()),), (640, 300), 1.0)
    image = Image.open(io.BytesIO(light)).convert("RGB")
    assert image.size == (640, 300)
    assert image.getpixel((2, 2)) == (255, 255, 255)
    dark = draw(simple(), "png", "dark", (str(japanese_font()),), (640, 300), 1.0)
    assert Image.open(io.BytesIO(dark)).convert("RGB").getpixel((2, 2)) == (
        18,
        22,
        29,
    )
    vector = draw(simple(), "svg", "light", (str(japanese_font()),))
    assert vector.lstrip().startswith(b"<?xml")
    assert b"<text" not in vector  # letters are outlines: no typeface is needed to read it


def test_pictures_are_the_same_bytes_each_time():
    fonts = (str(japanese_font()),)
    for kind in ("png", "svg"):
        assert draw(simple(), kind, "light", fonts) == draw(simple(), kind, "light", fonts)


def test_without_a_browser_matplotlib_draws_and_the_report_says_so(monkeypatch):
    def no_browser(*_args, **_kwargs):
        raise RuntimeError("no Chrome")

    monkeypatch.setattr(go.Figure, "to_image", no_browser)
    pictures = Pictures(Style(renderer="plotly"))
    assert pictures.draw(simple(), "png", 1.0).startswith(b"\x89PNG")
    assert pictures.fell_back
    assert "no working browser" in pictures.note(EN)
    assert "matplotlib" in pictures.note(JA)


def test_with_a_browser_plotly_draws_and_the_report_says_so(monkeypatch):
    monkeypatch.setattr(go.Figure, "to_image", lambda *_a, **_k: b"from the browser")
    pictures = Pictures(Style(renderer="plotly"))
    assert pictures.draw(simple(), "png", 1.0) == b"from the browser"
    assert "plotly" in pictures.note(EN)
    assert Pictures(Style()).note(EN) == "Pictures drawn by matplotlib."


def test_importing_the_report_loads_no_browser_library_and_no_heavy_one():
    code = (
        "import sys; import analysis.report.document.make, analysis.cli.options.report;"
        "bad = {'kaleido', 'torch', 'transformers', 'sklearn', 'matplotlib', 'pptx', 'fpdf'};"
        "print(sorted(bad & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "chart",
    [
        layer_chart(None, EN, "light"),
        detector_chart(pd.DataFrame(), EN, "light"),
        behaviour_chart({}, EN),
        behaviour_chart({"suspect": {"asr_all": {"value": None}}}, EN),
        ranking_chart(None, EN, "light"),
        history_chart(pd.DataFrame({"step": [1], "loss": [0.1]}), EN),
        recovery_chart(pd.DataFrame({"attack": []}), EN, "light"),
    ],
)
def test_what_cannot_be_drawn_says_why(chart):
    assert isinstance(chart, Missing)
    assert chart.reason


def test_the_layer_chart_prefers_the_direction_of_located_samples():
    def row(detector, statistic, value, layer, model="suspect"):
        band = {"null_low": 0.4, "null_high": 0.6} if model == "suspect" else {}
        return {"model": model, "stack": "encoder", "layer": layer, "pooling": "mean",
                "detector": detector, "statistic": statistic, "value": value, "n_located": 5,
                "null_low": np.nan, "null_high": np.nan} | band  # fmt: skip

    rows = [row("spectral", "tail", 9.0, 0), row("spectral", "tail", 1.0, 1)]
    assert choose_statistic(pd.DataFrame(rows)) == ("spectral", "tail")
    rows += [row("located_direction", "located_auc", 0.7, 0)]
    rows += [row("located_direction", "located_auc", 0.95, 1)]
    rows += [row("located_direction", "located_auc", 0.5, 1, "reference")]
    chart = layer_chart(pd.DataFrame(rows), EN, "light")
    band, reference, suspect = chart.panels[0].marks
    assert isinstance(band, Band)
    assert list(suspect.y) == [0.7, 0.95]
    assert list(reference.y) == [0.5]
    no_band = pd.DataFrame(rows).assign(null_low=np.nan, null_high=np.nan)
    assert isinstance(layer_chart(no_band, EN, "light"), Missing)


def test_recovery_curves_are_means_with_their_spread():
    frame = pd.DataFrame(
        [("relearning", arm, fold, 8, epoch, base + 0.1 * fold + 0.2 * epoch)
         for arm, base in (("unlearned", 0.1), ("control", 0.0))
         for fold in (0, 1) for epoch in (0, 1, 2)],
        columns=["attack", "arm", "fold", "samples", "epoch", "value_v"],
    )  # fmt: skip
    spread, unlearned, control = recovery_chart(frame, EN, "light").panels[0].marks
    assert list(unlearned.x) == [0, 8, 16]
    np.testing.assert_allclose(unlearned.y, [0.15, 0.35, 0.55])
    np.testing.assert_allclose(spread.low, [0.1, 0.3, 0.5])
    np.testing.assert_allclose(spread.high, [0.2, 0.4, 0.6])
    np.testing.assert_allclose(control.y, [0.05, 0.25, 0.45])


def test_the_course_of_a_removal_leaves_its_search_out():
    frame = pd.DataFrame({"phase": ["search", "search", "full", "full"], "step": [0, 20, 0, 40],
                          "asr": [1.0, 0.8, 1.0, 0.1]})  # fmt: skip
    (line,) = history_chart(frame, EN).panels[0].marks
    assert list(line.x) == [0, 40]
    assert list(line.y) == [1.0, 0.1]
