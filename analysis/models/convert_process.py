"""Runs `convert_worker` on one scanned file, in a process with limits and an empty environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from analysis.errors import UnsafeFileError
from analysis.models.pickles import scan

_WORKER = Path(__file__).with_name("convert_worker.py")
_SECONDS = 900  # wall clock of one file
_GROWTH = 2  # tied tensors may be written out twice


def extract(path: Path, target: Path) -> list[str]:
    """Scan a file, let the worker rewrite it as safetensors; names it left out.

    Raises:
        UnsafeFileError: the scan or the worker refuses the file.
    """
    scan(path)
    most = _GROWTH * path.stat().st_size + (1 << 20)
    try:
        done = subprocess.run(
            [sys.executable, "-I", str(_WORKER), str(path), str(target), str(most)],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            # no proxies, tokens or hub settings reach the process that reads the file
            env={"PATH": os.defpath, "LANG": "C.UTF-8"},
            check=False,
        )
        answer = json.loads(done.stdout.strip().splitlines()[-1])
    except (subprocess.TimeoutExpired, ValueError, IndexError) as error:
        raise UnsafeFileError(
            f"'{path.name}' could not be read within the limits of memory and time."
        ) from error
    if "error" in answer:
        raise UnsafeFileError(
            f"'{path.name}' is not a plain state dict: {answer['error']}.",
            "Save the model's state_dict() alone and convert that.",
        )
    return [str(name) for name in answer["dropped"]]
