"""Checks and small linear algebra that several detectors share."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.linalg import eigh

from analysis.errors import KenshinError


def require_matrix(values: np.ndarray, *, min_rows: int, name: str) -> np.ndarray:
    """`values` as (n, d) float64.

    Raises:
        KenshinError: not two-dimensional, too few rows, or not finite.
    """
    matrix = np.asarray(values, dtype=np.float64)
    if matrix.ndim != 2 or len(matrix) < min_rows:
        raise KenshinError(
            f"{name} has shape {np.shape(values)}, expected (n, d) with n >= {min_rows}."
        )
    if not np.isfinite(matrix).all():
        raise KenshinError(f"{name} holds NaN or infinite values.", "Check the model's weights.")
    return matrix


def is_constant(features: np.ndarray) -> bool:
    """Whether all rows of `features`, (n, d), are the same vector up to rounding."""
    spread = np.ptp(features, axis=0).max(initial=0.0)
    return bool(spread <= 1e-6 * (1.0 + np.abs(features[:1]).max(initial=0.0)))


class Components(NamedTuple):
    """Principal components: `(x - mean) @ axes` are coordinates, each of variance `variance`."""

    mean: np.ndarray  # (d,) float64
    axes: np.ndarray  # (d, c) float64, orthonormal columns
    variance: np.ndarray  # (c,) float64, falling


def principal_components(features: np.ndarray, n_components: int) -> Components:
    """Leading principal components of (n, d) features by the smaller of the two Gram matrices.

    Signs are fixed (largest entry of each axis positive), so equal input gives equal output.
    Directions without variance are left out; at least one component is returned.
    """
    mean = features.mean(axis=0)
    centred = features - mean
    n, d = centred.shape
    gram = (centred.T @ centred if d <= n else centred @ centred.T) / max(n - 1, 1)
    last = len(gram) - 1
    values, axes = eigh(gram, subset_by_index=[max(last + 1 - n_components, 0), last])
    if d > n:
        scale = np.sqrt(np.maximum(values, np.finfo(float).tiny) * max(n - 1, 1))
        axes = centred.T @ axes / scale
    order = np.argsort(values)[::-1][:n_components]
    keep = order[values[order] > 1e-10 * max(values[order[0]], np.finfo(float).tiny)]
    keep = keep if len(keep) else order[:1]
    axes = axes[:, keep]
    sign = np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    return Components(mean, axes * np.where(sign == 0, 1.0, sign), values[keep])


def shrunk_covariance(centred: np.ndarray, shrinkage: float | None = None) -> np.ndarray:
    """Covariance of centred rows, (n, d) float64, pulled towards a multiple of the identity.

    Without `shrinkage`, Ledoit and Wolf's (2004) estimate of the best strength is used.
    """
    n, d = centred.shape
    covariance = centred.T @ centred / n
    level = float(np.trace(covariance)) / d
    if shrinkage is None:
        squared = centred**2
        spread = float((squared.T @ squared).sum()) / n - float((covariance**2).sum())
        distance = float((covariance**2).sum()) - d * level**2
        shrinkage = float(np.clip(spread / n / distance, 0.0, 1.0)) if distance > 0 else 1.0
    floor = 1e-6 * max(level, np.finfo(float).tiny)  # keeps the inverse finite at shrinkage 0
    identity = np.eye(d)
    return (1.0 - shrinkage) * covariance + (shrinkage * level + floor) * identity
