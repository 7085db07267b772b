"""What Auto accepts, and how it goes on where a candidate misses a goal or only hides."""

from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest
import torch

from analysis.unlearn import auto, full
from analysis.unlearn.comes_back import Relearned
from analysis.unlearn.config import UnlearnConfig
from analysis.unlearn.data import Trial
from analysis.unlearn.guard import Look
from analysis.unlearn.objectives.specs import objective
from analysis.unlearn.run import Choice, Outcome
from analysis.unlearn.standard import distance_from_natural, guard_misses, rank_of

START = Look(0.90, 0.95, 0.12, 0.99, 0.93, 0.9, own=0.10)


def look(accuracy=0.90, asr=0.12, target=0.93, gap=0.03, floor=0.12, own=0.10):
    return Look(accuracy, asr, floor, target, 0.93, gap, own=own)


@pytest.mark.parametrize(
    ("seen", "missed"),
    [
        (look(), 0),
        (look(asr=0.149), 0),
        (look(asr=0.08, own=0.10), 0),  # near its own answers, below the reference's floor
        (look(asr=0.20), 1),
        (look(asr=0.02), 1),  # inverted is no success
        (look(accuracy=0.885), 1),
        (look(target=0.89), 1),
        (look(asr=0.3, accuracy=0.8, target=0.5), 3),
    ],
)
def test_each_goal_is_asked_for_itself(seen, missed):
    assert len(guard_misses(seen, START, 0.01)) == missed


def test_a_share_that_lies_on_a_limit_is_inside_it():
    start = START._replace(accuracy=271 / 300)
    lost = look(accuracy=268 / 300)  # exactly the budget, and a rounding error more
    assert start.accuracy - lost.accuracy > 0.01
    assert guard_misses(lost, start, 0.01) == ()
    assert guard_misses(look(accuracy=267 / 300), start, 0.01) != ()


def test_natural_is_the_reference_or_the_model_without_the_trigger():
    assert distance_from_natural(look(asr=0.10)) == pytest.approx(0)
    assert distance_from_natural(look(asr=0.12)) == pytest.approx(0)
    assert distance_from_natural(look(asr=0.16)) == pytest.approx(0.04)
    assert distance_from_natural(look(asr=None, floor=None, own=None)) == 0


def test_a_met_goal_outweighs_any_gap():
    good, close = look(gap=0.2), look(accuracy=0.88, gap=0.01)
    assert rank_of(good, START, 0.01) < rank_of(close, START, 0.01)


@dataclass
class Session:
    config: UnlearnConfig = field(default_factory=UnlearnConfig)
    start: Look = START
    began: float = 0.0
    work: object = field(default_factory=lambda: SimpleNamespace(module=None))
    ready: object = None

    def say(self, what, done, total):
        """Nobody listens."""


def choices(n):
    spec = objective("repair")
    return [Choice(spec, 1e-4 * (i + 1), 1.0, 10, why=f"short run {i}") for i in range(n)]


def run_full(monkeypatch, looks, clock, seconds=75.0, cancel_at=None, seen=None):
    """Settle with given looks; `clock` holds CPU seconds at each call."""
    ran = []

    def fake(_session, choice, phase, *, mask):
        found = looks[len(ran)]
        ran.append(choice)
        trial = Trial(phase, "repair", choice.learning_rate, 1, 10, found, 5, True, 1, "all steps")
        cancelled = cancel_at == len(ran)
        return Outcome({}, found, 5, "cancelled" if cancelled else "all steps", cancelled, trial)

    ticks = iter(clock)
    monkeypatch.setattr(full, "run_choice", fake)
    monkeypatch.setattr(full.time, "process_time", lambda: next(ticks))
    monkeypatch.setattr(full, "with_parameters", lambda module, values: module)
    answers = iter(seen or ())
    check = None if seen is None else lambda module: next(answers)
    session = Session(UnlearnConfig(search_seconds=seconds))
    return full.run_in_full(session, choices(len(looks)), check=check), ran


def test_the_first_that_meets_the_goals_ends_the_search(monkeypatch):
    settled, ran = run_full(
        monkeypatch, [look(accuracy=0.85), look(), look()], [0, 10, 10, 20, 20, 30]
    )
    assert len(ran) == 2
    assert settled.choice.learning_rate == pytest.approx(2e-4)
    assert "first of 2 full runs" in settled.choice.why
    assert "accuracy" in settled.trials[0].note
    assert "meets the goals" in settled.trials[1].note


def test_it_goes_on_only_while_another_run_fits_the_time(monkeypatch):
    bad = [look(asr=0.5, gap=0.6), look(asr=0.4, gap=0.5), look()]
    settled, ran = run_full(monkeypatch, bad, [0, 30, 30, 60, 60, 90])
    assert len(ran) == 2  # 60 used and 30 more would pass 75
    assert settled.outcome.look.asr == 0.4
    assert "best of 2 full runs, yet" in settled.choice.why


