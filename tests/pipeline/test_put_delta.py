"""A removal's weight change, put on the model and taken back, bit by bit, and noted."""

import json

import pytest
import torch

from analysis.cli import main
from analysis.config import InspectConfig
from analysis.models.open import open_model
from analysis.models.save import save_model
from analysis.pipeline.demo import shipped_model
from analysis.runs.store import RunStore
from analysis.runs.trail import read_entries
from analysis.unlearn.delta import make_delta
from analysis.unlearn.state import stored_state


@pytest.fixture(scope="module")
def removal(tmp_path_factory):
    """A run that keeps a weight change of a shipped model: (runs folder, run, sha256 before)."""
    root = tmp_path_factory.mktemp("runs")
    source = str(shipped_model("codebert-mini-clean-0"))
    opened = open_model(source, InspectConfig())
    before = stored_state(opened, opened.module)
    after = {name: tensor.clone() for name, tensor in before.items()}
    name = next(n for n, t in after.items() if t.is_floating_point() and t.dim() == 2)
    after[name][0] += torch.tensor(0.5, dtype=after[name].dtype)
    folder = save_model(opened, root / ".models" / "cleaned", after)
    with RunStore(root).create("unlearn", {}, {}, {}) as run:
        run.write_bytes("delta.safetensors", make_delta(before, after).to_bytes())
        run.set(inputs={"models": [
            {"role": "original", "source": source, "sha256": opened.sha256},
            {"role": "unlearned", "source": str(folder), "sha256": "0" * 64},
        ]})  # fmt: skip
    return root, run.run_id, opened.sha256


def kenshin(root, *argv):
    return main(["runs", *map(str, argv), "--runs", str(root)])


def test_applied_and_undone_it_is_the_first_model_again(removal, tmp_path, capsys):
    root, run_id, before = removal
    assert kenshin(root, "apply", run_id, "--out", tmp_path / "after", "--json") == 0
    after = json.loads(capsys.readouterr().out.splitlines()[-1])["sha256"]
    assert after != before
    assert after == open_model(str(tmp_path / "after"), InspectConfig()).sha256
    back = tmp_path / "back"
    assert kenshin(root, "undo", run_id, "--model", tmp_path / "after", "--out", back) == 0
    assert open_model(str(back), InspectConfig()).sha256 == before
    said = [(e.action, e.prints["model"], e.details["place"]) for e in read_entries(root)[-2:]]
    assert said == [
        ("delta.applied", after, str(tmp_path / "after")),
        ("delta.undone", before, str(back)),
    ]


def test_the_runs_own_models_are_the_default(removal, tmp_path):
    root, run_id, before = removal
    assert kenshin(root, "undo", run_id, "--out", tmp_path / "back") == 0
    assert open_model(str(tmp_path / "back"), InspectConfig()).sha256 == before


@pytest.mark.parametrize(
    ("model", "part"),
    [("codebert-mini-clean-1", "cannot be applied to"), ("codet5-mini-clean-0", "cannot be")],
)
def test_another_model_is_refused_and_nothing_is_noted(removal, tmp_path, capsys, model, part):
    root, run_id, _ = removal
    before = len(read_entries(root))
    out = tmp_path / "out"
    assert kenshin(root, "apply", run_id, "--model", shipped_model(model), "--out", out) == 2
    assert part in capsys.readouterr().err
    assert not out.exists()
    assert len(read_entries(root)) == before


def test_a_run_without_a_weight_change_and_a_missing_folder_are_refused(tmp_path, capsys):
    with RunStore(tmp_path).create("scan", {}, {}, {}):
        pass
    assert kenshin(tmp_path, "apply", "latest") == 2
    assert "--out is missing" in capsys.readouterr().err
    assert kenshin(tmp_path, "apply", "latest", "--out", tmp_path / "x") == 2
    assert "keeps no weight change" in capsys.readouterr().err
