"""The projectors by name; the dashboard, the command line and the contract tests read this."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.errors import RequestError
from analysis.project.config import MapConfig


@dataclass(frozen=True)
class ProjectorSpec:
    """One way to draw a map, described without loading what computes it."""

    name: str
    label: str  # as shown on the screen
    function: str  # "module:function", (features, neighbours, config) -> (n, 2) float32
    place: str  # "module:function", (Layout, new features, config) -> (m, 2) float32
    config: type[MapConfig]
    needs: tuple[str, ...]  # "neighbours": the k-NN graph, which makes a map cost seconds
    min_points: int  # different vectors; with fewer, principal components are drawn instead
    paper: str
    summary: str
    misses: str


PROJECTORS = (
    ProjectorSpec(
        name="pca",
        label="PCA",
        function="analysis.project.pca:fit_pca",
        place="analysis.project.pca:place_pca",
        config=MapConfig,
        needs=(),
        min_points=1,
        paper="Pearson, 1901, https://doi.org/10.1080/14786440109462720",
        summary="The two directions of largest joint variance; distances keep their units",
        misses="Structure outside the two strongest directions, where a rare trigger often sits",
    ),
    ProjectorSpec(
        name="tsne",
        label="t-SNE",
        function="analysis.project.tsne:fit_tsne",
        place="analysis.project.tsne:place_tsne",
        config=MapConfig,
        needs=("neighbours",),
        min_points=16,
        paper="van der Maaten & Hinton, 2008, https://jmlr.org/papers/v9/vandermaaten08a.html",
        summary="Keeps each point's nearest neighbours together; shows small groups",
        misses="Distances between groups, group sizes and densities mean nothing",
    ),
    ProjectorSpec(
        name="umap",
        label="UMAP",
        function="analysis.project.umap:fit_umap",
        place="analysis.project.umap:place_umap",
        config=MapConfig,
        needs=("neighbours",),
        min_points=16,
        paper="McInnes et al., 2018, https://arxiv.org/abs/1802.03426",
        summary="Keeps neighbours together and more of the order between groups than t-SNE",
        misses="Tears or joins groups by chance; gaps look wider than they are",
    ),
)


def projector(name: str) -> ProjectorSpec:
    """The spec called `name`; an unknown name is a RequestError."""
    for spec in PROJECTORS:
        if spec.name == name:
            return spec
    names = ", ".join(spec.name for spec in PROJECTORS)
    raise RequestError(f"projection '{name}' is unknown.", f"Choose from {names}.")
