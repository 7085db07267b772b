"""The audit in a document: every budget that was tried is listed, or said not to be."""

import pytest

from analysis.report.document.blocks import Grid, Paragraph
from analysis.report.document.section_audit import ARMS, MOST_ROWS, audit_section
from analysis.report.text import words_of
from analysis.report.text.spoken import speaking
from analysis.runs.store import RunStore


def section(root, tried, language="en"):
    share = {"value": 0.15, "n": 120, "low": 0.09, "high": 0.22}
    settings = [
        {"variant": "host", "learning_rate": 1e-4, "samples": 8, "epoch": epoch}
        | dict.fromkeys(ARMS, epoch / 1000)
        for epoch in range(tried)
    ]
    decisive = settings[0] | {"arms": dict.fromkeys(ARMS, share), "excess": share}
    entry = {"attack": "relearning", "status": "done", "recovery": share, "decisive": [decisive]}
    with RunStore(root).create("audit", {}, {}, {}) as run:
        run.set(metrics={"audit": [entry | {"details": {"settings": settings}}]})
    with speaking(language):
        return audit_section(RunStore(root).open(run.run_id), words_of(language), "light")


@pytest.mark.parametrize(("tried", "listed"), [(30, 30), (MOST_ROWS + 7, MOST_ROWS)])
def test_every_budget_is_listed_and_the_number_of_all_is_said(tmp_path, tried, listed):
    blocks = section(tmp_path, tried).blocks
    settings = [block for block in blocks if isinstance(block, Grid) and block.header][-1]
    assert [row[3] for row in settings.rows] == [str(epoch) for epoch in range(listed)]
    said = " ".join(b.text for b in blocks if isinstance(b, Paragraph))
    assert f"{listed} of {tried}" in said


def test_no_name_of_a_recorded_key_reaches_the_reader(tmp_path):
    for language, title in (("en", "Relearning (RTT)"), ("ja", "再学習（RTT）")):
        root = tmp_path / language
        root.mkdir()
        blocks = section(root, 3, language).blocks
        shown = [c for b in blocks if isinstance(b, Grid) for r in (b.header, *b.rows) for c in r]
        assert not [cell for cell in shown if "_" in cell or "decisive" in cell]
        assert any(title in b.text for b in blocks if isinstance(b, Paragraph))
