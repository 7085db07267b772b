"""AppTest on synthetic runs; the runs folder is given as the server would give it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest
from synthetic_run import Shape, write_run

APP = Path(__file__).parents[2] / "dashboard" / "app.py"
SMALL = Shape(n=80, poisoned=12, layers=3)


@pytest.fixture(scope="session")
def stored(tmp_path_factory):
    """A folder with a clean and a found run: (folder, found run_id, clean run_id)."""
    runs = tmp_path_factory.mktemp("runs")
    clean = write_run(runs, Shape(n=60, poisoned=0, layers=3, seed=1, control=False), "not_found")
    return runs, write_run(runs, SMALL), clean


@pytest.fixture
def open_app(monkeypatch):
    """Open the app on a runs folder, optionally on a screen and with query parameters."""

    def start(runs: Path, screen: str = "overview", **query: str) -> AppTest:
        monkeypatch.setattr(sys, "argv", ["app.py", "--runs", str(runs)])
        st.cache_resource.clear()
        app = AppTest.from_file(str(APP), default_timeout=60)
        if "lang" in query:  # from the first page on, as a link would
            app.query_params["lang"] = query["lang"]
        app.run()
        for key, value in query.items():
            app.query_params[key] = value
        app.switch_page(f"views/{screen}.py").run()
        assert not app.exception, [e.message for e in app.exception]
        return app

    return start


@pytest.fixture
def words():
    """All text of a page in one string."""

    def read(app: AppTest) -> str:
        parts = [*app.title, *app.markdown, *app.caption, *app.error, *app.info, *app.warning]
        return "\n".join(str(part.value) for part in parts)

    return read
