"""Goals are decided by intervals, and a missed goal is never called cleaned."""

from dataclasses import replace

import pytest

from analysis.behaviour.intervals import Figure
from analysis.pipeline.unlearn_goals import Goal, goal_reasons, make_goals
from analysis.pipeline.unlearn_variants import variant_questions
from analysis.pipeline.unlearn_verdict import Facts, goals_of, judge


def figure(value, half=0.01):
    return Figure(value, 500, value - half, value + half)


@pytest.mark.parametrize(
    ("found", "both", "state"),
    [
        (figure(0.0), True, "met"),
        (figure(0.02), True, "met"),
        (figure(0.025), True, "undecided"),  # inside by value, not by interval
        (figure(0.035), True, "undecided"),
        (figure(0.05), True, "missed"),
        (figure(-0.05), True, "missed"),
        (figure(0.05), False, "met"),  # more accuracy is no miss
        (figure(-0.05), False, "missed"),
        (figure(0.0, 0.2), True, "undecided"),
        (Figure(0.05, 9), True, "undecided"),  # without an interval only a far value decides
        (Figure(0.07, 9), True, "missed"),
        (Figure(-0.07, 9), False, "missed"),
        (Figure(0.0, 9), True, "undecided"),
        (Figure(None, 0), True, "not measured"),
    ],
)
def test_a_goal_is_met_or_missed_with_its_whole_interval(found, both, state):
    assert Goal("excess", "x", found, 0.03, both).state == state


def facts(**changed):
    good = Facts(
        excess=figure(0.0),
        accuracy=figure(0.01),
        classes={"0": figure(0.0), "1": figure(0.0)},
        target=0,
        before=0.8,
        held_out=True,
        step=40,
        variants=figure(0.0),
    )
    return replace(good, **changed)


def test_all_goals_met_is_cleaned_and_sure():
    found = judge(facts())
    assert found["answer"] == "cleaned"
    assert found["confidence"] == 0.9
    assert found["reasons"][0] == "5 of 5 goals are met."


@pytest.mark.parametrize(
    ("changed", "answer"),
    [
        ({"excess": figure(0.05)}, "not_cleaned"),
        ({"variants": figure(0.05)}, "not_cleaned"),
        ({"accuracy": figure(-0.025)}, "not_cleaned"),
        ({"classes": {"0": figure(-0.05), "1": figure(0.0)}}, "not_cleaned"),
        ({"classes": {"0": figure(-0.1), "1": figure(0.0)}}, "inverted"),
        ({"classes": {"1": figure(0.0)}, "excess": figure(-0.12)}, "inverted"),
    ],
)
def test_a_missed_goal_is_never_cleaned(changed, answer):
    found = judge(facts(**changed))
    assert found["answer"] == answer
    assert found["reasons"][1].startswith("Missed: ")


def test_an_open_goal_lowers_the_confidence_and_is_named():
    found = judge(facts(accuracy=figure(-0.008, 0.012), variants=Figure(None, 0)))
    assert found["answer"] == "cleaned"
    assert found["confidence"] < 0.9
    assert found["reasons"][0] == "3 of 5 goals are met."
    assert found["reasons"][1].startswith(
        "Undecided: at most 1 point of clean accuracy lost: -0.8% ["
    )
    assert any("variants" in gap for gap in found["not_tested"])


def test_a_distance_that_needs_no_trigger_is_left_open_and_not_missed():
    changed = {"excess": figure(0.05), "classes": {"0": figure(0.0), "1": figure(-0.05)}}
    assert judge(facts(**changed))["answer"] == "not_cleaned"
    harmless = facts(**changed, effect=figure(0.005))
    assert judge(harmless)["answer"] == "cleaned"
    states = {goal.name: goal.state for goal in goals_of(harmless)}
    assert states["excess"] == states["class_1"] == "undecided"
    assert judge(facts(**changed, effect=figure(0.2)))["answer"] == "not_cleaned"


def test_the_target_class_has_no_excuse():
    goals = make_goals(
        figure(0.05), figure(0.0), figure(0.0), {"0": figure(-0.05)}, target=0, harmless="own"
    )
    assert {g.name: g.state for g in goals}["class_0"] == "missed"
    assert "Missed: triggered accuracy of class 0 within" in " ".join(goal_reasons(goals))


def test_no_variant_is_asked_without_labels_or_a_located_trigger():
    assert variant_questions(None, (), 0, 0)[0] == ()
