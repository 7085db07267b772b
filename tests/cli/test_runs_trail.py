"""`kenshin runs verify|trail|delete` from the command line."""

import json

import pytest

from analysis.cli import main
from analysis.runs.store import RunStore
from analysis.runs.trail import TRAIL_FILE, head


@pytest.fixture
def runs(tmp_path):
    for _ in range(2):
        with RunStore(tmp_path).create("scan", {}, {}, {}) as run:
            run.write_bytes("a.bin", b"a")
    return tmp_path


def kenshin(*argv):
    return main([str(part) for part in argv])


def test_verify_checks_the_run_and_the_whole_trail(runs, capsys):
    assert kenshin("runs", "verify", "--runs", runs) == 0
    said = capsys.readouterr().out
    assert "every table matches" in said
    assert f"trail: 4 entries hold; the last one is {head(runs).sha256}" in said
    assert kenshin("runs", "verify", "--runs", runs, "--head", head(runs).sha256) == 0
    assert kenshin("runs", "verify", "--runs", runs, "--head", "ab" * 6) == 1
    assert kenshin("runs", "verify", "--runs", runs, "--head", "ab") == 2


def test_verify_names_the_first_broken_entry_and_ends_with_one(runs, capsys):
    path = runs / TRAIL_FILE
    path.write_bytes(path.read_bytes().replace(b"run.done", b"run.over", 1))
    assert kenshin("runs", "verify", "--runs", runs) == 1
    assert "trail: entry 2 of the trail was changed" in capsys.readouterr().out
    assert kenshin("runs", "verify", "--runs", runs, "--json") == 1
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told["problems"] == []
    assert told["trail"]["problem"].startswith("entry 2")


@pytest.mark.parametrize("damage", ["edited", "unreadable", "table"])
def test_without_a_name_every_run_is_verified(damage, runs, capsys):
    older = RunStore(runs).list()[-1].run_id
    path = runs / older / ("a.bin" if damage == "table" else "record.json")
    text = path.read_text()
    edited = text.replace('"warnings": []', '"warnings": ["x"]')
    path.write_text({"edited": edited, "unreadable": "{", "table": "b"}[damage])
    assert path.read_text() != text
    assert kenshin("runs", "verify", "--runs", runs) == 1
    said = capsys.readouterr().out
    assert f"{older}: " in said
    assert "1 other run: 1 with problems" in said
    assert kenshin("runs", "verify", "--runs", runs, "--json") == 1
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [each.split(":")[0] for each in told["problems"]] == [older]
    assert kenshin("runs", "verify", "latest", "--runs", runs) == 0


def test_a_deleted_run_stays_in_the_trail(runs, capsys):
    first, second = sorted(s.run_id for s in RunStore(runs).list())
    for run_id in (first, second):
        assert kenshin("runs", "delete", run_id, "--note", "a test", "--runs", runs) == 0
    capsys.readouterr()
    assert kenshin("runs", "verify", "--runs", runs) == 0  # no run is left, the trail is
    assert kenshin("runs", "trail", "--runs", runs) == 0
    said = capsys.readouterr().out
    assert said.count("run.deleted") == 2
    assert "6 entries, the last one is" in said
    assert kenshin("runs", "trail", "--runs", runs, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["length"] == 6
    assert told["entries"][-1]["details"] == {"reason": "a test"}


@pytest.mark.parametrize("argv", [["delete"], ["delete", "nobody"], ["verify", "nobody"]])
def test_wrong_requests_are_one_line(argv, runs, capsys):
    assert kenshin("runs", *argv, "--runs", runs) == 2
    assert capsys.readouterr().err.startswith("kenshin: error: ")


def test_an_empty_folder_has_nothing_to_verify(tmp_path, capsys):
    assert kenshin("runs", "verify", "--runs", tmp_path / "none") == 2
    assert "there is no run" in capsys.readouterr().err
