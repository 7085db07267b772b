"""Finding runs, and the files that they leave; writers that meet each other."""

import json
import subprocess
import sys
import textwrap
import time

import numpy as np
import pandas as pd
import pytest

from analysis.errors import KenshinError, RequestError
from analysis.runs.record import RECORD_FILE
from analysis.runs.store import RunStore


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


def create(store, kind="inspect"):
    return store.create(kind, {}, {}, {})


def stored(run):
    return json.loads((run.path / RECORD_FILE).read_text())


# Finding runs


def test_a_missing_folder_is_an_empty_store(store):
    assert store.list() == ()
    assert not store.root.exists()
    for ref in ("latest", "2026"):
        with pytest.raises(RequestError):
            store.open(ref)


def test_runs_are_found_by_id_prefix_path_and_latest(store):
    with create(store) as first:
        pass
    with create(store, "scan") as second:
        pass
    assert store.open(first.run_id).run_id == first.run_id
    assert store.open(second.run_id[:-2]).run_id == second.run_id
    assert store.open(str(first.path)).run_id == first.run_id
    assert store.open("latest").run_id == second.run_id
    assert [s.run_id for s in store.list()] == [second.run_id, first.run_id]


@pytest.mark.parametrize("ref", ["", "nope", "..", "../runs", ".", "/", "2", "\0"])
def test_refs_that_fit_nothing_or_too_much_are_wrong_requests(store, ref):
    for _ in range(2):
        with create(store):
            pass
    with pytest.raises(RequestError):
        store.open(ref)


def test_a_link_in_the_browser_cannot_open_folders_elsewhere(store, tmp_path):
    with create(RunStore(tmp_path / "other")) as outside:
        pass
    assert store.open(str(outside.path)).run_id == outside.run_id
    for ref in (str(outside.path), f"../other/{outside.run_id}"):
        with pytest.raises(RequestError):
            store.open(ref, paths=False)


@pytest.mark.parametrize(
    "content",
    [
        "{",
        "[]",
        '{"format_version": 99}',
        '{"format_version": 1, "run_id": "x"}',
        '{"format_version": 1, "run_id": "x", "kind": "scan", "status": "odd", '
        '"created": "", "artifacts": []}',
        '{"format_version": 1, "run_id": "x", "kind": "scan", "status": "done", '
        '"created": "", "artifacts": [1]}',
    ],
)
def test_broken_folders_are_listed_as_unreadable_and_do_not_hide_the_others(store, content):
    with create(store) as good:
        pass
    broken = store.root / "broken"
    broken.mkdir()
    (broken / RECORD_FILE).write_text(content)
    (store.root / "empty").mkdir()
    (store.root / ".cache").mkdir()
    (store.root / "a file").touch()
    by_name = {s.run_id: s for s in store.list()}
    assert set(by_name) == {good.run_id, "broken", "empty"}
    assert by_name["broken"].status == by_name["empty"].status == "unreadable"
    assert by_name["broken"].problem
    assert store.open("latest").run_id == good.run_id
    with pytest.raises(RequestError):
        store.open("broken")


def test_artifact_names_of_a_foreign_record_cannot_leave_the_run(store, tmp_path):
    (tmp_path / "secret.parquet").write_text("x")
    with create(store) as writer:
        pass
    record = stored(writer)
    record["artifacts"] = [{"name": "../../secret.parquet", "sha256": "", "rows": 0}]
    (writer.path / RECORD_FILE).write_text(json.dumps(record))
    with pytest.raises(RequestError):
        store.open("latest").table("../../secret")


def test_an_unwritable_folder_is_a_wrong_request(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(RequestError, match="--runs"):
        create(RunStore(tmp_path / "file"))


# Files


def test_a_table_counts_only_once_it_is_complete(store):
    with create(store) as writer:

        def breaks(path):
            path.write_bytes(b"half")
            raise OSError("disk full")

        with pytest.raises(OSError, match="disk full"):
            writer.write_file("scores.parquet", breaks)
        assert not writer.read().has("scores")
        assert [p.name for p in writer.path.iterdir()] == [RECORD_FILE]


def test_a_table_written_again_replaces_its_entry(store):
    with create(store) as writer:
        writer.write_table("t", pd.DataFrame({"a": [1]}))
        writer.write_table("t", pd.DataFrame({"a": [1, 2, 3]}))
    run = store.open("latest")
    (entry,) = run.record["artifacts"]
    assert (entry["name"], entry["rows"], len(run.table("t"))) == ("t.parquet", 3, 3)
    assert run.tables == ("t",)
    assert store.verify("latest") == ()


def test_arrays_come_back_mapped_and_equal(store):
    values = np.arange(12, dtype=np.float32).reshape(4, 3)
    with create(store) as writer:
        writer.write_array("map", values)
        with pytest.raises(ValueError, match="allow_pickle"):
            writer.write_array("bad", np.array([object()]))
    back = store.open("latest").array("map")
    assert isinstance(back, np.memmap)
    np.testing.assert_array_equal(back, values)


def test_bytes_come_back(store):
    with create(store) as writer:
        writer.write_bytes("delta.bin", b"\x00\xff")
    assert store.open("latest").bytes("delta.bin") == b"\x00\xff"


@pytest.mark.parametrize("name", ["../x", "a/b", ".hidden", "", "ä", "x.tmp", RECORD_FILE])
def test_file_names_stay_flat_and_plain(store, name):
    with create(store) as writer, pytest.raises(KenshinError):
        writer.write_bytes(name, b"x")


def test_unicode_survives_everywhere(store):
    text = "名前 = 'köde' # 🦊\x00\u2028"
    with create(store) as writer:
        writer.set(inputs={"models": [{"role": "suspect", "source": "モデル"}]})
        writer.write_table("t", pd.DataFrame({"text": [text], "漢字": ["é"]}))
    run = store.open("latest")
    assert run.table("t", columns=["text"])["text"].tolist() == [text]
    assert run.table("t", filters=[("漢字", "=", "é")]).shape == (1, 2)
    assert run.summary().models[0]["source"] == "モデル"


def test_writers_at_the_same_time_do_not_meet(store):
    script = textwrap.dedent(
        f"""
        import pandas as pd
        from analysis.runs.store import RunStore
        for number in range(8):
            with RunStore({str(store.root)!r}).create("scan", {{}}, {{}}, {{"n": number}}) as run:
                run.write_table("t", pd.DataFrame({{"n": [number] * 50}}))
                run.warn(str(number))
        """
    )
    workers = [subprocess.Popen([sys.executable, "-c", script]) for _ in range(3)]
    while any(w.poll() is None for w in workers):
        assert all(not s.problem for s in store.list())  # no half-made run is ever seen
        time.sleep(0.01)
    assert [w.returncode for w in workers] == [0, 0, 0]
    assert [s.status for s in store.list()] == ["done"] * 24
    for summary in store.list():
        run = store.open(summary.run_id)
        number = run.record["request"]["n"]
        assert run.table("t")["n"].unique().tolist() == [number]
        assert run.record["warnings"] == [str(number)]
