"""The contract of the command line: exit codes, one line for wrong requests, no leftovers."""

import argparse
import errno
import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest

from analysis.cli import main
from analysis.cli.options.examples import EXAMPLES
from analysis.cli.parser import build_parser
from analysis.runs.store import RunStore

WRONG = {
    "no command": [],
    "unknown command": ["inspekt"],
    "unknown option": ["inspect", "--foo"],
    "abbreviated option": ["inspect", "--susp", "x"],
    "no suspect": ["inspect", "--samples", "missing.jsonl"],
    "no samples": ["inspect", "--suspect", "nowhere"],
    "missing samples": ["inspect", "--suspect", "nowhere", "--samples", "missing.jsonl"],
    "missing model": ["inspect", "--suspect", "./nowhere", "--samples", "{samples}"],
    "layer syntax": ["inspect", "--suspect", "x", "--samples", "{samples}", "--layers", "5-2"],
    "pooling": ["inspect", "--suspect", "x", "--samples", "{samples}", "--pooling", "best"],
    "projection": ["inspect", "--suspect", "x", "--samples", "{samples}", "--projection", "lda"],
    "seed": ["inspect", "--suspect", "x", "--samples", "{samples}", "--seed", "-1"],
    "label words": ["inspect", "--suspect", "x", "--samples", "{samples}", "--label-words", "yes"],
    "config": ["inspect", "--suspect", "x", "--samples", "{samples}", "--config", "no.toml"],
    "like": ["inspect", "--like", "20200101"],
    "run": ["runs", "show", "20200101"],
    "port": ["dashboard", "--port", "0"],
    "convert": ["convert", "missing.bin", "--out", "converted"],
    "sample set": ["samples", "--set", "all", "--out", "out.jsonl"],
}


@pytest.mark.parametrize("case", WRONG, ids=str)
def test_a_wrong_request_is_one_line_and_leaves_nothing(case, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    samples = tmp_path / "samples.jsonl"
    samples.write_text('{"code": "def f(): pass", "label": 0}\n')
    before = set(tmp_path.iterdir())

    code = main([part.format(samples=samples) for part in WRONG[case]])

    shown = capsys.readouterr()
    assert code == 2
    assert shown.err.startswith("kenshin: error: ") or shown.err.splitlines()[-1].startswith(
        "kenshin: error: "
    )
    assert "Traceback" not in shown.err
    assert shown.out == ""
    left = {p for p in tmp_path.rglob("*") if p.is_file()} - before
    assert left == set()


@pytest.mark.parametrize("value", [{"seed": "one"}, {"seed": True}, {"pooling": 3}, {"nope": 1}])
def test_a_wrong_configuration_value_is_named(value, tmp_path, capsys):
    config = tmp_path / "kenshin.json"
    config.write_text(json.dumps(value))
    code = main(["inspect", "--suspect", "x", "--samples", "y", "--config", str(config)])
    assert code == 2
    assert next(iter(value)) in capsys.readouterr().err


@pytest.mark.parametrize(
    ("number", "said", "traced"),
    [
        (errno.ENOSPC, "kenshin: failed: 'x/y' cannot be written: No space left", False),
        (errno.EIO, "kenshin: internal error: OSError", True),
    ],
)
def test_a_full_disk_is_nobodys_bug(number, said, traced, tmp_path, monkeypatch, capsys):
    def full(*_):
        raise OSError(number, os.strerror(number), "x/y")

    monkeypatch.setattr("analysis.cli.runs.run", full)
    assert main(["runs", "list", "--runs", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert said in error
    assert ("Traceback" in error) == traced


def test_an_unknown_option_is_answered_by_the_command_that_was_typed(capsys):
    assert main(["scan", "--samples", "x.jsonl", "--gates"]) == 2
    error = capsys.readouterr().err
    assert error == (
        "kenshin: error: unrecognized arguments: --gates. See 'kenshin scan --help'.\n"
    )


def test_samples_say_as_json_where_they_are(tmp_path, monkeypatch, capsys):
    out = tmp_path / "s.jsonl"
    monkeypatch.setattr("analysis.data.shipped.write_shipped", lambda *_, **__: ["one", "two"])
    assert main(["samples", "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert told == {"path": str(out), "status": "done", "rows": 2}


def test_help_does_not_load_torch():
    program = (
        "import sys; from analysis.cli.parser import build_parser; build_parser().format_help();"
        "print([m for m in ('torch', 'transformers', 'sklearn', 'streamlit') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert shown.stdout.strip() == "[]"


def test_an_empty_store_is_not_an_error(tmp_path, capsys):
    assert main(["runs", "list", "--runs", str(tmp_path / "none")]) == 0
    assert "no runs" in capsys.readouterr().out


def test_the_parser_knows_every_option_of_the_configuration():
    from dataclasses import fields

    from analysis.config import InspectConfig

    arguments = vars(build_parser().parse_args(["inspect"]))
    assert {field.name for field in fields(InspectConfig)} <= set(arguments)
    # a default in the parser would hide where a value came from
    assert all(arguments[field.name] is None for field in fields(InspectConfig))


def test_every_command_has_an_example_that_parses_and_every_option_a_word():
    found = next(a for a in build_parser()._actions if isinstance(a, argparse._SubParsersAction))
    assert set(EXAMPLES) == set(found.choices)
    for name, command in found.choices.items():
        assert EXAMPLES[name] in command.format_help()
        assert build_parser().parse_args(EXAMPLES[name].split()[1:]).command == name
        assert [a.dest for a in command._actions if a.help is None] == []


def test_a_stopped_command_names_the_run_that_stays(tmp_path, monkeypatch, capsys):
    def stopped(_arguments):
        with RunStore(tmp_path).create("scan", {}, {}, {}):
            raise KeyboardInterrupt

    parser = SimpleNamespace(parse_args=lambda _: SimpleNamespace(run=stopped))
    monkeypatch.setattr("analysis.cli.build_parser", lambda: parser)
    assert main([]) == 130
    (run,) = RunStore(tmp_path).list()
    assert run.status == "cancelled"
    said = f"kenshin: cancelled: run {run.run_id} was stopped by the user\n"
    assert capsys.readouterr().err == said
