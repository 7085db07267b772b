"""Readings with a chosen ASR, for tests of figures and rules."""

import numpy as np

from analysis.audit.readings import Cell, Reading

N = 200


def hits(share, n=N):
    """Exactly round(share * n) hits, the same samples first."""
    return np.arange(n) < round(share * n)


def reading(arm, share, cell, fold=0, seed=0, leaning=0.1):
    return Reading("relearning", arm, cell, fold, seed, 1, hits(share), hits(leaning, 40), 0.9)


def measured(table):
    """table: arm -> {(samples, epoch): ASR of each fold}, as an audit printed it."""
    return [
        reading(arm, share, Cell("host", 2e-4, samples, epoch), fold)
        for arm, points in table.items()
        for (samples, epoch), shares in points.items()
        for fold, share in enumerate(shares)
    ]


def curves(shares, folds=(0,), rate=1e-4):
    """shares: arm -> {(samples, epoch): ASR}."""
    return [
        reading(arm, share, Cell("host", rate, samples, epoch), fold)
        for arm, points in shares.items()
        for (samples, epoch), share in points.items()
        for fold in folds
    ]
