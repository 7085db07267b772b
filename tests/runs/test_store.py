"""Runs in every state, read from outside, also after a crash or a kill."""

import json
import os
import signal
import subprocess
import sys
import textwrap

import pandas as pd
import pytest

from analysis.errors import Cancelled, KenshinError, RequestError
from analysis.runs.progress import read_progress
from analysis.runs.record import RECORD_FILE
from analysis.runs.store import RunStore
from analysis.runs.trail import read_entries


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


def create(store, kind="inspect", **options):
    return store.create(kind, {"seed": 0}, {"seed": "default"}, {"samples": "ä.jsonl"}, **options)


def stored(run):
    return json.loads((run.path / RECORD_FILE).read_text())


def files(run):
    return sorted(p.name for p in run.path.iterdir())


def break_run(store, error, work=lambda writer: None):
    with create(store) as writer:
        work(writer)
        raise error


def write_early(writer):
    writer.write_table("early", pd.DataFrame({"a": [1, 2]}))


# States


def test_a_run_is_readable_as_running_from_the_first_moment(store):
    with create(store) as writer:
        run = store.open(writer.run_id)
        assert run.status == "running"
        assert stored(run)["pid"] == os.getpid()
        assert files(run) == [RECORD_FILE]
    assert store.open("latest").status == "done"
    assert store.open("latest").record["finished"] >= run.record["created"]


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (KenshinError("disk 'ö' is full.", "Make room."), "failed", "disk 'ö' is full. Make room."),
        (ValueError("x\ny"), "failed", "ValueError: x y"),
        (MemoryError(), "failed", "MemoryError"),
        (Cancelled("stop"), "cancelled", "stopped by the user"),
        (KeyboardInterrupt(), "cancelled", "stopped by the user"),
    ],
)
def test_an_exception_leaves_a_readable_run_and_travels_on(store, error, status, message):
    with pytest.raises(type(error)):
        break_run(store, error, write_early)
    run = store.open("latest")
    assert (run.status, run.reason) == (status, message)
    assert run.table("early")["a"].tolist() == [1, 2]
    assert store.verify("latest") == ()


def test_a_step_that_the_user_stopped_says_so(store):
    with (
        pytest.raises(KeyboardInterrupt),
        store.create("scan", {}, {}, {}) as run,
        run.step("extract"),
    ):
        raise KeyboardInterrupt
    assert store.open("latest").record["steps"][-1]["reason"] == "stopped by the user"


def test_only_an_unexpected_failure_keeps_its_traceback_apart_from_the_record(store):
    for error, kept in ((ValueError("boom"), True), (KenshinError("boom."), False)):
        with pytest.raises(type(error)):
            break_run(store, error)
        path = store.open("latest").path
        assert (path / "error.txt").exists() == kept
        assert "Traceback" not in (path / RECORD_FILE).read_text()
    assert "boom" in (store.list()[-1].path / "error.txt").read_text()


def test_a_wrong_request_leaves_nothing_behind(store):
    with pytest.raises(RequestError):
        break_run(store, RequestError("samples 'x' hold 0 rows."))
    assert list(store.root.iterdir()) == []


def test_a_request_that_turns_out_wrong_later_leaves_no_run_only_a_note(store):
    with pytest.raises(RequestError):
        break_run(store, RequestError("samples 'x' hold 0 rows."), write_early)
    assert [path for path in store.root.iterdir() if path.is_dir()] == []
    assert [e.action for e in read_entries(store.root)] == ["run.created", "run.discarded"]


def test_a_finished_run_cannot_be_changed(store):
    with create(store) as writer:
        pass
    before = (writer.path / RECORD_FILE).read_bytes()
    for change in (
        writer.finish,
        lambda: writer.warn("late"),
        lambda: writer.set(metrics={"a": 1}),
        lambda: writer.write_bytes("late.bin", b""),
    ):
        with pytest.raises(KenshinError, match="done"):
            change()
    assert (writer.path / RECORD_FILE).read_bytes() == before


def test_a_killed_process_reads_as_interrupted_and_the_file_stays_as_it_was(store):
    run_id = killed_run(store)
    run = store.open(run_id)
    assert (run.status, run.record["error"]["type"]) == ("failed", "interrupted")
    assert "interrupted" in run.reason
    assert store.list()[0].status == "failed"
    assert stored(run)["status"] == "running"
    assert run.table("early")["a"].tolist() == [1]
    assert store.verify(run_id) == ()


def test_settle_writes_the_end_of_a_dead_run_only(store):
    run_id = killed_run(store)
    assert store.settle(run_id, "cancelled", "stopped").status == "cancelled"
    assert stored(store.open(run_id))["status"] == "cancelled"
    assert store.verify(run_id) == ()
    with create(store) as writer:
        assert store.settle(writer.run_id).status == "running"
    assert store.settle(writer.run_id).status == "done"
    with pytest.raises(KenshinError, match="done"):
        store.settle(run_id, "done")


