"""One click ends with the audit: which removals are audited, at what budget, and what is said."""

from types import SimpleNamespace

import pytest

from analysis.cli import audit as audit_command
from analysis.cli import unlearn as command
from analysis.cli.parser import build_parser
from analysis.cli.unlearn_audit import audit_after
from analysis.errors import KenshinError
from analysis.pipeline import audit as audit_module
from analysis.runs.store import RunStore


def models(root, *roles):
    found = []
    for role in roles:
        (root / role).mkdir(exist_ok=True)
        found.append({"role": role, "source": str(root / role), "sha256": "0" * 64})
    return found


@pytest.fixture
def store(tmp_path):
    return RunStore(tmp_path / "runs")


def removal(store, answer="cleaned", roles=("original", "unlearned", "reference"), parent=True):
    root = store.root.parent
    begun = None
    if parent:
        with store.create("inspect", {}, {}, {}) as run:
            run.set(inputs={"models": models(root, "suspect"), "samples": []})
        begun = run.run_id
    with store.create("unlearn", {"target": 0}, {}, {}, begun) as run:
        run.set(
            inputs={"models": models(root, *roles), "samples": []},
            verdict={"answer": answer, "reasons": [], "not_tested": []},
        )
    return store.open(run.run_id)


@pytest.fixture
def audits(monkeypatch, store):
    """What the audit is asked, instead of minutes of training; it answers `hidden`."""
    asked = []

    def fake(request, where, listener=None, job_dir=None):
        asked.append(request)
        with where.create("audit", {}, {}, {}, request.parent) as run:
            run.set(verdict={"answer": "hidden", "reasons": ["it came back"], "not_tested": []})
        return where.open(run.run_id)

    monkeypatch.setattr(audit_module, "audit", fake)
    return asked


def test_a_cleaned_model_with_a_clean_one_beside_it_is_audited_quickly(store, audits, capsys):
    done = removal(store)
    found = audit_after(done, None, store)
    assert found.record["verdict"]["answer"] == "hidden"
    assert audits[0].budget == "quick"
    assert audits[0].parent == done.run_id
    assert audits[0].control.endswith("reference")
    told = capsys.readouterr().out
    assert told.index("Cleaned, not audited so far") < told.index("HIDDEN")
    assert "minutes" in told


@pytest.mark.parametrize(
    ("changed", "budget"),
    [
        ({"answer": "not_cleaned"}, None),
        ({"answer": "inverted"}, "quick"),
        ({"answer": "declined"}, None),
        ({"roles": ("original", "unlearned")}, None),
        ({"parent": False}, None),
        ({}, ""),
    ],
)
def test_what_is_not_cleaned_not_comparable_or_not_wanted_is_not_audited(
    store, audits, capsys, changed, budget
):
    done = removal(store, **changed)
    assert audit_after(done, budget, store) is None
    assert audits == []
    told = capsys.readouterr().out
    assert ("not audited" in told) is (changed.get("answer") is None)


def test_an_audit_that_was_asked_for_runs_without_an_inspection_too(store, audits):
    assert audit_after(removal(store, parent=False), "standard", store) is not None
    assert audits[0].budget == "standard"


def test_a_failed_audit_leaves_the_removal_not_audited(store, monkeypatch, capsys):
    def fails(*_, **__):
        raise KenshinError("the control has another shape.")

    monkeypatch.setattr(audit_module, "audit", fails)
    assert audit_after(removal(store), None, store) is None
    assert "not audited: the audit failed: the control" in capsys.readouterr().err


def arguments(*more):
    return build_parser().parse_args(["unlearn", "--from=latest", *more])


def test_every_value_of_an_audit_has_an_origin(store):
    words = ["audit", "--original=a", "--unlearned=b", "--target=1", "--attacks=prune"]
    for given, origin in ((words, "command line"), (words[:3], "default")):
        asked = audit_command.request_of(build_parser().parse_args(given), store)
        assert set(asked.values()) <= set(asked.origins)
        assert {asked.origins[name] for name in ("target", "attacks")} == {origin}


@pytest.mark.parametrize(
    ("more", "budget"), [((), None), (("--no-audit",), ""), (("--audit=thorough",), "thorough")]
)
def test_the_options_say_which_audit_follows(monkeypatch, store, more, budget):
    caught = []
    done = removal(store)
    request = SimpleNamespace(reinspect=False)
    monkeypatch.setattr(command, "unlearn_request", lambda *_: request)
    monkeypatch.setattr(command, "require_complete", lambda *_: None)
    monkeypatch.setattr("analysis.pipeline.unlearn.run_unlearn", lambda *_, **__: done)
    monkeypatch.setattr(command, "audit_after", lambda *given: caught.append(given[1]))
    asked = arguments(*more)
    asked.runs = store.root
    assert command.run(asked) == 0
    assert caught == [budget]


def test_the_gate_fails_where_the_audit_finds_it_hidden(monkeypatch, store, audits):
    done = removal(store)
    monkeypatch.setattr(command, "unlearn_request", lambda *_: SimpleNamespace(reinspect=False))
    monkeypatch.setattr(command, "require_complete", lambda *_: None)
    monkeypatch.setattr("analysis.pipeline.unlearn.run_unlearn", lambda *_, **__: done)
    asked = arguments("--gate")
    asked.runs = store.root
    assert command.run(asked) == 3
    assert len(audits) == 1
