"""What is offered after an audit: nothing where it passed, else what held up in measured audits."""

from types import SimpleNamespace

import pytest

from analysis.report.audit_next import NO_TRIGGER, NOTHING_LEFT, OFFERED, methods_from, next_step
from analysis.unlearn.objectives.specs import objective


def audit(answer):
    return {"kind": "audit", "verdict": {"answer": answer}}


def removal(method="invariance", triggers=("if x: pass",), **rest):
    chosen = {"method": method, "guard": {"triggers": list(triggers)}}
    return {"kind": "unlearn", "parent": "i1", "metrics": {"chosen": chosen}, **rest}


@pytest.mark.parametrize("answer", ["hidden", "present"])
def test_a_trojan_that_is_left_gets_the_method_that_held_up(answer):
    step = next_step(audit(answer), removal())
    assert step.argv == ("unlearn", "--from=i1", f"--method={OFFERED[0]}")
    assert step.command == f"kenshin unlearn --from=i1 --method={OFFERED[0]}"
    assert "Trigger invariance" in step.why
    assert objective(OFFERED[0]).title in step.why


def test_a_removal_that_was_stopped_says_nothing_against_its_method():
    stopped = removal(OFFERED[0], status="cancelled")
    step = next_step(audit("present"), stopped)
    assert step.argv[-1] == f"--method={OFFERED[0]}"
    assert step.why.startswith("This removal was stopped before its end.")
    ended = next_step(audit("present"), removal(OFFERED[0], status="done"))
    assert ended.argv[-1] == f"--method={OFFERED[1]}"


def test_what_the_quick_audit_passes_goes_to_the_standard_one():
    values = {"budget": "quick", "attacks": []}
    passed = audit("removed") | {"parent": "u1", "config": {"values": values, "origins": {}}}
    step = next_step(passed, removal())
    assert step.command == "kenshin audit --from=u1 --budget=standard"
    assert not step.title
    given = {"values": values, "origins": {"control": "command line"}}
    by_hand = passed | {"config": given, "request": {"control": ["a", "b"]}}
    assert next_step(by_hand, removal()).argv[2:-1] == ("--control=a", "--control=b")
    for other in ({"budget": "standard"}, {"budget": "quick", "attacks": ["relearning"]}):
        assert next_step(passed | {"config": {"values": other}}, removal()) is None
    assert next_step(passed | {"parent": None}, removal()) is None


@pytest.mark.parametrize("answer", ["removed", "unclear", None])
def test_nothing_follows_where_the_audit_did_not_find_it(answer):
    assert next_step(audit(answer), removal()) is None


def test_nothing_is_offered_without_the_removal_or_its_inspection():
    assert next_step(audit("hidden"), None) is None
    assert next_step(audit("hidden"), {"kind": "inspect"}) is None
    assert next_step(audit("hidden"), removal(parent=None)) is None


def test_what_was_tried_is_not_offered_again():
    second = next_step(audit("hidden"), removal(OFFERED[0]))
    assert second.argv[-1] == f"--method={OFFERED[1]}"
    assert next_step(audit("hidden"), removal(), tried=OFFERED[:1]).argv[-1] == second.argv[-1]
    last = next_step(audit("hidden"), removal(OFFERED[1]), tried=OFFERED)
    assert (last.why, last.argv, last.command) == (NOTHING_LEFT, (), "")


def test_without_a_located_trigger_no_method_is_named_unless_it_was_withheld():
    assert next_step(audit("hidden"), removal("distil", ())).why == NO_TRIGGER
    withheld = removal("distil", (), config={"values": {"use_trigger": False}})
    assert next_step(audit("hidden"), withheld).argv[-1] == f"--method={OFFERED[0]}"


def test_files_that_were_named_by_hand_are_named_again():
    by_hand = removal(
        request={"forget": "f.jsonl", "retain": "r.jsonl", "test": "t.jsonl"},
        config={"origins": {"forget": "command line", "retain": "run i1", "test": "command line"}},
    )
    assert next_step(audit("hidden"), by_hand).argv[2:-1] == ("--forget=f.jsonl",)


def test_methods_are_those_of_finished_removals_of_the_same_inspection():
    def run(kind="unlearn", status="done", parent="i1", method="repair"):
        metrics = {"chosen": {"method": method}}
        return SimpleNamespace(kind=kind, status=status, parent=parent, metrics=metrics)

    others = [run(status="failed"), run(parent="i2"), run("audit")]
    assert methods_from("i1", [*others, run(method="distil"), run()]) == {"distil", "repair"}
    assert methods_from("i1", others) == frozenset()


def test_every_method_that_is_offered_works_with_the_trigger():
    assert all("repair" in objective(name).needs for name in OFFERED)
