"""Trial, reviewed, released: what must hold, what is shown, and what makes it void."""

import io
import json
import zipfile

import pytest
from report_runs import PRINT, audit, inspection, model, removal

from analysis.cli import main
from analysis.errors import RequestError
from analysis.report.document.approve import Wish, approve, refusals
from analysis.report.document.archive import archive_bytes
from analysis.report.document.build import Style, build_document
from analysis.report.document.chain import follow
from analysis.report.document.cyclonedx import cyclonedx_bytes, task_of
from analysis.report.document.facts import facts_of
from analysis.report.document.make import make_files
from analysis.report.document.model_card import model_card_bytes
from analysis.report.document.policy import judge, read_policy
from analysis.report.document.provenance import Sheet
from analysis.report.document.release_words import approval_lines
from analysis.report.document.request import ReportRequest
from analysis.report.document.sarif import sarif_bytes
from analysis.report.text import words_of
from analysis.runs.store import RunStore
from analysis.runs.trail import head, note, read_entries
from analysis.runs.trail_actor import Actor, acting
from analysis.runs.trail_entry import ACTIONS
from analysis.runs.trail_extract import extract, extract_problem
from analysis.runs.trail_verify import verify_trail

EN, JA = words_of("en"), words_of("ja")
WHEN = "2026-01-02T03:04:05Z"


@pytest.fixture
def good(tmp_path):
    """An inspection that found nothing."""
    return RunStore(tmp_path).open(inspection(tmp_path, "not_found", "not_found", maps=False))


@pytest.fixture
def cleaned(tmp_path):
    """Inspection, removal and re-inspection, not audited: the removal."""
    first = inspection(tmp_path, maps=False)
    second = removal(tmp_path, first)
    inspection(tmp_path, "not_found", "not_found", parent=second, maps=False)
    return RunStore(tmp_path).open(second)


def facts(run):
    return facts_of(follow(run))


def level(run):
    return facts(run).release.approval.level


def clauses(tmp_path, text):
    path = tmp_path / "policy.toml"
    path.write_text(f'name = "Release 1"\n{text}')
    return path


# The way up and back


def test_a_good_model_is_reviewed_then_released_and_can_go_back(good):
    assert level(good) == "trial"
    with acting(Actor("ada@example.org", "dashboard login")):
        state = approve(good, Wish("reviewed", "Ada L.", "looked at  all\nflagged samples"))
    assert (state.level, state.by, state.actor) == ("reviewed", "Ada L.", "ada@example.org")
    assert state.note == "looked at all flagged samples"
    assert state.model == PRINT["suspect"]
    assert approve(good, Wish("released", "Bob")).level == "released"
    assert approve(good, Wish("reviewed", "Bob", "too early")).level == "reviewed"
    assert approve(good, Wish("trial", "Bob", "withdrawn")).level == "trial"
    said = [(e.action, e.details["to"]) for e in read_entries(good.path.parent)[-4:]]
    assert said == [
        ("approval.given", "reviewed"),
        ("approval.given", "released"),
        ("approval.revoked", "reviewed"),
        ("approval.revoked", "trial"),
    ]
    assert "Bob took the approval back" in approval_lines(facts(good).release, EN)[0]
    assert verify_trail(good.path.parent).problem == ""


@pytest.mark.parametrize(
    ("wish", "part"),
    [
        (Wish("holy", "Ada"), "level 'holy' is unknown"),
        (Wish("reviewed", "  "), "nobody is named"),
        (Wish("trial", "Ada"), "no approval to take back"),
        (Wish("released", "Ada"), "nobody has reviewed it yet"),
        (Wish("reviewed", "Ada", "x" * 501), "501 characters"),
    ],
)
def test_wrong_wishes_are_refused_and_not_noted(good, wish, part):
    before = head(good.path.parent)
    with pytest.raises(RequestError, match=part):
        approve(good, wish)
    assert head(good.path.parent) == before


# What stands in the way


@pytest.mark.parametrize("answer", ["found", "inconclusive"])
def test_a_verdict_that_is_not_good_is_refused(tmp_path, answer):
    run = RunStore(tmp_path).open(inspection(tmp_path, answer, maps=False))
    assert refusals(facts(run), "reviewed", None) == ("verdict",)
    with pytest.raises(RequestError, match="the verdict is not good enough"):
        approve(run, Wish("reviewed", "Ada"))


def test_a_removal_needs_its_audit_and_the_audits_answer_counts(cleaned):
    root = cleaned.path.parent
    assert refusals(facts(cleaned), "reviewed", None) == ("audit",)
    audit(root, cleaned.run_id, "hidden")
    assert refusals(facts(cleaned), "reviewed", None) == ("verdict",)
    audit(root, cleaned.run_id, "removed")
    assert refusals(facts(cleaned), "reviewed", None) == ()
    assert approve(cleaned, Wish("reviewed", "Ada")).model == PRINT["unlearned"]


