"""The trail: every act is in it, and every way to change it is seen."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.errors import RequestError
from analysis.runs import jobs
from analysis.runs.annotations import mark_samples
from analysis.runs.record import RECORD_FILE, seal
from analysis.runs.store import RunStore
from analysis.runs.trail import HEAD_FILE, TRAIL_FILE, head, note, read_entries, read_lines
from analysis.runs.trail_actor import Actor, account, acting
from analysis.runs.trail_entry import START, Entry, entry_sha256, sealed
from analysis.runs.trail_verify import chain_problem, verify_trail
from analysis.runs.uploads import save_upload

HOME = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr("analysis.runs.trail_verify.SETTLING", 0)


def make_run(root, answer="found"):
    with RunStore(root).create("scan", {}, {}, {"samples": "x"}) as run:
        run.set(
            inputs={"samples": [{"role": "samples", "source": "x", "sha256": "ab" * 32}]},
            verdict={"answer": answer},
        )
        run.write_bytes("a.bin", b"a")
    return run.run_id


@pytest.fixture
def root(tmp_path):
    """Three runs: six entries."""
    for _ in range(3):
        make_run(tmp_path)
    return tmp_path


def actions(root):
    return [entry.action for entry in read_entries(root)]


def problem(root, **given):
    return verify_trail(root, **given).problem


def rewrite(root, change):
    lines = (root / TRAIL_FILE).read_bytes().splitlines(keepends=True)
    (root / TRAIL_FILE).write_bytes(b"".join(change(lines)))


def forged(entry, **changes):
    """The entry with other content and a hash that fits it."""
    values = {k: v for k, v in (entry._asdict() | changes).items() if k != "sha256"}
    return sealed(values)


# What is noted


def test_a_run_is_noted_with_its_fingerprints_and_the_record_names_the_head(root):
    assert actions(root) == ["run.created", "run.done"] * 3
    first, second = read_entries(root)[:2]
    run = RunStore(root).list()[-1]
    record = json.loads((run.path / RECORD_FILE).read_text())
    assert first.run == second.run == run.run_id
    assert first.prints["sample:samples"] == "ab" * 32
    assert second.prints["record"] == record["record_sha256"]
    assert second.details["answer"] == "found"
    assert record["trail"] == {"length": 1, "head": first.sha256}
    assert (first.actor, first.through) == account()
    assert first.previous == START
    assert second.previous == first.sha256
    state = verify_trail(root)
    assert state.problem == ""
    assert state.head == head(root) == (6, read_entries(root)[-1].sha256)


def test_failed_cancelled_and_settled_runs_are_noted(tmp_path):
    store = RunStore(tmp_path)
    for error in (ValueError("boom"), KeyboardInterrupt()):
        with pytest.raises(type(error)), store.create("scan", {}, {}, {}):
            raise error
    dead = store.create("scan", {}, {}, {})
    path = dead.path / RECORD_FILE
    path.write_text(seal({**json.loads(path.read_text()), "pid": 2**22 + 1}))
    store.settle(dead.run_id)
    ends = [entry for entry in read_entries(tmp_path) if entry.action != "run.created"]
    assert [e.action for e in ends] == ["run.failed", "run.cancelled", "run.failed"]
    assert "boom" in ends[0].details["reason"]
    assert problem(tmp_path) == ""


def test_marks_uploads_and_deletions_are_noted_with_who_did_it(root):
    store = RunStore(root)
    run = store.open("latest")
    with acting(Actor("ada@example.org", "dashboard login")):
        mark_samples(run, ["s1", "s2"], "confirmed")
        mark_samples(run, ["s1"], "none")
        save_upload(root, "a.csv", io.BytesIO(b"code\nx\n"))
    store.delete(run.run_id, "made by mistake")
    entries = read_entries(root)[6:]
    assert [(e.actor, e.action) for e in entries] == [
        ("ada@example.org", "samples.confirmed"),
        ("ada@example.org", "samples.unmarked"),
        ("ada@example.org", "upload.kept"),
        (account().name, "run.deleted"),
    ]
    assert entries[0].details == {"samples": ["s1", "s2"], "n": 2}
    assert entries[3].details == {"reason": "made by mistake"}
    assert not run.path.exists()
    assert problem(root) == ""


def test_a_running_run_is_not_deleted(tmp_path):
    store = RunStore(tmp_path)
    writer = store.create("scan", {}, {}, {})
    with pytest.raises(RequestError, match="is running"):
        store.delete(writer.run_id)
    assert writer.path.is_dir()


def test_a_job_acts_in_the_name_of_whoever_started_it(tmp_path, monkeypatch):
    # A command that makes a run the way every command does: under the actor of its job.
    code = (
        "import sys, pathlib; from analysis.runs.trail_actor import acting, actor_of_job;"
        "from analysis.runs.store import RunStore\n"
        "job = pathlib.Path(sys.argv[sys.argv.index('--job-dir') + 1])\n"
        "with acting(actor_of_job(job)), RunStore(sys.argv[sys.argv.index('--runs') + 1])"
        ".create('scan', {}, {}, {}): pass"
    )
    monkeypatch.setattr(jobs, "COMMAND", (sys.executable, "-c", code))
    with acting(Actor("ada", "dashboard login")):
        job_id = jobs.start(tmp_path, ["scan", "--samples", "x.csv"])
    while not jobs.get(tmp_path, job_id).ended:
        pass
    assert jobs.get(tmp_path, job_id).status == "done"
    who = {e.action: (e.actor, e.through) for e in read_entries(tmp_path)}
    assert who["job.started"] == ("ada", "dashboard login")
    assert who["run.done"] == ("ada", "job of dashboard login")


@pytest.mark.parametrize("name", ["a\nb", "\x1b[31mred\x1b[0m", "x" * 500, ""])
def test_a_name_from_outside_is_one_bounded_line(root, name):
    with acting(Actor(name, "dashboard login")):
        shown = note(root, "upload.kept").actor
    assert shown
    assert len(shown) <= 120
    assert shown.isprintable()
    assert problem(root) == ""


# What is seen


def test_an_edited_entry_is_named(root):
    rewrite(root, lambda lines: [line.replace(b"run.done", b"run.DONE") for line in lines])
    assert problem(root).startswith("entry 2 of the trail was changed")


def test_an_edited_entry_with_a_new_hash_breaks_the_link_behind_it(root):
    entries = read_entries(root)
    other = forged(entries[2], actor="somebody else")
    assert other.sha256 == entry_sha256(other._asdict())
    rewrite(root, lambda lines: [*lines[:2], other.line(), *lines[3:]])
    assert "entry 4 of the trail does not follow from entry 3" in problem(root)


def test_a_wholly_rewritten_chain_is_seen_by_the_records(root):
    previous, lines = START, []
    for entry in read_entries(root):
        new = forged(entry, actor="somebody else", previous=previous)
        previous = new.sha256
        lines.append(new.line())
    (root / TRAIL_FILE).write_bytes(b"".join(lines))
    (root / HEAD_FILE).unlink()
    assert chain_problem(read_lines(root)) == ""
    assert "is not the one that stood there when the record of run" in problem(root)


@pytest.mark.parametrize("gone", [0, 1, 3])
def test_a_removed_entry_is_named(root, gone):
    rewrite(root, lambda lines: lines[:gone] + lines[gone + 1 :])
    assert problem(root).startswith(f"entry {gone + 1} of the trail carries the number {gone + 2}")


def test_entries_in_another_order_are_named(root):
    rewrite(root, lambda lines: [*lines[:2], lines[3], lines[2], *lines[4:]])
    assert problem(root).startswith("entry 3 of the trail carries the number 4")


def test_an_added_line_is_named(root):
    rewrite(root, lambda lines: [*lines[:2], b"{}\n", *lines[2:]])
    assert problem(root).startswith("entry 3 of the trail cannot be read")


@pytest.mark.parametrize("kept", range(6))
def test_a_truncated_trail_is_seen_by_the_noted_head(root, kept):
    rewrite(root, lambda lines: lines[:kept])
    assert f"the trail ends with entry {kept}, but it had 6" in problem(root)


@pytest.mark.parametrize("kept", range(6))
def test_a_truncated_trail_is_seen_by_the_records_alone(root, kept):
    rewrite(root, lambda lines: lines[:kept])
    (root / HEAD_FILE).unlink()
    assert problem(root)


def test_acts_after_a_cut_do_not_hide_it(root):
    rewrite(root, lambda lines: lines[:4])
    make_run(root)
    assert actions(root)[4] == "trail.cut"
    assert chain_problem(read_lines(root)) == ""
    assert problem(root).startswith("entry 5 of the trail notes that entries up to number 6")


def test_a_record_that_was_sealed_anew_is_seen(root):
    path = RunStore(root).list()[0].path / RECORD_FILE
    record = json.loads(path.read_text())
    path.write_text(seal({**record, "verdict": {"answer": "not_found"}}))
    assert RunStore(root).verify("latest") == ()  # its own hash fits
    assert "was changed after its end" in problem(root)


def test_a_run_that_vanished_without_a_note_is_seen(root):
    run = RunStore(root).list()[0]
    os.rename(run.path, root.parent / "elsewhere")
    assert "is gone, and no entry says who deleted it" in problem(root)


def test_a_head_that_was_cited_outside_must_be_there(root):
    cited = read_entries(root)[3].sha256
    assert problem(root, cited=cited) == ""
    assert "no entry of the trail has the cited hash" in problem(root, cited="0" * 64)


# Crashes and neighbours


@pytest.mark.parametrize("length", [1, 80, -1])
def test_half_a_line_is_told_then_mended_and_noted(root, length):
    whole = (root / TRAIL_FILE).read_bytes()
    torn = read_entries(root)[-1].line()[:length]
    (root / TRAIL_FILE).write_bytes(whole + torn)
    assert problem(root).startswith("entry 7 of the trail breaks off")
    make_run(root)
    assert actions(root)[6:] == ["trail.repaired", "run.created", "run.done"]
    assert read_entries(root)[6].details == {"bytes": len(torn)}
    assert (root / TRAIL_FILE).read_bytes().startswith(whole)
    assert problem(root) == ""


def test_two_processes_write_at_once(tmp_path):
    code = (
        "import sys, pathlib; from analysis.runs.trail import note\n"
        "for i in range(40): note(pathlib.Path(sys.argv[1]), 'upload.kept', n=i, by=sys.argv[2])"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name], cwd=HOME)
        for name in "ab"
    ]
    assert [w.wait() for w in writers] == [0, 0]
    entries = read_entries(tmp_path)
    assert chain_problem(read_lines(tmp_path)) == ""
    assert len(entries) == 80
    for name in "ab":
        own = [e.details["n"] for e in entries if e.details["by"] == name]
        assert own == list(range(40))


def test_a_long_trail_is_continued_behind_its_last_line(tmp_path):
    for n in range(3):
        note(tmp_path, "upload.kept", text="x" * 70_000, n=n)  # longer than a block
    assert [entry.details["n"] for entry in read_entries(tmp_path)] == [0, 1, 2]
    assert problem(tmp_path) == ""


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / TRAIL_FILE).mkdir()
    with pytest.raises(RequestError, match="cannot be noted"):
        note(tmp_path, "upload.kept")


def test_an_act_that_nobody_listed_is_a_mistake_of_the_program(tmp_path):
    with pytest.raises(ValueError, match="not listed"):
        note(tmp_path, "run.danced")


def test_entries_survive_their_own_text(root):
    entry = note(root, "upload.kept", prints={"name": "1"}, odd="\ud800 ü \u2028 \n")
    assert read_entries(root)[-1] == entry
    assert Entry(**json.loads(entry.line())) == entry
    assert problem(root) == ""
