"""What every registered attack must do, whatever it tries."""

import inspect
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from analysis.audit.budgets import BUDGETS, whole_cost
from analysis.audit.specs import ATTACKS, attack, choose
from analysis.errors import RequestError

BY_NAME = pytest.mark.parametrize("spec", ATTACKS, ids=lambda s: s.name)


@BY_NAME
def test_files_are_short_and_say_need_and_blind_spot(spec):
    module = import_module(spec.function.split(":")[0])
    assert len(Path(module.__file__).read_text(encoding="utf-8").splitlines()) < 170
    assert "Needs:" in module.__doc__
    assert "Blind spot:" in module.__doc__
    assert list(inspect.signature(spec.resolve()).parameters) == ["setting", "before"]
    assert all((spec.title, spec.summary, spec.paper, spec.misses))
    assert spec.name == module.NAME


@BY_NAME
def test_every_attack_is_in_a_budget_and_has_a_price(spec):
    assert any(spec.name in budget.attacks for budget in BUDGETS)
    assert whole_cost(BUDGETS[0], 4, (spec.name,)).passes > 0


def test_names_are_unique_and_known():
    names = [spec.name for spec in ATTACKS]
    assert len(set(names)) == len(names)
    assert attack("clean-finetune").name == "clean_finetune"
    assert choose((), BUDGETS[0]) == tuple(s for s in ATTACKS if s.name in BUDGETS[0].attacks)
    assert [s.name for s in choose(("prune", "relearning"), BUDGETS[0])] == ["relearning", "prune"]
    with pytest.raises(RequestError, match="Choose from relearning"):
        attack("bribery")


def test_specs_load_without_heavy_libraries():
    code = (
        "import sys, analysis.audit.specs; "
        "print([m for m in ('torch','sklearn','scipy','transformers','numpy') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
