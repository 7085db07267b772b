from analysis.report.calibration import calibration_figure, calibration_sentence, calibration_table

BIN = {"share": 0.9, "low": 0.7, "high": 1.0, "rows": 1200, "poisoned": 1080, "models": 4}
FACTS = {
    "expected_poisoned": 41.2,
    "expected_false_flagged": 3.7,
    "models": 14,
    "poisoned_models": 10,
    "rows": 35000,
    "brier": 0.00041,
    "brier_low": 0.0002,
    "brier_high": 0.0007,
    "brier_constant": 0.0266,
    "bins": [{**BIN, "told": 0.001, "share": 0.0, "low": 0.0}, {**BIN, "told": 0.91}],
}
METRICS = {"ranking": {"calibration": FACTS}}


def test_the_sentence_gives_sums_the_fit_and_its_uncertainty():
    text = calibration_sentence(METRICS)
    for part in ("41", "3.7", "14 models", "10 of", "0.0004 [0.0002 to 0.0007]", "0.0266"):
        assert part in text, part


def test_a_run_without_a_map_promises_nothing():
    for metrics in ({}, {"ranking": {"calibration": None}}):
        assert "not calibrated" in calibration_sentence(metrics)
        assert calibration_table(metrics).empty
        assert len(calibration_figure(metrics).data[1].x) == 0


def test_the_diagram_shows_every_range_with_its_interval():
    points = calibration_figure(METRICS).data[1]
    assert list(points.x) == [0.001, 0.91]
    assert list(points.y) == [0.0, 0.9]
    assert [round(v, 3) for v in points.error_y.array] == [1.0, 0.1]
    table = calibration_table(METRICS)
    assert table["samples"].tolist() == ["1,200", "1,200"]
    assert table["interval"][1] == "0.700 to 1.000"
