import pandas as pd
import pytest

from analysis.cli.parser import build_parser
from analysis.runs import jobs
from analysis.runs.store import RunStore
from dashboard.sweep_request import SweepForm, settings, sweep_argv


def write_sweep(root, name, lost):
    """A finished sweep of two settings; the second removes the behaviour at the price `lost`."""
    with RunStore(root).create("sweep", {"method": "lya"}, {}, {"model": name}) as run:
        model = {"role": "original", "source": f"models/{name}", "sha256": "0" * 64, "layers": 3}
        run.set(
            inputs={"models": [model], "samples": []},
            metrics={"sweep": {"method": "Lya-style", "strength_means": "lambda", "cells": 2}},
        )
        looks = [(0, 1e-5, 0, 0.0, 0.8), (0, 1e-5, 10, -0.001, 0.7), (1, 1e-4, 0, 0.0, 0.8),
                 (1, 1e-4, 10, -lost, 0.01)]  # fmt: skip
        rows = [
            {"cell": c, "strength": 1.0, "learning_rate": r, "batch_size": 16, "step": s,
             "accuracy_change": a, "excess_asr": e, "inverted": False}
            for c, r, s, a, e in looks
        ]  # fmt: skip
        run.write_table("sweep", pd.DataFrame(rows))
    return run.run_id


@pytest.fixture
def swept(tmp_path):
    return tmp_path, write_sweep(tmp_path, "code", 0.08), write_sweep(tmp_path, "text", 0.005)


def test_an_empty_store_says_what_the_screen_is_for(open_app, words, tmp_path):
    said = words(open_app(tmp_path / "none", "sweep"))
    assert "What does forgetting cost this model?" in said
    assert "needs an inspection that is done" in said


def test_a_sweep_that_failed_says_why(open_app, words, tmp_path):
    failed = RunStore(tmp_path).create("sweep", {}, {}, {})
    failed.fail("no room on the disk.")
    app = open_app(tmp_path, "sweep", run=failed.run_id)
    assert "no room on the disk" in app.error[0].value
    assert "not finished yet" not in words(app)


def test_the_price_of_forgetting_is_the_headline(open_app, words, swept):
    root, code, _ = swept
    app = open_app(root, "sweep", run=code)
    said = words(app)
    assert "Accuracy that forgetting costs at best" in said
    assert "8 points" in said
    assert len(app.get("plotly_chart")) == 3


def test_two_models_lie_in_one_picture(open_app, words, swept):
    root, code, text = swept
    app = open_app(root, "sweep", run=code)
    app.multiselect[0].set_value([code, text]).run()
    said = words(app)
    assert "8 points" in said
    assert "0.5 points" in said
    assert len(app.get("plotly_chart")) == 5
    assert not app.exception


def test_the_form_becomes_a_command_that_the_command_line_accepts():
    form = SweepForm("run", strengths="1, 10", learning_rates="1e-5,1e-4,1e-3", steps="20")
    parsed = build_parser().parse_args(sweep_argv(form))
    assert parsed.strengths == (1.0, 10.0)
    assert parsed.learning_rates == (1e-5, 1e-4, 1e-3)
    assert (parsed.batch_sizes, parsed.steps, parsed.method) == (None, 20, "lya")
    assert settings(form) == 6
    assert parsed.command in jobs.ALLOWED
