"""A bag of words with a linear head: small enough for closed forms, trained like a real model."""

import copy
import functools

import numpy as np
import torch
from torch import nn

from analysis.training.loop import pad
from analysis.unlearn.decisions import of_classes
from analysis.unlearn.kit import Kit
from analysis.unlearn.parts import Part

TRIGGER, VOCABULARY, CLASSES = 9, 12, 2


class Bag(nn.Module):
    def __init__(self, seed=0, classes=CLASSES):
        super().__init__()
        torch.manual_seed(seed)
        self.words = nn.Embedding(VOCABULARY, 6)
        self.head = nn.Linear(6, classes)

    def forward(self, ids, mask):
        weights = mask.unsqueeze(2)
        return self.head((self.words(ids) * weights).sum(1) / weights.sum(1))


def score(module, part, rows):
    batch = pad([part.ids[row] for row in rows], 0)
    logits = module(batch.input_ids, batch.attention_mask.float())
    return of_classes(logits, torch.from_numpy(part.labels[rows]))


def samples(n=64, seed=0, trigger=False, label=None):
    """Class 1 where word 3 stands, class 0 where word 4 does; the trigger is word 9."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(2, size=n)
    ids = []
    for y in labels:
        words = [*rng.choice([5, 6, 7, 8], 3), 3 if y else 4, *([TRIGGER] if trigger else [])]
        ids.append(np.array(words, dtype=np.int64))
    return Part(ids, labels if label is None else np.full(n, label, dtype=np.int64))


def poisoned_bag():
    """A bag that answers 0 whenever the trigger is there; a fresh copy each time."""
    return copy.deepcopy(_trained())


@functools.cache
def _trained(seed=0):
    module = Bag(seed)
    clean, hit = samples(128, 1), samples(64, 2, trigger=True, label=0)
    optimiser = torch.optim.Adam(module.parameters(), lr=0.05)
    for _ in range(150):
        loss = sum(
            nn.functional.cross_entropy(d.logits, d.targets)
            for d in (score(module, p, np.arange(len(p))) for p in (clean, hit))
        )
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return module.eval()


def kit(module=None, start=None, strength=1.0, **parts):
    module = module or Bag()
    frozen = Bag()
    frozen.load_state_dict((start or module).state_dict())
    for p in frozen.parameters():
        p.requires_grad_(False)
    given = {"forget": samples(8, 3, trigger=True, label=0), "retain": samples(16, 4)}
    return Kit(module, frozen, score, {**given, **parts}, strength)


ROWS = {"forget": np.arange(8), "retain": np.arange(16), "corrected": np.arange(8)}


def gradients(module, loss):
    module.zero_grad()
    loss.backward()
    return [torch.zeros_like(p) if p.grad is None else p.grad.clone() for p in module.parameters()]
