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


def test_without_an_inspection_it_says_so(open_app, tmp_path):
    app = open_app(tmp_path / "none", "health")
    assert "there is none yet" in app.info[0].value
