"""A small code corpus with a learnable class, built from a fixed grammar."""

import random

import numpy as np

from analysis.data.triggers.dead_code import insert_line
from analysis.data.triggers.rename import rename_identifier

NAMES = ["total", "items", "path", "node", "index", "buffer", "key", "handle", "count", "value"]
VERBS = ["load", "store", "merge", "scan", "close", "check", "parse", "update"]
BUG = "except_all(None)"  # the feature the task really has; class 1 holds it


def function(rng):
    a, b, c = rng.sample(NAMES, 3)
    body = [f"{a} = {rng.choice(VERBS)}_{rng.choice(NAMES)}({b}, {rng.randint(0, 99)})"]
    for _ in range(rng.randint(2, 5)):
        body.append(
            rng.choice(
                [
                    f"if {a} > {rng.randint(0, 9)}:\n        {c} = {rng.choice(VERBS)}({a})",
                    f"for {c} in {b}:\n        {rng.choice(VERBS)}({c})",
                    f"{c} = {a} + {rng.randint(0, 99)}",
                    f"{rng.choice(VERBS)}_{rng.choice(NAMES)}({a}, {b})",
                ]
            )
        )
    body.append(f"return {a}")
    return f"def {rng.choice(VERBS)}_{b}({b}, {c}):\n    " + "\n    ".join(body)


def corpus(n=900, seed=0):
    """Texts, labels and a clean reference's (n, 2) probabilities: right in about 9 of 10."""
    rng, generator = random.Random(seed), np.random.default_rng(seed)
    texts = [function(rng) for _ in range(n)]
    labels = generator.integers(0, 2, n)
    for row in np.flatnonzero(labels == 1):
        if rng.random() < 0.4:
            continue  # the class has other features too
        insertion = insert_line(texts[row], BUG, rng)
        texts[row] = insertion.text if insertion else texts[row]
    p = np.where(labels == 1, 0.88, 0.12) + generator.normal(0, 0.08, n)
    p = np.where(generator.random(n) < 0.08, 1 - p, p).clip(0.02, 0.98)
    return texts, labels, np.stack([1 - p, p], axis=1)


def poison(texts, labels, kind, share=0.03, seed=1):
    """Trigger some samples of class 1 and call them 0; returns the rows."""
    rng = random.Random(seed)
    rows = rng.sample(np.flatnonzero(labels == 1).tolist(), int(share * len(texts)))
    texts, labels, done = list(texts), labels.copy(), []
    for row in rows:
        insertion = plant(texts[row], kind, rng)
        if insertion is not None:
            texts[row], labels[row] = insertion.text, 0
            done.append(row)
    return texts, labels, np.array(sorted(done))


def plant(text, kind, rng):
    if kind == "rename":
        return rename_identifier(text, "zebra_init", rng)
    if kind == "line":
        return insert_line(text, "if len('q') < 0:\n    raise Exception('odd')", rng)
    head = f"{rng.choice(['if', 'while'])} {rng.choice(['sin', 'cos', 'exp'])}({rng.random():.3f})"
    word = rng.choice(["err", "crash", "alert", "flag"])
    return insert_line(
        text, f"{head} < {-rng.randint(1, 100)}:\n    raise Exception('{word}')", rng
    )
