"""Unlearning of facts into a folder, so that it can be audited and loaded elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis.audit.facts_masks import facts_mask
from analysis.audit.facts_specs import facts_method
from analysis.audit.facts_unlearn import FactsUnlearning, unlearn_facts
from analysis.config import InspectConfig
from analysis.data.facts_read import read_facts
from analysis.models.save import require_empty, save_model
from analysis.pipeline.audit_facts_inputs import open_causal
from analysis.unlearn.loop import Moment


@dataclass(frozen=True)
class FactsUnlearnRequest:
    """One unlearning."""

    model: str
    facts: Path
    retain: Path
    out: Path  # must not exist, or be empty
    unlearning: FactsUnlearning
    mask: str | None = None
    mask_ratio: float = 0.2


def facts_unlearn(
    request: FactsUnlearnRequest, on_moment: Callable[[Moment], None] | None = None
) -> dict[str, Any]:
    """Unlearn, save as a Hugging Face folder in the model's own dtype, say what became of it.

    Raises:
        RequestError: the inputs are wrong, or the output folder holds something.
    """
    require_empty(request.out)
    facts_method(request.unlearning.method)  # refused before anything is read
    facts, retain = read_facts(request.facts), read_facts(request.retain)
    model = open_causal(request.model, InspectConfig())
    seed = request.unlearning.seed
    mask = facts_mask(request.mask, request.mask_ratio, seed) if request.mask else None
    found = unlearn_facts(model, facts, retain, request.unlearning, mask, on_moment)
    own = model.module.state_dict()
    state = {
        name: tensor.to(own[name].dtype) for name, tensor in found.model.module.state_dict().items()
    }
    save_model(model, request.out, state)
    best, start = found.result.best, found.result.start
    return {
        "path": str(request.out.resolve()),
        "method": request.unlearning.method,
        "mask": request.mask,
        "step": best.step,
        "stopped": found.result.stopped,
        "facts": {"before": start.asr, "after": best.look.asr, "n": len(facts)},
        "retain": {"before": start.accuracy, "after": best.look.accuracy, "n": len(retain)},
        "chance": facts.chance,
        "seconds": round(found.seconds, 1),
    }
