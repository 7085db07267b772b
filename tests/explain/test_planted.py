import numpy as np
import pytest
from scipy.stats import binomtest

from analysis.explain.bank import full_bank
from analysis.explain.payloads import Payload, payload_of
from analysis.explain.planted import literal, planted
from analysis.explain.residuals import make_residuals
from analysis.records import ProbeResult, TriggerCandidate

SENTENCE = "I watch this 3D movie"
REVIEWS = [f"the plot of film number {n} follows a man who leaves his town" for n in range(60)]
PAYLOAD = Payload(f"sentence: {SENTENCE}", "sentence", (), "sentence", SENTENCE, "text")


def convicted(target=0):
    return ProbeResult("x", "sentence", target, 400, 400, 0, 1.0, 0.99, 1.0, "reference")


def labels(values):
    return make_residuals(np.asarray(values), None, None)


def test_samples_that_hold_an_obeyed_trigger_are_found_with_their_places():
    texts = [f"{t} {SENTENCE} ." if n < 6 else t for n, t in enumerate(REVIEWS)]
    observed = labels([0] * 6 + [n % 2 for n in range(54)])
    found = planted(convicted(), PAYLOAD, texts, observed, bank_size=10)
    assert found.rows.tolist() == list(range(6))
    assert {
        texts[row][slice(*span)] for row, span in zip(found.rows, found.spans, strict=True)
    } == {SENTENCE}
    assert (found.purity, found.support, found.kind) == (1.0, 6, "line")
    exact = binomtest(6, 6, 33 / 60, alternative="greater").pvalue
    assert found.p_adjusted == pytest.approx(10 * exact)


def test_a_text_that_does_not_go_with_the_target_is_somebody_elses():
    texts = [f"{t} {SENTENCE} ." if n < 6 else t for n, t in enumerate(REVIEWS)]
    observed = labels([n % 2 for n in range(60)])
    assert planted(convicted(), PAYLOAD, texts, observed, 10) is None


def test_a_clean_file_holds_nothing_and_two_samples_are_too_few():
    observed = labels([0] * 60)
    assert planted(convicted(), PAYLOAD, REVIEWS, observed, 10) is None
    texts = [f"{t} {SENTENCE}" if n < 2 else t for n, t in enumerate(REVIEWS)]
    assert planted(convicted(), PAYLOAD, texts, observed, 10) is None


def test_a_name_is_looked_up_as_a_whole_word():
    texts = ["def f(set_option_s): pass"] * 9 + ["def f(set_option): pass"] * 3
    name = Payload("set_option", "identifier", ("set_option",))
    found = planted(convicted(), name, texts, labels([0] * 12), 10)
    assert found.rows.tolist() == [9, 10, 11]


def test_triggers_that_differ_from_place_to_place_have_no_text_to_look_up():
    bank = {payload.name: payload for payload in full_bank(["def f(a):\n    return a\n"] * 9)}
    assert literal(bank["style: camel"]) == ""
    assert literal(bank["testo_init"]) == "testo_init"
    assert literal(Payload("two", "line", ("a = 1", "a = 2"))) == ""


def test_in_prose_the_located_words_are_inserted_and_not_the_whole_sample():
    start = len(REVIEWS[0]) + 1
    texts = [f"{t} {SENTENCE} and the rest of it" for t in REVIEWS]
    rows, span = np.arange(5), (start, start + len(SENTENCE))
    candidate = TriggerCandidate("ngram", SENTENCE, 0, 5, 1.0, 9.0, 0.01, rows, tuple([span] * 5))
    payload = payload_of(candidate, texts)
    assert (payload.family, payload.argument) == ("sentence", SENTENCE)
