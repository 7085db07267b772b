"""What every registered detector must do, whatever it computes."""

import inspect
import subprocess
import sys
from dataclasses import fields, is_dataclass, replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from analysis.detect.specs import DETECTORS, NEEDS, WEIGHING, choose, detector
from analysis.errors import KenshinError, RequestError

# Density and clusters see groups; ECOD and the forest count components, however far one lies out.
GROUPS_ONLY = (
    "density",
    "disagreement",
    "activation_clustering",
    "umap_clusters",
    "ecod",
    "isolation_forest",
    "neighbour_ranks",
    "reference_neighbours",
    "gradient_clusters",
)
BY_NAME = pytest.mark.parametrize("spec", DETECTORS, ids=lambda s: s.name)


def cloud(spec, n=200, d=12, seed=0):
    rng = np.random.default_rng(seed)
    if spec.fits_on == "predictions":
        p = rng.uniform(0.01, 0.99, (n, 2))
        return np.hstack([p[:, :1], 1 - p[:, :1], p[:, 1:], 1 - p[:, 1:]])
    if spec.fits_on == "gradients":  # vectors, then p - e_y of two classes
        p = rng.uniform(0.01, 0.6, n)
        return np.column_stack([rng.normal(size=(n, d)) + 1.0, -p, p])
    if spec.fits_on == "layers":  # ranks
        return rng.integers(0, 50, size=(n, d)).astype(float)
    if spec.fits_on == "classes":  # vectors, then a class
        return np.column_stack([rng.normal(size=(n, d)), rng.integers(0, 2, n)])
    return rng.normal(size=(n, d)) * np.linspace(0.5, 2, d)


@BY_NAME
def test_scores_are_finite_one_per_row_and_repeat(spec):
    fit, x = spec.resolve(), cloud(spec)
    first, second = fit(x, spec.config()).score(x), fit(x.copy(), spec.config()).score(x)
    assert first.shape == (len(x),)
    assert np.isfinite(first).all()
    assert first.tobytes() == second.tobytes()
    assert np.ptp(first) > 0


@BY_NAME
def test_fitted_objects_are_frozen_and_do_not_touch_their_input(spec):
    x = cloud(spec)
    kept = x.copy()
    fitted = spec.resolve()(x, spec.config())
    fitted.score(x)
    assert is_dataclass(fitted)
    assert np.array_equal(x, kept)
    with pytest.raises(AttributeError):
        setattr(fitted, fields(fitted)[0].name, None)


@BY_NAME
def test_order_of_the_rows_does_not_matter(spec):
    if spec.name == "reference_residual":
        pytest.skip("its folds follow the row order by design")
    x = cloud(spec)
    order = np.random.default_rng(1).permutation(len(x))
    straight = spec.resolve()(x, spec.config()).score(x)
    shuffled = spec.resolve()(x[order], spec.config()).score(x[order])
    np.testing.assert_allclose(shuffled, straight[order], rtol=1e-5, atol=1e-8)


@BY_NAME
def test_duplicates_and_few_rows_stay_finite(spec):
    x = cloud(spec)
    doubled = np.vstack([x[:20]] * 3)
    assert np.isfinite(spec.resolve()(doubled, spec.config()).score(doubled)).all()
    with pytest.raises(KenshinError):
        spec.resolve()(x[:0], spec.config())


@BY_NAME
def test_not_finite_input_is_refused(spec):
    x = cloud(spec)
    x[3, 1] = np.nan
    with pytest.raises(KenshinError, match="NaN"):
        spec.resolve()(x, spec.config())


@BY_NAME
def test_a_far_outlier_is_suspicious(spec):
    """One direction for all: higher = more suspicious."""
    if spec.name in GROUPS_ONLY:
        pytest.skip("looks for something else than a single outlier")
    x = cloud(spec)
    far = x.copy()
    far[0, :6] += 40.0
    scores = spec.resolve()(x if spec.fits_on == "trusted" else far, spec.config()).score(far)
    assert scores.argmax() == 0


@BY_NAME
def test_files_are_short_and_say_paper_need_and_blind_spot(spec):
    module = import_module(spec.function.split(":")[0])
    lines = Path(module.__file__).read_text(encoding="utf-8").splitlines()
    assert len(lines) < 120
    text = module.__doc__
    assert "Needs:" in text
    assert "Blind spot:" in text
    assert spec.needs <= set(NEEDS)
    assert all((spec.paper, spec.summary, spec.misses))
    assert len(inspect.signature(spec.resolve()).parameters) == 2
    assert replace(spec.config()) == spec.config()


def test_names_are_unique_and_known():
    names = [spec.name for spec in DETECTORS]
    assert len(set(names)) == len(names)
    assert detector("spectral").name == "spectral"
    with pytest.raises(RequestError, match="Choose from"):
        detector("astrology")


def test_choose_says_why_something_cannot_run():
    specs, reasons = choose((), frozenset())
    assert {s.name for s in specs}.isdisjoint(reasons)
    assert reasons["mahalanobis"] == "needs trusted"
    assert "reference_residual" in reasons
    assert choose(("all",), frozenset(NEEDS)) == (DETECTORS, {})
    usual, none = choose((), frozenset(NEEDS))
    assert none == {}
    assert set(usual) == {s for s in DETECTORS if s.by_default}
    assert 7 <= len(usual) < len(DETECTORS)
    assert {s.name for s in usual} >= WEIGHING


def test_specs_load_without_heavy_libraries():
    code = (
        "import sys, analysis.detect.specs; "
        "print([m for m in ('torch','sklearn','scipy','transformers') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
