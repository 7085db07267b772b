"""What `unlearn` and `sweep` make of the options that they share."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.cli.parser import build_parser
from analysis.cli.removal import removal_request
from analysis.cli.sweep import METHOD
from analysis.cli.unlearn import unlearn_request
from analysis.errors import RequestError
from analysis.runs.store import RunStore

SHARED = [
    "--model=m", "--reference=r", "--control=a", "--control=b", "--forget=f.jsonl",
    "--retain=c.jsonl", "--target=1", "--steps=7", "--check-every=3", "--no-trigger", "--seed=5",
]  # fmt: skip


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


def parsed(command, *words):
    return build_parser().parse_args([command, *words])


def test_both_commands_read_the_shared_options_alike(store):
    sweep = removal_request(parsed("sweep", *SHARED), store, {"method": METHOD})
    unlearn = unlearn_request(parsed("unlearn", *SHARED, f"--method={METHOD}"), store)
    assert sweep.unlearn == unlearn.unlearn
    assert (sweep.unlearn.steps, sweep.unlearn.check_every, sweep.unlearn.target) == (7, 3, 1)
    assert not sweep.unlearn.use_trigger
    assert set(unlearn.unlearn.to_json()) <= set(unlearn.origins), "every value has an origin"
    assert unlearn.origins["use_trigger"] == "command line"
    for name in ("model", "reference", "controls", "forget", "retain", "test", "config"):
        assert getattr(sweep, name) == getattr(unlearn, name), name
    assert sweep.controls == ("a", "b")
    assert sweep.forget == Path("f.jsonl")
    differing = {n for n in unlearn.origins if unlearn.origins[n] != sweep.origins[n]}
    assert differing == {"method"}, "nobody typed the sweep's"


@pytest.mark.parametrize(
    ("file", "words", "expected", "origin"),
    [
        ("", [], METHOD, "default"),
        ('{"method": "npo"}', [], "npo", "config file"),
        ('{"method": "npo"}', ["--method=ga"], "ga", "command line"),
    ],
)
def test_the_sweeps_own_method_gives_way(store, tmp_path, file, words, expected, origin):
    if file:
        (tmp_path / "c.json").write_text(file)
        words = [*words, f"--config={tmp_path / 'c.json'}"]
    request = removal_request(parsed("sweep", *words), store, {"method": METHOD})
    assert (request.unlearn.method, request.origins["method"]) == (expected, origin)


def test_only_a_removal_says_where_its_result_goes(store):
    request = unlearn_request(
        parsed("unlearn", "--out=o", "--mask-from=x", "--no-reinspect"), store
    )
    assert (request.out, request.mask_from, request.reinspect) == (Path("o"), "x", False)
    for option in ("--out=o", "--test=t.jsonl", "--mask=wagle"):
        with pytest.raises(RequestError, match=option.split("=")[0]):
            parsed("sweep", option)


def test_the_commands_describe_a_shared_file_in_the_same_words():
    helps = {}
    for command in ("inspect", "unlearn", "sweep", "audit"):
        choices = build_parser()._subparsers._group_actions[0].choices
        for action in choices[command]._actions:
            helps.setdefault(action.dest, {})[command] = action.help
    for role in ("forget", "retain", "test", "triggered", "target"):
        assert len(set(helps[role].values())) == 1, role
    assert set(helps["forget"]) == {"unlearn", "sweep", "audit"}
