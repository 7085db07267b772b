"""Behaviour figures of every model, and the check that its head and labels fit at all."""

from __future__ import annotations

from analysis.pipeline.state import Inspection


def behaviour_step(work: Inspection) -> None:
    """Accuracy, attack success and floor with intervals; notices a wrong head."""
