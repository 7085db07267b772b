"""Jobs with a stand-in command: what is tested is the queue, not an inspection."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import psutil
import pytest

from analysis.cli.parser import build_parser
from analysis.errors import RequestError
from analysis.runs import jobs
from analysis.runs.job_files import JobFolder
from analysis.runs.store import RunStore

# Behaves like the command line: makes a run, says which, obeys Ctrl-C; `--suspect` is its script.
STAND_IN = """
import signal, sys, time
from pathlib import Path
from analysis.errors import RequestError
from analysis.runs.job_note import note_run
from analysis.runs.store import RunStore
options = dict(zip(sys.argv[2::2], sys.argv[3::2]))
plan = options["--suspect"]
if plan == "deaf":
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if plan == "gate":
    sys.exit(3)
try:
    with RunStore(options["--runs"]).create("inspect", {}, {}, {"suspect": plan}) as run:
        note_run(Path(options["--job-dir"]), run.run_id)
        if plan == "wrong":
            raise RequestError("suspect 'wrong' is no model.")
        print("working on", plan, file=sys.stderr, flush=True)
        deadline = time.monotonic() + 60
        while plan in ("long", "deaf") and time.monotonic() < deadline:
            run.progress("extract", 41, 100)
            time.sleep(0.05)
        if plan == "waits":
            while not Path(options["--samples"]).exists():
                time.sleep(0.02)
except RequestError as error:
    sys.exit(print(f"kenshin: error: {error}", file=sys.stderr) or 2)
except KeyboardInterrupt:
    sys.exit(130)
