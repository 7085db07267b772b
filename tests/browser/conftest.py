"""A dashboard on synthetic runs in a real server, and Debian's Chromium to look at it."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
CHROMIUM = next((p for n in ("chromium", "chromium-browser") if (p := shutil.which(n))), None)
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_collection_modifyitems(items):
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def drag(page, points, steps: int) -> None:
    """Press the mouse at the first of `points`, move it along the others, let go."""
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=steps)
    page.mouse.up()


def _places() -> list[str]:
    given = os.environ.get("PYTHONPATH")
    return [str(ROOT), given] if given else [str(ROOT)]


class Server:
    """`kenshin dashboard` in its own process; `restart` keeps the address."""

    def __init__(self, runs: Path, log: Path) -> None:
        self.runs, self.log, self.port = runs, log, free_port()
        self.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "dashboard" / "app.py")]
        command += ["--server.port", str(self.port), "--server.headless", "true"]
        command += ["--server.fileWatcherType", "none", "--", "--runs", str(self.runs)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                cwd=ROOT,
                stdout=log,
                stderr=log,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(_places())},
            )
        for _ in range(900):
            assert self.process.poll() is None, self.log.read_text()
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1) as answer:
                    if answer.status == 200:
                        return
            except OSError:
                time.sleep(0.1)
        raise AssertionError("the dashboard did not answer within 90 s")

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def restart(self) -> None:
        self.stop()
        self.start()


@pytest.fixture(scope="session")
def synthetic() -> ModuleType:
    path = ROOT / "tests" / "dashboard" / "synthetic_run.py"
    spec = importlib.util.spec_from_file_location("synthetic_run_for_browser", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def serve(tmp_path_factory) -> Iterator:
    servers = []

    def start(runs: Path) -> Server:
        servers.append(Server(runs, tmp_path_factory.mktemp("server") / "log"))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def stored(tmp_path_factory, synthetic, serve):
    """A server on two runs: (server, run_id of the found one, run_id of the clean one)."""
    runs = tmp_path_factory.mktemp("runs")
    clean = synthetic.write_run(runs, synthetic.Shape(n=200, poisoned=0, seed=3), "not_found")
    found = synthetic.write_run(runs, synthetic.Shape(n=400, poisoned=40, layers=5))
    return serve(runs), found, clean


@pytest.fixture(scope="session")
def pictures(tmp_path_factory) -> Path:
    """Where pictures of the screens lie: `KENSHIN_SCREENS`, else pytest's temporary folder."""
    named = os.environ.get("KENSHIN_SCREENS")
    folder = Path(named) if named else tmp_path_factory.mktemp("screens")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def chromium():
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium):
    context = chromium.new_context(
        viewport={"width": 1400, "height": 1000}, accept_downloads=True, color_scheme="light"
    )
    context.set_default_timeout(90_000)
    tab = context.new_page()
    tab.errors = []
    tab.on("pageerror", lambda error: tab.errors.append(str(error)))
    yield tab
    context.close()
    assert tab.errors == []
