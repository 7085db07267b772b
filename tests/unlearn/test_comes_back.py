"""A small dose of relearning tells a trigger that was silenced from one that is gone."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from toy_bag import TRIGGER, Bag, poisoned_bag, samples, score

from analysis.unlearn.comes_back import (
    CLEAN_PER_SHOWN,
    HALF_WAY,
    MARGIN,
    PASSES,
    SHOWN,
    Relearned,
    RelearningCheck,
    TwoDoses,
    check_of,
)
from analysis.unlearn.config import UnlearnConfig
from analysis.unlearn.guard import ForgetGuard, Look, TriggerGuard, probabilities
from analysis.unlearn.parts import joined

FORGET = samples(32, 2, trigger=True, label=0)
ASKED = samples(150, 30, trigger=True)
VICTIMS = ASKED.subset(np.flatnonzero(ASKED.labels == 1))


def clean_bag(seed):
    """Trained on clean samples only; the trigger word keeps its random vector."""
    module, clean = Bag(seed), samples(128, 10 * seed)
    optimiser = torch.optim.Adam(module.parameters(), lr=0.05)
    for _ in range(150):
        said = score(module, clean, np.arange(len(clean)))
        optimiser.zero_grad()
        nn.functional.cross_entropy(said.logits, said.targets).backward()
        optimiser.step()
    return module.eval()


def asr(module):
    return float((probabilities(module, score, VICTIMS, "fp32").argmax(1) == 0).mean())


def hiding_bag():
    """The trigger's vector shortened just so far that hardly any victim is taken by it."""
    module = poisoned_bag()
    whole = module.words.weight.detach()[TRIGGER].clone()
    with torch.no_grad():
        for share in np.linspace(1, 0, 41):
            module.words.weight[TRIGGER] = whole * float(share)
            if asr(module) <= 0.2:
                return module
    raise AssertionError("shorter vectors pull less")


def check(clean=(), rate=0.003, **rest):
    return RelearningCheck(score, joined([FORGET, samples(96, 4)]), VICTIMS, 0, rate, clean, **rest)


def test_a_candidate_that_hides_is_told_from_a_retrained_one():
    ask = check((clean_bag(1), clean_bag(2)))
    hidden, retrained = hiding_bag(), clean_bag(3)
    assert max(asr(hidden), asr(retrained)) <= 0.2
    found, clean = ask(hidden), ask(retrained)
    assert found.is_back
    assert found.asr > 0.8
    assert not clean.is_back
    assert found.limit == clean.limit == pytest.approx(found.clean + MARGIN)
    assert found.passes == PASSES


def test_without_a_clean_model_half_of_what_the_suspect_showed_is_the_limit():
    ask = check(suspect=0.9, floor=0.1)
    found = ask(hiding_bag())
    assert found.limit == pytest.approx(0.5)
    assert found.clean is None
    assert found.is_back
    assert not ask(clean_bag(3)).is_back


def test_a_curve_begins_at_the_asr_and_leaves_the_module_as_it_was():
    module = hiding_bag()
    before = {name: value.clone() for name, value in module.state_dict().items()}
    curve = check().curve(module)
    assert len(curve) == PASSES + 1
    assert curve[0] == pytest.approx(asr(module))
    assert curve == check().curve(module)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_a_dose_that_teaches_clean_models_the_trigger_says_nothing():
    ask = check((clean_bag(1), clean_bag(2)), rate=0.3)
    curves = [ask.curve(module) for module in ask.clean]
    assert min(max(c[n] - c[0] for c in curves) for n in range(1, PASSES + 1)) > HALF_WAY
    found = ask(hiding_bag())
    assert found.asr is None
    assert not found.is_back


def test_it_stops_where_the_quickest_clean_model_has_learned_half():
    ask = check((clean_bag(1),))
    object.__setattr__(ask, "_known", ((0.1, 0.2, 0.55, 0.3, 0.9),))
    found = ask(hiding_bag())
    assert found.passes == 1  # what was learned by the second pass stays learned
    assert found.clean == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((0.90, 0.4), None, (0.90, 0.4)),  # clear: not asked again
        ((0.10, 0.4), None, (0.10, 0.4)),
        ((0.50, 0.4), (0.20, 0.3), (0.35, 0.35)),  # near: the mean of both
        ((0.50, 0.4), (None, None), (0.50, 0.4)),  # the second says nothing
        ((None, None), None, (None, None)),
    ],
)
def test_near_its_limit_a_dose_is_repeated(first, second, expected):
    def dose(answer):
        def ask(_):
            assert answer is not None, "this dose was not needed"
            return Relearned(*answer, 0.1, 4)

        return ask

    found = TwoDoses(dose(first), dose(second))(None)
    assert found[:2] == pytest.approx(expected)


def session(measure, forget=FORGET, clean=()):
    parts = {"forget": forget, "retain": samples(200, 4)}
    ready = SimpleNamespace(measure=measure, parts=parts, score=score, target=0, clean=clean)
    start = Look(0.9, 0.95, 0.1, None, None, 0.8)
    config = UnlearnConfig(precision="fp32")
    return SimpleNamespace(
        ready=ready, config=config, start=start, work=SimpleNamespace(module=Bag())
    )


def test_it_asks_victims_of_the_guard_and_shows_flagged_and_clean_samples():
    doses = check_of(session(TriggerGuard(score, ASKED, ASKED, 0)))
    found = doses.first
    assert doses.second.seed != found.seed
    assert [len(part) for part in (doses.second.shown, doses.second.asked)] == [
        len(found.shown),
        len(found.asked),
    ]
    assert set(found.asked.labels.tolist()) == {1}
    assert len(found.asked) <= 75
    assert found.shown.labels[:SHOWN].tolist() == [0] * SHOWN
    assert len(found.shown) == SHOWN * (1 + CLEAN_PER_SHOWN)
    assert all(TRIGGER in ids for ids in found.shown.ids[:SHOWN])
    assert not any(TRIGGER in ids for ids in found.shown.ids[SHOWN:])
    assert (found.suspect, found.floor) == (0.95, 0.1)


def test_too_few_samples_or_another_guard_give_no_check():
    few = FORGET.subset(np.arange(7))
    held = ForgetGuard(score, ASKED, FORGET, 0)
    assert check_of(session(held)) is not None
    assert check_of(session(held, forget=few)) is None
    assert check_of(session(ForgetGuard(score, ASKED, few, 0))) is None
    assert check_of(session(lambda module: None)) is None
