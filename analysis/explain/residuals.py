"""What is surprising about each sample's class: the event that items are tested against.

With a clean reference the event is the *residual*: the class of the file (or of the suspect)
minus the probability that the reference gives it. Legitimate features are predicted by the
reference too and cancel; a trigger is not. Without one, the plain class minus its base rate is
left, in which real patterns and triggers look alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MODES = {
    "label_vs_reference": "labels that the clean reference does not predict",
    "suspect_vs_reference": "predictions of the suspect that the clean reference does not share",
    "label_only": "labels alone (no clean reference of the same task)",
    "suspect_only": "predictions of the suspect alone",
}


@dataclass(frozen=True)
class Residuals:
    """Observed minus expected, per sample and class."""

    mode: str  # key of MODES
    observed: np.ndarray  # (n, k) float64, 0/1 or probabilities
    expected: np.ndarray  # (n, k) float64
    own: np.ndarray  # (n,) int64: the class each sample is scored in

    @property
    def values(self) -> np.ndarray:
        """Observed minus expected, (n, k) float64."""
        return np.asarray(self.observed - self.expected)

    @property
    def against_reference(self) -> bool:
        """Whether a clean model says what is expected."""
        return self.mode.endswith("_vs_reference")

    def shuffled(self, seed: int) -> Residuals:
        """The same events dealt out to the samples anew: a file in which no text means anything."""
        order = np.random.default_rng(seed).permutation(len(self.own))
        return Residuals(self.mode, self.observed[order], self.expected[order], self.own[order])


def make_residuals(
    labels: np.ndarray | None, suspect: np.ndarray | None, reference: np.ndarray | None
) -> Residuals | None:
    """The strongest event that the inputs allow; None without labels and predictions.

    Args:
        labels: (n,) int, as in the file.
        suspect: (n, k) probabilities.
        reference: (n, k) probabilities of a clean model of the same task; never those of a
            pretrained base.
    """
    classes = _n_classes(labels, suspect, reference)
    if labels is not None:
        observed = np.eye(classes)[labels]
        mode = "label"
    elif suspect is not None:
        observed = np.asarray(suspect, dtype=np.float64)
        mode = "suspect"
        if reference is None:
            observed = np.eye(classes)[observed.argmax(axis=1)]
    else:
        return None
    if reference is not None:
        expected = np.zeros_like(observed)
        expected[:, : reference.shape[1]] = reference
        return Residuals(f"{mode}_vs_reference", observed, expected, observed.argmax(axis=1))
    base = np.broadcast_to(observed.sum(axis=0) / max(len(observed), 1), observed.shape)
    return Residuals(f"{mode}_only", observed, base, observed.argmax(axis=1))


def _n_classes(
    labels: np.ndarray | None, suspect: np.ndarray | None, reference: np.ndarray | None
) -> int:
    counts = [p.shape[1] for p in (suspect, reference) if p is not None]
    if labels is not None and len(labels):
        counts.append(int(labels.max()) + 1)
    return max(counts, default=2)
