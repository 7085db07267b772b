"""From a data file to the answer of its scan, in a real browser."""

import json
import re

import pytest

MINUTES = 60_000


@pytest.fixture
def samples(tmp_path, synthetic):
    shape = synthetic.Shape(n=300, poisoned=24)
    rows = [
        {"id": f"s{i}", "code": text, "label": 0 if i >= 276 else i % 2}
        for i, text in enumerate(synthetic.texts(shape))
    ]
    path = tmp_path / "train.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in rows))
    return path


def test_a_file_is_scanned_and_its_trigger_named(page, serve, samples, tmp_path):
    server = serve(tmp_path / "runs")
    page.goto(f"{server.url}/scan")
    page.get_by_role("textbox", name="Samples file").fill(str(samples))
    page.get_by_role("button", name="Scan", exact=True).click()
    page.get_by_text("The scan has started").wait_for()
    page.goto(server.url)
    page.get_by_role("link", name="Look at it").wait_for(timeout=3 * MINUTES)
    page.get_by_role("link", name="Look at it").click()
    page.get_by_text(re.compile("The file holds poison")).wait_for()
    page.get_by_text("24 of 300 samples").first.wait_for()
    page.get_by_text("Negative controls").wait_for()
    assert re.search(r"run=\d{8}T\d{6}Z-scan-[0-9a-f]{8}", page.url)
