import json

import pytest
from synthetic_audit import write_check

from analysis.runs import jobs
from analysis.runs.store import RunStore
from dashboard.audit_request import health_argv


@pytest.fixture
def checks(tmp_path):
    with RunStore(tmp_path).create("inspect", {}, {}, {}) as baseline:
        baseline.set(verdict={"answer": "not_found", "reasons": []})
    quiet = write_check(tmp_path, baseline.run_id, 0.5)
    return tmp_path, baseline.run_id, quiet, write_check(tmp_path, baseline.run_id, 5.0)


def test_the_screen_says_how_many_layers_left_the_baseline(open_app, words, checks):
    root, _, quiet, drifted = checks
    app = open_app(root, "health", run=drifted)
    assert "1 of 3 layers left the baseline" in words(app)
    assert "it is no verdict" in words(app)
    assert "No layer drifted" in words(open_app(root, "health", run=quiet))


def test_checks_of_one_baseline_share_a_timeline(open_app, words, checks):
    root, _, _, drifted = checks
    app = open_app(root, "health", run=drifted)
    assert "#### Over time" in words(app)
    assert len(app.get("plotly_chart")) == 2
    columns = json.loads(app.get("plotly_chart")[1].proto.spec)["data"][0]["x"]
    assert len(columns) == 2, "two checks of one minute are two columns"


def test_a_check_is_started_as_a_job_and_shown_for_cron(open_app, checks, monkeypatch):
    root, baseline, *_ = checks
    started = []
    monkeypatch.setattr(jobs, "start", lambda root, argv: started.append(list(argv)) or "000001-x")
    app = open_app(root, "health", run=baseline)
    assert any("--gate" in block.value for block in app.code)
    next(t for t in app.text_input if t.label == "New checkpoint").set_value("models/next").run()
    next(b for b in app.button if b.label == "Check").click().run()
    assert len(started) == 1
    assert started[0][0] == "health"
    assert "--suspect=models/next" in started[0]


def test_the_request_names_what_was_given():
    assert health_argv("r", samples=" new.jsonl ", per_month=(2, 60)) == [
        *("health", "r", "--samples=new.jsonl", "--alarms-per-month=2", "--checks-per-month=60")
    ]
    assert "--audit=u" in health_argv("r", audit="u")


def test_the_level_of_the_check_decides_and_its_audit_is_named(open_app, words, tmp_path):
    with RunStore(tmp_path).create("inspect", {}, {}, {}) as baseline:
        baseline.set(verdict={"answer": "not_found", "reasons": []})
    strict = write_check(tmp_path, baseline.run_id, 5.0, level=0.001)
    with RunStore(tmp_path).create("audit", {}, {}, {}, strict) as audit:
        audit.set(verdict={"answer": "hidden", "reasons": []})
    app = open_app(tmp_path, "health", run=strict)
    assert "No layer drifted" in words(app), "0.002 is no alert where 0.001 is the level"
    assert "alert from adjusted p 0.001" in words(app)
    assert any("Audit of this checkpoint" in str(link.proto) for link in app.get("page_link"))


def test_a_check_can_ask_for_an_audit(open_app, checks, words, monkeypatch):
    root, baseline, *_ = checks
    with RunStore(root).create("unlearn", {}, {}, {}) as removal:
        removal.set(verdict={"answer": "cleaned", "reasons": []})
    started = []
    monkeypatch.setattr(jobs, "start", lambda root, argv: started.append(list(argv)) or "000001-x")
    app = open_app(root, "health", run=baseline)
    box = next(b for b in app.selectbox if b.label.startswith("Audit the checkpoint"))
    box.set_value(removal.run_id).run()
    assert "forward passes" in words(app), "its cost is said before"
    next(b for b in app.button if b.label == "Check").click().run()
    assert f"--audit={removal.run_id}" in started[0]


def test_without_an_inspection_it_says_so(open_app, tmp_path):
    app = open_app(tmp_path / "none", "health")
    assert "there is none yet" in app.info[0].value
