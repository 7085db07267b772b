"""The registry of projectors and its configuration."""

import subprocess
import sys

import pytest

from analysis.config import PROJECTIONS
from analysis.errors import RequestError
from analysis.project.config import MapConfig
from analysis.project.fitted import load_function
from analysis.project.specs import PROJECTORS, projector


def test_registry_and_command_line_offer_the_same():
    assert tuple(spec.name for spec in PROJECTORS) == PROJECTIONS


@pytest.mark.parametrize("spec", PROJECTORS, ids=lambda spec: spec.name)
def test_every_spec_is_complete_and_resolves(spec):
    assert callable(load_function(spec.function))
    assert callable(load_function(spec.place))
    assert spec.summary
    assert spec.misses
    assert "http" in spec.paper
    assert projector(spec.name) is spec


def test_the_registry_loads_nothing_heavy():
    code = (
        "import sys, analysis.project.specs;"
        "print([m for m in ('sklearn', 'scipy', 'umap', 'openTSNE', 'numba', 'torch')"
        " if m in sys.modules])"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr


def test_unknown_projector_is_named_with_the_choices():
    with pytest.raises(RequestError, match="'isomap' is unknown. Choose from pca, tsne, umap"):
        projector("isomap")


def test_config_round_trips_through_json():
    config = MapConfig(method="tsne", seed=9, perplexity=12.5)
    assert MapConfig.from_json(config.to_json()) == config


@pytest.mark.parametrize(
    "values",
    [
        {"method": "isomap"},
        {"seed": -1},
        {"max_points": 0},
        {"components": 1},
        {"perplexity": 1.0},
        {"perplexity": float("nan")},
        {"min_dist": 1.0},
        {"threads": 0},
        {"colour": 1},
    ],
)
def test_config_refuses_what_cannot_be_drawn(values):
    with pytest.raises(RequestError):
        MapConfig.from_json(values)
