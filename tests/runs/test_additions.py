"""What comes to a run from outside: marks, views, uploads, and the environment it notes."""

import io
import subprocess
import threading

import pytest

from analysis.errors import RequestError
from analysis.runs.annotations import (
    ANNOTATIONS_FILE,
    mark_samples,
    read_marks,
    read_views,
    remove_view,
    save_view,
)
from analysis.runs.environment import environment, git_state
from analysis.runs.store import RunStore
from analysis.runs.uploads import clean_name, save_upload


@pytest.fixture
def run(tmp_path):
    with RunStore(tmp_path / "runs").create("inspect", {}, {}, {}) as writer:
        pass
    return writer.read()


def test_the_last_mark_counts_and_none_takes_it_back(run):
    assert read_marks(run) == {}
    mark_samples(run, ["a", "ü", "c"], "confirmed")
    mark_samples(run, ["ü"], "dismissed")
    mark_samples(run, ["c"], "none")
    assert read_marks(run) == {"a": "confirmed", "ü": "dismissed"}


def test_annotations_are_only_appended_and_outside_the_hashes(run):
    mark_samples(run, ["a"], "confirmed")
    before = (run.path / ANNOTATIONS_FILE).read_bytes()
    mark_samples(run, ["a"], "none")
    save_view(run, "layer 2", {"layer": 2})
    assert (run.path / ANNOTATIONS_FILE).read_bytes().startswith(before)
    assert RunStore(run.path.parent).verify(run.run_id) == ()


def test_views_are_kept_replaced_and_removed(run):
    save_view(run, "  zwei  Maps ", {"layer": 1})
    save_view(run, "zwei Maps", {"layer": 2})
    save_view(run, "b", {})
    remove_view(run, "b")
    (view,) = read_views(run)
    assert (view.name, view.state) == ("zwei Maps", {"layer": 2})


def test_half_a_line_of_a_crash_costs_only_itself(run):
    mark_samples(run, ["a"], "confirmed")
    with (run.path / ANNOTATIONS_FILE).open("ab") as file:
        file.write(b'{"type": "mark", "samp')
    mark_samples(run, ["b"], "dismissed")
    assert read_marks(run) == {"a": "confirmed", "b": "dismissed"}


def test_marks_from_several_tabs_are_all_kept(run):
    def work(tab):
        for number in range(20):
            mark_samples(run, [f"{tab}-{number}"], "confirmed")

    tabs = [threading.Thread(target=work, args=(tab,)) for tab in range(4)]
    for tab in tabs:
        tab.start()
    for tab in tabs:
        tab.join()
    assert len(read_marks(run)) == 80


def test_wrong_marks_and_names_are_wrong_requests(run):
    with pytest.raises(RequestError, match="maybe"):
        mark_samples(run, ["a"], "maybe")
    for name in ("", "   ", "x" * 81):
        with pytest.raises(RequestError, match="characters"):
            save_view(run, name, {})


def test_equal_uploads_are_one_file_and_their_bytes_stay(tmp_path):
    data = b'{"code": "x = 1"}\n' * 3
    first = save_upload(tmp_path, "samples.jsonl", io.BytesIO(data))
    again = save_upload(tmp_path, "samples.jsonl", io.BytesIO(data))
    other = save_upload(tmp_path, "samples.jsonl", io.BytesIO(data + b"\n"))
    assert first == again != other
    assert first.read_bytes() == data
    assert first.is_relative_to(tmp_path / ".uploads")
    assert RunStore(tmp_path).list() == ()


def test_uploads_are_limited_and_leave_nothing_when_refused(tmp_path):
    with pytest.raises(RequestError, match="larger than"):
        save_upload(tmp_path, "a.csv", io.BytesIO(b"x" * 101), max_bytes=100)
    with pytest.raises(RequestError, match="empty"):
        save_upload(tmp_path, "a.csv", io.BytesIO())
    assert list(tmp_path.iterdir()) == []
    assert save_upload(tmp_path, "a.csv", io.BytesIO(b"x" * 100), max_bytes=100).exists()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a.jsonl", "a.jsonl"),
        ("../../etc/passwd.csv", "passwd.csv"),
        ("C:\\daten\\größe 1.JSONL.GZ", "größe_1.jsonl.gz"),
        (".csv", "samples.csv"),
        ("...hidden.tsv", "hidden.tsv"),
        ("a\n\0b.parquet", "a_b.parquet"),
        ("x" * 300 + ".json", "x" * 80 + ".json"),
    ],
)
def test_upload_names_lose_what_could_hurt(given, kept):
    assert clean_name(given) == kept


@pytest.mark.parametrize("name", ["model.bin", "a.pkl", "a.py", "jsonl", "", ".."])
def test_only_sample_files_can_be_uploaded(tmp_path, name):
    with pytest.raises(RequestError, match="not a sample file"):
        save_upload(tmp_path, name, io.BytesIO(b"x"))


def test_the_environment_names_versions_machine_and_choices():
    values = environment("cpu", "bf16", 7)
    assert (values["device"], values["precision"], values["seed"]) == ("cpu", "bf16", 7)
    assert {"python", "numpy", "torch", "kenshin"} <= set(values["versions"])


def git(folder, *words):
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", folder, *identity, *words], check=True, capture_output=True)


def test_git_state_tells_clean_from_dirty_and_ignores_foreign_checkouts(tmp_path):
    assert git_state(tmp_path / "missing") is None
    git(tmp_path, "init")
    assert git_state(tmp_path) is None  # no commit yet
    (tmp_path / "a.py").write_text("1")
    git(tmp_path, "add", "a.py")
    git(tmp_path, "commit", "-m", "first")
    clean = git_state(tmp_path)
    assert len(clean.commit) == 40
    assert not clean.dirty
    (tmp_path / "a.py").write_text("2")
    assert git_state(tmp_path).dirty
    inside = tmp_path / "venv" / "site-packages"
    inside.mkdir(parents=True)
    assert git_state(inside) is None
