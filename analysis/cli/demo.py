"""`kenshin demo`: inspect the shipped pair, with the dashboard on it."""

from __future__ import annotations

import argparse
import webbrowser

from analysis.cli.dashboard import ADDRESS, Serving, start_server, wait
from analysis.cli.inspect import print_outcome
from analysis.cli.progress import TerminalProgress
from analysis.runs.store import RunStore

# The poisoned model is inspected against a clean one that was trained on other data.
SUSPECT, REFERENCE, CONTROLS = (
    "codebert-mini-dead-5",
    "codebert-mini-clean-1",
    ("clean-0", "clean-2"),
)
DEMO_SAMPLES = 2500


def run(arguments: argparse.Namespace) -> int:
    """Inspect the shipped pair; the dashboard is up meanwhile and shows the progress."""
    serving = Serving(arguments.runs, arguments.port)
    server = None if arguments.no_dashboard else start_server(serving)
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
