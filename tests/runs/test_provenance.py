"""What owners say about models: kept by fingerprint, noted, and carried into records."""

import json

import pytest

from analysis.errors import RequestError
from analysis.runs.provenance import PROVENANCE_FILE, read_provenance, write_provenance
from analysis.runs.record import RECORD_FILE
from analysis.runs.store import RunStore
from analysis.runs.trail import read_entries

ONE, TWO = "1" * 64, "2" * 64


def test_it_is_kept_by_fingerprint_noted_and_can_be_taken_back(tmp_path):
    write_provenance(tmp_path, ONE, {"licence": " MIT \n", "source": ""})
    write_provenance(tmp_path, TWO, {"contact": "ada"})
    assert read_provenance(tmp_path) == {ONE: {"licence": "MIT"}, TWO: {"contact": "ada"}}
    write_provenance(tmp_path, ONE, {"licence": ""})
    assert read_provenance(tmp_path) == {TWO: {"contact": "ada"}}
    said = [(e.action, e.prints["model"], e.details["said"]) for e in read_entries(tmp_path)]
    assert said == [
        ("provenance.written", ONE, {"licence": "MIT"}),
        ("provenance.written", TWO, {"contact": "ada"}),
        ("provenance.written", ONE, {}),
    ]


@pytest.mark.parametrize("values", [{"mood": "good"}, {"licence": "x" * 501}])
def test_what_cannot_be_said_is_refused_and_not_noted(tmp_path, values):
    with pytest.raises(RequestError):
        write_provenance(tmp_path, ONE, values)
    assert not (tmp_path / PROVENANCE_FILE).exists()
    assert read_entries(tmp_path) == ()


@pytest.mark.parametrize("text", ["", "[]", '{"models": 3}', '{"models": {"a": 3}}', "{"])
def test_a_file_that_somebody_broke_says_nothing(tmp_path, text):
    (tmp_path / PROVENANCE_FILE).write_text(text)
    assert read_provenance(tmp_path) == {}


def test_a_run_carries_what_was_said_about_its_models_when_it_ended(tmp_path):
    write_provenance(tmp_path, ONE, {"licence": "MIT"})
    write_provenance(tmp_path, TWO, {"licence": "secret"})
    with RunStore(tmp_path).create("inspect", {}, {}, {}) as run:
        run.set(inputs={"models": [{"role": "suspect", "source": "x", "sha256": ONE}]})
    write_provenance(tmp_path, ONE, {"licence": "GPL"})
    record = json.loads((run.path / RECORD_FILE).read_text())
    assert record["provenance"] == {ONE: {"licence": "MIT"}}
    assert RunStore(tmp_path).verify("latest") == ()