def test_a_stop_keeps_the_better_earlier_run(monkeypatch):
    seen = [look(asr=0.2, gap=0.1), look(asr=0.9, gap=0.8)]
    settled, _ = run_full(monkeypatch, seen, [0, 1, 1, 2], cancel_at=2)
    assert settled.outcome.cancelled
    assert settled.outcome.look.asr == 0.2


BACK, HELD = Relearned(0.9, 0.35, 0.15, 4), Relearned(0.16, 0.35, 0.15, 4)


def test_a_candidate_whose_trigger_comes_back_gives_way_to_the_next(monkeypatch):
    settled, ran = run_full(
        monkeypatch, [look(gap=0.01), look(), look()], [0] * 6, seen=[BACK, HELD]
    )
    assert len(ran) == 2
    assert settled.choice.learning_rate == pytest.approx(2e-4)
    assert "holds after a little training" in settled.choice.why
    assert full.COMES_BACK in settled.trials[0].note
    assert [t.relearned for t in settled.trials] == [0.9, 0.16]
    assert settled.trials[1].relearned_clean == 0.15
    assert "does not bring the trigger back" in settled.trials[1].note
    assert settled.note == ""


def test_one_that_holds_is_worth_more_than_goals_met_by_one_that_hides(monkeypatch):
    looks = [look(gap=0.01), look(accuracy=0.885, gap=0.02)]
    settled, _ = run_full(monkeypatch, looks, [0] * 4, seen=[BACK, HELD])
    assert settled.outcome.look.accuracy == 0.885
    assert "yet on guard samples too much clean accuracy is lost" in settled.choice.why


def test_where_all_hide_the_best_of_them_says_so(monkeypatch):
    settled, _ = run_full(monkeypatch, [look(gap=0.05), look()], [0] * 4, seen=[BACK, BACK])
    assert settled.outcome.look.gap == 0.03
    assert full.COMES_BACK in settled.choice.why
    assert "90% of the guard samples, more than the 35%" in settled.note
    assert "probably hidden" in settled.note


def test_a_trigger_that_still_counts_is_not_asked_whether_it_comes_back(monkeypatch):
    settled, _ = run_full(monkeypatch, [look(asr=0.5), look()], [0] * 4, seen=[HELD])
    assert settled.trials[0].relearned is None
    assert settled.trials[1].relearned == 0.16


def named(*names):
    return [Choice(objective(name), 1e-3, 1.0, 10) for name in names]


def test_repair_waits_until_the_others_have_failed():
    first, last = auto.split_up(named("anchored", "repair", "invariance"))
    assert [each.spec.name for each in first] == ["anchored", "invariance"]
    assert [each.spec.name for each in last] == ["repair"]
    alone, none = auto.split_up(named("repair"))
    assert (len(alone), none) == (1, ())


def test_a_short_run_must_lead_clearly_to_come_before_an_earlier_one():
    def order(*ranks):
        tried = [(rank, name, None) for rank, name in zip(ranks, "abc", strict=False)]
        return "".join(name for _, name, _ in auto.in_order(tried))

    assert order(0.15, 0.15 - auto.CLEARLY + 1e-6, 0.2) == "abc"
    assert order(0.15, 0.2, 0.15 - auto.CLEARLY - 1e-6) == "cab"


@pytest.mark.parametrize(
    ("gaps", "order"),
    [
        ((0.4, 0.1), ("invariance", "anchored", "repair")),
        ((0.1, 0.4), ("anchored", "invariance", "repair")),
    ],
)
def test_short_runs_race_and_the_order_of_full_runs_follows(monkeypatch, gaps, order):
    seen = iter(gaps)

    def run_choice(_session, choice, phase, **_):
        at = look(gap=next(seen))
        trial = Trial(phase, choice.spec.name, 1e-3, 1.0, 20, at, 20, True, 1.0, "")
        return Outcome({}, at, 20, "", False, trial)

    monkeypatch.setattr(auto, "run_choice", run_choice)
    monkeypatch.setattr(auto, "slice_of", lambda *_: lambda _module: START)
    monkeypatch.setattr(auto, "candidates", lambda _: named("anchored", "invariance", "repair"))
    found = auto.search(Session(ready=SimpleNamespace(has=frozenset({"repair"}), measure=None)))
    assert len(found.trials) == len(gaps)
    assert tuple(each.spec.name for each in found.choices) == order


@pytest.mark.parametrize(("size", "rate"), [(10, 1e-3), (60_000_000, 1e-4)])
def test_larger_models_take_a_tenth_of_the_rate(size, rate):
    weights = torch.nn.Parameter(torch.empty(size, device="meta"))
    module = torch.nn.ParameterList([weights])
    ready = SimpleNamespace(has=frozenset({"repair", "retain"}))
    session = SimpleNamespace(
        ready=ready, config=UnlearnConfig(), work=SimpleNamespace(module=module)
    )
    found = [each.learning_rate for each in auto.candidates(session)]
    assert found == pytest.approx([rate] * len(auto.WITH_TRIGGER))
