"""The screen: page 1 beside the choices, files made from the record, sentences to copy."""

import sys
from pathlib import Path

import pytest
import streamlit as st
from report_runs import audit, inspection, removal
from streamlit.testing.v1 import AppTest

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
