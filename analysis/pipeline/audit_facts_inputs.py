"""What an audit of facts was asked for, and its first step: read the questions, open the arms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from analysis.audit.arms import CONTROL, ORIGINAL, UNLEARNED
from analysis.audit.facts_model import require_causal
from analysis.config import InspectConfig
from analysis.data.facts import FOLDS, FactSet
from analysis.data.facts_read import read_facts
from analysis.errors import RequestError
from analysis.models.base import OpenedModel
from analysis.models.open import open_model
from analysis.pipeline.recording import record_inputs
from analysis.runs.writer import RunWriter


@dataclass(frozen=True)
class FactsAuditRequest:
    """Inputs and configuration of one audit of facts."""

    original: str
    unlearned: str
    facts: Path
    control: str | None = None
    retain: Path | None = None  # facts that should have stayed
    budget: str = "quick"
    folds: int = FOLDS
    config: InspectConfig = InspectConfig()
    origins: Mapping[str, str] = field(default_factory=dict)

    def asked(self) -> dict[str, object]:
        """The inputs as they were asked for."""
        return {
            "original": self.original,
            "unlearned": self.unlearned,
            "control": self.control,
            "facts": str(self.facts),
            "retain": None if self.retain is None else str(self.retain),
        }

    def values(self) -> dict[str, Any]:
        """The configuration for the record."""
        return {**self.config.to_json(), "budget": self.budget, "folds": self.folds}


@dataclass(frozen=True)
class FactsInputs:
    """Everything an audit of facts works on."""

    models: Mapping[str, OpenedModel]  # arm -> model
    facts: FactSet
    retain: FactSet | None


def read_facts_inputs(request: FactsAuditRequest, writer: RunWriter) -> FactsInputs:
    """Read and open everything; the record learns identities and warnings.

    Raises:
        RequestError: a file or model that cannot be used, or models of different shape.
    """
    writer.progress("Reading facts")
    config = request.config
    facts = read_facts(request.facts, request.folds, config.max_samples, config.seed)
    retain = None
    if request.retain is not None:
        retain = read_facts(request.retain, request.folds, config.max_samples, config.seed)
    writer.progress("Opening models")
    models = {
        UNLEARNED: open_causal(request.unlearned, config),
        ORIGINAL: open_causal(request.original, config),
    }
    if request.control is not None:
        models[CONTROL] = open_causal(request.control, config)
    _check(models)
    sets = {"facts": facts} if retain is None else {"facts": facts, "retain": retain}
    paths = {"facts": request.facts, "retain": request.retain}
    record_inputs(
        writer, models.items(), sets, {role: path for role, path in paths.items() if path}
    )
    return FactsInputs(models, facts, retain)


def open_causal(source: str, config: InspectConfig) -> OpenedModel:
    """A model with its language-model head.

    Raises:
        RequestError: it cannot be opened or does not write text.
    """
    model = open_model(source, replace(config, head="none", label_words=None), writes=True)
    require_causal(model)
    return replace(model, warnings=())  # "no predictions" is what was asked for here


def _check(models: Mapping[str, OpenedModel]) -> None:
    original = models[ORIGINAL]
    shape = {name: tuple(p.shape) for name, p in original.module.named_parameters()}
    for arm, model in models.items():
        if {name: tuple(p.shape) for name, p in model.module.named_parameters()} != shape:
            raise RequestError(
                f"the {arm} model '{model.source}' has another shape than '{original.source}'.",
                "The arms of an audit must be versions of one model.",
            )
        same_words = model.tokenizer.get_vocab() == original.tokenizer.get_vocab()
        if not same_words:
            raise RequestError(
                f"the {arm} model '{model.source}' has another vocabulary than '{original.source}'."
            )
    control = models.get(CONTROL)
    if control is not None:
        same = [arm for arm in (UNLEARNED, ORIGINAL) if models[arm].sha256 == control.sha256]
        if same:
            raise RequestError(
                f"the control has the same weights as the {same[0]} model.",
                "The control must be a model that never saw the facts, trained apart.",
            )