"""


@pytest.fixture
def root(tmp_path, monkeypatch):
    script = tmp_path / "stand_in.py"
    script.write_text(STAND_IN)
    monkeypatch.setattr(jobs, "COMMAND", (sys.executable, str(script)))
    monkeypatch.setattr(jobs, "GRACE", (30.0, 30.0))  # a loaded machine answers late
    folder = tmp_path / "läufe"
    yield folder
    for job in jobs.list(folder):
        jobs.cancel(folder, job.id)
    for job in jobs.list(folder):
        wait_for(folder, job.id, *jobs.ENDED)


def wait_for(root, job_id, *statuses, seconds=90.0):
    return eventually(lambda: (job := jobs.get(root, job_id)).status in statuses and job, seconds)


def eventually(condition, seconds=90.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(0.03)
    raise AssertionError("it did not happen")


def begin(root, plan, *more):
    return jobs.start(root, ["inspect", "--suspect", plan, *more])


def test_a_job_runs_the_command_and_knows_its_run(root):
    job = wait_for(root, begin(root, "kurz-ü"), "done")
    run = RunStore(root).open(job.run_id)
    assert (job.exit_code, run.status) == (0, "done")
    assert run.record["request"] == {"suspect": "kurz-ü"}
    assert job.argv == ("inspect", "--suspect", "kurz-ü")
    assert job.created <= job.started <= job.finished
    assert job.error == ""


def test_a_wrong_request_shows_its_sentence_and_leaves_no_run(root):
    job = wait_for(root, begin(root, "wrong"), "failed")
    assert (job.exit_code, job.run_id) == (2, None)
    assert job.error == "suspect 'wrong' is no model."
    assert RunStore(root).list() == ()


def test_a_gate_code_is_an_answer_and_not_a_failure(root):
    assert wait_for(root, begin(root, "gate"), *jobs.ENDED).status == "done"


def test_jobs_run_one_at_a_time_in_the_order_of_asking(root, tmp_path):
    gate = tmp_path / "go"
    names = [begin(root, "waits", "--samples", str(gate)) for _ in range(3)]
    wait_for(root, names[0], "running")
    assert [job.status for job in jobs.list(root)] == ["queued", "queued", "running"]
    assert [job.ahead for job in jobs.list(root)] == [2, 1, 0]
    gate.touch()
    ended = [wait_for(root, name, "done") for name in names]
    for earlier, later in zip(ended, ended[1:], strict=False):
        assert earlier.finished <= later.started
    runs = [run.run_id for run in reversed(RunStore(root).list())]
    assert runs == [job.run_id for job in ended]


def test_cancel_marks_the_run_and_keeps_it_readable(root, monkeypatch):
    # The polite signal alone must do; a busy machine may need longer than a user would wait.
    monkeypatch.setattr(jobs, "GRACE", (90.0, 5.0))
    name = begin(root, "long")
    running = eventually(lambda: (job := jobs.get(root, name)).progress and job)
    assert running.progress.fraction == pytest.approx(0.41)
    jobs.cancel(root, name)
    job = wait_for(root, name, *jobs.ENDED)
    assert (job.status, job.exit_code) == ("cancelled", 130)
    assert RunStore(root).open(job.run_id).status == "cancelled"


def test_cancel_ends_a_command_that_ignores_polite_signals(root, monkeypatch):
    monkeypatch.setattr(jobs, "GRACE", (0.2, 0.2))
    name = begin(root, "deaf")
    run_id = eventually(lambda: jobs.get(root, name).run_id)
    jobs.cancel(root, name)
    job = wait_for(root, name, *jobs.ENDED)
    assert (job.status, job.exit_code) == ("cancelled", -signal.SIGKILL)
    stored = json.loads((RunStore(root).root / run_id / "record.json").read_text())
    assert stored["status"] == "cancelled"


def test_a_queued_job_is_cancelled_without_ever_starting(root):
    first, second = begin(root, "long"), begin(root, "long")
    wait_for(root, first, "running")
    jobs.cancel(root, second)
    assert wait_for(root, second, *jobs.ENDED).status == "cancelled"
    assert jobs.get(root, second).started is None
    assert jobs.get(root, first).status == "running"


def test_cancel_run_reaches_the_job_behind_a_run(root):
    name = begin(root, "long")
    run_id = eventually(lambda: jobs.get(root, name).run_id)
    assert jobs.cancel_run(root, run_id)
    assert wait_for(root, name, *jobs.ENDED).status == "cancelled"
    assert not jobs.cancel_run(root, run_id)


def test_cancelling_an_ended_job_changes_nothing(root):
    done = wait_for(root, begin(root, "short"), "done")
    jobs.cancel(root, done.id)
    assert jobs.get(root, done.id).status == "done"


def test_a_job_survives_its_starter(root, tmp_path):
    gate = tmp_path / "go"
    starter = textwrap.dedent(
        f"""
        import os
        from analysis.runs import jobs
        jobs.COMMAND = {jobs.COMMAND!r}
        jobs.start({str(root)!r}, ["inspect", "--suspect", "waits", "--samples", {str(gate)!r}])
        os._exit(0)  # no clean-up of any kind
        """
    )
    subprocess.run([sys.executable, "-c", starter], check=True, start_new_session=True)
    (job,) = jobs.list(root)
    wait_for(root, job.id, "running")
    gate.touch()
    assert wait_for(root, job.id, *jobs.ENDED).status == "done"


def test_a_killed_supervisor_does_not_let_a_second_command_in(root, tmp_path):
    gate = tmp_path / "go"
    first = begin(root, "waits", "--samples", str(gate))
    eventually(lambda: jobs.get(root, first).run_id)
    os.kill(JobFolder(root, first).process("supervisor").pid, signal.SIGKILL)
    second = begin(root, "short")
    assert jobs.get(root, first).status == "running"  # the command itself lives
    assert jobs.get(root, second).status == "queued"
    gate.touch()
    assert wait_for(root, second, *jobs.ENDED).status == "done"
    assert wait_for(root, first, *jobs.ENDED).status == "done"  # known from its run


def test_a_job_without_a_supervisor_can_still_be_cancelled(root):
    name = begin(root, "long")
    run_id = eventually(lambda: jobs.get(root, name).run_id)
    supervisor = JobFolder(root, name).process("supervisor")
    os.kill(supervisor.pid, signal.SIGKILL)
    eventually(lambda: not jobs.is_alive(supervisor))
    jobs.cancel(root, name)
    assert wait_for(root, name, *jobs.ENDED).status == "cancelled"
    assert RunStore(root).open(run_id).status == "cancelled"


def test_a_supervisor_that_dies_after_the_wish_does_not_save_the_command(root):
    name = begin(root, "long")
    eventually(lambda: jobs.get(root, name).run_id)
    supervisor = JobFolder(root, name).process("supervisor")
    os.kill(supervisor.pid, signal.SIGSTOP)  # it never sees the wish
    jobs.cancel(root, name)
    assert jobs.get(root, name).cancelling
    os.kill(supervisor.pid, signal.SIGKILL)
    assert wait_for(root, name, *jobs.ENDED).status == "cancelled"


def test_a_killed_command_leaves_a_failed_job_and_a_failed_run(root):
    name = begin(root, "long")
    run_id = eventually(lambda: jobs.get(root, name).run_id)
    os.kill(JobFolder(root, name).process("process").pid, signal.SIGKILL)
    job = wait_for(root, name, *jobs.ENDED)
    assert job.status == "failed"
    assert "signal 9" in job.error
    assert "signal 9" in RunStore(root).open(run_id).reason


def test_listing_ends_a_job_that_lost_everyone(root):
    name = begin(root, "long")
    run_id = eventually(lambda: jobs.get(root, name).run_id)
    folder = JobFolder(root, name)
    victims = [folder.process("supervisor"), folder.process("process")]
    for victim in victims:
        os.kill(victim.pid, signal.SIGKILL)
    eventually(lambda: not any(jobs.is_alive(v) for v in victims))
    (job,) = jobs.list(root)
    assert (job.status, job.exit_code) == ("failed", None)
    assert "interrupted" in job.error
    stored = json.loads((RunStore(root).root / run_id / "record.json").read_text())
    assert stored["status"] == "failed"


def test_a_reused_process_number_does_not_look_alive(root):
    done = wait_for(root, begin(root, "short"), "done")
    folder = JobFolder(root, done.id)
    (folder.path / "exit_code").unlink()
    started_long_ago = psutil.boot_time() - 1000
    for part in ("supervisor", "process"):
        folder.note_process(part, jobs.process_of(os.getpid())._replace(started=started_long_ago))
    RunStore(root).open(done.run_id).path.rename(root / "elsewhere")
    assert jobs.get(root, done.id).status == "failed"


def test_a_zombie_counts_as_dead():
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    process = jobs.process_of(child.pid)
    assert jobs.is_alive(process)
    child.stdin.close()
    eventually(lambda: psutil.Process(child.pid).status() == psutil.STATUS_ZOMBIE)
    assert not jobs.is_alive(process)
    child.wait()


def test_an_exit_code_written_while_we_look_is_seen(root, monkeypatch):
    done = wait_for(root, begin(root, "gate"), "done")
    folder = JobFolder(root, done.id)
    (folder.path / "exit_code").unlink()

    def ends_meanwhile(self):
        self.note_exit(3)

    monkeypatch.setattr(JobFolder, "_live_state", ends_meanwhile)
    assert folder.state().status == "done"


def test_no_zombie_is_left_by_ended_jobs(root):
    wait_for(root, begin(root, "short"), "done")

    def zombies():
        children = psutil.Process().children()
        return [c for c in children if c.status() == psutil.STATUS_ZOMBIE]

    eventually(lambda: not zombies())


@pytest.mark.parametrize(
    ("argv", "word"),
    [
        ([], "''"),
        (["dashboard"], "dashboard"),
        (["runs", "list"], "runs"),
        (["-c", "import os"], "-c"),
        (["inspect", "--runs", "/"], "--runs"),
        (["inspect", "--job-dir=/"], "--job-dir"),
        (["inspect", "--", "x"], "--"),
        (["inspect", "a\0b"], "NUL"),
    ],
)
def test_only_plain_kenshin_commands_can_be_started(root, argv, word):
    with pytest.raises(RequestError, match=word):
        jobs.start(root, argv)
    assert jobs.list(root) == ()


@pytest.mark.parametrize("name", ["../../etc", "000001-0123456z", "", "000001-01234567"])
def test_an_unknown_job_is_a_wrong_request(root, name):
    with pytest.raises(RequestError):
        jobs.get(root, name)


def test_a_folder_called_analysis_beside_the_user_is_not_imported(root, tmp_path, monkeypatch):
    trap = tmp_path / "analysis"
    trap.mkdir()
    (trap / "__init__.py").write_text("raise SystemExit('the wrong package')")
    monkeypatch.chdir(tmp_path)
    assert wait_for(root, begin(root, "short"), *jobs.ENDED).status == "done"


def test_old_ended_jobs_are_forgotten(root, monkeypatch):
    monkeypatch.setattr(jobs, "KEPT_JOBS", 1)
    first = wait_for(root, begin(root, "gate"), "done")
    second = wait_for(root, begin(root, "gate"), "done")
    third = begin(root, "gate")
    assert [job.id for job in jobs.list(root)] == [third, second.id]
    assert not (Path(root) / ".jobs" / first.id).exists()


@pytest.mark.parametrize("command", sorted(jobs.ALLOWED))
def test_the_command_line_takes_the_options_that_jobs_add(command):
    (action,) = [a for a in build_parser()._actions if hasattr(a, "choices") and a.choices]
    if command not in action.choices:
        pytest.skip(f"kenshin {command} is not built yet")
    options = action.choices[command]._option_string_actions
    assert set(jobs.ALLOWED[command]) <= set(options)
