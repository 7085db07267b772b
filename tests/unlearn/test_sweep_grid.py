import pytest

from analysis.errors import RequestError
from analysis.unlearn.guard import Look
from analysis.unlearn.sweep import row_of
from analysis.unlearn.sweep_grid import Cell, SweepGrid


def test_every_setting_is_there_once_and_empty_knobs_take_the_default():
    grid = SweepGrid(strengths=(1.0, 10.0), learning_rates=(1e-5, 1e-4, 1e-3))
    cells = grid.cells(learning_rate=5e-5, strength=7.0, batch_size=16)
    assert len(set(cells)) == 6
    assert {cell.batch_size for cell in cells} == {16}
    assert SweepGrid().cells(5e-5, 7.0, 8) == (Cell(7.0, 5e-5, 8),)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"learning_rates": (0.0,)}, "--learning-rates holds 0"),
        ({"strengths": (-1.0,)}, "--strengths holds -1"),
        ({"batch_sizes": (4, 4)}, "a value twice"),
        ({"strengths": tuple(map(float, range(15))), "batch_sizes": tuple(range(1, 15))}, "210"),
    ],
)
def test_a_grid_that_cannot_be_run_is_refused_in_one_sentence(values, words):
    with pytest.raises(RequestError, match=words):
        SweepGrid(**values)


def test_a_row_counts_against_the_untouched_model_and_the_floor():
    start = Look(0.9, 1.0, 0.15, 1.0, 0.9, 1.7)
    look = Look(0.85, 0.02, 0.15, 0.7, 0.9, 0.4)
    row = row_of(Cell(1.0, 1e-4, 16), 3, 20, look, start, "all 40 steps were taken")
    assert row["accuracy_change"] == pytest.approx(-0.05)
    assert row["excess_asr"] == pytest.approx(-0.13)
    assert row["inverted"]
    assert (row["cell"], row["step"]) == (3, 20)
