"""What a stored facts-mini model knows, before and after the relearning attack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analysis.audit.facts_budgets import facts_budget
from analysis.audit.facts_figures import grid
from analysis.audit.facts_model import score_choices
from analysis.audit.facts_rtt import RELEARNING, rtt
from analysis.behaviour.intervals import share
from analysis.config import InspectConfig
from analysis.models.base import OpenedModel
from analysis.models.open import open_model
from analysis.training.trainable import trainable
from sample_data.facts_rows import World

SETS = ("facts", "retain", "other")


def opened(folder: Path) -> OpenedModel:
    """The stored model in float32, its language-model head kept."""
    return trainable(open_model(str(folder), InspectConfig(head="none"), writes=True))


def measure_facts(folder: Path, world: World) -> dict[str, Any]:
    """Four-way accuracy on each set, with n and interval."""
    model = opened(folder)
    return {
        name: share(score_choices(model, getattr(world, name)).plain_hits).to_json()
        for name in SETS
    }


def measure_relearning(folder: Path, world: World) -> dict[str, Any]:
    """Best accuracy on held-out birth years over the grid of the quick budget."""
    budget = facts_budget("quick")
    found = grid(rtt({"model": opened(folder)}, world.facts, budget), RELEARNING).best("model")
    chosen = {"learning_rate": found.cell.learning_rate, "epoch": found.cell.epoch}
    return {**found.accuracy.to_json(), **chosen, "budget": budget.name}
