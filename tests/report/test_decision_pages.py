"""Acceptance clauses, provenance, cost and the archive that sha256sum checks."""

import hashlib
import io
import json
import zipfile

import pytest
from report_runs import PRINT, inspection

from analysis.errors import RequestError
from analysis.report.document.archive import archive_bytes
from analysis.report.document.blocks import Bullets, Grid, Paragraph
from analysis.report.document.chain import follow
from analysis.report.document.cost import cost_section, measured_seconds, trainings_beside
from analysis.report.document.facts import facts_of
from analysis.report.document.policy import judge, policy_section, read_policy
from analysis.report.document.provenance import (
    FIELDS,
    Sheet,
    provenance_section,
    read_sheet,
    sheet_of,
)
from analysis.report.text import words_of
from analysis.runs.provenance import write_provenance
from analysis.runs.store import RunStore
from analysis.runs.trail import note

EN = words_of("en")
POLICY = """
name = "Release 1"
[[clause]]
id = "A"
about = "answer"
is = ["not_found", "removed"]
[[clause]]
about = "clean_accuracy"
at_least = 0.85
[[clause]]
about = "excess_asr"
model = "unlearned"
at_most = 0.03
[[clause]]
about = "audit"
is = "removed"
"""


def answers(policy, facts):
    return [judged.answer for judged in judge(policy, facts)]


def test_clauses_pass_fail_or_stay_untested(tmp_path, facts, chain_facts):
    (tmp_path / "p.toml").write_text(POLICY)
    policy = read_policy(tmp_path / "p.toml")
    assert answers(policy, facts) == ["fail", "pass", "not_tested", "not_tested"]
    # excess 0.01, but its upper end 0.04 is above 0.03: not enough for a pass
    assert answers(policy, chain_facts) == ["pass", "pass", "fail", "pass"]
    section = policy_section(policy, chain_facts, EN)
    said = [b.text for b in section.blocks if isinstance(b, Paragraph)]
    assert "3 passed, 1 failed, 0 not tested." in said


def test_an_answer_that_cannot_tell_passes_nothing(tmp_path, facts):
    (tmp_path / "p.json").write_text(
        json.dumps({"clause": [{"about": "model", "is": "not_found"}]})
    )
    policy = read_policy(tmp_path / "p.json")
    for said, wanted in (("inconclusive", "not_tested"), ("not_found", "pass"), ("found", "fail")):
        changed = type(facts)(**{**facts.__dict__, "model": said})
        assert answers(policy, changed) == [wanted]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("x = 1", "no clauses"),
        ("[[clause]]\nabout = 'mood'\nis = 'good'", "about 'mood'"),
        ("[[clause]]\nabout = 'asr'", "asks for nothing"),
        ("[[clause]]\nabout = 'answer'\nat_most = 1", "asks for nothing"),
        ("[[clause]]\nabout = 'asr'\nat_most = 'low'", "at_most = 'low'"),
        ("[[clause]]\nabout = 'asr'\nmodel = 'my'\nat_most = 1", "model 'my'"),
        ("[[clause]]\nabout = 'asr'\nat_mots = 1", "'at_mots', which means nothing"),
        ("[[clause", "is not a policy file"),
    ],
)
def test_a_wrong_policy_is_refused_with_the_place(tmp_path, text, part):
    (tmp_path / "p.toml").write_text(text)
    with pytest.raises(RequestError, match=part):
        read_policy(tmp_path / "p.toml")
    with pytest.raises(RequestError, match="cannot be read as a policy file"):
        read_policy(tmp_path / "none.toml")


def test_unknown_provenance_is_a_risk_and_known_is_not(tmp_path, facts):
    path = tmp_path / "origin.toml"
    path.write_text('[models.suspect]\nlicence = "MIT"\ntrained_by = "Ada"\n')
    section = provenance_section(facts, read_sheet(path), EN)
    risks = next(b for b in section.blocks if isinstance(b, Bullets)).items
    assert len(risks) == 2  # suspect and reference
    assert "licence" not in risks[0]
    assert "licence" in risks[1]
    full = Sheet({role: dict.fromkeys(FIELDS, "known") for role in ("suspect", "reference")})
    whole = provenance_section(facts, full, EN)
    assert next(b for b in whole.blocks if isinstance(b, Bullets)).items == (
        "No entry is unknown.",
    )
    path.write_text('[models.suspect]\nlicense = "MIT"\n')
    with pytest.raises(RequestError, match="'license' about model 'suspect'"):
        read_sheet(path)


