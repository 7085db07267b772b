"""Files whose labels are words, through inspect, unlearn and train: the model names the classes."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from shipped_pair import CLEAN, QUICK

from analysis.config import InspectConfig
from analysis.data.read import read_samples
from analysis.data.shipped import shipped_samples
from analysis.errors import RequestError
from analysis.models.open import open_model
from analysis.pipeline.demo import shipped_model
from analysis.pipeline.inspect import inspect
from analysis.pipeline.label_words import require_same_order, with_classes
from analysis.pipeline.train_inputs import read_train_inputs
from analysis.pipeline.train_settings import TrainOptions, TrainRequest
from analysis.pipeline.unlearn_inputs import read_unlearn_inputs
from analysis.pipeline.unlearn_settings import UnlearnRequest

WORDS = ("Clean", "DEFECTIVE")  # the models say clean and defective


@pytest.fixture(scope="module")
def worded(tmp_path_factory):
    """Role -> file with words in place of the shipped labels."""
    folder = tmp_path_factory.mktemp("words")
    found = {}
    for role, rows in (("train", 120), ("test", 60)):
        samples = shipped_samples(role, CLEAN, limit=rows)
        found[role] = folder / f"{role}.jsonl"
        lines = zip(samples.ids, samples.texts, samples.labels, strict=True)
        found[role].write_text(
            "".join(
                json.dumps({"id": i, "code": text, "label": WORDS[label]}) + "\n"
                for i, text, label in lines
            )
        )
    return found


def numbers(role, rows):
    return shipped_samples(role, CLEAN, limit=rows).labels.tolist()


def test_an_inspection_reads_words_as_the_models_classes_and_says_so(worded, ask, store):
    config = replace(QUICK, detectors=("spectral",), pooling=("mean",))
    found = inspect(ask(samples=worded["train"], test=worded["test"], config=config), store)
    assert found.table("samples")["label"].tolist() == numbers("train", 120)
    entries = {each["role"]: each for each in found.record["inputs"]["samples"]}
    assert entries["samples"]["label_words"] == {"Clean": 0, "DEFECTIVE": 1}
    assert found.record["metrics"]["suspect"]["clean_accuracy"]["value"] > 0.7
    assert not any("wrong head" in text for text in found.record["warnings"])


def test_an_unlearning_and_a_training_read_the_same_words(worded, store):
    model = str(shipped_model(CLEAN))
    asked = UnlearnRequest(model=model, forget=worded["test"], retain=worded["train"])
    with store.create("unlearn", {}, {}, {}) as writer:
        read = read_unlearn_inputs(asked, None, writer)
    assert read.retain.labels.tolist() == numbers("train", 120)
    assert read.flagged.samples.labels.tolist() == numbers("test", 60)
    request = TrainRequest(
        model=model,
        samples=worded["train"],
        out=Path("unused"),
        options=TrainOptions(),
        config=InspectConfig(),
        origins={},
    )
    with store.create("train", {}, {}, {}) as writer:
        assert read_train_inputs(request, writer).labels.tolist() == numbers("train", 120)


def test_words_that_a_text_model_writes_are_its_classes(worded):
    model = open_model(str(shipped_model("codet5-mini-clean-1")), InspectConfig())
    sets = {"samples": read_samples(worded["train"], words=True)}
    assert with_classes(sets, model, InspectConfig())["samples"].labels.tolist() == numbers(
        "train", 120
    )
    turned = InspectConfig(label_words="0=defective,1=clean")
    labels = with_classes(sets, model, turned)["samples"].labels
    assert labels.tolist() == [1 - each for each in numbers("train", 120)]


def test_a_reference_with_the_same_names_in_another_order_is_refused(tmp_path):
    shutil.copytree(shipped_model(CLEAN), tmp_path / "turned")
    path = tmp_path / "turned" / "config.json"
    config = json.loads(path.read_text())
    config["id2label"] = {"0": "defective", "1": "clean"}
    path.write_text(json.dumps(config))
    suspect = open_model(str(shipped_model(CLEAN)), InspectConfig())
    turned = open_model(str(tmp_path / "turned"), InspectConfig())
    require_same_order(suspect, suspect, "reference")
    with pytest.raises(RequestError, match="class 0 is 'clean' for .* and 'defective' for ref"):
        require_same_order(suspect, turned, "reference")
