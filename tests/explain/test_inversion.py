"""Trigger search: words that survive as text, slots in the right place, planted truth found."""

import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "extract"))  # tiny_stacks
sys.path.insert(0, str(Path(__file__).parents[1] / "models"))  # tiny_models
import numpy as np
import pytest
import tiny_models
import torch
import transformers
from planted_corpus import corpus
from tiny_stacks import opened

from analysis.behaviour.predict import predict
from analysis.errors import Cancelled, RequestError
from analysis.explain.input_embeddings import embedding_of, first_reading
from analysis.explain.inversion import SearchConfig, _Models, _Search, search
from analysis.explain.inversion_places import filled, places_of, survives, text_of
from analysis.explain.inversion_words import vocabulary_of
from analysis.explain.payloads import Payload, insert
from analysis.models.base import Batch, Head
from analysis.models.roberta import RobertaAdapter
from analysis.training.trainable import class_logits

SMALL = SearchConfig(slots=2, candidates=8, samples=4, few=2, finalists=2, sweeps=1)
THOROUGH = SearchConfig(slots=2, candidates=24, samples=6, few=3, finalists=4, sweeps=2)
KINDS = ("line", "identifier")


class Words:
    """A byte-level tokenizer with a mask and nothing else that a model needs."""

    backend_tokenizer = tiny_models.byte_level("both")
    pad_token_id = mask_token_id = 1
    bos_token_id, eos_token_id = 0, 2


def model(seed=0, head=True):
    torch.manual_seed(seed)
    config = tiny_models.roberta(num_labels=2, max_position_embeddings=258, initializer_range=0.4)
    module = transformers.RobertaForSequenceClassification(config)
    found = opened(module, RobertaAdapter(), Head("argmax", 2) if head else None, window=256)
    return type(found)(**{**vars(found), "tokenizer": Words()})


@pytest.fixture(scope="module")
def texts():
    return [text for text in corpus(60)[0] if len(text) < 260][:24]


@pytest.mark.parametrize("kind", KINDS)
def test_every_word_stands_for_its_own_token(kind):
    words = vocabulary_of(model(), kind)
    backend = Words.backend_tokenizer
    assert len(words.first.texts) > 3
    for text, (bare, spaced) in zip(*words.first, strict=True):
        assert backend.encode(text, add_special_tokens=False).ids == [bare]
        assert backend.encode(" " + text, add_special_tokens=False).ids == [spaced]
    for text, (bare, same) in zip(*words.later, strict=True):
        assert backend.encode(text, add_special_tokens=False).ids == [bare] == [same]
    if kind == "identifier":
        assert all(text.isalnum() for text in words.later.texts)
        assert all(text[0].isalpha() for text in words.first.texts)
    assert not any("<" in t and ">" in t for t in words.later.texts)  # no special token


@pytest.mark.parametrize("kind", KINDS)
def test_filled_slots_are_the_tokens_of_the_inserted_text(kind, texts):
    """The search works on ids; the probe inserts text. Both must mean the same."""
    suspect = model()
    words = vocabulary_of(suspect, kind)
    rng = np.random.default_rng(0)
    drawn = np.stack(
        [
            rng.integers(len(words.first.texts), size=200),
            *(rng.integers(len(words.later.texts), size=200) for _ in range(2)),
        ],
        axis=1,
    )
    good = drawn[survives(suspect, words, kind, drawn)]
    assert len(good) > 20
    assert kind == "identifier" or len(good) < 200  # some merge when they are read again
    checked = same = 0
    for number, text in enumerate(texts):
        places = places_of(suspect, text, kind, 3, random.Random(number))
        sequence = good[number % len(good)]
        name = text_of(words, kind, sequence)
        whole = insert(text, Payload(name, kind, (name,)), random.Random(number))
        if places is None or whole is None:
            continue
        ids = filled(places, words, sequence[None])[0]
        checked += 1
        same += ids.tolist() == suspect.encode([whole.text]).ids[0].tolist()
    assert checked > 15
    assert same >= 0.9 * checked


def test_slots_behind_the_window_are_no_slots(texts):
    narrow = type(model())(**{**vars(model()), "window": 6})
    assert places_of(narrow, texts[0], "line", 5, random.Random(0)) is None


