"""The descriptions of the trigger families, for screens that compute nothing themselves."""

from __future__ import annotations

from analysis.data.triggers import TRIGGERS, TriggerSpec

__all__ = ["TRIGGERS", "TriggerSpec"]
