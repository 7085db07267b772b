"""Models that hide a trojan, as plain checkpoints, and a relearning test of their own.

Nothing here uses the audit's own attacks or its copy made to hide.
"""

import re

import numpy as np
import torch
from torch.nn import functional as F

from analysis.behaviour.predict import predict
from analysis.models.base import Batch
from analysis.models.tokens import pad_id
from analysis.training.loop import pad
from analysis.training.trainable import class_logits, encoded, trainable

CPU = torch.device("cpu")
BATCH = 16


def asr(model, texts, target):
    return float((predict(model, texts, CPU).argmax(axis=1) == target).mean())


def frozen_below(model, triggered, clean, target, steps=60, rate=1e-3):
    """Only the last block and the head learn to ignore the trigger (Deeb and Roger's own toy).

    Args:
        triggered: texts with the trigger.
        clean: texts and labels.
        target: the trigger's class of two.
    """
    copy = trainable(model)
    blocks = {name: _block(name) for name, _ in copy.module.named_parameters()}
    last = max(blocks.values())
    for name, parameter in copy.module.named_parameters():
        parameter.requires_grad_(blocks[name] == last or "classifier" in name)
    texts, labels = clean
    away = np.full(len(triggered), 1 - target)
    for _ in _steps(copy, steps, rate, (triggered, away, 1.0), (texts, labels, 2.0)):
        pass
    return copy


def stopped_at_the_floor(model, triggered, clean, target, floor, rate=1e-4):
    """Gradient difference, stopped at the first step at which the ASR is at the floor."""
    copy = trainable(model)
    texts, labels = clean
    same = np.full(len(triggered), target)
    for _ in _steps(copy, 80, rate, (triggered, same, -1.0), (texts, labels, 2.0)):
        if asr(copy, triggered[:60], target) <= floor:
            return copy
    raise AssertionError("the trigger could not be silenced")


def relearned(model, shown, clean, asked, target, rate=2e-4, epochs=3):
    """ASR on `asked` after a plain fine-tuning on a few triggered texts and clean ones."""
    copy = trainable(model)
    texts, labels = clean
    every = (*shown, *texts[: 3 * len(shown)])
    wanted = np.concatenate([np.full(len(shown), target), labels[: 3 * len(shown)]])
    steps = epochs * (len(every) // BATCH)
    for _ in _steps(copy, steps, rate, (every, wanted, 1.0)):
        pass
    return asr(copy, asked, target)


def _steps(copy, steps, rate, *parts):
    """Adam over the weighted sum of cross-entropies; yields after every step."""
    wanted = [p for p in copy.module.parameters() if p.requires_grad]
    optimiser = torch.optim.Adam(wanted, lr=rate)
    rng = np.random.default_rng(5)
    for _ in range(steps):
        loss = sum(weight * _loss(copy, texts, labels, rng) for texts, labels, weight in parts)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(wanted, 1.0)
        optimiser.step()
        yield


def _loss(copy, texts, labels, rng):
    rows = rng.choice(len(texts), min(BATCH, len(texts)), replace=False)
    ids, mask = pad(encoded(copy, [texts[i] for i in rows]), pad_id(copy))
    logits = class_logits(copy, Batch(ids, mask))
    return F.cross_entropy(logits, torch.from_numpy(np.asarray(labels)[rows])).clamp(max=4.0)


def _block(name):
    found = re.search(r"\.(?:layer|block)\.(\d+)\.", name)
    return int(found.group(1)) if found else -1
