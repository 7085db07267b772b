"""Start an inspection in a real browser, lose page and server on the way, see it end."""

import json
import re
from pathlib import Path

import pytest

MODELS = Path(__file__).parents[2] / "sample_data" / "models"
SUSPECT, REFERENCE = MODELS / "codebert-mini-dead-5", MODELS / "codebert-mini-clean-1"
MINUTES = 60_000


@pytest.fixture
def samples(tmp_path, synthetic):
    shape = synthetic.Shape(n=120, poisoned=24)
    path = tmp_path / "samples.jsonl"
    rows = [
        {"id": f"s{i}", "code": text, "label": 0 if i >= 96 else i % 2}
        for i, text in enumerate(synthetic.texts(shape))
    ]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


@pytest.mark.skipif(not SUSPECT.is_dir(), reason="the shipped models are not in sample_data/")
def test_an_inspection_survives_reload_and_restart_and_ends_on_its_map(
    page, serve, samples, tmp_path
):
    server = serve(tmp_path / "runs")
    page.goto(server.url)
    page.get_by_role("textbox", name="Suspect model").fill(str(SUSPECT))
    page.get_by_role("textbox", name="Reference model").fill(str(REFERENCE))
    page.get_by_role("textbox", name="Samples file").fill(str(samples))
    page.get_by_role("button", name="Start inspection").click()
    page.get_by_role("heading", name="Jobs").wait_for()
    page.get_by_text(re.compile("QUEUED|RUNNING")).first.wait_for()
    page.reload()
    page.get_by_role("button", name="Cancel", exact=True).wait_for()
    server.restart()
    page.goto(server.url)
    page.get_by_role("heading", name="Jobs").wait_for()
    page.get_by_role("link", name="Look at it").wait_for(timeout=9 * MINUTES)
    page.get_by_role("link", name="Look at it").click()
    page.wait_for_selector(".k-root[data-layer]", timeout=2 * MINUTES)
    assert re.search(r"run=\d{8}T\d{6}Z-inspect-[0-9a-f]{8}", page.url)


def test_a_wrong_request_says_what_to_do_and_leaves_no_run(page, serve, samples, tmp_path):
    server = serve(tmp_path / "runs")
    page.goto(server.url)
    page.get_by_role("button", name="Start inspection").click()
    page.get_by_text("no suspect model was given").wait_for()
    page.get_by_role("textbox", name="Suspect model").fill(str(tmp_path / "nothing-here"))
    page.get_by_role("textbox", name="Samples file").fill(str(samples))
    page.get_by_role("button", name="Start inspection").click()
    page.get_by_text("FAILED").wait_for(timeout=3 * MINUTES)
    page.get_by_text("nothing-here").first.wait_for()
    assert not list((tmp_path / "runs").glob("*-inspect-*"))
