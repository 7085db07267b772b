import numpy as np
import pandas as pd

from dashboard.filters import (
    filter_options,
    kept_samples,
    option_words,
    read_filter,
    write_filter,
)

SAMPLES = pd.DataFrame(
    {
        "text": ["def Load(): pass", "load()", "x = 1", "y = 2"],
        "label": [0, 1, 0, 1],
        "predicted_suspect": [0, 0, 0, 1],
        "predicted_reference": pd.array([0, 1, pd.NA, 1], dtype="Int64"),
        "flagged": [True, False, False, True],
    }
)


def kept(*chosen, holds=""):
    mask = kept_samples(SAMPLES, chosen, holds)
    return None if mask is None else np.flatnonzero(mask).tolist()


def test_one_kind_is_an_alternative_two_kinds_are_both_needed():
    assert kept() is None
    assert kept("label:0", "label:1") == [0, 1, 2, 3]
    assert kept("label:0", "flagged") == [0]
    assert kept("flagged") == [0, 3]
    assert kept("suspect:0", holds="LOAD") == [0, 1]


def test_a_missing_prediction_is_no_disagreement():
    assert kept("differ") == [1]


def test_only_what_differs_is_offered_and_every_option_reads_back():
    options = filter_options(SAMPLES)
    assert options[:2] == ("flagged", "differ")
    assert "label:0" in options
    assert read_filter(write_filter(options), SAMPLES) == options
    assert len({option_words(option) for option in options}) == len(options)
    same = SAMPLES.assign(flagged=False, label=1)
    assert not {"flagged", "label:1"} & set(filter_options(same))


def test_what_a_stranger_writes_into_the_url_is_dropped():
    assert read_filter("label:7,__class__,flagged,", SAMPLES) == ("flagged",)
