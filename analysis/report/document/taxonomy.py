"""Ids of outside catalogues that findings are filed under; the versions are pinned here.

Checked against MITRE ATLAS data 5.6.0 (ids and names), public mappings of NIST AI 100-2 E2025, the
OWASP ML Top 10 (2023, a draft) and the OWASP LLM Top 10 of 2025 and of 2026. Ids move between
releases, so a report names the versions it cites: since 2026.07 ATLAS says "Training Data
Poisoning" for AML.T0020 and "Publish Poisoned AI Artifacts: Models" for what was AML.T0058; the
LLM Top 10 of 2026 renumbered LLM03 and LLM04. One NIST name, Model Poisoning, has three ids.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

PINNED: Mapping[str, str] = MappingProxyType(
    {"MITRE ATLAS": "5.6.0", "NIST AI 100-2": "E2025", "OWASP ML Top 10": "2023 (draft)",
     "OWASP LLM Top 10": "2025", "OWASP LLM Top 10 (2026)": "2026"}
)  # fmt: skip


class Taxon(NamedTuple):
    """One entry of an outside catalogue."""

    scheme: str  # key of PINNED
    id: str
    name: str


_ATLAS, _NIST, _ML, _LLM, _LLM26 = PINNED
TAXA: Mapping[str, tuple[Taxon, ...]] = MappingProxyType(
    {
        "data": (
            Taxon(_ATLAS, "AML.T0020", "Poison Training Data"),
            Taxon(_ATLAS, "AML.T0059", "Erode Dataset Integrity"),
            Taxon(_NIST, "NISTAML.023", "Backdoor Poisoning"),
            Taxon(_NIST, "NISTAML.013", "Data Poisoning"),
            Taxon(_ML, "ML02:2023", "Data Poisoning Attack"),
            Taxon(_LLM, "LLM04:2025", "Data and Model Poisoning"),
            Taxon(_LLM26, "LLM05:2026", "Data and Model Poisoning"),
        ),
        "model": (
            Taxon(_ATLAS, "AML.T0018", "Manipulate AI Model"),
            Taxon(_ATLAS, "AML.T0018.000", "Poison AI Model"),
            Taxon(_NIST, "NISTAML.026", "Model Poisoning"),
            Taxon(_ML, "ML10:2023", "Model Poisoning"),
            Taxon(_LLM, "LLM04:2025", "Data and Model Poisoning"),
            Taxon(_LLM26, "LLM05:2026", "Data and Model Poisoning"),
        ),
        "trigger": (
            Taxon(_ATLAS, "AML.T0043.004", "Insert Backdoor Trigger"),
            Taxon(_ATLAS, "AML.T0042", "Verify Attack"),
            Taxon(_NIST, "NISTAML.023", "Backdoor Poisoning"),
            Taxon(_ML, "ML10:2023", "Model Poisoning"),
            Taxon(_LLM, "LLM04:2025", "Data and Model Poisoning"),
            Taxon(_LLM26, "LLM05:2026", "Data and Model Poisoning"),
        ),
        "supply": (
            Taxon(_ATLAS, "AML.T0010.003", "AI Supply Chain Compromise: Model"),
            Taxon(_ATLAS, "AML.T0058", "Publish Poisoned Models"),
            Taxon(_NIST, "NISTAML.051", "Model Poisoning (supply chain)"),
            Taxon(_ML, "ML06:2023", "AI Supply Chain Attacks"),
            Taxon(_ML, "ML07:2023", "Transfer Learning Attack"),
            Taxon(_LLM, "LLM03:2025", "Supply Chain"),
            Taxon(_LLM26, "LLM04:2026", "Supply Chain"),
        ),
    }
)