def test_a_policy_that_fails_is_refused_and_an_open_clause_for_release_only(tmp_path, good):
    fails = clauses(tmp_path, '[[clause]]\nabout = "clean_accuracy"\nat_least = 0.99')
    with pytest.raises(RequestError, match="a clause of the policy fails"):
        approve(good, Wish("reviewed", "Ada", policy=fails))
    opened = clauses(tmp_path, '[[clause]]\nabout = "audit"\nis = "removed"')
    assert approve(good, Wish("reviewed", "Ada", policy=opened)).policy == "Release 1"
    with pytest.raises(RequestError, match="was not tested"):
        approve(good, Wish("released", "Ada", policy=opened))
    with pytest.raises(RequestError, match="no policy was named"):
        approve(good, Wish("released", "Ada"))


def test_a_policy_can_ask_for_the_approval(tmp_path, good):
    policy = read_policy(clauses(tmp_path, '[[clause]]\nabout = "approval"\nis = "reviewed"'))
    assert [j.answer for j in judge(policy, facts(good))] == ["fail"]
    approve(good, Wish("reviewed", "Ada"))
    assert [j.answer for j in judge(policy, facts(good))] == ["pass"]


def test_changed_evidence_and_a_broken_trail_are_refused(good):
    path = good.path / "layers.parquet"
    kept = path.read_bytes()
    path.write_bytes(kept + b" ")
    assert refusals(facts(good), "reviewed", None) == ("evidence",)
    path.write_bytes(kept)
    trail = good.path.parent / "trail.jsonl"
    trail.write_bytes(trail.read_bytes().replace(b"run.done", b"run.DONE"))
    assert refusals(facts(good), "reviewed", None) == ("trail",)


def test_an_override_is_noted_with_what_was_missing_and_every_format_shows_it(cleaned):
    with pytest.raises(RequestError, match="--override"):
        approve(cleaned, Wish("reviewed", "Ada"))
    reason = "pilot on <b>test data</b> only"
    state = approve(cleaned, Wish("reviewed", "Ada", override=reason))
    assert (state.missing, state.override) == (("audit",), reason)
    found = facts(cleaned)
    for language, words in (("en", EN), ("ja", JA)):
        lines = build_document(found, language, Style(when=WHEN)).first.approval
        assert words("approval.level.reviewed") in lines[0]
        assert reason in lines[1]
        assert words("refusal.audit") in lines[1]
    wish = ReportRequest(formats=("html", "pptx"), style=Style(when=WHEN))
    files = make_files(cleaned, wish)
    assert b"&lt;b&gt;test data&lt;/b&gt; only" in files["report-en.html"]
    slide = zipfile.ZipFile(io.BytesIO(files["report-en.pptx"])).read("ppt/slides/slide1.xml")
    assert b"Approved in spite of this" in slide
    assert "Approved in spite of this" in model_card_bytes(found, WHEN).decode()
    approval = json.loads(sarif_bytes(found))["runs"][0]["properties"]["approval"]
    assert (approval["level"], approval["override"]) == ("reviewed", reason)


def test_without_anything_missing_an_override_is_not_kept(good):
    assert approve(good, Wish("reviewed", "Ada", override="just in case")).override == ""


# What makes it void


def test_another_model_voids_it(good):
    approve(good, Wish("reviewed", "Ada"))
    root = good.path.parent
    second = removal(root, good.run_id)
    audit(root, second, "removed")
    state = facts(good).release.approval
    assert (state.level, state.named, state.void) == ("trial", "reviewed", "model")
    assert "its fingerprint changed" in approval_lines(facts(good).release, EN)[0]


def test_another_model_at_the_same_place_voids_it(good):
    approve(good, Wish("reviewed", "Ada"))
    with RunStore(good.path.parent).create("scan", {}, {}, {}) as run:
        run.set(inputs={"models": [{**model("suspect"), "sha256": "f" * 64}]})
    assert facts(good).release.approval.void == "newer"


def test_another_verdict_voids_it(cleaned):
    approve(cleaned, Wish("reviewed", "Ada", override="a test"))
    audit(cleaned.path.parent, cleaned.run_id, "hidden")
    assert facts(cleaned).release.approval.void == "verdict"
    assert approve(cleaned, Wish("trial", "Ada")).level == "trial"


def test_a_changed_record_voids_it(good):
    approve(good, Wish("reviewed", "Ada"))
    path = good.path / "record.json"
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "record_sha256": "0" * 64}))
    assert facts(good.reread()).release.approval.void == "record"


def test_the_approval_of_one_model_says_nothing_about_another_chain(good):
    approve(good, Wish("reviewed", "Ada"))
    root = good.path.parent
    other = RunStore(root).open(inspection(root, "not_found", "not_found", maps=False))
    assert level(other) == "trial"
    assert level(good) == "reviewed"


# Where it goes


