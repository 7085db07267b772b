from analysis.report.controls import NAMES, control_table

ROWS = [
    {"control": "shuffled_labels", "statistic": "texts", "nothing": 0, "here": 1},
    {"control": "clean_pair", "statistic": "excess", "nothing": 0.012, "here": 0.83},
    {"control": "clean_pair", "statistic": "of a later version", "nothing": 0, "here": 0},
]


def test_every_known_figure_has_its_line():
    table = control_table({"controls": ROWS})
    assert table["control"].tolist() == [NAMES["shuffled_labels"], NAMES["clean_pair"]]
    assert table["on nothing"].tolist() == ["0", "0.012"]
    assert table["here"].tolist() == ["1", "0.83"]


def test_runs_without_controls_have_no_table():
    assert control_table({}).empty