def test_a_reused_process_number_does_not_keep_a_dead_run_running(store):
    writer = create(store)
    record = stored(writer)
    record["process_started"] -= 1000  # this very number, but another start
    (writer.path / RECORD_FILE).write_text(json.dumps(record))
    assert store.open(writer.run_id).status == "failed"


def killed_run(store):
    """A run whose process was ended by SIGKILL in the middle of a table."""
    script = textwrap.dedent(
        f"""
        import time
        import pandas as pd
        from analysis.runs.store import RunStore
        writer = RunStore({str(store.root)!r}).create("inspect", {{}}, {{}}, {{}})
        writer.write_table("early", pd.DataFrame({{"a": [1]}}))

        def forever(path):
            path.write_bytes(b"half a table")
            print(writer.run_id, flush=True)
            time.sleep(60)

        writer.write_file("late.parquet", forever)
        """
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as p:
        run_id = p.stdout.readline().strip()
        p.send_signal(signal.SIGKILL)
    return run_id


# Steps, progress, record


def five_steps(writer):
    with writer.step("read"):
        pass
    with writer.step("umap", optional=True) as step:
        step.skip("4 samples are too few")
    with writer.step("slow", optional=True):
        raise ValueError("no luck")
    writer.skip_step("attention", "no reference")
    with writer.step("write"):
        raise OSError("disk")


def test_steps_say_done_skipped_failed_with_reasons(store):
    with pytest.raises(OSError, match="disk"), create(store) as writer:
        five_steps(writer)
    run = store.open("latest")
    steps = [(s["name"], s["status"], s["reason"]) for s in run.record["steps"]]
    assert steps == [
        ("read", "done", ""),
        ("umap", "skipped", "4 samples are too few"),
        ("slow", "failed", "ValueError: no luck"),
        ("attention", "skipped", "no reference"),
        ("write", "failed", "OSError: disk"),
    ]
    assert all(s["seconds"] >= 0 for s in run.record["steps"])
    assert run.status == "failed"


def test_an_optional_step_does_not_swallow_a_cancellation(store):
    with pytest.raises(Cancelled), create(store) as writer, writer.step("slow", optional=True):
        raise Cancelled("stop")
    assert store.open("latest").status == "cancelled"


def test_a_missing_table_names_the_step_to_blame(store):
    with create(store) as writer:
        writer.skip_step("maps", "only 3 samples", makes=["projection"])
        writer.skip_step("attention", "no reference")
    run = store.open("latest")
    with pytest.raises(RequestError, match=r"'projection'.*step 'maps' was skipped.*only 3"):
        run.table("projection")
    with pytest.raises(RequestError, match="step 'attention' was skipped .no reference"):
        run.table("attention")
    assert not run.has("attention")


def test_a_missing_table_of_a_running_run_says_that_it_is_not_there_yet(store):
    with create(store) as writer, pytest.raises(RequestError, match="still going"):
        writer.read().table("scores")


def test_set_merges_parts_and_replaces_the_verdict(store):
    with create(store) as writer:
        writer.set(metrics={"asr": 1.0}, verdict={"answer": "found"})
        writer.set(metrics={"n": 3, "nan": float("nan")}, verdict={"answer": "not_found"})
        writer.warn("head")
        writer.warn("head")
    record = store.open("latest").record
    assert record["metrics"] == {"asr": 1.0, "n": 3, "nan": None}
    assert record["verdict"] == {"answer": "not_found"}
    assert record["warnings"] == ["head"]
    assert store.list()[0].answer == "not_found"


def test_progress_is_beside_the_record_while_it_runs(store):
    with create(store) as writer:
        seen = []
        writer.listener = seen.append
        writer.progress("extract", 1, 4, rate=2.0)
        progress = read_progress(writer.path)
        assert (progress.stage, progress.fraction, progress.seconds_left) == ("extract", 0.25, 1.5)
        writer.progress("extract", 4, 4)
        assert read_progress(writer.path).fraction == 1
        assert [p.done for p in seen] == [1, 4]
    assert read_progress(writer.path) is None


def test_progress_is_written_rarely_but_stages_and_ends_always(store, monkeypatch):
    writer = create(store)
    moments = []
    monkeypatch.setattr("analysis.runs.progress.write_text", lambda *_: moments.append(1))
    for done in range(1001):
        writer.progress("extract", done, 1000)
    assert 2 <= len(moments) < 100
    before = len(moments)
    writer.progress("maps")
    assert len(moments) == before + 1
    writer.cancel()
