"""Principal components of the vectors of both models together.

Pearson, 1901. Joint centring only: whitening each model by itself would hide that one of them
drifted or shrank, and that is what the map is for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh
from sklearn.utils.extmath import randomized_svd

_EXACT_UP_TO = 1536  # min(n, d) beyond which an exact decomposition costs seconds per layer


@dataclass(frozen=True)
class Basis:
    """Where the joint cloud lies and along which directions it is widest."""

    mean: np.ndarray  # (d,) float64
    axes: np.ndarray  # (d, c) float64, orthonormal columns, widest first
    variances: np.ndarray  # (c,) float64, with n - 1 as in scikit-learn
    total_variance: float

    def transform(self, vectors: np.ndarray) -> np.ndarray:
        """Coordinates along the axes, (m, d) -> (m, c) float32, in the units of the vectors."""
        return ((vectors.astype(np.float64) - self.mean) @ self.axes).astype(np.float32)

    @property
    def scale(self) -> float:
        """Root mean square distance to the mean; 1 for a cloud without extent."""
        return float(np.sqrt(self.total_variance)) or 1.0

    @property
    def explained(self) -> float:
        """Share of the joint variance along the first two axes, 0 to 1."""
        return float(self.variances[:2].sum() / self.total_variance) if self.total_variance else 0.0


def fit_basis(vectors: np.ndarray, counts: np.ndarray, components: int, seed: int) -> Basis:
    """Fit the widest directions of weighted vectors.

    Args:
        vectors: (u, d) float, different vectors.
        counts: (u,) int, how often each of them occurs.
        components: at most this many axes; fewer where the data has fewer.
        seed: for the randomised decomposition of very wide data only.

    Returns:
        Axes whose largest entry is positive, so that a repeated fit never mirrors the map.
    """
    values = vectors.astype(np.float64)
    n = int(counts.sum())
    mean = counts @ values / n
    weighted = (values - mean) * np.sqrt(counts / max(n - 1, 1))[:, None]
    components = min(components, *values.shape)
    axes, variances = _decompose(weighted, components, seed)
    signs = np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(components)])
    axes = axes * np.where(signs == 0, 1.0, signs)
    return Basis(mean, axes, np.maximum(variances, 0.0), float((weighted**2).sum()))


def _decompose(weighted: np.ndarray, components: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    u, d = weighted.shape
    if min(u, d) > _EXACT_UP_TO:
        _, singular, right = randomized_svd(weighted, components, n_iter=7, random_state=seed)
        return right.T, singular**2
    if d <= u:
        variances, axes = eigh(weighted.T @ weighted, subset_by_index=[d - components, d - 1])
        return axes[:, ::-1], variances[::-1]
    # SVD rather than the (u, u) Gram matrix: its null directions would need dividing by zero.
    _, singular, right = np.linalg.svd(weighted, full_matrices=False)
    return right[:components].T, singular[:components] ** 2
