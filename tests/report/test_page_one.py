"""Page 1 for people with two minutes: on one sheet, nothing twice, figures that can be said."""

import io
from dataclasses import replace
from types import SimpleNamespace

import pytest
from pypdf import PdfReader
from report_runs import share

from analysis.behaviour.intervals import Figure
from analysis.report.document.build import Style, build_document
from analysis.report.document.gaps import not_tested
from analysis.report.document.pdf import pdf_bytes
from analysis.report.document.phrases import percent_text
from analysis.report.document.pictures import Pictures
from analysis.report.document.pptx import pptx_bytes
from analysis.report.document.section_change import _part_name
from analysis.report.text import words_of

STYLE = Style(author="Ada", when="2026-01-02T03:04:05Z")
NO_PART = " (not part of this audit)"


def test_page_one_stays_on_one_sheet_also_under_long_lists(chain_facts):
    document, pictures = build_document(chain_facts, "en", STYLE), Pictures(STYLE)
    for n in (1, 10):  # each of two lines
        items = tuple(f"{place} {'word ' * 12}" for place in range(n))
        first = replace(document.first, not_tested=items)
        longer = replace(document, first=first, sections=())
        pages = PdfReader(io.BytesIO(pdf_bytes(longer, pictures, "light"))).pages
        assert "Sentences for the meeting" not in pages[0].extract_text()
        assert "Sentences for the meeting" in pages[1].extract_text()


def test_slides_say_how_many_blind_spots_they_leave_out(chain_facts):
    document, pictures = build_document(chain_facts, "en", STYLE), Pictures(STYLE)
    items = tuple(f"Blind spot {n}." for n in range(9))
    longer = replace(document, first=replace(document.first, not_tested=items), sections=())
    from pptx import Presentation

    slide = Presentation(io.BytesIO(pptx_bytes(longer, pictures, "light"))).slides[0]
    text = "\n".join(s.text_frame.text for s in slide.shapes if s.has_text_frame)
    assert "Blind spot 5." in text
    assert "Blind spot 6." not in text
    assert "and 3 more" in text


@pytest.mark.parametrize(
    ("language", "line"),
    [("en", f"Pruning, linear probe{NO_PART}"), ("ja", "枝刈り、線形プローブ（")],
)
def test_attacks_that_were_left_out_are_one_line(chain_facts, language, line):
    gaps = [f"pruning{NO_PART}", "the rest of the world", f"linear probe{NO_PART}"]
    run = SimpleNamespace(record={"verdict": {"not_tested": gaps}})
    chain = SimpleNamespace(
        unlearning=run, audit=run, reinspection=run, inspection=run, runs=(run,)
    )
    facts = SimpleNamespace(chain=chain, figures={"suspect": {}})
    found = not_tested(facts, words_of(language))
    assert found[0].startswith(line)
    assert len(found) == 2
    assert all(each[:1].upper() == each[:1] for each in found)


def test_a_quick_audit_is_not_the_last_word(chain_facts):
    document = build_document(chain_facts, "en", STYLE)
    removal = chain_facts.chain.unlearning.run_id
    assert f"kenshin audit --from {removal} --budget standard" in document.first.action[0]
    assert document.first.action[0] in document.sentences[-1]


def test_the_same_samples_are_listed_once(chain_facts):
    inputs = chain_facts.chain.audit.record["inputs"]
    again = {"role": "forget", "source": "run x", "sha256": "", "rows": 12}
    inputs["samples"] = [again]
    try:
        rows = build_document(chain_facts, "en", STYLE).first.compared.rows
        assert [row[0] for row in rows].count("forget set") == 1
        inputs["samples"] = [{**again, "rows": 13}]
        rows = build_document(chain_facts, "en", STYLE).first.compared.rows
        assert [row[0] for row in rows].count("forget set") == 2
    finally:
        inputs["samples"] = []


def test_meeting_sentences_speak_in_percent():
    figure = Figure(**share(0.998))
    said = percent_text(figure, words_of("en"))
    assert said.startswith("99.8 % (95 % interval ")
    assert said.endswith(f"n {figure.n})")
    assert percent_text(Figure(0.15, 10), words_of("en")) == "15 %"
    assert percent_text(Figure(None, 0), words_of("ja")) == "–"


def test_the_parts_around_the_layers_have_names():
    words = words_of("en")
    named = [_part_name("encoder", layer, words) for layer in (-1, 0, 2)]
    assert named == ["head", "embeddings", "layer 2"]
