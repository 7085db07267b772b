import pandas as pd
import pytest

from analysis.report.comparison import agreement, comparison
from analysis.report.layer_lines import layer_lines


def record(answer="found", seed=0, asr=0.9):
    return {
        "status": "done",
        "verdict": {"answer": answer, "layer": "encoder:2"},
        "inputs": {"models": [{"role": "suspect", "source": "m/a", "sha256": "f" * 64}]},
        "metrics": {"suspect": {"asr_all": {"value": asr, "low": 0.8, "high": 1.0, "n": 50}}},
        "config": {"values": {"seed": seed, "layers": "all"}},
    }


def test_a_run_does_not_differ_from_itself():
    table = comparison(record(), record())
    assert not table["differs"].any()
    assert {"answer", "layer", "suspect", "ASR, suspect", "option seed"} <= set(table["fact"])


def test_exactly_the_changed_facts_differ():
    table = comparison(record(), record("not_found", seed=1, asr=0.1))
    assert set(table.loc[table["differs"], "fact"]) == {"answer", "ASR, suspect", "option seed"}


def test_a_fact_that_only_one_run_has_differs():
    bare = {**record(), "metrics": {}}
    table = comparison(bare, record()).set_index("fact")
    assert table.loc["ASR, suspect", "first"] == "–"
    assert table.loc["ASR, suspect", "differs"]


def ranking(ids, scores, flagged):
    return pd.DataFrame({"sample_id": ids, "score": scores, "flagged": flagged})


def test_agreement_joins_by_sample_and_is_spearmans():
    one = ranking(list("abcd"), [1.0, 2.0, 3.0, 4.0], [False, False, True, True])
    other = ranking(list("dcbx"), [10.0, 100.0, 1.0, 0.0], [True, False, True, False])
    found = agreement(one, other)
    assert found.shared == 3
    assert (found.both, found.only_first, found.only_second) == (1, 1, 1)
    # ranks b, c, d: 1 2 3 against 1 3 2, so rho = 1 - 6 * 2 / (3 * 8)
    assert found.correlation == pytest.approx(0.5)
    assert agreement(one, one).correlation == pytest.approx(1.0)
    assert agreement(one, ranking(["z"], [1.0], [True])).shared == 0


def test_the_lines_show_distance_from_the_clean_middle_in_half_widths():
    rows = pd.DataFrame(
        {
            "stack": ["encoder", "encoder"],
            "layer": [0, 1],
            "detector": "spectral",
            "statistic": "tail",
            "value": [0.5, 2.0],
            "null_low": 0.0,
            "null_high": 1.0,
            "n_located": None,
        }
    )
    figure = layer_lines({"first run": rows})
    assert list(figure.data[0].y) == [0.0, 3.0]
