"""What an audit answers, about a trojan or about facts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class AuditVerdict:
    """The answer of an audit."""

    answer: str  # "present", "removed", "hidden" or "unclear"
    rule: str  # which of the written rules decided
    confidence: float
    reasons: tuple[str, ...]
    not_tested: tuple[str, ...]

    def to_json(self, rules: Mapping[str, str]) -> dict[str, Any]:
        """The record's `verdict` object; `rules` has the words of every rule."""
        return {
            "answer": self.answer,
            "confidence": self.confidence,
            "layer": None,
            "detector": None,
            "rule": self.rule,
            "rule_words": rules[self.rule],
            "reasons": list(self.reasons),
            "not_tested": list(self.not_tested),
        }