def test_cost_is_measured_time_times_the_given_price_and_nothing_else(chain_facts):
    section = cost_section(chain_facts, 3600.0, "EUR", EN)
    grid = next(b for b in section.blocks if isinstance(b, Grid))
    spent = [measured_seconds(run) for run in chain_facts.chain.runs]
    assert [float(row[3].replace(",", "")) for row in grid.rows] == pytest.approx(
        [*spent, sum(spent)], abs=1e-4
    )
    free = next(b for b in cost_section(chain_facts, None, "", EN).blocks if isinstance(b, Grid))
    assert len(free.header) == 3
    assert "were not measured" in section.blocks[-1].text


def test_the_archive_checks_itself_and_holds_the_runs(chain_facts):
    data = archive_bytes(chain_facts, {"report-en.html": b"<p>"})
    assert data == archive_bytes(chain_facts, {"report-en.html": b"<p>"})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
        lines = archive.read("evidence/SHA256SUMS").decode().splitlines()
        listed = {}
        for line in lines:
            digest, name = line.split("  ", 1)
            listed[f"evidence/{name}"] = digest
        assert set(listed) == names - {"evidence/SHA256SUMS"}
        for name, digest in listed.items():
            assert hashlib.sha256(archive.read(name)).hexdigest() == digest
    for run in chain_facts.chain.runs:
        assert f"evidence/runs/{run.run_id}/record.json" in names
        for entry in run.record["artifacts"]:
            assert listed[f"evidence/runs/{run.run_id}/{entry['name']}"] == entry["sha256"]


def test_provenance_comes_from_a_file_from_beside_the_runs_and_from_the_record(tmp_path):
    first = inspection(tmp_path, maps=False)
    run = RunStore(tmp_path).open(first)
    assert sheet_of(follow(run)).of({"sha256": PRINT["suspect"]}) == {}
    write_provenance(tmp_path, PRINT["suspect"], {"licence": "MIT", "contact": "ada"})
    (tmp_path / "sheet.toml").write_text('[models.suspect]\nlicence = "GPL"')
    entry = {"sha256": PRINT["suspect"], "role": "suspect"}
    assert sheet_of(follow(run)).of(entry) == {"licence": "MIT", "contact": "ada"}
    found = sheet_of(follow(run), tmp_path / "sheet.toml")
    assert found.of(entry) == {"licence": "GPL", "contact": "ada"}
    later = inspection(tmp_path, maps=False)  # carries it in its record
    (tmp_path / "provenance.json").unlink()
    run = RunStore(tmp_path).open(later)
    assert sheet_of(follow(run)).of(entry) == {"licence": "MIT", "contact": "ada"}


def train_run(root, sha256, architecture="RobertaForSequenceClassification"):
    with RunStore(root).create("train", {}, {}, {}) as run:
        run.set(inputs={
            "models": [{"role": "trained", "source": "x", "sha256": "e" * 64,
                        "architecture": architecture}],
            "samples": [{"role": "samples", "source": "x", "sha256": sha256, "rows": 9}],
        })  # fmt: skip
    return run.run_id


def test_cost_stands_beside_trainings_that_were_measured_in_the_same_folder(tmp_path):
    first = inspection(tmp_path, maps=False)
    alone = cost_section(facts_of(follow(RunStore(tmp_path).open(first))), None, "", EN)
    assert any("no number is shown" in b.text for b in alone.blocks if isinstance(b, Paragraph))
    note(tmp_path, "guard.exported", first, {"train.jsonl": "a" * 64, "record": "b" * 64})
    filtered, plain = train_run(tmp_path, "a" * 64), train_run(tmp_path, "c" * 64)
    train_run(tmp_path, "b" * 64, "T5ForConditionalGeneration")  # another kind of model
    found = facts_of(follow(RunStore(tmp_path).open(first)))
    beside = [(how, run.run_id) for how, run in trainings_beside(found)]
    assert beside == [("retrained", plain), ("filtered", filtered)]
    grids = [b for b in cost_section(found, 2.0, "EUR", EN).blocks if isinstance(b, Grid)]
    assert [row[0] for row in grids[1].rows] == [
        f"training again: {plain}",
        f"filtered, then training: {filtered}",
    ]
    assert len(grids[0].rows) == 2  # the sum is of this chain alone
