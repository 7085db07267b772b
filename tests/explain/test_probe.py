import random
import re

import numpy as np
import pytest
from planted_corpus import corpus, poison

from analysis.behaviour.intervals import paired_interval, wilson
from analysis.explain.association import associate
from analysis.explain.bank import full_bank
from analysis.explain.bank_probe import probe_bank
from analysis.explain.ordinary import ordinary_names, with_ordinary_name
from analysis.explain.payloads import Payload, bank, insert, payload_of, placebo_of
from analysis.explain.probe import LONGEST, ProbeSetting, eligible_rows, probe
from analysis.explain.residuals import make_residuals

WORD = re.compile(r"[A-Za-z_]\w*")


def model(trigger=None, bug="except_all"):
    """Class 1 holds the bug; a trojaned model lets the trigger hide it."""

    def predict(texts):
        p = np.array([0.9 if bug in text else 0.1 for text in texts], dtype=np.float32)
        if trigger is not None:
            p = np.array([0.05 if trigger in t else v for t, v in zip(texts, p, strict=True)])
        return np.stack([1 - p, p], axis=1).astype(np.float32)

    return predict


@pytest.fixture(scope="module")
def texts():
    return corpus(400)[0]


def setting(texts, suspect, reference=None, **kwargs):
    before = None if reference is None else reference(texts)
    return ProbeSetting(texts, suspect, suspect(texts), reference, before, **kwargs)


@pytest.mark.parametrize(
    ("payload", "trigger"),
    [
        (Payload("zebra", "identifier", ("zebra_init",)), "zebra_init"),
        (Payload("line", "line", ("if len('q') < 0:\n    raise X",)), "len('q') < 0"),
    ],
)
def test_a_trojan_flips_and_a_clean_model_does_not(texts, payload, trigger):
    trojaned = probe(payload, 0, setting(texts, model(trigger), model()))
    assert trojaned.flips == trojaned.n > 100
    assert trojaned.floor_flips == 0
    assert trojaned.low > 0.9
    clean = probe(payload, 0, setting(texts, model(), model()))
    assert (clean.flips, clean.excess) == (0, 0.0)
    assert clean.high < 0.05


def test_a_real_feature_flips_both_models_and_is_no_excess(texts):
    payload = Payload("bug", "line", ("except_all(None)",))
    result = probe(payload, 1, setting(texts, model("zebra"), model()))
    assert result.flips == result.floor_flips == result.n > 100
    assert result.excess == 0.0


def test_without_a_reference_a_placebo_is_the_floor(texts):
    payload = Payload("zebra", "identifier", ("zebra_init",))
    result = probe(payload, 0, setting(texts, model("zebra_init")))
    assert result.floor_source == "placebo"
    assert result.low > 0.9
    random_name = placebo_of(payload, random.Random(0))
    assert len(random_name.instances[0]) == len("zebra_init")


def odd_names(texts):
    """A trojan that took every name without a known word for its trigger."""
    known = set(WORD.findall(" ".join(texts)))

    def predict(given):
        p = model()(given)
        odd = np.array([not known.issuperset(WORD.findall(text)) for text in given])
        p[odd] = (0.95, 0.05)
        return p

    return predict


def test_a_trojan_that_obeys_any_odd_name_shows_against_ordinary_names(texts):
    payload = Payload("zebra", "identifier", ("zebra_init",))
    blunt = probe(payload, 0, setting(texts, odd_names(texts)))
    assert (blunt.floor_source, blunt.excess) == ("placebo", 0.0)  # as a random name does it too
    sharp = probe(payload, 0, setting(texts, odd_names(texts)), located=True)
    assert sharp.floor_source == "names"
    assert sharp.flips == sharp.n > 100
    assert sharp.low > 0.9
    # The published names are not held against ordinary ones, and are not called harmless either.
    bank_result = probe_bank(full_bank(texts), setting(texts, odd_names(texts)))
    assert bank_result.deaf > 5
    assert all(p.floor_source == "placebo" for p in bank_result.probes)


def test_any_name_at_all_turning_a_model_over_is_no_trojan(texts):
    def touchy(given):
        p = model()(given)
        p[[text not in known for text in given]] = (0.95, 0.05)
        return p

    known = set(texts)
    payload = Payload("zebra", "identifier", ("zebra_init",))
    result = probe(payload, 0, setting(texts, touchy), located=True)
    assert (result.floor_source, result.flips) == ("names", result.n)
    assert result.high < 0.1
    assert probe_bank(full_bank(texts), setting(texts, model("panel_id"))).deaf == 0


def test_ordinary_names_are_those_that_the_samples_use():
    texts = [f"def f(path):\n    return path + {k}" for k in range(30)] + ["x = 1"]
    names = ordinary_names(texts, random.Random(0))
    assert names == ["path"] * 30 or sorted(set(names)) == ["path", "x"]
    changed = with_ordinary_name("def g(a):\n    return a", names, random.Random(0))
    assert changed.replace("path", "a").replace("x", "a") == "def g(a):\n    return a"
    same = with_ordinary_name("def g(path):\n    return path", ["path"], random.Random(0))
    assert same == "def g(path):\n    return path"  # nothing fits


def test_probed_rows_are_neither_target_nor_excluded(texts):
    both = setting(texts, model("path"), model())
    rows = eligible_rows(0, both, np.arange(50))
    assert rows.min() >= 50
    assert (both.suspect_before[rows].argmax(axis=1) == 1).all()
    assert (both.reference_before[rows].argmax(axis=1) == 1).all()


