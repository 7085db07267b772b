import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from analysis.detect.ranking import rank_samples
from analysis.report.evidence import evidence_table
from analysis.report.figures import (
    PointGroup,
    default_threshold,
    detector_heatmap,
    export_config,
    flagging,
    layer_peaks,
    layer_strip,
    overlaid_distributions,
    pair_grid,
    scatter_pair,
    score_histogram,
    weight_heatmaps,
)
from analysis.report.histograms import read_histogram
from analysis.report.layers import band_excess
from analysis.report.palette import FLAGGED, MODEL_COLOURS, REFERENCE
from analysis.report.quantile_plot import quantile_plot
from analysis.report.weight_words import cell_numbers, weights_sentence


def layers(values, low=0.0, high=1.0, statistic="tail"):
    return pd.DataFrame(
        {
            "model": "suspect", "stack": "encoder", "layer": range(len(values)),
            "pooling": "mean", "detector": "spectral", "statistic": statistic, "value": values,
            "null_low": low, "null_high": high,
        }
    )  # fmt: skip


def test_the_band_has_its_edges_at_minus_one_and_one():
    np.testing.assert_allclose(band_excess(layers([0.0, 0.5, 1.0, 2.0])), [-1, 0, 1, 3])


def test_a_band_without_width_does_not_blow_up_equal_values():
    found = band_excess(layers([0.7, 1.4], low=0.7, high=0.7))
    assert abs(found[0]) < 1e-6
    assert 1 < found[1] < 100


def test_layer_peaks_take_the_strongest_and_leave_out_what_has_no_band():
    table = pd.concat([layers([0.2, 3.0]), layers([2.0, 0.1]).assign(detector="knn")])
    table = pd.concat([table, layers([9.0]).assign(layer=7, null_low=np.nan, null_high=np.nan)])
    peaks = layer_peaks(table)
    assert list(peaks["layer"]) == [0, 1]
    assert list(peaks["detector"]) == ["knn", "spectral"]
    assert layer_peaks(table[table["layer"] == 7]).empty


def test_layer_peaks_prefer_statistics_about_the_located_samples():
    table = pd.concat([layers([9.0, 9.0]), layers([0.5, 3.0], statistic="located_auc")])
    assert list(layer_peaks(table)["excess"]) == [0.0, 5.0]


def test_encoder_layers_come_before_decoder_layers():
    table = pd.concat([layers([2.0]).assign(stack="decoder"), layers([2.0, 2.0])])
    assert list(layer_peaks(table)["stack"]) == ["encoder", "encoder", "decoder"]
    assert list(layer_strip(layer_peaks(table)).data[0].x) == ["0", "1", "d0"]


def test_the_heat_map_is_quiet_inside_the_band_and_says_what_was_not_computed():
    table = pd.concat([layers([0.5, 3.0]), layers([0.9]).assign(detector="knn")])
    heat = detector_heatmap(table).data[0]
    rows = dict(zip(heat.y, heat.z, strict=True))
    assert list(rows["spectral"]) == [1.0, 4.0]
    assert rows["knn"][0] == 1.0
    assert np.isnan(rows["knn"][1])
    assert heat.text[list(heat.y).index("knn")][1] == "not computed"


def test_a_detector_without_a_band_never_looks_clean():
    table = pd.concat([layers([0.5]), layers([0.5], np.nan, np.nan).assign(detector="lof")])
    heat = detector_heatmap(table).data[0]
    row = list(heat.y).index("lof")
    assert np.isnan(heat.z[row][0])
    assert "no clean band" in heat.text[row][0]
    assert "no clean band" in set(evidence_table(table)["reads as"])


def test_evidence_is_sorted_and_put_beside_the_reference():
    reference = layers([0.1, 0.2]).assign(model="reference", null_low=np.nan, null_high=np.nan)
    table = evidence_table(pd.concat([layers([0.5, 3.0]), reference]))
    assert list(table["layer"]) == ["1", "0"]
    assert list(table["reference"]) == ["0.2", "0.1"]
    assert list(table["reads as"]) == ["far above", "inside the clean band"]


