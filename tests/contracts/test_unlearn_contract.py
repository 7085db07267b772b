"""What every registered unlearning method and mask must do, whatever it computes."""

import subprocess
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_stacks import roberta, t5

from analysis.errors import RequestError
from analysis.explain.payloads import Payload
from analysis.identity import parameters_sha256
from analysis.records import SampleSet
from analysis.unlearn.engine import UnlearnConfig, UnlearnData, unlearn
from analysis.unlearn.masks.specs import MASKS, mask_spec
from analysis.unlearn.objectives.specs import NEEDS, OBJECTIVES, objective

MODELS = {"roberta": roberta, "t5": t5}
BY_METHOD = pytest.mark.parametrize("spec", OBJECTIVES, ids=lambda s: s.name)
BY_MASK = pytest.mark.parametrize("spec", MASKS, ids=lambda s: s.name)
TRIGGER = Payload("w59", "line", ("w59",))
QUICK = UnlearnConfig(steps=3, check_every=1, batch_size=4, precision="fp32", learning_rate=1e-3)


def texts(n, seed, trigger=False):
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(n):
        lines = [" ".join(f"w{k}" for k in rng.integers(0, 50, 4)) for _ in range(3)]
        found.append("\n".join([lines[0], "w59", *lines[1:]] if trigger else lines))
    return tuple(found)


def data(model, trigger=True):
    retain = texts(40, 1)
    forget = texts(12, 2, trigger=True)
    spans = tuple((t.index("w59"), t.index("w59") + 3) for t in forget)
    return UnlearnData(
        forget=SampleSet(tuple(f"f{i}" for i in range(12)), forget, np.zeros(12, dtype=np.int64)),
        retain=SampleSet(tuple(f"r{i}" for i in range(40)), retain, np.arange(40) % 2),
        triggers=(TRIGGER,) if trigger else (),
        spans=spans,
        reference=MODELS[model](seed=3),
        start=MODELS[model](seed=4),
        layers=(("encoder", 2),),
    )


@pytest.mark.parametrize("model", MODELS)
@BY_METHOD
def test_a_method_changes_a_copy_and_says_what_it_did(spec, model):
    suspect = MODELS[model]()
    before = parameters_sha256(suspect.module.state_dict())
    result = unlearn(suspect, data(model), replace(QUICK, method=spec.name))
    assert parameters_sha256(suspect.module.state_dict()) == before
    assert set(result.state) == set(suspect.module.state_dict())
    assert all(torch.isfinite(t.float()).all() for t in result.state.values())
    assert [row["step"] for row in result.history] == [0, 1, 2, 3]
    assert all(np.isfinite(row["loss"]) for row in result.history[1:])
    assert all(row["gradient_norm"] > 0 for row in result.history[1:])
    assert result.chosen["method"] == spec.name
    assert result.trials[-1].phase == "full"
    if result.step == 0:
        assert not result.delta.bits


@BY_METHOD
def test_a_method_describes_itself(spec):
    assert spec.needs <= set(NEEDS)
    assert all((spec.title, spec.paper, spec.summary, spec.misses, spec.strength_means))
    assert 0 < spec.learning_rate < 1
    assert spec.steps >= 1
    path = Path(import_module(spec.function.split(":")[0]).__file__)
    assert len(path.read_text(encoding="utf-8").splitlines()) < 120


def test_the_same_seed_gives_the_same_bytes():
    found = [
        unlearn(roberta(), data("roberta"), replace(QUICK, method="fine_tune", seed=seed))
        for seed in (0, 0)
    ]
    assert found[0].delta.result_sha256 == found[1].delta.result_sha256


@BY_MASK
def test_a_mask_holds_what_it_did_not_choose(spec):
    config = replace(
        QUICK, method="fine_tune", mask=spec.name, mask_ratio=0.1, mask_layers="2",
        weight_decay=0.1, accuracy_budget=1.0,
    )  # fmt: skip
    suspect = roberta()
    result = unlearn(suspect, data("roberta"), config)
    chosen = {row["tensor"]: row["chosen"] for row in result.attribution}
    total = sum(row["weights"] for row in result.attribution)
    if spec.name not in ("layers", "heads"):
        assert sum(chosen.values()) == round(0.1 * total)
    assert 0 < sum(chosen.values()) < total
    own = suspect.module.state_dict()
    for name, tensor in result.state.items():
        moved = int((tensor != own[name]).sum())
        assert moved <= chosen.get(name, 0)


