"""Samples followed through the layers of a poisoned and a clean model."""

import pytest

from analysis.pipeline.paths import MAX_SAMPLES


@pytest.fixture(scope="module")
def paths(run):
    return run.table("paths")


def test_a_few_located_samples_are_followed_through_both_models(paths, run):
    located = run.table("ranking").query("trigger_end > trigger_start")["sample_id"]
    assert 0 < paths["sample_id"].nunique() <= MAX_SAMPLES
    assert set(paths["sample_id"]) <= set(located)
    assert set(paths["model"]) == {"suspect", "reference"}
    sizes = paths.groupby(["model", "layer", "pooling", "version"]).size()
    assert (sizes == paths["sample_id"].nunique()).all()
    assert paths["group"].notna().mean() > 0.8


def test_the_trigger_pulls_in_the_suspect_and_hardly_in_the_clean_model(paths):
    last = paths[(paths["layer"] == paths["layer"].max()) & (paths["pooling"] == "cls")]
    wide = last.pivot_table(index=["model", "sample_id"], columns="version", values="group")
    pull = (wide["without"] / wide["with"]).groupby("model").median()
    assert pull["suspect"] > 1.3
    assert pull["suspect"] > 1.2 * pull["reference"]
