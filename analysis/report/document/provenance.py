"""What is known about the origin of each model; what is not known is a risk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from analysis.errors import RequestError
from analysis.report.document.blocks import Block, Bullets, Grid, Paragraph, Section
from analysis.report.document.chain import Chain
from analysis.report.document.facts import Facts
from analysis.report.document.page_one import ROLES, inputs_of
from analysis.report.document.phrases import one_line
from analysis.report.document.settings_file import read_settings
from analysis.report.text import Words
from analysis.runs.provenance import FIELDS, cleaned, read_provenance

__all__ = ["FIELDS", "Sheet", "provenance_section", "read_sheet", "sheet_of"]


@dataclass(frozen=True)
class Sheet:
    """What is known.

    Attributes:
        models: from a file of the report's maker: name, role or SHA-256 -> field -> text.
        kept: what is said beside the runs and in their records, by SHA-256.
    """

    models: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    kept: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def of(self, entry: Mapping[str, Any]) -> Mapping[str, str]:
        """What is said about the model of a record's entry; the file's word counts first."""
        name = PurePath(str(entry.get("source") or "")).name
        kept = self.kept.get(str(entry.get("sha256")), {})
        for key in (str(entry.get("sha256")), name, str(entry.get("role"))):
            if key in self.models:
                return {**kept, **self.models[key]}
        return kept


def sheet_of(chain: Chain, path: Path | None = None) -> Sheet:
    """Everything said about the models of a chain: a file, beside the runs, in their records.

    Raises:
        RequestError: as for `read_sheet`.
    """
    carried: dict[str, dict[str, str]] = {}
    for run in chain.runs:
        carried |= cleaned(run.record.get("provenance"))
    kept = {**carried, **read_provenance(chain.focus.path.parent)}
    return Sheet(read_sheet(path).models, kept)


def read_sheet(path: Path | None) -> Sheet:
    """Read a provenance file; an empty sheet without one.

    Raises:
        RequestError: it cannot be read, or names a field that does not exist.
    """
    if path is None:
        return Sheet()
    models = read_settings(path, "a provenance file").get("models")
    if not isinstance(models, Mapping):
        raise RequestError(
            f"'{path}' has no table 'models'.",
            'Write [models."NAME"] with ' + ", ".join(FIELDS) + ".",
        )
    for name, known in models.items():
        unknown = set(known if isinstance(known, Mapping) else {"": ""}) - set(FIELDS)
        if unknown:
            raise RequestError(
                f"'{path}' says '{sorted(unknown)[0]}' about model '{name}', which is no field.",
                f"The fields are {', '.join(FIELDS)}.",
            )
    texts = {
        str(name): {str(k): str(v).strip() for k, v in known.items()}
        for name, known in models.items()
    }
    return Sheet(texts)


def provenance_section(facts: Facts, sheet: Sheet, words: Words) -> Section:
    """One table per model and the list of what nobody knows."""
    blocks: list[Block] = [Paragraph(words("provenance.lead"))]
    risks = []
    models, _ = inputs_of(facts.chain)
    for entry in models:
        role = str(entry.get("role") or "")
        if role not in ROLES:
            continue
        missing: list[str] = []
        said, title = sheet.of(entry), words(f"role.{role}")
        name = one_line(PurePath(str(entry.get("source") or "")).name)
        rows = [
            (words("provenance.architecture"), one_line(str(entry.get("architecture") or ""))),
            (words("provenance.sha256"), str(entry.get("sha256") or "")),
        ]
        for key in FIELDS:
            value, label = one_line(said.get(key, ""), 200), words(f"provenance.{key}")
            rows.append((label, value or words("page.unknown")))
            if not value:
                missing.append(label)
        blocks.append(Paragraph(words("provenance.model", role=title, name=name)))
        blocks.append(Grid((), tuple(rows), weights=(2, 6)))
        if missing:
            risks.append(words("provenance.risk", role=title, fields=", ".join(missing)))
    blocks.append(Paragraph(words("provenance.risks")))
    blocks.append(Bullets(tuple(risks) or (words("provenance.none"),)))
    return Section("provenance", words("section.provenance"), tuple(blocks))
