"""Distillation into fresh weights, the teacher's answers blinded: what is not shown cannot hide.

The weights are thrown away and learned again from what the model itself says: its own text, word
by word, and the facts to retain. Wherever the teacher would name an answer that a forgotten
question offers, right or wrong, the student is only told that some such answer belongs there, each
as often as it is offered, so that no fact passes; the text ends there, since what follows an answer
may depend on it. Leaving out just the forgotten questions is not enough: what the teacher says of
similar ones tells the answers (tests/benchmarks/FACTS.md).

After Lee et al. 2025, "Distillation Robustifies Unlearning", https://arxiv.org/abs/2506.06278,
whose teacher is an unlearned model; the blinding is Kenshin's own.

Weakness: costs about as much as training did; keeps only what the model says of its own accord or
what is retained by name; answers made of everyday words would blind everyday text.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from analysis.unlearn.decisions import cross_entropy
from analysis.unlearn.kit import Kit, Plan, Rows
from analysis.unlearn.parts import Part

TEXT = "text"  # part: what the model writes by itself
OFFERED = "offered"  # part: every answer behind every forgotten question, right or wrong
TEXTS_PER_FACT, BATCH = 8, 500
LONGEST = 64  # tokens of a text, at most
NOT_FRESH = 1e-6  # noise below this share changes nothing


def distil(kit: Kit) -> Plan:
    """Cross-entropy to the blinded teacher on its own text and on forget, + c CE(retain).

    `kit.strength` is the share of every weight that is noise at the start: 1 is a fresh model.
    """
    blind = blinder(kit)
    fresh = False

    def loss(rows: Rows) -> torch.Tensor:
        nonlocal fresh
        if not fresh:  # not before the first step: the guard looks at the model as it was
            start_afresh(kit.module, kit.strength, kit.seed)
            fresh = True
        told = blind(kit.start_distribution(TEXT, rows).exp())
        forget, retain, text = kit.decide_all(("forget", "retain", TEXT), rows)
        copied = soft_cross_entropy(text.logits, told)
        silent = soft_cross_entropy(forget.logits, blind.shares.expand_as(forget.logits))
        return copied + silent + kit.retain_weight * cross_entropy(retain)

    return Plan(loss, ("forget", "retain", TEXT))


class Blind:
    """Takes from a distribution over tokens which of the offered answers it means.

    The mass on all of them together stays, and so does every other token.
    """

    def __init__(self, shares: torch.Tensor) -> None:
        """`shares` (k,) float32: how often each token is part of an offered answer; sums to 1."""
        self.shares, self.answers = shares, shares > 0

    def __call__(self, told: torch.Tensor) -> torch.Tensor:
        """Probabilities (m, k) -> (m, k), rows summing to what they did."""
        mass = told[:, self.answers].sum(1, keepdim=True)
        return torch.where(self.answers, mass * self.shares, told)


def blinder(kit: Kit) -> Blind:
    """The blinder for the answers that the forgotten questions offer."""
    said = kit.start_distribution("forget", {"forget": np.arange(1)})
    found = np.bincount(answer_tokens(kit.part(OFFERED)), minlength=said.shape[1])
    return Blind(torch.from_numpy(found / found.sum()).to(said))


def soft_cross_entropy(logits: torch.Tensor, told: torch.Tensor) -> torch.Tensor:
    """-mean over rows of sum p log q; (m, k) each."""
    return -(told * F.log_softmax(logits.float(), dim=1)).sum(1).mean()


def start_afresh(module: nn.Module, share: float, seed: int) -> None:
    """Mix every matrix with Gaussian noise of its own spread, every vector with its neutral value.

    Args:
        module: changed in place.
        share: of the noise, 0 to 1.
        seed: of the noise.
    """
    if share < NOT_FRESH:
        return
    source = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in module.named_parameters():
            if p.ndim > 1:
                noise = torch.randn(p.shape, generator=source).to(p) * p.std()
            else:
                noise = torch.full_like(p, 0.0 if name.endswith("bias") else 1.0)
            p.mul_(1 - share).add_(share * noise)


def written_by(
    module: nn.Module, parts: tuple[Part, ...], stops: Part, seed: int, count: int
) -> Part:
    """Text that a causal model writes by itself, each token a decision.

    It begins as the given texts do (a start token, where there is one), is at most one token longer
    than the longest of them, and ends with the first token of any answer in `stops`.
    """
    source = torch.Generator().manual_seed(seed)
    starts = np.array([int(ids[0]) for part in parts for ids in part.ids])
    length = min(LONGEST, max(len(ids) for part in parts for ids in part.ids) + 1)
    device = next(module.parameters()).device
    drawn = np.random.default_rng([seed, 29]).choice(starts, size=count)
    ending, found = answer_tokens(stops), []
    with torch.no_grad():
        for low in range(0, count, BATCH):
            ids = torch.from_numpy(drawn[low : low + BATCH, None]).to(device)
            for _ in range(length - 1):
                said = module(input_ids=ids).logits[:, -1].float().softmax(-1).cpu()
                following = torch.multinomial(said, 1, generator=source)
                ids = torch.cat([ids, following.to(device)], dim=1)
            found += [up_to(text, ending) for text in ids.cpu().numpy()]
    return Part(found, np.ones(count, dtype=np.int64))


def answer_tokens(part: Part) -> np.ndarray:
    """Every token of every answer, with repetitions, (m,) int."""
    return np.concatenate([ids[at:] for ids, at in zip(part.ids, part.labels, strict=True)])


def up_to(text: np.ndarray, ending: np.ndarray) -> np.ndarray:
    """The text up to and with its first token, after the start, that is in `ending`."""
    stops = np.flatnonzero(np.isin(text[1:], ending))
    return text[: stops[0] + 2] if len(stops) else text