def ranking(scores, flagged=None):
    values = np.asarray(scores, dtype=np.float32)
    return pd.DataFrame({"score": values, "flagged": values >= 4 if flagged is None else flagged})


def test_expected_false_alarms_are_those_the_run_announced_at_its_own_threshold():
    rng = np.random.default_rng(1)
    n = 1000
    found = rank_samples(n, rng.normal(size=n), (), ())
    table = pd.DataFrame({"score": found.score, "flagged": found.flagged})
    ours = flagging(table, found.threshold)
    assert ours.expected_false == pytest.approx(found.expected_false_alarms, rel=0.01)
    assert ours.flagged == found.flagged.sum()


def test_expected_false_alarms_follow_an_exponential_tail_and_ignore_located_rows():
    rng = np.random.default_rng(0)
    scores = np.concatenate([rng.exponential(size=100_000), np.full(500, 30.0)])
    located = np.arange(len(scores)) >= 100_000
    table = ranking(scores).assign(trigger_start=0, trigger_end=np.where(located, 5, 0))
    for threshold in (0.5, 3.0, 6.0):
        expected = len(scores) * np.exp(-threshold)
        assert flagging(table, threshold).expected_false == pytest.approx(expected, rel=0.1)


def test_the_threshold_starts_where_the_run_flagged():
    assert default_threshold(ranking([0, 1, 5, 9])) == 5
    none = ranking([0, 1, 2])
    assert flagging(none, default_threshold(none)).flagged == 0


@pytest.mark.parametrize("threshold", [-1.0, 0.3, 2.0, 7.0, 99.0])
def test_the_histogram_counts_every_sample_once_on_its_side(threshold):
    scores = np.random.default_rng(0).normal(size=500) * 3
    figure = score_histogram(ranking(scores), threshold)
    below, above = (np.asarray(bar.customdata).sum() for bar in figure.data)
    assert above == (scores.astype(np.float32) >= threshold).sum()
    assert below + above == 500
    for bar, side in zip(figure.data, (np.less, np.greater), strict=True):
        filled = np.asarray(bar.x)[np.asarray(bar.customdata) > 0]
        assert side(filled, threshold).all()


def test_one_score_for_all_still_draws():
    figure = score_histogram(ranking([1.0] * 5), 1.0)
    assert sum(np.asarray(bar.customdata).sum() for bar in figure.data) == 5


def attention(effect_suspect, effect_control=None):
    rows = [
        ("suspect", effect_suspect, [1, 2, 1]),
        ("reference", np.nan, [2, 1, 1]),
    ]
    if effect_control is not None:
        rows += [("control", effect_control, [1, 1, 2]), ("control-2", effect_control, [1, 1, 2])]
    return pd.DataFrame(
        [
            {
                "stack": "encoder", "layer": layer, "attention": "self", "head": None,
                "matrix": matrix, "kind": "weight", "model": model, "mean": 0.0, "std": 1.0,
                "skew": 0.0, "kurtosis": 3.0, "effect_size": effect, "histogram": counts,
                "histogram_low": -1.0, "histogram_high": 1.0,
            }
            for layer in (1, 2) for matrix in "vqk" for model, effect, counts in rows
        ]
    )  # fmt: skip


def test_the_sentence_needs_a_control_to_say_hardly():
    assert "hardly differ" in weights_sentence(attention(-0.04, 0.03))
    assert "too few pairs to call it evidence" in weights_sentence(attention(0.4, 0.03))
    large = weights_sentence(attention(2.3, 1.5))
    assert "differ more than these 2 clean pairs do" in large
    assert "no more than those" in weights_sentence(attention(1.2, 1.5))
    assert "hardly" not in large
    alone = weights_sentence(attention(0.0001))
    assert "No control" in alone
    assert "hardly" not in alone


