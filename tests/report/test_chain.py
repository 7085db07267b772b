"""Which runs belong together, and what the whole of them answers."""

import pandas as pd
import pytest
from report_runs import audit, inspection, removal

from analysis.errors import RequestError
from analysis.report.document.build import Style, build_document
from analysis.report.document.chain import follow
from analysis.report.document.facts import facts_of
from analysis.runs.store import RunStore


def gather(root, run_id):
    return facts_of(follow(RunStore(root).open(run_id)))


@pytest.mark.parametrize("start", range(4))
def test_every_run_of_a_chain_leads_to_the_whole_chain(whole_chain, start):
    root, ids = whole_chain
    chain = follow(RunStore(root).open(ids[start]))
    parts = (chain.inspection, chain.unlearning, chain.reinspection, chain.audit)
    assert tuple(run.run_id for run in parts) == ids
    assert [run.run_id for run in chain.runs] == list(ids)


def test_a_lone_inspection_answers_for_itself(facts):
    assert (facts.answer, facts.model, facts.data) == ("found", "found", "found")
    assert facts.chain.unlearning is None
    assert facts.chain.audit is None
    assert (facts.flagged, facts.total) == (12, 60)


@pytest.mark.parametrize(
    ("after", "audited", "answer"),
    [
        ("not_found", None, "cleaned"),
        ("found", None, "still_found"),
        ("not_found", "removed", "removed"),
        ("not_found", "hidden", "hidden"),
        ("found", "removed", "contradiction"),
        ("found", "hidden", "hidden"),
    ],
)
def test_the_last_stage_decides_unless_the_re_inspection_speaks_against_it(
    tmp_path, after, audited, answer
):
    first = inspection(tmp_path, maps=False)
    second = removal(tmp_path, first)
    inspection(tmp_path, after, "not_found", parent=second, maps=False)
    if audited:
        audit(tmp_path, second, audited)
    assert gather(tmp_path, first).answer == answer


def test_an_audit_without_a_parent_is_found_by_the_fingerprint_of_the_unlearned_model(tmp_path):
    second = removal(tmp_path, inspection(tmp_path, maps=False))
    lone = audit(tmp_path, None, "hidden")
    chain = follow(RunStore(tmp_path).open(second))
    assert chain.audit is not None
    assert chain.audit.run_id == lone


def test_an_inspection_repeated_on_the_same_axes_reports_itself(tmp_path):
    first = inspection(tmp_path, "found", maps=False)
    again = inspection(tmp_path, "inconclusive", parent=first, maps=False)
    found = gather(tmp_path, again)
    assert found.answer == "inconclusive"
    assert found.chain.inspection.run_id == again
    assert found.chain.reinspection is None


def test_a_run_that_still_runs_is_refused(tmp_path):
    with RunStore(tmp_path).create("inspect", {}, {}, {}) as run:
        with pytest.raises(RequestError, match="has not ended yet"):
            follow(RunStore(tmp_path).open(run.run_id))
        run.set(verdict={"answer": "found"})


def test_a_failed_run_has_no_verdict(tmp_path):
    def broken():
        with RunStore(tmp_path).create("inspect", {}, {}, {}) as run:
            run.set(verdict={"answer": "not_found"})
            raise ZeroDivisionError(run.run_id)

    with pytest.raises(ZeroDivisionError) as caught:
        broken()
    found = gather(tmp_path, str(caught.value))
    assert (found.answer, found.tone) == ("failed", "neutral")


def test_before_and_after_come_from_the_removal(chain_facts):
    assert chain_facts.figure("suspect", "asr_all").value == 0.97
    assert chain_facts.figure("unlearned", "asr_all").value == 0.16
    assert chain_facts.figure("unlearned", "never measured").value is None


def test_a_scan_speaks_of_samples_only_and_a_training_gives_no_verdict(tmp_path):
    with RunStore(tmp_path).create("scan", {}, {}, {}) as run:
        data = {"answer": "found", "confidence": 0.9, "reasons": ["odd"]}
        run.set(verdict={**data, "data": data, "model": {"answer": "not_tested", "reasons": []}},
                inputs={"models": [], "samples": [{"role": "samples", "source": "d/train.jsonl",
                                                   "sha256": "ab", "rows": 3}]})  # fmt: skip
        run.write_table("samples", pd.DataFrame({"sample_id": ["a"], "text": ["x"], "label": [0],
            "predicted_suspect": [0], "confidence_suspect": [0.5], "predicted_reference": [0],
            "confidence_reference": [0.5], "truncated": [False]}))  # fmt: skip
    found = gather(tmp_path, run.run_id)
    assert (found.answer, found.headline, found.model, found.data) == (
        "found", "scan_found", "", "found",
    )  # fmt: skip
    for language in ("en", "ja"):
        document = build_document(found, language, Style())
        assert document.first.tone == "bad"
        assert "train.jsonl" in document.sentences[0]
    assert "No model was tested" in build_document(found, "en", Style()).first.sentence
    with RunStore(tmp_path).create("train", {}, {}, {}) as run:
        run.set(metrics={"trained": {"clean_accuracy": {"value": 0.9, "n": 10}}})
    trained = gather(tmp_path, run.run_id)
    assert trained.answer == "none"
    first = build_document(trained, "ja", Style()).first
    assert first.word == "判定なし"
    assert [m.name for m in first.pictures[2].chart.panels[0].marks] == ["学習後のモデル"]
