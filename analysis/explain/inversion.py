"""Search for a trigger outside every bank: a short sequence that turns clean samples to a class.

Greedy coordinate search guided by gradients (HotFlip, Ebrahimi et al. 2018; the greedy coordinate
form of Zou et al. 2023, used on code models by EliBadCode, Sun et al. 2024): for one slot at a
time the words are ordered by the first-order change of the loss, the best few are tried for real,
and the best of those stays. Differences from the papers: whole candidate lists of one slot instead
of random swaps, two rounds of trying (few samples, then all), and every sequence must give its own
token ids again when read as text.

Blind spot, and the reason why a find alone proves nothing: clean models have such sequences too.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from analysis.behaviour.placed import placed
from analysis.errors import RequestError
from analysis.explain.input_embeddings import embedding_of, first_reading
from analysis.explain.inversion_places import Places, filled, places_of, survives, text_of
from analysis.explain.inversion_words import Vocabulary, vocabulary_of
from analysis.models.base import Batch, OpenedModel
from analysis.training.trainable import class_logits, trainable

KINDS = ("line", "identifier")
_ENOUGH = 0.05  # loss at which a sequence turns practically every sample
_GRADIENT_PRICE = 3  # a backward pass costs about two forward passes


@dataclass(frozen=True)
class SearchConfig:
    """The budget of one search."""

    slots: int = 5  # words of a line; an identifier has at most three
    candidates: int = 48  # words tried per slot, best by gradient
    samples: int = 24  # texts that a sequence must turn
    few: int = 8  # texts of the first round
    finalists: int = 6  # candidates of the second round
    sweeps: int = 3  # times every slot is visited
    restarts: int = 1
    reference_weight: float = 0.0  # how much turning the reference as well counts against it
    seed: int = 0
    device: str = "cpu"  # where the search runs, in float32

    def passes(self, kind: str) -> int:
        """Most forward passes that a search can take, those of the reference not counted."""
        visits = self.restarts * self.sweeps * slots_of(self, kind)
        tried = self.candidates * self.few + self.finalists * self.samples
        return visits * (tried + _GRADIENT_PRICE * self.samples)


class Searched(NamedTuple):
    """The best sequence of a search."""

    kind: str
    text: str
    target: int
    turned: float  # share of the searched-on samples that the suspect puts into the target
    loss: float  # mean -log p(target) of the suspect (plus the reference's share)
    passes: int  # forward passes that were made


def slots_of(config: SearchConfig, kind: str) -> int:
    """Words of a sequence of this kind."""
    return min(config.slots, 3) if kind == "identifier" else config.slots


def search(
    suspect: OpenedModel,
    texts: Sequence[str],
    target: int,
    kind: str,
    config: SearchConfig,
    reference: OpenedModel | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Searched | None:
    """The sequence that turns most of `texts` to `target`; None where none can be put in.

    Args:
        suspect: the model to turn.
        texts: samples that it does not put into `target`; the shorter ones are searched on.
        target: class.
        kind: one of KINDS.
        config: the budget.
        reference: a clean model that should not turn; only with `reference_weight`.
        progress: called with passes made and planned; may raise to cancel.

    Raises:
        RequestError: the model has no head.
    """
    if suspect.head is None:
        raise RequestError(f"'{suspect.source}' has no classification head to search on.")
    rng = random.Random(config.seed)
    # Short texts cost less, and a trigger has to work in them as well.
    ordered = sorted(texts, key=len)[: 4 * config.samples]
    rng.shuffle(ordered)
    slots = slots_of(config, kind)
    found = (places_of(suspect, text, kind, slots, rng) for text in ordered)
    samples = [places for places in found if places is not None][: config.samples]
    words = vocabulary_of(suspect, kind)
    if not samples or not words.first.texts or not words.later.texts:
        return None
    watched = reference if config.reference_weight else None
    models = _Models.of(suspect, watched, torch.device(config.device))
    state = _Search(models, samples, words, kind, target, config)
    state.progress = progress
    loss, sequence = state.best()
    turned = float((state.log_p(models.suspect, samples, sequence[None]) > np.log(0.5)).mean())
    return Searched(kind, text_of(words, kind, sequence), target, turned, loss, state.made)


class _Models(NamedTuple):
    """The models of a search, placed once."""

    slopes: OpenedModel  # the suspect, for gradients
    suspect: OpenedModel
    reference: OpenedModel | None
    device: torch.device

    @classmethod
    def of(
        cls, suspect: OpenedModel, reference: OpenedModel | None, device: torch.device
    ) -> _Models:
        slopes = trainable(suspect, device)
        slopes.module.requires_grad_(requires_grad=False)
        other = None if reference is None else placed(reference, device, torch.float32)
        return cls(slopes, placed(suspect, device, torch.float32), other, device)


class _Search:
    """One search; counts its passes."""

    def __init__(
        self,
        models: _Models,
        samples: list[Places],
        words: Vocabulary,
        kind: str,
        target: int,
        config: SearchConfig,
    ) -> None:
        self.models = models
        self.samples, self.words, self.kind = samples, words, kind
        self.target, self.config = target, config
        self.made = 0
        self.progress: Callable[[int, int], None] | None = None

    def best(self) -> tuple[float, np.ndarray]:
        """The best of all restarts; one that turns everything needs no other."""
        found = self.restart(0)
        for number in range(1, self.config.restarts):
            if found[0] < _ENOUGH:
                break
            found = min(found, self.restart(number), key=lambda each: each[0])
        return found

    def restart(self, number: int) -> tuple[float, np.ndarray]:
        """Loss and word numbers (s,) of one greedy search from a random start."""
        rng = np.random.default_rng([self.config.seed, number, self.target])
        sequence = self._start(rng)
        loss = float(self._loss(self.samples, sequence[None])[0])
        for _ in range(self.config.sweeps):
            before = loss
            for slot in rng.permutation(len(sequence)):
                loss, sequence = self._improve(int(slot), loss, sequence, rng)
                if self.progress is not None:
                    planned = self.config.passes(self.kind)
                    self.progress(min(self.made, planned), planned)
            if loss >= before - 1e-4:
                break
        return loss, sequence

    def _start(self, rng: np.random.Generator) -> np.ndarray:
        """A random sequence that survives as text."""
        slots = slots_of(self.config, self.kind)
        drawn = rng.integers(len(self.words.later.texts), size=(64, slots))
        drawn[:, 0] = rng.integers(len(self.words.first.texts), size=64)
        good = survives(self.models.slopes, self.words, self.kind, drawn)
        return np.asarray(drawn[int(good.argmax())])

    def _improve(
        self, slot: int, loss: float, sequence: np.ndarray, rng: np.random.Generator
    ) -> tuple[float, np.ndarray]:
        """The best word for one slot, tried on few samples and then on all."""
        gains = self._gains(slot, sequence)
        likely = np.argsort(-gains, kind="stable")[: 4 * self.config.candidates]
        tried = np.repeat(sequence[None], len(likely), axis=0)
        tried[:, slot] = likely
        tried = tried[survives(self.models.slopes, self.words, self.kind, tried)]
        tried = tried[: self.config.candidates]
        if not len(tried):
            return loss, sequence
        few = rng.permutation(len(self.samples))[: self.config.few]
        first = self._loss([self.samples[i] for i in few], tried)
        finals = tried[np.argsort(first, kind="stable")[: self.config.finalists]]
        second = self._loss(self.samples, finals)
        best = int(second.argmin())
        return (float(second[best]), finals[best]) if second[best] < loss else (loss, sequence)

    def _loss(self, samples: list[Places], sequences: np.ndarray) -> np.ndarray:
        """Mean loss of each sequence over samples, (c, s) -> (c,) float64."""
        loss = -self.log_p(self.models.suspect, samples, sequences).mean(axis=0)
        if self.models.reference is not None:
            away = self.log_p(self.models.reference, samples, sequences)
            # -log(1 - p): turning the reference costs as failing to turn the suspect does.
            loss = loss - self.config.reference_weight * np.log1p(-np.exp(away) + 1e-6).mean(axis=0)
        return np.asarray(loss)

    def log_p(
        self, model: OpenedModel, samples: Sequence[Places], sequences: np.ndarray
    ) -> np.ndarray:
        """Log-probability of the target, (c, s) -> (n, c) float64."""
        rows = []
        for places in samples:
            ids = torch.from_numpy(filled(places, self.words, sequences)).to(self.models.device)
            logits = model.adapter.forward(
                model, Batch(ids, torch.ones_like(ids)), want_hidden=False
            ).logits
            assert logits is not None, "a model with a head gives class scores"
            rows.append(logits.float().log_softmax(-1)[:, self.target].double().cpu().numpy())
        self.made += len(samples) * len(sequences)
        return np.stack(rows)

    def _gains(self, slot: int, sequence: np.ndarray) -> np.ndarray:
        """First-order fall of the loss for every word of a slot, (w,) float64."""
        table = self.words.later.ids if slot else self.words.first.ids
        weight = embedding_of(self.models.slopes.module).weight.detach()
        gains = np.zeros(len(table))
        for places in self.samples:
            ids = torch.from_numpy(filled(places, self.words, sequence[None]))
            ids = ids.to(self.models.device)
            slope = _slope(self.models.slopes, ids, self.target)
            mine = places.slot == slot
            for at, form in zip(places.at[mine], places.form[mine], strict=True):
                gains += (weight[table[:, form]] @ slope[at]).double().cpu().numpy()
        self.made += _GRADIENT_PRICE * len(self.samples)
        return gains


def _slope(model: OpenedModel, ids: torch.Tensor, target: int) -> torch.Tensor:
    """Gradient of log p(target) at the embedding of each token, (1, t) ids -> (t, d) float32."""
    kept: list[torch.Tensor] = []

    def keep(out: torch.Tensor) -> torch.Tensor:
        kept.append(out.detach().requires_grad_())
        return kept[0]

    with first_reading(model.module, keep):
        logits = class_logits(model, Batch(ids, torch.ones_like(ids)))
    wanted = logits.log_softmax(-1)[0, target]
    return torch.autograd.grad(wanted, kept[0])[0][0]
