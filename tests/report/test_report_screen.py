"""The screen: page 1 beside the choices, files made from the record, sentences to copy."""

import sys
from pathlib import Path

import pytest
import streamlit as st
from report_runs import audit, inspection, removal
from streamlit.testing.v1 import AppTest

from analysis.runs.store import RunStore
from analysis.runs.trail import read_entries

APP = Path(__file__).parents[2] / "dashboard" / "app.py"


@pytest.fixture
def screen(monkeypatch):
    def start(runs, **query):
        monkeypatch.setattr(sys, "argv", ["app.py", "--runs", str(runs)])
        st.cache_resource.clear()
        app = AppTest.from_file(str(APP), default_timeout=60).run()
        for key, value in query.items():
            app.query_params[key] = value
        app.switch_page("views/report.py").run()
        assert not app.exception, [error.message for error in app.exception]
        return app

    return start


def test_page_one_stands_beside_the_choices_and_sentences_can_be_copied(screen, one_run):
    app = screen(one_run[0], run=one_run[1])
    page = app.get("iframe")[0].proto.srcdoc
    assert "FOUND" in page
    assert "Content-Security-Policy" in page
    assert "<script" not in page
    spoken = [block.value for block in app.code]
    assert any(text.startswith("We found a backdoor in suspect-net") for text in spoken)
    assert app.get("download_button") == []


def test_the_button_makes_every_chosen_file_once(screen, one_run):
    app = screen(one_run[0], run=one_run[1])
    app.multiselect(key="kenshin_report_formats").set_value(["html", "csv", "sarif"]).run()
    next(b for b in app.button if b.label == "Make the files").click().run()
    assert not app.exception
    labels = [button.proto.label for button in app.get("download_button")]
    assert labels == ["All files (zip)", "report-en.html", "samples.csv", "findings.sarif"]
    app.text_input(key="kenshin_report_author").set_value("Ada").run()
    assert app.get("download_button") == []  # another wish: the old files no longer fit
    assert "Ada" in app.get("iframe")[0].proto.srcdoc


def test_nothing_chosen_is_said_and_draws_nothing(screen, one_run):
    app = screen(one_run[0], run=one_run[1])
    app.multiselect(key="kenshin_report_formats").set_value([]).run()
    assert "Choose at least one" in app.info[0].value
    assert app.get("iframe") == []


def test_every_kind_of_run_can_be_reported_and_an_empty_folder_says_how_to_begin(screen, tmp_path):
    assert not screen(tmp_path / "none").get("iframe")
    second = removal(tmp_path, inspection(tmp_path, maps=False))
    app = screen(tmp_path, run=audit(tmp_path, second, "hidden"))
    assert "HIDDEN" in app.get("iframe")[0].proto.srcdoc


def test_the_screen_loads_nothing_heavy(one_run):
    import subprocess

    code = (
        "import sys; import analysis.report.document.make, analysis.report.document.pdf,"
        " analysis.report.document.pptx, analysis.report.charts.draw_matplotlib;"
        "print(sorted({'torch', 'transformers', 'sklearn'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


POLICY = b"""name = "Release 1"
[[clause]]
about = "answer"
is = "not_found"
"""


def button(app, label):
    return next(b for b in app.button if b.label == label)


def page(app, name):
    app.segmented_control(key="kenshin_report_page").set_value(name).run()
    assert not app.exception
    return app.get("iframe")[0].proto.srcdoc


def test_clauses_price_and_provenance_are_given_on_the_screen_and_seen_in_the_pages(
    screen, tmp_path
):
    app = screen(tmp_path, run=inspection(tmp_path, maps=False))
    assert "only time is shown" in page(app, "cost")
    app.number_input(key="kenshin_report_price").set_value(2.5)
    app.text_input(key="kenshin_report_currency").set_value("EUR").run()
    assert "2.5 EUR per hour" in page(app, "cost")
    assert "policy" not in app.segmented_control(key="kenshin_report_page").options
    app.file_uploader(key="kenshin_report_policy").set_value(
        ("clauses.toml", POLICY, "application/toml")
    ).run()
    assert "0 passed, 1 failed" in page(app, "policy")
    assert "licence" in page(app, "provenance")
    licence = next(t for t in app.text_input if t.label == "licence")
    licence.set_value("MIT")
    button(app, "Save").click().run()
    assert not app.exception
    assert "MIT" in page(app, "provenance")
    assert RunStore(tmp_path).root.joinpath("provenance.json").is_file()


def test_a_model_is_vouched_for_and_taken_back_on_the_screen(screen, tmp_path):
    run_id = inspection(tmp_path, "not_found", "not_found", maps=False)
    app = screen(tmp_path, run=run_id)
    assert "nobody has vouched" in page(app, "")
    button(app, "Note it in the trail").click().run()
    assert "nobody is named" in app.error[0].value
    app.text_input(key="kenshin_release_by").set_value("Ada")
    button(app, "Note it in the trail").click().run()
    assert not app.exception
    assert "Reviewed: Ada vouched" in page(app, "")
    assert "approval given" in page(app, "trail")
    app.segmented_control(key="kenshin_release_to").set_value("trial")
    app.text_input(key="kenshin_release_by").set_value("Bob")
    button(app, "Note it in the trail").click().run()
    assert "Bob took the approval back" in page(app, "")


def test_a_model_that_is_not_good_is_refused_on_the_screen_without_a_reason(screen, one_run):
    app = screen(one_run[0], run=one_run[1])
    app.text_input(key="kenshin_release_by").set_value("Ada")
    button(app, "Note it in the trail").click().run()
    assert "the verdict is not good enough" in app.error[0].value


def test_making_files_is_noted_with_their_hashes(screen, tmp_path):
    app = screen(tmp_path, run=inspection(tmp_path, maps=False))
    app.multiselect(key="kenshin_report_formats").set_value(["csv"]).run()
    button(app, "Make the files").click().run()
    entry = read_entries(tmp_path)[-1]
    assert (entry.action, entry.through) == ("report.made", "dashboard")
    assert set(entry.prints) == {"samples.csv", "record"}


def test_a_run_is_deleted_with_a_reason_and_the_next_one_is_shown(screen, tmp_path):
    first = inspection(tmp_path, maps=False)
    second = inspection(tmp_path, "not_found", maps=False)
    app = screen(tmp_path, run=second)
    next(t for t in app.text_input if t.label == "Why").set_value("made twice")
    button(app, "Delete for good").click().run()
    assert not app.exception
    assert [run.run_id for run in RunStore(tmp_path).list()] == [first]
    entry = read_entries(tmp_path)[-1]
    assert (entry.action, entry.run) == ("run.deleted", second)
    assert entry.details == {"reason": "made twice"}
    assert "FOUND" in page(app, "")
