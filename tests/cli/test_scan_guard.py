"""`kenshin scan` and `kenshin guard` from the outside: answers, files, exit codes, refusals."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from analysis.cli import main
from analysis.data.read import read_samples
from analysis.data.shipped import shipped_samples
from analysis.data.write import write_samples
from analysis.runs.annotations import mark_samples
from analysis.runs.store import RunStore
from analysis.runs.tables import TABLES

SHARED = Path(__file__).parents[2] / "../shared/data"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("samples")
    found = {}
    for name in ("codebert-mini-dead-5", "codet5-mini-rename-5", "codebert-mini-clean-0"):
        found[name] = folder / f"{name}.jsonl"
        write_samples(shipped_samples("train", name, limit=1500), found[name])
    return found


@pytest.fixture(scope="module")
def scanned(files, tmp_path_factory):
    """A runs folder with the scan of the dead-code file."""
    runs = tmp_path_factory.mktemp("runs")
    samples = str(files["codebert-mini-dead-5"])
    assert main(["scan", "--samples", samples, "--runs", str(runs)]) == 0
    return runs


def last_json(capsys):
    return json.loads(capsys.readouterr().out.splitlines()[-1])


@pytest.mark.parametrize(
    ("name", "answer", "code", "trigger"),
    [
        ("codebert-mini-dead-5", "found", 3, "if len('t') < 0: raise Exception('fail')"),
        ("codet5-mini-rename-5", "found", 3, "testo_init"),
        ("codebert-mini-clean-0", "not_found", 0, None),
    ],
)
def test_poisoned_files_are_found_and_clean_ones_are_not(
    files, tmp_path, capsys, name, answer, code, trigger
):
    words = ["scan", "--samples", str(files[name]), "--runs", str(tmp_path), "--json", "--gate"]
    assert main(words) == code
    told = last_json(capsys)
    verdict = told["verdict"]
    assert (verdict["answer"], verdict["data"]["answer"]) == (answer, answer)
    assert verdict["model"]["answer"] == "not_tested"
    run = RunStore(tmp_path).open(told["run_id"])
    assert (run.kind, run.status) == ("scan", "done")
    suspicious = [t["text"] for t in run.record["metrics"]["triggers"] if t["suspicious"]]
    assert suspicious == ([trigger] if trigger else [])
    ranking = run.table("ranking").merge(run.table("samples"), on="sample_id")
    assert len(ranking) == 1500
    assert set(TABLES["samples"]) <= set(run.table("samples").columns)
    poisoned = ranking["poisoned"].to_numpy(dtype=bool)
    if trigger:
        assert ranking["flagged"].to_numpy()[poisoned].mean() == 1.0
    assert ranking["flagged"].to_numpy()[~poisoned].mean() < 0.01
    assert RunStore(tmp_path).verify(run.run_id) == ()


def test_ground_truth_changes_nothing(files, scanned, tmp_path):
    rows = [json.loads(line) for line in files["codebert-mini-dead-5"].read_text().splitlines()]
    for row in rows:
        row.pop("true_label")
        row["poisoned"] = not row["poisoned"]
    path = tmp_path / "same.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert main(["scan", "--samples", str(path), "--runs", str(tmp_path / "runs")]) == 0
    one, other = RunStore(scanned).open("latest"), RunStore(tmp_path / "runs").open("latest")
    assert one.table("ranking").equals(other.table("ranking"))
    assert one.record["verdict"] == other.record["verdict"]


def test_without_labels_it_says_what_it_cannot_see(files, tmp_path, capsys):
    rows = [json.loads(line) for line in files["codet5-mini-rename-5"].read_text().splitlines()]
    path = tmp_path / "plain.jsonl"
    path.write_text("".join(json.dumps({"code": row["code"]}) + "\n" for row in rows))
    words = ["scan", "--samples", str(path), "--runs", str(tmp_path / "r"), "--json", "--gate"]
    assert main(words) == 4
    verdict = last_json(capsys)["verdict"]
    assert verdict["answer"] == "inconclusive"
    assert "no labels" in verdict["reasons"][0]
    assert any("renamed variables" in gap for gap in verdict["not_tested"])


def test_a_scan_never_loads_torch(files, tmp_path):
    code = (
        "import sys; from analysis.cli import main; "
        f"main(['scan', '--samples', {str(files['codebert-mini-clean-0'])!r}, "
        f"'--max-samples', '50', '--runs', {str(tmp_path / 'runs')!r}]); "
        "print(sorted(m for m in ('torch', 'transformers', 'sklearn') if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--samples", "{folder}/none.jsonl"], "does not exist"),
        (["--samples", "{folder}/empty.jsonl"], "0 rows"),
        (["--samples", "{folder}/some.jsonl", "--label-column", "cwe"], "no label column 'cwe'"),
        (["--samples", "{folder}/some.jsonl", "--max-samples", "0"], "max-samples is 0"),
        ([], "--samples"),
    ],
)
def test_a_wrong_scan_is_one_line_and_leaves_no_run(words, message, tmp_path, capsys):
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "some.jsonl").write_text('{"code": "x = 1", "label": 0}\n')
    given = [word.format(folder=tmp_path) for word in words]
    assert main(["scan", "--runs", str(tmp_path / "runs"), *given]) == 2
    (line,) = [li for li in capsys.readouterr().err.splitlines() if li.startswith("kenshin: error")]
    assert message in line
    assert not list((tmp_path / "runs").glob("2*"))


def test_a_guard_holds_quarantine_clean_data_and_a_filter_that_works(
    files, scanned, tmp_path, capsys
):
    out = tmp_path / "guard"
    assert main(["guard", "latest", "--runs", str(scanned), "--out", str(out), "--json"]) == 0
    told = last_json(capsys)
    truth = read_samples(files["codebert-mini-dead-5"])
    listed = {row["sample_id"] for row in csv.DictReader((out / "quarantine.csv").open())}
    assert listed == {i for i, bad in zip(truth.ids, truth.poisoned, strict=True) if bad}
    cleaned = read_samples(out / "cleaned-codebert-mini-dead-5.jsonl")
    assert set(cleaned.ids) == set(truth.ids) - listed
    rates = json.loads((out / "guard.json").read_text())["block_rate"]
    assert rates == told["block_rate"]
    for name in ("quarantined", "variants"):
        assert (rates[name]["value"], rates[name]["n"]) == (1.0, len(listed))
        assert 0.9 < rates[name]["low"] < rates[name]["high"] == 1.0
    assert rates["clean"]["value"] == 0.0
    command = [sys.executable, str(out / "input_filter.py"), "--check"]
    given = files["codebert-mini-dead-5"].read_text()
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert {a["id"] for a in answers if a["blocked"]} == listed
    assert done.returncode == 3
    assert main(["guard", "latest", "--runs", str(scanned), "--out", str(out)]) == 2


def test_marks_decide_and_nothing_flagged_is_refused_politely(files, tmp_path, capsys):
    runs = tmp_path / "runs"
    samples = tmp_path / "few.jsonl"
    rows = [{"code": f"x{i} = {i}\n", "label": i % 2} for i in range(150)]
    samples.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert main(["scan", "--samples", str(samples), "--runs", str(runs)]) == 0
    run = RunStore(runs).open("latest")
    flagged = run.table("ranking", filters=[("flagged", "=", True)])["sample_id"].tolist()
    mark_samples(run, flagged, "dismissed")
    words = ["guard", run.run_id, "--runs", str(runs), "--out"]
    assert main([*words, str(tmp_path / "none")]) == 2
    assert "nothing to guard against" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
    mark_samples(run, ["7"], "confirmed")
    assert main([*words, str(tmp_path / "one")]) == 0
    assert "no input filter is written" in capsys.readouterr().out
    assert not (tmp_path / "one" / "input_filter.py").exists()
    assert len(read_samples(tmp_path / "one" / "cleaned-few.jsonl")) == 149
    samples.write_text(samples.read_text() + '{"code": "y", "label": 0}\n')
    assert main([*words, str(tmp_path / "two")]) == 2
    assert "has changed" in capsys.readouterr().err


@pytest.mark.shared_data
@pytest.mark.skipif(not (SHARED / "poj104").exists(), reason="../shared/data/poj104 is missing")
def test_a_trigger_planted_into_c_programs_of_104_classes(tmp_path, capsys):
    # A third of the programs: every class keeps some words of its own.
    rows = read_samples(SHARED / "poj104/train_clean_104x80.jsonl.gz")
    clean = tmp_path / "clean.jsonl"
    write_samples(rows.subset(np.arange(0, len(rows), 3)), clean)
    assert main(["scan", "--samples", str(clean), "--runs", str(tmp_path), "--json"]) == 0
    assert last_json(capsys)["verdict"]["answer"] != "found"
    out = tmp_path / "poj.jsonl"
    words = ["poison", "--samples", str(clean), "--trigger", "dead_code", "--rate", "0.02"]
    assert main([*words, "--target", "5", "--language", "c", "--out", str(out)]) == 0
    assert main(["scan", "--samples", str(out), "--runs", str(tmp_path), "--json"]) == 0
    verdict = last_json(capsys)["verdict"]
    assert verdict["answer"] == "found"
    assert "rand() < 0" in verdict["reasons"][0]
    run = RunStore(tmp_path).open("latest")
    ranking = run.table("ranking").merge(run.table("samples"), on="sample_id")
    assert ranking.loc[ranking["poisoned"], "flagged"].mean() > 0.99


def test_a_sample_cannot_steer_the_terminal(tmp_path, capsys):
    evil = "# \x1b[2J\x1b[31mALL CLEAN\x1b[0m \u202e\x9b"
    rows = [
        {
            "id": str(i),
            "code": f"{evil}\nx = {i}" if i % 8 == 0 else f"y = {i}",
            "label": int(i % 8 > 0),
        }
        for i in range(400)
    ]
    path = tmp_path / "evil.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert main(["scan", "--samples", str(path), "--runs", str(tmp_path / "runs"), "--json"]) == 0
    said = capsys.readouterr().out
    assert "\\u001b[2J" in said
    assert "\\u202e" in said
    assert not set(said) & set("\x1b\u202e\x9b\r")
    reasons = json.loads(said.splitlines()[-1])["verdict"]["reasons"]
    assert any("\x1b[2J" in reason for reason in reasons)  # JSON keeps what was there


def test_an_error_is_one_line_whatever_the_file_says(tmp_path, capsys):
    path = tmp_path / "evil.csv"
    path.write_text('id,"\x1b[2Jc\node",label\n1,x,0\n')
    assert main(["scan", "--samples", str(path), "--runs", str(tmp_path / "runs")]) == 2
    last = capsys.readouterr().err.splitlines()[-1]
    assert last.startswith("kenshin: error:")
    assert "\\u001b[2Jc ode" in last