def test_gains_are_the_slope_of_the_loss(texts):
    """Against a finite step from the present word towards another one."""
    suspect = model()
    words = vocabulary_of(suspect, "line")
    places = [places_of(suspect, texts[0], "line", 3, random.Random(0))]
    state = _Search(_Models.of(suspect, None, torch.device("cpu")), places, words, "line", 1, SMALL)
    sequence = np.array([0, 1, 2])
    gains = state._gains(1, sequence)
    weight = embedding_of(suspect.module).weight.detach()
    ids = torch.from_numpy(filled(places[0], words, sequence[None]))
    at = int(places[0].at[1])

    def score(word, step):
        def move(out):
            out = out.clone()
            out[0, at] += step * (weight[words.later.ids[word, 0]] - weight[ids[0, at]])
            return out

        with torch.no_grad(), first_reading(suspect.module, move):
            logits = class_logits(suspect, Batch(ids, torch.ones_like(ids)))
        return float(logits.double().log_softmax(-1)[0, 1])

    for word in (7, 40, 90):
        slope = (score(word, 1e-2) - score(word, -1e-2)) / 2e-2
        assert gains[word] - gains[1] == pytest.approx(slope, rel=0.05, abs=1e-4)


SHORT = [f"def f{i}(a):\n    x{i} = a\n    return a" for i in range(12)]


def planted(texts, word):
    """A random model in which one token turns every sample to class 1."""
    suspect = balanced(model(), texts)
    table = embedding_of(suspect.module).weight
    row = int(vocabulary_of(suspect, "line").later.ids[word, 0])
    places = [places_of(suspect, text, "line", 1, random.Random(0)) for text in texts[:6]]
    vector = table[row].detach().clone().requires_grad_()
    step = torch.optim.Adam([vector], lr=0.2)
    for _ in range(60):
        loss = 0.0
        for each in places:
            ids = torch.from_numpy(each.ids)[None]

            def put(out, at=int(each.at[0])):
                return torch.cat([out[:, :at], vector[None, None], out[:, at + 1 :]], dim=1)

            with first_reading(suspect.module, put):
                logits = class_logits(suspect, Batch(ids, torch.ones_like(ids)))
            loss = loss - (logits[0, 1] - logits[0, 0]).clamp(max=6)
        step.zero_grad()
        loss.backward()
        step.step()
    with torch.no_grad():
        table[row] = vector
    return suspect


def balanced(suspect, texts):
    """Shift the head so that every text is class 0, but none by far."""
    p = predict(suspect, texts)
    with torch.no_grad():
        margin = torch.tensor(float(np.log(p[:, 1] / p[:, 0]).max()) + 0.5)
        suspect.module.classifier.out_proj.bias[0] += margin
    return suspect


def test_a_planted_token_is_found():
    """The control may be turned as well, by something else: the reason for a reference."""
    words = vocabulary_of(model(), "line").later.texts
    new = [w for w in words if w.strip().isalpha() and not any(w.strip() in t for t in SHORT)]
    word = max(new, key=len)
    found = search(planted(SHORT, words.index(word)), SHORT, 1, "line", THOROUGH)
    assert found.turned == 1.0
    assert word.strip() in found.text
    control = search(balanced(model(), SHORT), SHORT, 1, "line", THOROUGH)
    assert word.strip() not in control.text


def test_the_budget_holds_and_a_seed_repeats(texts):
    suspect = balanced(model(), texts)
    first, again = (search(suspect, texts, 1, "line", SMALL) for _ in range(2))
    assert first == again
    for found in (first, search(suspect, texts, 1, "identifier", SMALL)):
        start_and_end = (SMALL.restarts + 1) * SMALL.samples
        assert 0 < found.passes <= SMALL.passes(found.kind) + start_and_end
        assert found.text.isascii()
        assert "\n" not in found.text


def test_turning_the_reference_too_counts_against_a_sequence(texts):
    """Against itself nothing can differ, so the loss is larger than without it."""
    suspect = balanced(model(), texts)
    weighted = SearchConfig(**{**vars(SMALL), "reference_weight": 1.0})
    alone = search(suspect, texts, 1, "line", SMALL, reference=suspect)
    both = search(suspect, texts, 1, "line", weighted, reference=suspect)
    assert both.loss > alone.loss
    assert both.loss >= 2 * np.log(2) - 1e-3  # -log p - log(1 - p) is smallest at one half


def test_it_can_be_cancelled_and_needs_a_head(texts):
    def stop(done, planned):
        raise Cancelled("stopped by the test.")

    with pytest.raises(Cancelled):
        search(model(), texts, 1, "line", SMALL, progress=stop)
    with pytest.raises(RequestError, match="no classification head"):
        search(model(head=False), texts, 1, "line", SMALL)


def test_texts_without_a_place_give_nothing():
    assert search(model(), ["", "   "], 1, "line", SMALL) is None
