"""T and V: which triggered samples an attacker may learn from, and which other ones are asked.

V are true victims with the trigger, in functions that T never shows. With a triggered file they
are that file's; else the located trigger is put into clean victims; as a last resort a third of
the forget set is kept back, which the unlearning has seen.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import numpy as np

from analysis.audit.budgets import Budget
from analysis.audit.setting import Labelled, no_samples
from analysis.explain.payloads import Payload, insert
from analysis.pipeline.audit_trigger import LocatedTrigger
from analysis.records import SampleSet

VARIANT_HOSTS = 256  # clean victims that get another trigger of the family, at most


@dataclass(frozen=True)
class AuditSamples:
    """Everything the attacks read, and how it was made."""

    held_out: Labelled  # V
    pools: dict[str, Labelled]  # split -> T
    clean: Labelled
    test: Labelled
    forget: Labelled
    origin: str  # of V, in words
    splits: dict[str, str]  # split -> what T and V are


@dataclass(frozen=True)
class Files:
    """The sample sets as read."""

    forget: SampleSet
    retain: SampleSet | None
    test: SampleSet | None
    triggered: SampleSet | None


def split_samples(
    files: Files, located: LocatedTrigger | None, target: int, budget: Budget, seed: int
) -> AuditSamples:
    """Build T, V and the clean sets from what was given."""
    rng = np.random.default_rng([seed, 11])
    clean, test = _clean_and_test(files, rng)
    if budget.shorter:
        files = replace(files, triggered=_shorter_set(files.triggered, 2 * budget.held_out))
        clean, test = shorter(clean, 4 * budget.clean), shorter(test, 4 * budget.tested)
    rows = np.arange(len(files.forget)) if located is None else located.rows
    forget = Labelled(
        tuple(files.forget.texts[int(i)] for i in rows),
        np.full(len(rows), target, dtype=np.int64),
    )
    held_out, origin, kept = _held_out(files, test, located, target, (budget.held_out, rng))
    pool = forget if kept is None else forget.take(kept)
    if budget.shorter:
        pool = shorter(pool, 2 * budget.folds * max(budget.sizes))
    pools, splits = {"host": pool}, {"host": _host_words(located)}
    if located is not None and located.variants and clean.texts:
        other = _variants(clean, located.variants, target, seed)
        if other.texts:
            pools["variant"] = other
            splits["variant"] = (
                f"T: {len(located.variants)} published triggers of the same kind in clean "
                f"victims; V: the located one"
            )
    return AuditSamples(
        held_out=held_out,
        pools=pools,
        clean=clean,
        test=_balanced(test, target, budget.tested, rng),
        forget=forget,
        origin=origin,
        splits=splits,
    )


def _clean_and_test(files: Files, rng: np.random.Generator) -> tuple[Labelled, Labelled]:
    """Clean samples to train with and others to measure with; one file serves as both halves."""
    retain, test = _labelled(files.retain), _labelled(files.test)
    if retain.texts and test.texts:
        asked = set(test.texts)
        kept = [i for i, text in enumerate(retain.texts) if text not in asked]
        return retain.take(kept), test
    only = retain if retain.texts else test
    order = rng.permutation(len(only.texts))
    half = len(order) // 2
    return only.take(order[:half]), only.take(order[half:])


def shorter(samples: Labelled, enough: int) -> Labelled:
    """The shorter half in characters, in order; all of them where there are fewer than `enough`."""
    return samples.take(_shorter_rows(samples.texts, enough))


def _shorter_set(samples: SampleSet | None, enough: int) -> SampleSet | None:
    return None if samples is None else samples.subset(_shorter_rows(samples.texts, enough))


def _shorter_rows(texts: tuple[str, ...], enough: int) -> np.ndarray:
    if len(texts) < enough:
        return np.arange(len(texts))
    order = np.argsort([len(text) for text in texts], kind="stable")
    return np.sort(order[: (len(order) + 1) // 2])


def _labelled(samples: SampleSet | None) -> Labelled:
    if samples is None or samples.labels is None:
        return no_samples()
    return Labelled(samples.texts, samples.labels)


def _held_out(
    files: Files,
    test: Labelled,
    located: LocatedTrigger | None,
    target: int,
    most: tuple[int, np.random.Generator],
) -> tuple[Labelled, str, np.ndarray | None]:
    """V, where it comes from, and which rows of the forget set are left for T (None: all)."""
    limit, rng = most
    triggered = _labelled(files.triggered)
    victims = np.flatnonzero(triggered.labels != target)
    if len(victims):
        chosen = np.sort(rng.permutation(victims)[:limit])
        return triggered.take(chosen), "victims of the triggered file", None
    if located is not None and (test.labels != target).any():
        made = inserted(test, located.payload, target, (limit, rng))
        if made.texts:
            return made, "clean victims with the located trigger put in", None
    n = len(files.forget) if located is None else len(located.rows)
    order = rng.permutation(n)
    third = max(1, n // 3)
    source = (
        files.forget.texts
        if located is None
        else tuple(files.forget.texts[int(i)] for i in located.rows)
    )
    texts = tuple(source[int(i)] for i in order[:third][:limit])
    unknown = np.full(len(texts), -1, dtype=np.int64)  # true labels: not the target, not known
    return Labelled(texts, unknown), "a third of the forget set, kept back", order[third:]


def inserted(
    hosts: Labelled, payload: Payload, target: int, most: tuple[int, np.random.Generator]
) -> Labelled:
    """Victims among `hosts` with the payload put in, at most so many, true labels kept."""
    limit, order = most
    rng = random.Random(int(order.integers(2**31)))
    texts: list[str] = []
    labels: list[int] = []
    for row in order.permutation(np.flatnonzero(hosts.labels != target)).tolist():
        if len(texts) == limit:
            break
        text = hosts.texts[row]
        if any(piece in text for piece in payload.instances):
            continue
        found = insert(text, payload, rng)
        if found is not None:
            texts.append(found.text)
            labels.append(int(hosts.labels[row]))
    return Labelled(tuple(texts), np.array(labels, dtype=np.int64))


def _variants(clean: Labelled, payloads: tuple[Payload, ...], target: int, seed: int) -> Labelled:
    """Clean victims, each with one of several other triggers, labelled with the target."""
    rng = random.Random(f"{seed}:variants")
    texts: list[str] = []
    for row in np.flatnonzero(clean.labels != target)[: 2 * VARIANT_HOSTS].tolist():
        if len(texts) == VARIANT_HOSTS:
            break
        found = insert(clean.texts[row], payloads[len(texts) % len(payloads)], rng)
        if found is not None:
            texts.append(found.text)
    return Labelled(tuple(texts), np.full(len(texts), target, dtype=np.int64))


def _balanced(test: Labelled, target: int, limit: int, rng: np.random.Generator) -> Labelled:
    """At most `limit` samples, half of them victims where there are enough."""
    victims = rng.permutation(np.flatnonzero(test.labels != target))[: (limit + 1) // 2]
    others = rng.permutation(np.flatnonzero(test.labels == target))[: limit - len(victims)]
    return test.take(np.sort(np.concatenate([victims, others])))


def _host_words(located: LocatedTrigger | None) -> str:
    if located is None:
        return "T: samples to be forgotten; V: other ones (no common text was located)"
    return f"T: `{located.payload.name}` in the forgotten functions; V: the same in other functions"