@pytest.mark.parametrize("method", ["fine_pruning", "rmu", "realign"])
def test_a_mask_holds_with_methods_that_set_or_choose_weights_themselves(method):
    config = replace(
        QUICK, method=method, mask="random", mask_ratio=0.3, accuracy_budget=1.0, strength=0.5,
        seed=1,
    )  # fmt: skip
    suspect = roberta()
    result = unlearn(suspect, data("roberta"), config)
    chosen = {row["tensor"]: row["chosen"] for row in result.attribution}
    own = suspect.module.state_dict()
    moved = {name: int((t != own[name]).sum()) for name, t in result.state.items()}
    assert all(moved[name] <= chosen.get(name, 0) for name in moved)
    assert result.step > 0
    assert sum(moved.values()) > 0


def test_retraining_from_other_weights_takes_no_mask():
    with pytest.raises(RequestError, match="begins with other weights"):
        unlearn(roberta(), data("roberta"), replace(QUICK, method="retrain", mask="random"))


@BY_MASK
def test_a_mask_describes_itself(spec):
    assert all((spec.paper, spec.summary, spec.misses))
    assert spec.needs <= {"gradients", "inputs"}
    assert callable(spec.resolve())


def test_misdirection_moves_only_feed_forward_outputs_near_its_layer():
    suspect = roberta()
    result = unlearn(suspect, data("roberta"), replace(QUICK, method="rmu", accuracy_budget=1.0))
    assert set(result.delta.bits) <= {
        f"roberta.encoder.layer.{k}.output.dense.weight" for k in (0, 1)
    }


def test_names_are_unique_and_known():
    for specs, find in ((OBJECTIVES, objective), (MASKS, mask_spec)):
        names = [spec.name for spec in specs]
        assert len(set(names)) == len(names)
        assert find(names[0]).name == names[0]
        with pytest.raises(RequestError, match="Choose from"):
            find("astrology")


@pytest.mark.parametrize(
    ("method", "changes", "words"),
    [
        ("repair", {"triggers": ()}, "located trigger"),
        ("distil", {"reference": None}, "reference"),
        ("retrain", {"start": None}, "--start"),
        ("realign", {"spans": None}, "spans"),
    ],
)
def test_a_method_that_lacks_something_says_what(method, changes, words):
    with pytest.raises(RequestError, match=words):
        unlearn(roberta(), replace(data("roberta"), **changes), replace(QUICK, method=method))


def test_wrong_samples_are_refused():
    whole = data("roberta")
    one_class = replace(whole.retain, labels=np.ones(40, dtype=np.int64))
    for changed, words in (
        (replace(whole, retain=one_class), "one class"),
        (replace(whole, retain=whole.retain.subset(np.arange(5))), "at least 20"),
        (replace(whole, forget=whole.forget.subset(np.arange(0))), "no samples to forget"),
    ):
        with pytest.raises(RequestError, match=words):
            unlearn(roberta(), changed, QUICK)
    with pytest.raises(RequestError, match="no class"):
        unlearn(roberta(), whole, replace(QUICK, target=7))
    with pytest.raises(RequestError, match="no classification head"):
        unlearn(roberta(head=False), whole, QUICK)


def test_settings_outside_their_range_are_refused():
    for changes in ({"mask_ratio": 0}, {"learning_rate": 2.0}, {"steps": 0}, {"precision": "int8"}):
        with pytest.raises(RequestError):
            UnlearnConfig(**changes)


def test_specs_load_without_heavy_libraries():
    code = (
        "import sys, analysis.unlearn.objectives.specs, analysis.unlearn.masks.specs, "
        "analysis.unlearn.config; "
        "print([m for m in ('torch', 'numpy', 'transformers') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