def test_both_heat_maps_have_one_scale_and_reading_order():
    table = attention(-0.04, 0.2)
    pair, control = (pair_grid(table, m, "effect_size", "encoder") for m in ("suspect", "control"))
    assert list(pair.columns) == ["Q weight", "K weight", "V weight"]
    assert pair.to_numpy().max() == 0.04
    figure = weight_heatmaps(pair, control, "effect_size")
    maps = [trace for trace in figure.data if trace.type == "heatmap"]
    assert {(trace.zmin, trace.zmax) for trace in maps} == {(0.0, 0.2)}
    targets = [trace for trace in figure.data if trace.type == "scatter"]
    assert all(len(trace.x) == pair.size for trace in targets)  # every cell can be clicked
    alone = weight_heatmaps(pair, pd.DataFrame(), "effect_size")
    assert [trace.type for trace in alone.data] == ["heatmap", "scatter"]


def test_distributions_keep_the_colour_of_the_model_and_integrate_to_one():
    table = attention(0.01, 0.01)
    figure = overlaid_distributions(table[(table["layer"] == 1) & (table["matrix"] == "q")])
    by_name = {trace.name: trace for trace in figure.data}
    assert by_name["reference"].line.color == MODEL_COLOURS["reference"]
    assert by_name["suspect"].line.dash != by_name["reference"].line.dash
    for trace in figure.data:
        assert np.sum(np.asarray(trace.y) * (2 / 3)) == pytest.approx(1.0)


def test_numbers_say_no_control_instead_of_a_p_value():
    rows = attention(0.01).query("layer == 1 and matrix == 'q'").assign(control="no control")
    assert cell_numbers(rows)["p, adjusted"][0] == "no control"


def test_histograms_of_constant_matrices_have_a_width():
    found = read_histogram([5, 0], 0.5, 0.5)
    assert (np.diff(found.edges) > 0).all()
    assert read_histogram(None, 0, 1) is None
    assert read_histogram([1], float("nan"), 1) is None


def test_scatter_panels_share_axes_and_never_obey_sample_text():
    points = {
        "reference": np.array([[0, 0], [1, 1]], np.float32),
        "suspect": np.array([[0, 0], [9, -5]], np.float32),
    }
    groups = [PointGroup("flagged", FLAGGED, "diamond", np.array([True, True]))]
    figure = scatter_pair(points, groups, ["<b>x</b>\nnext", "a & b"])
    assert isinstance(figure, go.Figure)
    assert figure.layout.xaxis.range == figure.layout.xaxis2.range
    assert figure.layout.yaxis.range == figure.layout.yaxis2.range
    assert figure.layout.xaxis.range[1] > 9
    assert figure.data[0].text[0] == "&lt;b&gt;x&lt;/b&gt;<br>next"
    assert figure.data[0].marker.color == FLAGGED


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_figures_follow_the_theme(theme):
    figure = score_histogram(ranking([0, 1, 9]), 4, theme)
    assert figure.layout.paper_bgcolor == {"light": "#FFFFFF", "dark": "#12161D"}[theme]


def test_charts_save_themselves_in_the_chosen_format():
    assert export_config("x", "svg")["toImageButtonOptions"]["format"] == "svg"
    assert REFERENCE == "#0072B2"


def test_equal_distributions_lie_on_the_line():
    rows = pd.DataFrame(
        {
            "model": ["reference", "suspect", "control"],
            "quantiles": [list(range(9)), list(range(9)), [v + 0.5 for v in range(9)]],
        }
    )
    _, suspect, control = quantile_plot(rows).data
    np.testing.assert_array_equal(suspect.x, suspect.y)
    np.testing.assert_array_equal(control.y - control.x, 0.5)
    assert quantile_plot(rows[rows["model"] != "reference"]) is None
