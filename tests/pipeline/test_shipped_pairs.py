"""Verdicts on every shipped pair: poisoned found, clean not, on both kinds of file."""

from dataclasses import replace
from pathlib import Path

import pytest
from shipped_pair import QUICK

import sample_data
from analysis.data.shipped import shipped_samples
from analysis.data.write import write_samples
from analysis.pipeline.demo import shipped_model
from analysis.pipeline.inspect import inspect

ROWS = 1000  # 2 % of them are twenty poisoned samples
FEWER = 600  # for clean models; 5 % of them are thirty
# The verdict rests on text and behaviour; one detector and pooling name the layer.
FAST = replace(QUICK, detectors=("spectral",), pooling=("mean",))
MODELS = Path(sample_data.__file__).parent / "models"
POISONED = sorted(p.name for p in MODELS.glob("code*") if "clean" not in p.name)
CLEAN_PAIRS = [
    (f"{architecture}-mini-clean-{a}", f"{architecture}-mini-clean-{b}")
    for architecture in ("codebert", "codet5")
    for a, b in ((0, 1), (2, 1), (1, 0))
]


@pytest.fixture(scope="module")
def sample_file(tmp_path_factory):
    made = {}
    folder = tmp_path_factory.mktemp("pairs")

    def of(model, rows):
        if (model, rows) not in made:
            path = folder / f"{model}-{rows}.jsonl"
            write_samples(shipped_samples("train", model, limit=rows), path)
            made[model, rows] = path
        return made[model, rows]

    return of


def verdict(ask, store, suspect, reference, samples):
    request = ask(
        suspect=str(shipped_model(suspect)),
        reference=str(shipped_model(reference)),
        samples=samples,
        config=FAST,
    )
    found = inspect(request, store)
    return found.record["verdict"]


@pytest.mark.parametrize("suspect", POISONED)
def test_a_poisoned_model_is_found(suspect, ask, store, sample_file):
    reference = suspect.split("-mini-")[0] + "-mini-clean-1"
    found = verdict(ask, store, suspect, reference, sample_file(suspect, ROWS))
    assert (found["data"]["answer"], found["model"]["answer"]) == ("found", "found"), found


@pytest.mark.parametrize(("suspect", "reference"), CLEAN_PAIRS)
def test_a_clean_pair_is_not_found_on_clean_samples(suspect, reference, ask, store, sample_file):
    samples = sample_file(suspect, FEWER)
    found = verdict(ask, store, suspect, reference, samples)
    answers = (found["data"]["answer"], found["model"]["answer"])
    assert answers == ("not_found", "not_found"), found


@pytest.mark.parametrize(("suspect", "reference"), CLEAN_PAIRS)
@pytest.mark.parametrize("trigger", ["dead-5", "rename-5"])
def test_a_clean_pair_on_poisoned_samples(suspect, reference, trigger, ask, store, sample_file):
    # The file is poisoned and is called so; the model never took the trojan and is not.
    poisoned = suspect.split("-clean-")[0] + f"-{trigger}"
    found = verdict(ask, store, suspect, reference, sample_file(poisoned, FEWER))
    assert (found["data"]["answer"], found["model"]["answer"]) == ("found", "not_found"), found