def test_the_bom_carries_it_on_the_model_and_in_its_vex(cleaned):
    approve(cleaned, Wish("reviewed", "Ada", override="a test"))
    bom = json.loads(cyclonedx_bytes(facts(cleaned), Sheet(), WHEN))
    told = {
        c["hashes"][0]["content"]: {p["name"]: p["value"] for p in c["properties"]}
        for c in bom["components"]
        if c["type"] == "machine-learning-model"
    }
    mine = told.pop(PRINT["unlearned"])
    assert mine["kenshin:approval:level"] == "reviewed"
    assert mine["kenshin:approval:override"] == "a test"
    assert not any("kenshin:approval:level" in other for other in told.values())
    details = {v["bom-ref"]: v["analysis"]["detail"] for v in bom["vulnerabilities"]}
    assert "Ada vouched" in details["vulnerability:backdoor:unlearned"]
    assert "Ada vouched" not in details["vulnerability:backdoor:suspect"]
    meta = {p["name"]: p["value"] for p in bom["metadata"]["properties"]}
    assert meta["kenshin:trail:head"] == head(cleaned.path.parent).sha256


def test_documents_cite_length_and_head_and_list_the_acts(good):
    approve(good, Wish("reviewed", "Ada"))
    last = head(good.path.parent)
    found = facts(good)
    document = build_document(found, "en", Style(when=WHEN))
    assert f"Trail: {last.length} entries, head {last.sha256[:12]}." in document.first.colophon
    section = next(s for s in document.sections if s.key == "trail")
    assert last.sha256 in section.blocks[0].text
    assert [row[3] for row in section.blocks[-1].rows] == [
        "run started",
        "run finished",
        "approval given",
    ]


def test_every_act_has_a_name_in_both_languages():
    for words in (EN, JA):
        for action in ACTIONS:
            assert words.has(f"trail.act.{action.replace('.', '_')}"), action


def test_the_archive_carries_an_extract_that_can_be_checked(good, tmp_path, capsys):
    root = good.path.parent
    stranger = inspection(root, maps=False)
    approve(good, Wish("reviewed", "Ada"))
    with zipfile.ZipFile(io.BytesIO(archive_bytes(facts(good), {}))) as archive:
        lines = archive.read("evidence/trail/extract.jsonl")
        assert b"Ada vouched" in archive.read("evidence/trail/approval.txt")
    assert good.run_id.encode() in lines
    assert stranger.encode() not in lines  # the acts of others are hashes only
    assert extract_problem(lines.splitlines(), head(root).sha256[:12]) == ""
    assert "not with the cited" in extract_problem(lines.splitlines(), "0" * 12)
    (tmp_path / "extract.jsonl").write_bytes(lines)
    wanted = ["runs", "verify", "--extract", str(tmp_path / "extract.jsonl")]
    assert main([*wanted, "--head", head(root).sha256]) == 0
    (tmp_path / "extract.jsonl").write_bytes(lines.replace(b'"by": "Ada"', b'"by": "Eve"'))
    assert main(wanted) == 1
    assert "was changed" in capsys.readouterr().out


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: lines[1:],
        lambda lines: [lines[1], lines[0], *lines[2:]],
        lambda lines: [*lines[:1], b"{}", *lines[2:]],
        lambda lines: [*lines[:1], *lines[2:]],
    ],
)
def test_a_changed_extract_is_seen(good, change):
    note(good.path.parent, "upload.kept")
    lines = extract(good.path.parent, [good.run_id]).splitlines()
    assert extract_problem(lines) == ""
    assert extract_problem(change(lines))


def test_from_the_command_line(good, capsys):
    wanted = ["runs", "approve", good.run_id, "--runs", str(good.path.parent)]
    assert main([*wanted, "--to", "reviewed"]) == 2
    assert "nobody is named" in capsys.readouterr().err
    assert main([*wanted, "--by", "Ada"]) == 2
    assert main([*wanted, "--to", "released", "--by", "Ada"]) == 2
    shown = capsys.readouterr().err
    assert "kenshin: error: the model cannot be released" in shown
    assert main([*wanted, "--to", "released", "--by", "Ada", "--override", "a test"]) == 0
    assert "in spite of review: a test" in capsys.readouterr().out
    assert main([*wanted, "--to", "trial", "--by", "Ada", "--note", "enough", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["level"] == "trial"


@pytest.mark.parametrize(
    ("architecture", "task"),
    [
        ("RobertaForSequenceClassification", "classification"),
        ("T5ForSequenceClassification", "classification"),
        ("T5ForConditionalGeneration", "generation"),
        ("LlamaForCausalLM", "generation"),
        ("GPT2LMHeadModel", "generation"),
        ("RobertaForMaskedLM", "fill-mask"),
        ("T5EncoderModel", "feature-extraction"),
        ("RobertaModel", "feature-extraction"),
        ("SomethingElse", "unknown"),
    ],
)
def test_the_task_follows_from_the_head(architecture, task):
    assert task_of(architecture) == task
