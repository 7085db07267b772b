"""The removal's section shows what the guard samples said as a table a reader can name."""

import pytest

from analysis.report.document.blocks import Grid
from analysis.report.document.section_change import _guard
from analysis.report.text import words_of

LOOK = {"accuracy": 0.9, "asr": 1.0, "floor": 0.125, "own": None, "gap": 0.9, "slack": 0.01}
AFTER = LOOK | {"asr": 0.13, "own": 0.12, "target_triggered": None}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_it_has_a_row_for_each_known_figure_and_no_raw_key(language):
    blocks = _guard({"before": LOOK, "after": AFTER, "step": 80}, words_of(language))
    (grid,) = [block for block in blocks if isinstance(block, Grid)]
    assert [row[1:] for row in grid.rows] == [
        ("90.0%", "90.0%"),
        ("100.0%", "13.0%"),
        ("-", "12.0%"),
        ("12.5%", "12.5%"),
    ]
    assert "80" in blocks[0].text
    assert not any("_" in row[0] or "." in row[0] for row in grid.rows)


def test_where_no_step_was_kept_it_says_so():
    words = words_of("en")
    (title, _) = _guard({"before": LOOK, "after": LOOK, "step": 0}, words)
    assert words("removal.none_kept") in title.text
    assert "step 0" not in title.text


def test_without_a_look_there_is_no_table():
    assert _guard(None, words_of("en")) == []
    assert _guard({"before": None, "after": None}, words_of("en")) == []
