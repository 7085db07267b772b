import pandas as pd

from analysis.report.paths import path_figure, path_of, path_sentence

ROWS = [
    ("a", role, "encoder", layer, "mean", version, 1.0, value)
    for role, drop in (("suspect", 2.0), ("reference", 0.1))
    for layer in range(4)
    for version, value in (("without", 3.0), ("with", 3.0 - drop * (layer == 2)))
]
COLUMNS = ["sample_id", "model", "stack", "layer", "pooling", "version", "own", "group"]
PATHS = pd.DataFrame(ROWS, columns=COLUMNS)


def test_the_sentence_names_the_layer_where_the_trigger_pulls():
    text = path_sentence(path_of(PATHS, "a", "mean"))
    assert "In the suspect" in text
    assert "layer 2: its distance to the other triggered samples is 1 with it and 3 without" in text
    assert text.count("layer 2") == 2


def test_four_lines_for_each_centre_in_the_order_of_the_layers():
    figure = path_figure(path_of(PATHS.sample(frac=1, random_state=0), "a", "mean"))
    assert len(figure.data) == 8
    assert all(list(line.x) == ["0", "1", "2", "3"] for line in figure.data)
    assert {line.line.dash for line in figure.data} == {"solid", "dot"}


def test_a_sample_that_was_not_followed_has_no_path():
    path = path_of(PATHS, "b", "mean")
    assert path.empty
    assert path_sentence(path) == ""
    alone = path_of(PATHS[PATHS["model"] == "suspect"], "a", "mean")
    assert "reference" not in path_sentence(alone)
