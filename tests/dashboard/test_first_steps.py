"""The one button of an empty dashboard starts a job that the job queue accepts."""

import sys
import time

from analysis.runs import jobs


def test_the_shipped_pair_is_inspected_without_a_second_dashboard(
    open_app, words, tmp_path, monkeypatch
):
    monkeypatch.setattr(jobs, "COMMAND", (sys.executable, "-c", "import sys; sys.exit(0)"))
    app = open_app(tmp_path)
    next(b for b in app.button if b.label == "Inspect the shipped pair").click().run()
    assert not app.exception
    (job,) = jobs.list(tmp_path)
    assert job.argv == ("demo",)
    (asked,) = (tmp_path / ".jobs").glob("*/argv.json")
    assert '"--no-dashboard"' in asked.read_text()
    end = time.monotonic() + 60
    while not jobs.get(tmp_path, job.id).ended and time.monotonic() < end:
        time.sleep(0.05)
