"""The ids of outside catalogues: those of the design's table, pinned wherever they are cited."""

import json
import re

import pytest

from analysis.report.document.sarif import sarif_bytes
from analysis.report.document.section_record import record_sections
from analysis.report.document.taxonomy import PINNED, TAXA
from analysis.report.text import LANGUAGES, words_of

# PEERS.md, section 6: what each finding may be filed under. The OWASP list of 2026 came later.
LISTED = {
    "data": "AML.T0020 AML.T0019 AML.T0059 NISTAML.023 NISTAML.021 NISTAML.024 NISTAML.013 "
    "ML02:2023 LLM04:2025",
    "model": "AML.T0018 AML.T0018.000 AML.T0018.001 AML.T0018.002 NISTAML.026 NISTAML.011 "
    "ML10:2023 LLM04:2025",
    "trigger": "AML.T0043.004 AML.T0042 NISTAML.023 ML10:2023 LLM04:2025",
    "supply": "AML.T0010.003 AML.T0010.002 AML.T0058 AML.T0109 NISTAML.05 NISTAML.051 "
    "ML06:2023 ML07:2023 LLM03:2025",
}
FIRST = {"data": "AML.T0020", "model": "AML.T0018", "trigger": "AML.T0043.004"}
FORMS = {
    "MITRE ATLAS": r"AML\.T\d{4}(\.\d{3})?",
    "NIST AI 100-2": r"NISTAML\.\d{2,3}",
    "OWASP ML Top 10": r"ML\d{2}:2023",
    "OWASP LLM Top 10": r"LLM\d{2}:2025",
    "OWASP LLM Top 10 (2026)": r"LLM\d{2}:2026",
}


@pytest.mark.parametrize("finding", TAXA)
def test_ids_are_those_of_the_table_and_every_scheme_has_one(finding):
    taxa = TAXA[finding]
    listed = LISTED[finding].split()
    assert {t.id for t in taxa if not t.id.endswith(":2026")} <= set(listed)
    assert {t.scheme for t in taxa} == set(PINNED), "a reader of any one catalogue finds it"
    assert taxa[0].id == FIRST.get(finding, taxa[0].id)
    for taxon in taxa:
        assert re.fullmatch(FORMS[taxon.scheme], taxon.id), taxon
        assert taxon.name.strip()


def test_one_id_has_one_name():
    names = {}
    for taxon in (t for taxa in TAXA.values() for t in taxa):
        assert names.setdefault((taxon.scheme, taxon.id), taxon.name) == taxon.name


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_report_cites_every_id_and_the_versions(facts, language):
    (section,) = (s for s in record_sections(facts, words_of(language)) if s.key == "outside")
    lead, grid = section.blocks
    for name, version in PINNED.items():
        assert f"{name} {version}" in lead.text
    cited = {cell for row in grid.rows for cell in row}
    assert {t.id for taxa in TAXA.values() for t in taxa} <= cited


def test_a_found_backdoor_is_filed_under_data_model_and_trigger(facts):
    results = json.loads(sarif_bytes(facts))["runs"][0]["results"]
    filed = {taxon["id"] for result in results for taxon in result.get("taxa", ())}
    assert {"AML.T0043.004", "NISTAML.023"} <= filed
