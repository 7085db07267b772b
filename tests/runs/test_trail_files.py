"""Commands without a run are in the trail of the folder that they write into."""

import hashlib
import json

from analysis.cli import main
from analysis.runs.annotations import read_views, remove_view, save_view
from analysis.runs.store import RunStore
from analysis.runs.trail import TRAIL_FILE, note, read_entries
from analysis.runs.trail_files import note_written
from analysis.runs.trail_verify import verify_trail


def runs_folder(path):
    path.mkdir()
    note(path, "upload.kept")
    return path


def test_facts_that_are_written_into_a_runs_folder_are_noted(tmp_path):
    runs = runs_folder(tmp_path / "runs")
    assert main(["facts", "write", "--out", str(runs / "uploads" / "facts")]) == 0
    entry = read_entries(runs)[-1]
    assert (entry.action, entry.details["command"]) == ("files.written", "facts")
    written = [f for f in (runs / "uploads" / "facts").rglob("*") if f.is_file()]
    assert entry.prints == {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in written}
    assert not verify_trail(runs).problem


def test_what_is_written_elsewhere_is_noted_only_where_a_job_did_it(tmp_path):
    runs = runs_folder(tmp_path / "runs")
    out = tmp_path / "poisoned.jsonl"
    out.write_text("{}\n")
    assert note_written("poison", out) == ""
    assert len(read_entries(runs)) == 1
    assert not (tmp_path / TRAIL_FILE).exists()
    job = runs / ".jobs" / "000001-0123abcd"
    job.mkdir(parents=True)
    assert note_written("poison", out, job) == ""
    entry = read_entries(runs)[-1]
    assert entry.prints == {"poisoned.jsonl": hashlib.sha256(b"{}\n").hexdigest()}
    assert entry.details == {"command": "poison", "out": str(out)}


def test_views_are_noted_with_what_they_hold(tmp_path):
    with RunStore(tmp_path).create("scan", {}, {}, {}) as writer:
        pass
    run = RunStore(tmp_path).open(writer.run_id)
    save_view(run, " the  group ", {"rows": [1]})
    remove_view(run, "the group")
    saved, deleted = read_entries(tmp_path)[-2:]
    assert (saved.action, saved.run, saved.details) == (
        "view.saved", run.run_id, {"name": "the group"},
    )  # fmt: skip
    assert len(saved.prints["state"]) == 64
    assert (deleted.action, deleted.details) == ("view.deleted", {"name": "the group"})
    assert read_views(run) == ()
    assert json.loads((tmp_path / TRAIL_FILE).read_text().splitlines()[-1])["run"] == run.run_id
