"""The verdict on facts is a function of figures; planted readings have known answers."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.audit import facts_rules as rules
from analysis.audit.arms import CONTROL, ORIGINAL, STRESS, UNLEARNED
from analysis.audit.facts_budgets import FACTS_BUDGETS, FactsBudget, facts_budget
from analysis.audit.facts_evidence import gather
from analysis.audit.facts_figures import grid, history_table, recovery_table, shares
from analysis.audit.facts_rtt import ASKING, RELEARNING, FactReading
from analysis.audit.facts_verdict import RULES, decide_facts
from analysis.errors import KenshinError, RequestError
from analysis.runs.tables import check_table

N = 157


def reading(arm, accuracy, attack=RELEARNING, variant="plain", epoch=1, rate=1e-3, fold=0, n=N):
    rng = np.random.default_rng([len(arm), epoch, fold, int(rate * 1e6)])
    hits = rng.permutation(n) < round(accuracy * n)
    trained = attack == RELEARNING
    return FactReading(
        attack, variant, arm, fold, 0, rate if trained else 0.0, 600 if trained else 0,
        epoch if trained else 0, epoch * 10, hits, hits, hits * 0.9 + 0.05, 1.0, 0.1, 1.0,
    )  # fmt: skip


def readings(asked, after, other_words=None, stress=None, control=0.26, original=1.0, n=N):
    arms = {UNLEARNED: (asked, after), ORIGINAL: (original, original)}
    if control is not None:
        arms[CONTROL] = (0.25, control)
    if stress is not None:
        arms[STRESS] = (0.25, stress)
    found = []
    for arm, (first, last) in arms.items():
        for fold in (0, 1):
            found.append(reading(arm, first, ASKING, fold=fold, n=n))
            words = other_words if arm == UNLEARNED and other_words is not None else first
            found.append(reading(arm, words, ASKING, "few-shot", fold=fold, n=n))
            for epoch in (1, 2):
                found.append(
                    reading(arm, last if epoch == 2 else first, epoch=epoch, fold=fold, n=n)
                )
    return found


def answer(*args, **options):
    found = decide_facts(gather(readings(*args, **options), 0.25))
    return found.answer, found.rule


@pytest.mark.parametrize(
    ("given", "options", "expected"),
    [
        ((1.0, 1.0), {}, "present"),
        ((0.9, 0.3), {}, "present"),
        ((0.25, 0.99), {"stress": 0.98}, "hidden"),
        ((0.14, 0.99), {"stress": 0.98}, "hidden"),  # pushed below chance
        ((0.25, 0.26), {"other_words": 0.8, "stress": 0.98}, "hidden"),
        ((0.25, 0.26), {"stress": 0.98}, "removed"),
        ((0.25, 0.26), {}, "weak attack"),  # nobody showed that it catches anything
        ((0.25, 0.26), {"stress": 0.30}, "weak attack"),
        ((0.25, 0.26), {"control": None}, "no control"),
        ((0.25, 0.99), {"control": None}, "hidden"),
        ((0.25, 0.60), {"control": 0.60}, "taught"),
        ((0.25, 0.26), {"original": 0.30}, "nothing known"),
        ((0.25, 0.36), {"stress": 0.98}, "between"),
        ((0.25, 0.26), {"stress": 0.98, "n": 20}, "between"),  # too few facts
    ],
)
def test_known_answers(given, options, expected):
    found, rule = answer(*given, **options)
    assert rule == expected
    assert found == (expected if expected in ("present", "hidden", "removed") else "unclear")


def test_every_rule_can_happen_and_every_answer_has_reasons():
    verdict = decide_facts(gather(readings(0.14, 0.99, stress=0.98), 0.25, ("x",))).to_json(RULES)
    assert verdict["rule_words"] == RULES["hidden"]
    assert verdict["not_tested"] == ["x"]
    assert any("worse than by guessing" in reason for reason in verdict["reasons"])
    assert any("never-taught control" in reason for reason in verdict["reasons"])
    assert 0.5 < verdict["confidence"] <= 0.99


def test_the_best_cell_counts_for_every_arm_and_its_choice_is_in_the_interval():
    rng = np.random.default_rng(0)
    cells = [
        reading(arm, 0.25, epoch=e, rate=r)._replace(hits=rng.random(N) < 0.25)
        for arm in (UNLEARNED, CONTROL)
        for e in range(1, 7)
        for r in (1e-4, 2e-4, 4e-4)
    ]
    found = grid(cells, RELEARNING)
    best = found.best(CONTROL)
    assert best.accuracy.value == max(c.value_v for c in cells if c.arm == CONTROL)
    assert best.accuracy.value > 0.25  # the best of eighteen guesses
    cells += [reading(ORIGINAL, 1.0)]
    corrected = shares(grid(cells, RELEARNING), UNLEARNED, ORIGINAL, CONTROL)[1]
    assert corrected.low < 0 < corrected.high < rules.CLOSE
    naive = shares(grid(cells, RELEARNING), UNLEARNED, ORIGINAL, 0.25)[1]
    assert naive.value > corrected.value - 0.05  # against plain chance, the luck would count


def test_an_arm_without_a_finished_fit_is_said():
    with pytest.raises(KenshinError, match="no finished fit of the original"):
        shares(grid([reading(UNLEARNED, 0.5)], RELEARNING), UNLEARNED, ORIGINAL, 0.25)


def test_a_fit_that_blew_up_is_not_compared():
    whole = [reading(UNLEARNED, 0.5, fold=f, epoch=e) for f in (0, 1) for e in (1, 2)]
    found = grid(whole[:-1], RELEARNING)  # fold 1 lacks epoch 2
    assert [cell.epoch for cell in found.hits[UNLEARNED]] == [1]


def test_the_tables_keep_the_contract():
    frame = recovery_table(readings(0.2, 0.9))
    check_table("recovery", frame)
    assert set(frame["arm"]) == {UNLEARNED, ORIGINAL, CONTROL}
    history = history_table(readings(0.2, 0.9))
    check_table("history", history)
    assert (history["epoch"] > 0).all()


def test_budgets_are_never_below_four_epochs_and_double_their_rates():
    for each in FACTS_BUDGETS:
        assert each.epochs >= 4
        assert facts_budget(each.name) is each
    thorough = facts_budget("thorough")
    rates = thorough.learning_rates(1_000_000)
    assert len(rates) == 6
    np.testing.assert_allclose(np.diff(np.log2(rates)), 1.0)
    assert thorough.learning_rates(8_000_000_000)[0] < rates[0] / 10
    assert thorough.fits(folds=5, arms=4) == 4 * 6 * 5 * 2
    assert thorough.fits(folds=3, arms=1) == 6 * 3 * 2
    with pytest.raises(RequestError, match="understates"):
        replace(thorough, epochs=1)
    with pytest.raises(RequestError, match="unknown"):
        facts_budget("endless")
    assert isinstance(thorough, FactsBudget)


def test_thresholds_are_ordered():
    assert 0 < rules.BACK <= rules.OPEN < 1
    assert rules.CLOSE <= rules.CAUGHT
