"""Asking other processes to stop."""

import signal
import subprocess
import sys

import pytest

from analysis.runs.processes import ask_to_stop, process_of


@pytest.mark.parametrize(("ignored", "code"), [(True, 7), (False, -signal.SIGINT)])
def test_a_command_in_the_background_of_a_script_hears_the_cancellation(ignored, code):
    program = (
        "import signal, sys, time; signal.signal(signal.SIGTERM, lambda *_: sys.exit(7));"
        f"signal.signal(signal.SIGINT, signal.{'SIG_IGN' if ignored else 'SIG_DFL'});"
        "print('ready', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as child:
        assert child.stdout.readline() == b"ready\n"
        ask_to_stop(process_of(child.pid))
        assert child.wait(timeout=30) == code
