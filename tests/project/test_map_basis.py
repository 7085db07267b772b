"""The joint principal components."""

import numpy as np
import pytest
from map_clouds import smooth
from sklearn.decomposition import PCA

from analysis.project import basis as basis_module
from analysis.project.basis import fit_basis


@pytest.mark.parametrize(("n", "d"), [(200, 12), (15, 40)])
def test_agrees_with_scikit_learn_up_to_sign(n, d):
    vectors = smooth(n, d)
    ours = fit_basis(vectors, np.ones(n, dtype=int), 5, 0)
    theirs = PCA(5, svd_solver="full").fit(vectors.astype(np.float64))
    signs = np.sign((ours.axes * theirs.components_.T).sum(axis=0))
    np.testing.assert_allclose(ours.axes * signs, theirs.components_.T, atol=1e-9)
    np.testing.assert_allclose(ours.variances, theirs.explained_variance_, rtol=1e-9)
    np.testing.assert_allclose(
        ours.transform(vectors), theirs.transform(vectors) * signs, atol=1e-5
    )
    assert ours.explained == pytest.approx(theirs.explained_variance_ratio_[:2].sum())


def test_counts_stand_for_repeated_rows():
    vectors, counts = smooth(30, 6), np.arange(30) % 4 + 1
    once = fit_basis(vectors, counts, 4, 0)
    repeated = np.repeat(vectors, counts, axis=0)
    again = fit_basis(repeated, np.ones(len(repeated), dtype=int), 4, 0)
    np.testing.assert_allclose(once.mean, again.mean, atol=1e-12)
    np.testing.assert_allclose(once.axes, again.axes, atol=1e-9)
    assert once.total_variance == pytest.approx(again.total_variance)


def test_axes_never_mirror_when_the_vectors_do():
    vectors = smooth(50, 8)
    ones = np.ones(50, dtype=int)
    np.testing.assert_allclose(
        fit_basis(vectors, ones, 3, 0).axes, fit_basis(-vectors, ones, 3, 0).axes, atol=1e-9
    )


def test_randomised_decomposition_of_wide_data_finds_the_same_axes(monkeypatch):
    vectors, ones = smooth(80, 60), np.ones(80, dtype=int)
    exact = fit_basis(vectors, ones, 5, 0)
    monkeypatch.setattr(basis_module, "_EXACT_UP_TO", 10)
    quick = fit_basis(vectors, ones, 5, 0)
    np.testing.assert_allclose(quick.axes[:, :2], exact.axes[:, :2], atol=1e-2)
    np.testing.assert_array_equal(quick.axes, fit_basis(vectors, ones, 5, 0).axes)
