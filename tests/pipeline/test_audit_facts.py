"""`audit --facts` through the command line: a run with its tables, verdict and exit code."""

import numpy as np
import pytest

from analysis.cli import main
from analysis.data.facts_read import write_facts
from analysis.runs.store import RunStore
from analysis.runs.verify import verify_run
from sample_data.facts_rows import make_world
from sample_data.recipes import MODELS

WORLD = make_world()
LAST, EARLY = MODELS / "facts-mini-last", MODELS / "facts-mini-early"
CONTROL = MODELS / "facts-mini-control"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("facts")
    rows = np.arange(100)
    write_facts(WORLD.facts.subset(rows), folder / "facts.jsonl")
    write_facts(WORLD.retain.subset(rows), folder / "retain.jsonl")
    return folder


def audit(files, *more):
    return main(["audit", "--facts", str(files / "facts.jsonl"), "--original", str(LAST), *more])


@pytest.fixture(scope="module")
def run(files):
    code = audit(
        files,
        *("--unlearned", str(EARLY), "--control", str(CONTROL)),
        *("--runs", str(files / "runs"), "--gate"),
    )
    return code, RunStore(files / "runs").open("latest")


def test_a_model_that_still_knows_is_present_and_the_gate_says_so(run):
    code, found = run
    verdict = found.record["verdict"]
    assert (found.status, verdict["answer"], code) == ("done", "present", 3)
    assert any("Asked plainly" in reason for reason in verdict["reasons"])
    assert any("--retain" in gap for gap in verdict["not_tested"])
    assert any("proof" in gap or "budget" in gap for gap in verdict["not_tested"])


def test_the_run_describes_itself(run):
    _, found = run
    roles = {model["role"] for model in found.record["inputs"]["models"]}
    assert roles == {"unlearned", "original", "control"}
    assert found.record["inputs"]["samples"][0]["rows"] == 100
    assert found.record["metrics"]["budget"]["fits"] == 3 * 2 * 2
    assert [a["attack"] for a in found.record["metrics"]["audit"]] == ["asking", "relearning"]
    steps = {step["name"]: step["status"] for step in found.record["steps"]}
    assert steps["stress arm"] == "skipped"
    assert steps["relearning"] == "done"
    assert not verify_run(found)


def test_the_tables_hold_every_arm_at_every_epoch(run):
    _, found = run
    frame = found.table("recovery")
    grid = frame[(frame["attack"] == "relearning") & (frame["variant"] == "plain")]
    assert set(grid["arm"]) == {"unlearned", "original", "control"}
    counts = grid.groupby("arm").size()
    assert (counts == 2 * 2 * 4).all()  # rates, rotations, epochs
    assert grid["value_v"].between(0, 1).all()
    assert set(grid["n_v"]) == {20}
    assert len(found.table("history")) == len(grid)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--unlearned", str(EARLY), "--forget", "x.jsonl"], "--forget belongs to"),
        ([], "--unlearned is missing"),
        (["--unlearned", str(EARLY), "--control", str(LAST)], "same weights as the original"),
        (["--unlearned", str(MODELS / "codebert-mini-clean-0")], "does not write text"),
    ],
)
def test_wrong_requests_leave_no_run(files, tmp_path, capsys, options, words):
    assert audit(files, *options, "--runs", str(tmp_path / "runs")) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert words in error
    assert error.startswith("kenshin: error:")
    runs = tmp_path / "runs"
    assert not runs.exists() or not [p for p in runs.iterdir() if p.name[0].isdigit()]


def test_a_wrong_file_is_refused_with_its_line(tmp_path, capsys):
    broken = tmp_path / "facts.jsonl"
    broken.write_text('{"question": "q"}\n')
    options = ("--original", str(LAST), "--unlearned", str(EARLY), "--runs", str(tmp_path / "runs"))
    assert main(["audit", "--facts", str(broken), *options]) == 2
    assert "line 1" in capsys.readouterr().err
