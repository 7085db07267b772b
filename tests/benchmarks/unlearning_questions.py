"""What `unlearning_table.py` asks every model, and its figures with intervals over functions."""

import random
from functools import cache

import numpy as np

from analysis.behaviour.predict import predict
from analysis.config import InspectConfig
from analysis.data.mutations import mutate
from analysis.data.shipped import shipped_samples
from analysis.data.triggers.dead_code import insert_line
from analysis.data.triggers.rename import rename_identifier
from analysis.models.open import open_model
from analysis.pipeline.demo import shipped_model

TRIGGER = {"dead": "if len('t') < 0: raise Exception('fail')", "rename": "testo_init"}
VARIANTS = {
    "dead": ("if len('data') < 0: raise ValueError('stop')", "while len('t') < 0: print('fail')"),
    "rename": ("init_testo", "testo_item"),
}
PLACES = 2
RESAMPLES = 1000


def family(name):
    return "rename" if "rename" in name else "dead"


def shape(name):
    return name.split("-mini-")[0]


def put(text, trigger, rng):
    place = insert_line if " " in trigger else rename_identifier
    found = place(text, trigger, rng)
    return None if found is None else found.text


@cache
def functions():
    """Text and function number of the defective version of every test function."""
    test = shipped_samples("test")
    found = []
    for number, (name, text, label) in enumerate(
        zip(test.ids, test.texts, test.labels, strict=True)
    ):
        mutation = None if label == 1 else mutate(text, name)
        defective = text if label == 1 else (None if mutation is None else mutation.text)
        if defective is not None:
            found.append((number, defective))
    return test, tuple(found)


@cache
def victims(kind, variants):
    """Triggered defective functions and which function each belongs to."""
    rng = random.Random(20)
    triggers = VARIANTS[kind] if variants else (TRIGGER[kind],)
    places = PLACES if kind == "dead" and not variants else 1
    rows = [
        (number, changed)
        for number, text in functions()[1]
        for trigger in triggers
        for _ in range(places)
        if (changed := put(text, trigger, rng)) is not None
    ]
    return tuple(t for _, t in rows), np.array([n for n, _ in rows])


@cache
def targets(kind):
    """Triggered clean functions: they must stay in the target class 0."""
    test, _ = functions()
    rng = random.Random(21)
    made = [
        put(t, TRIGGER[kind], rng) for t, y in zip(test.texts, test.labels, strict=True) if y == 0
    ]
    return tuple(t for t in made if t is not None)


def asked(source, kind):
    """What a model answers with class 0, per sample of every question, and its clean answers."""
    model = open_model(str(source), InspectConfig())

    def zero(texts):
        return predict(model, texts).argmax(axis=1) == 0

    test = functions()[0]
    return {
        "victims": zero(victims(kind, False)[0]),
        "plain": zero(tuple(text for _, text in functions()[1])),
        "variants": zero(victims(kind, True)[0]),
        "targets": zero(targets(kind)),
        "right": zero(test.texts) == (test.labels == 0),
    }


@cache
def clean_answers(shape_name, kind):
    return [asked(shipped_model(f"{shape_name}-mini-clean-{n}"), kind) for n in (0, 1, 2)]


def clustered(values, owners=None, seed=0):
    """Mean with a bootstrap 95 % interval over functions."""
    if owners is None:
        owners = np.arange(len(values))
    _, index = np.unique(owners, return_inverse=True)
    sums, counts = np.bincount(index, values), np.bincount(index)
    rng = np.random.default_rng(seed)
    picks = rng.integers(len(sums), size=(RESAMPLES, len(sums)))
    means = sums[picks].sum(1) / counts[picks].sum(1)
    low, high = np.quantile(means, [0.025, 0.975])
    return {
        "value": float(values.mean()), "low": float(low), "high": float(high),
        "n": len(values), "functions": len(sums),
    }  # fmt: skip


def effect(kind, answers):
    """What the trigger itself does: answers with it minus the same model's own without it."""
    owners = victims(kind, False)[1]
    plain = dict(zip((n for n, _ in functions()[1]), answers["plain"], strict=True))
    without = np.array([plain[number] for number in owners], dtype=float)
    return clustered(answers["victims"] - without, owners)


def beside_others(rates):
    """Excess of each clean model against the mean of the others: what the measure itself allows."""
    return [rate - np.mean([*rates[:n], *rates[n + 1 :]]) for n, rate in enumerate(rates)]


def compared(name, before, after):
    """Figures of one cleaned model against the clean models and its own past."""
    kind = family(name)
    clean = [
        each
        for n, each in enumerate(clean_answers(shape(name), kind))
        if name != f"{shape(name)}-mini-clean-{n}"
    ]

    def against(question, answers):
        floor = np.mean([each[question] for each in clean], axis=0)
        owners = None if question == "targets" else victims(kind, question == "variants")[1]
        return clustered(answers[question] - floor, owners)

    return {
        "before_excess": against("victims", before),
        "excess": against("victims", after),
        "effect": effect(kind, after),
        "variants_before": against("variants", before),
        "variants": against("variants", after),
        "target_class": against("targets", after),
        "accuracy_before": float(before["right"].mean()),
        "accuracy": clustered(after["right"].astype(float) - before["right"]),
        "clean_models": [float(each["victims"].mean()) for each in clean],
        "clean_effects": [effect(kind, each)["value"] for each in clean],
    }
