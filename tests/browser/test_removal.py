"""From an inspected pair through one click to the result card, in a real browser."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.data.shipped import shipped_samples
from analysis.data.write import write_samples
from analysis.runs.store import RunStore

MODELS = Path(__file__).parents[2] / "sample_data" / "models"
SUSPECT, REFERENCE = MODELS / "codebert-mini-dead-5", MODELS / "codebert-mini-clean-1"
MINUTES = 60_000
SIZES = {"train": 320, "trusted": 120, "test": 80, "triggered": 60}


def kenshin(*words):
    done = subprocess.run(
        [sys.executable, "-m", "analysis.cli", *map(str, words)],
        cwd=MODELS.parents[1],
        capture_output=True,
        text=True,
        timeout=540,
    )
    assert done.returncode == 0, done.stderr[-2000:]


@pytest.fixture(scope="module")
def inspected(tmp_path_factory):
    folder = tmp_path_factory.mktemp("removal")
    for name, size in SIZES.items():
        write_samples(shipped_samples(name, SUSPECT.name, limit=size), folder / f"{name}.jsonl")
    kenshin(
        *("inspect", "--suspect", SUSPECT, "--reference", REFERENCE, "--projection", "pca"),
        *("--samples", folder / "train.jsonl", "--trusted", folder / "trusted.jsonl"),
        *("--test", folder / "test.jsonl", "--triggered", folder / "triggered.jsonl"),
        *("--runs", folder / "runs"),
    )
    return folder / "runs", RunStore(folder / "runs").open("latest").run_id


@pytest.mark.skipif(not SUSPECT.is_dir(), reason="the shipped models are not in sample_data/")
def test_one_click_leads_from_the_finding_to_a_card_that_says_not_audited(page, serve, inspected):
    runs, run = inspected
    server = serve(runs)
    page.goto(f"{server.url}/anomalies?run={run}")
    page.get_by_role("link", name="Clean this model").click()
    page.get_by_role("heading", name="Unlearn").wait_for()
    page.get_by_text("Method, retain set and settings").click()
    page.get_by_role("textbox", name="Steps").fill("20")
    page.get_by_role("textbox", name="Steps").press("Enter")
    page.get_by_role("button", name="Clean this model").click()
    page.get_by_role("heading", name="Cleaning").wait_for(timeout=3 * MINUTES)
    page.get_by_text("Clean accuracy", exact=True).wait_for(timeout=8 * MINUTES)
    assert re.search(r"run=\d{8}T\d{6}Z-unlearn-[0-9a-f]{8}", page.url)
    page.get_by_text(re.compile("NOT AUDITED|NOT CLEANED|INVERTED")).first.wait_for()
    page.get_by_text("The original model was never touched").wait_for()
    page.wait_for_selector(".k-root[data-layer]", timeout=5 * MINUTES)
    assert page.get_by_text("Unlearned", exact=True).count() >= 1
