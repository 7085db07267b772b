"""`kenshin demo` and `kenshin dashboard`: the server process and the shipped pair."""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import socket
import subprocess
import sys
import webbrowser
from pathlib import Path

from analysis.cli.inspect import print_outcome
from analysis.cli.progress import TerminalProgress
from analysis.errors import RequestError
from analysis.runs.store import RunStore

ADDRESS = "127.0.0.1"
# The poisoned model is inspected against a clean one that was trained on other data.
SUSPECT, REFERENCE, CONTROLS = (
    "codebert-mini-dead-5",
    "codebert-mini-clean-1",
    ("clean-0", "clean-2"),
)
DEMO_SAMPLES = 2500


def dashboard(arguments: argparse.Namespace) -> int:
    """Serve the dashboard until it is stopped."""
    server = start_server(arguments.runs, arguments.port)
    url = f"http://{ADDRESS}:{arguments.port}"
    print(f"Kenshin is at {url} (Ctrl-C stops it)", flush=True)
    if not arguments.headless:
        webbrowser.open(url)
    return wait(server)


def run(arguments: argparse.Namespace) -> int:
    """Inspect the shipped pair; the dashboard is up meanwhile and shows the progress."""
    server = None if arguments.no_dashboard else start_server(arguments.runs, arguments.port)
    try:
        from analysis.pipeline.demo import demo_request
        from analysis.pipeline.inspect import inspect

        store = RunStore(arguments.runs)
        request = demo_request(store, SUSPECT, REFERENCE, CONTROLS, DEMO_SAMPLES)
        result = inspect(request, store, TerminalProgress(), job_dir=arguments.job_dir)
        print_outcome(result, as_json=arguments.json)
    except BaseException:
        if server is not None:
            server.terminate()
        raise
    if server is None:
        return 0
    url = f"http://{ADDRESS}:{arguments.port}/embeddings?run={result.record['run_id']}"
    print(f"Look at it: {url}  (Ctrl-C stops the dashboard)", flush=True)
    if not arguments.headless:
        webbrowser.open(url)
    return wait(server)


def start_server(runs: Path, port: int) -> subprocess.Popen[bytes]:
    """Start Streamlit on the loopback address only, as flags so that they hold anywhere.

    Raises:
        RequestError: the port is taken or not a port.
    """
    if not 1 <= port <= 65535:
        raise RequestError(f"port {port} is not a port.", "Choose 1-65535.")
    with contextlib.closing(socket.socket()) as probe:
        if probe.connect_ex((ADDRESS, port)) == 0:
            raise RequestError(f"port {port} is in use.", "Choose another one with --port.")
    spec = importlib.util.find_spec("dashboard")
    if spec is None or spec.origin is None:
        raise RequestError("the dashboard package is not installed.", "Run 'pip install -e .'.")
    home = Path(spec.origin).parent
    flags = {
        "server.address": ADDRESS,
        "server.port": port,
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "client.showErrorDetails": "none",
        "browser.gatherUsageStats": "false",
    }
    # allowedHosts is a list: the flag is repeated. Without it a forged Host header is accepted.
    hosts = [f"--server.allowedHosts={host}" for host in (ADDRESS, "localhost")]
    # -P: a folder named "analysis" where the user stands must not be imported.
    command = [sys.executable, "-P", "-m", "streamlit", "run", str(home / "app.py")]
    command += [f"--{key}={value}" for key, value in flags.items()] + hosts
    command += ["--", "--runs", str(runs.resolve())]
    # The user's own folder stays the working directory: paths typed into a form mean the same as
    # in the terminal. The theme is found beside app.py.
    return subprocess.Popen(command, stdout=subprocess.DEVNULL)


def wait(server: subprocess.Popen[bytes]) -> int:
    """Wait for the server; Ctrl-C stops it and is the normal way out."""
    try:
        return server.wait()
    except KeyboardInterrupt:
        server.terminate()
        server.wait(timeout=10)
        return 0
