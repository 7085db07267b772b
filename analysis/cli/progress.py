"""Progress on standard error: one line that is rewritten on a terminal, few lines elsewhere."""

from __future__ import annotations

import sys
import time

from analysis.report.words import duration
from analysis.runs.progress import Progress


class TerminalProgress:
    """Listener of a run: shows stage, share, rate and time left; standard output stays clean."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._last = 0.0
        self._stage = ""

    def __call__(self, progress: Progress) -> None:
        """Show one moment of the run."""
        if progress.stage != self._stage:
            self._stage = progress.stage
            sys.stderr.write(f"{self._wipe()}{progress.stage}\n")
        now = time.monotonic()
        total = progress.total or 0
        complete = bool(total) and progress.done >= total
        due = now - self._last >= (0.2 if self._live else 10.0)
        if total and progress.done and (due or (complete and self._live)):
            self._last = now
            sys.stderr.write(f"{self._wipe()}{_line(progress)}{'' if self._live else chr(10)}")
        sys.stderr.flush()

    def _wipe(self) -> str:
        return "\r\033[K" if self._live else ""


def _line(progress: Progress) -> str:
    share = 100 * (progress.fraction or 0)
    parts = [f"  {share:3.0f} %  {progress.done:,.0f} of {progress.total or 0:,.0f}"]
    if progress.rate:
        parts.append(f"{progress.rate:,.1f}/s")
    if progress.seconds_left:
        parts.append(f"{duration(progress.seconds_left)} left")
    return "  ".join(parts)
