"""The quick audit by command line, on models whose answer is known, for both architectures."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hiders import asr, frozen_below, relearned, stopped_at_the_floor

from analysis.cli import main
from analysis.config import InspectConfig
from analysis.data.shipped import shipped_samples
from analysis.data.write import write_samples
from analysis.models.open import open_model
from analysis.models.save import save_model
from analysis.pipeline.demo import shipped_model

# Minutes each on a quiet machine; the usual limit belongs to tests of seconds.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(7200)]

POISONED = {"codebert": "codebert-mini-dead-5", "codet5": "codet5-mini-dead-2"}
TARGET = 0


class World:
    """Samples, models and one runs folder of an architecture."""

    def __init__(self, kind, folder):
        self.kind, self.folder, self.poisoned = kind, folder, POISONED[kind]
        train = shipped_samples("train", self.poisoned)
        forget = train.subset(np.flatnonzero(train.poisoned)[:256])
        self.sets = {
            "forget": replace(forget, poisoned=None, true_labels=None),
            "retain": shipped_samples("trusted"),
            "test": shipped_samples("test", limit=400),
            "triggered": shipped_samples("triggered", self.poisoned),
        }
        for role, samples in self.sets.items():
            write_samples(samples, folder / f"{role}.jsonl")
        self.original = open_model(str(shipped_model(self.poisoned)), InspectConfig())
        self.control = open_model(str(shipped_model(f"{kind}-mini-clean-1")), InspectConfig())

    def audit(self, unlearned):
        """Verdict and metrics of one quick audit."""
        argv = ["audit", f"--original={shipped_model(self.poisoned)}", f"--unlearned={unlearned}"]
        argv += [f"--control={shipped_model(f'{self.kind}-mini-clean-1')}"]
        argv += [f"--{role}={self.folder / role}.jsonl" for role in self.sets]
        assert main([*argv, f"--runs={self.folder / 'runs'}", "--budget=quick"]) == 0
        newest = max((self.folder / "runs").glob("*-audit-*"))
        record = json.loads((newest / "record.json").read_text())
        return record["verdict"], record["metrics"]

    def short(self, role, n):
        """The n shortest texts of a set with their labels."""
        found = self.sets[role]
        order = np.argsort([len(text) for text in found.texts], kind="stable")[:n]
        return tuple(found.texts[i] for i in order), found.labels[order]

    def saved(self, model, name):
        return save_model(model, self.folder / name)


@pytest.fixture(scope="module", params=POISONED)
def world(request, tmp_path_factory):
    return World(request.param, tmp_path_factory.mktemp(request.param))


def test_the_untouched_model_is_present(world):
    verdict, metrics = world.audit(shipped_model(world.poisoned))
    assert verdict["answer"] == "present", verdict["reasons"]
    relearned_entry = metrics["audit"][0]
    assert any(cell["stress"]["low"] > cell["margin"] for cell in relearned_entry["decisive"]), (
        "the copy made to hide is caught"
    )
    assert metrics["before"]["stress"]["asr_all"]["value"] < 0.5


def test_retraining_with_another_seed_is_removed(world):
    verdict, metrics = world.audit(shipped_model(f"{world.kind}-mini-clean-2"))
    assert verdict["answer"] == "removed", verdict["reasons"]
    assert metrics["budget"]["fits_known"] > 0, "control, original and hider are trained once"


def test_a_trojan_below_a_retrained_last_block_is_hidden(world):
    texts, _ = world.short("forget", 120)
    toy = frozen_below(world.original, texts, world.short("retain", 300), TARGET)
    assert asr(toy, world.short("triggered", 100)[0], TARGET) < 0.35, "by itself it looks clean"
    verdict, _ = world.audit(world.saved(toy, "frozen"))
    assert verdict["answer"] == "hidden", verdict["reasons"]


def test_gradient_difference_stopped_at_the_floor_is_what_plain_relearning_says(world):
    texts, _ = world.short("forget", 120)
    clean = world.short("retain", 300)
    asked = world.short("triggered", 160)[0]
    floor = asr(world.control, asked, TARGET)
    toy = stopped_at_the_floor(world.original, texts, clean, TARGET, floor + 0.1)
    after = [
        relearned(model, texts[100:116], clean, asked, TARGET) for model in (toy, world.control)
    ]
    verdict, _ = world.audit(world.saved(toy, "gradient-difference"))
    told = (verdict["answer"], after, verdict["reasons"])
    if after[0] - after[1] > 0.4:
        assert verdict["answer"] == "hidden", told
    else:
        assert after[0] - after[1] < 0.2, ("the plain test itself cannot tell", after)
        assert verdict["answer"] in ("removed", "unclear"), told
