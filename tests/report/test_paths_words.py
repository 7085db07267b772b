import pandas as pd
import pytest

from analysis.report.paths import (
    clearest_pooling,
    path_figure,
    path_of,
    path_sentence,
    pull_sentence,
    pulls,
)

COLUMNS = ["sample_id", "model", "stack", "layer", "pooling", "version", "own", "group"]
PULL = {"suspect": 4.0, "reference": 1.0}  # in layer 2


def rows(sample, strength=1.0):
    return [
        (sample, role, "encoder", layer, pooling, version, 1.0, value)
        for role, pull in PULL.items()
        for layer in range(4)
        for pooling, share in (("cls", 1.0), ("mean", 0.5))
        for version, value in (
            ("without", 3.0),
            ("with", 3.0 / max(pull * share * strength, 1.0) if layer == 2 else 3.0),
        )
    ]


PATHS = pd.DataFrame(rows("a") + rows("b") + rows("c", 0.2), columns=COLUMNS)


def test_a_pull_is_the_median_ratio_of_the_distances():
    found = pulls(PATHS).set_index(["model", "pooling", "layer"])["pull"]
    assert found["suspect", "cls", 2] == pytest.approx(4.0)
    assert found["suspect", "mean", 2] == pytest.approx(2.0)
    assert found["suspect", "cls", 1] == found["reference", "cls", 2] == pytest.approx(1.0)
    assert clearest_pooling(PATHS) == "cls"


def test_the_sentences_name_the_layer_and_set_the_clean_model_beside():
    text = pull_sentence(PATHS, "cls")
    assert "Over 3 followed samples the suspect's layer 2 puts them 4 times nearer" in text
    assert text.endswith("In the reference: 1 times.")
    assert path_sentence(path_of(PATHS, "a", "cls")).startswith("This sample: 4 times nearer")
    assert "layer 2" in path_sentence(path_of(PATHS, "a", "cls"))


def test_a_sample_that_is_not_pulled_is_said_to_be_none():
    assert "is not pulled" in path_sentence(path_of(PATHS, "c", "cls"))


def test_four_lines_for_each_centre_in_the_order_of_the_layers():
    figure = path_figure(path_of(PATHS.sample(frac=1, random_state=0), "a", "mean"))
    assert len(figure.data) == 8
    assert all(list(line.x) == ["0", "1", "2", "3"] for line in figure.data)
    assert {line.line.dash for line in figure.data} == {"solid", "dot"}


def test_a_sample_that_was_not_followed_has_no_path():
    path = path_of(PATHS, "z", "mean")
    assert path.empty
    assert path_sentence(path) == ""
    alone = PATHS[PATHS["model"] == "suspect"]
    assert "reference" not in pull_sentence(alone, "cls")