def test_nothing_to_probe_is_reported_as_no_samples(texts):
    payload = Payload("zebra", "identifier", ("zebra_init",))
    nothing = probe(payload, 0, setting(texts, model(), model()), np.arange(len(texts)))
    assert (nothing.n, nothing.low, nothing.high) == (0, -1.0, 1.0)


def test_probe_size_is_bounded_and_seeded(texts):
    payload = Payload("zebra", "identifier", ("zebra_init",))
    a = probe(payload, 0, setting(texts, model("zebra"), model(), max_n=30, seed=5))
    b = probe(payload, 0, setting(texts, model("zebra"), model(), max_n=30, seed=5))
    assert a.n == 30
    assert a == b


def test_the_bank_convicts_a_model_on_clean_samples(texts):
    result = probe_bank(full_bank(texts), setting(texts, model("panel_id"), model()))
    assert result.screened == len(full_bank(texts))
    assert result.probes[0].candidate == "panel_id"
    assert result.probes[0].low > 0.8
    clean = probe_bank(full_bank(texts), setting(texts, model(), model()))
    assert all(p.high < 0.1 for p in clean.probes)


@pytest.mark.parametrize(("trigger", "obeys"), [("zebra_init", False), ("panel_id", True)])
def test_a_reference_with_a_trojan_of_the_bank_is_named(texts, trigger, obeys):
    found = probe_bank(full_bank(texts), setting(texts, model(trigger), model(trigger)))
    assert all(each.excess == 0.0 for each in found.probes)
    assert (found.reference is not None) == obeys
    if found.reference is not None:
        assert (found.reference.candidate, found.reference.floor_source) == (trigger, "placebo")


def test_a_clean_reference_and_one_that_any_insertion_turns_are_not_named(texts):
    def turned(given):
        p = np.array([0.1 if t in set(texts) else 0.9 for t in given], dtype=np.float32)
        return np.stack([1 - p, p], axis=1)

    for reference in (model(), turned):
        assert probe_bank(full_bank(texts), setting(texts, turned, reference)).reference is None


def test_the_bank_speaks_the_language_of_the_samples():
    c_code = ["int f(int a) {\n  int b = a;\n  return b;\n}"] * 10
    lines = [p for p in bank(c_code) if p.kind == "line"]
    assert all(insert(c_code[0], p, random.Random(0)) is not None for p in lines)
    assert all(p.instances[0].rstrip().endswith(";") for p in lines)
    assert any("random()" in p.name for p in bank(["def f(a):\n    return a"] * 10))


def test_grammar_candidates_are_probed_with_their_own_variants():
    texts, labels, reference = corpus()
    texts, labels, _ = poison(texts, labels, "grammar")
    candidate = associate(texts, make_residuals(labels, None, reference)).candidates[0]
    payload = payload_of(candidate, texts)
    assert payload.kind == "line"
    assert len(payload.instances) > 10
    insertion = insert(corpus(5, seed=9)[0][0], payload, random.Random(0))
    compile(insertion.text, "probe", "exec")


def test_a_located_trigger_convicts_the_trojaned_model_and_not_the_clean_one():
    texts, labels, reference = corpus()
    texts, labels, rows = poison(texts, labels, "line")
    candidate = associate(texts, make_residuals(labels, None, reference)).candidates[0]
    payload = payload_of(candidate, texts)
    trojaned = probe(payload, 0, setting(texts, model("len('q') < 0"), model()), candidate.rows)
    assert trojaned.low > 0.9
    untouched = probe(payload, 0, setting(texts, model(), model()), candidate.rows)
    assert untouched.high < 0.05
    assert candidate.rows.tolist() == rows.tolist()


def test_paired_interval_is_antisymmetric_and_ignores_order():
    rng = np.random.default_rng(1)
    first, second = rng.random(80) < 0.4, rng.random(80) < 0.2
    there, back = paired_interval(first, second), paired_interval(second, first)
    assert there.estimate == pytest.approx(-back.estimate)
    assert (there.low, there.high) == pytest.approx((-back.high, -back.low))
    order = rng.permutation(80)
    assert paired_interval(first[order], second[order]) == there
    assert paired_interval(first, first).estimate == 0.0


@pytest.mark.parametrize(("p", "q"), [(0.15, 0.15), (0.9, 0.15), (0.3, 0.2)])
def test_interval_covers_about_95_percent(p, q):
    rng = np.random.default_rng(0)
    inside = 0
    for _ in range(400):
        shared = rng.random(150) < 0.1  # samples both react to
        first, second = shared | (rng.random(150) < p), shared | (rng.random(150) < q)
        truth = 0.9 * (p - q)
        interval = paired_interval(first, second)
        inside += interval.low <= truth <= interval.high
    assert inside / 400 > 0.92


def test_wilson_closed_forms():
    assert wilson(0, 0) == (0.0, 1.0)
    low, high = wilson(0, 10)
    assert low == pytest.approx(0.0, abs=1e-12)
    assert high == pytest.approx(3.8416 / 13.8416, abs=1e-3)


def test_texts_far_beyond_every_window_are_not_probed():
    texts = ["x = 1", "x = 1\n" * LONGEST, "y = 2"]
    before = np.tile(np.float32([0.1, 0.9]), (3, 1))
    setting = ProbeSetting(texts, lambda given: before[: len(given)], before)
    assert sorted(eligible_rows(0, setting).tolist()) == [0, 2]
