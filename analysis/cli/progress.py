"""Progress on standard error: one line that is rewritten on a terminal, few lines elsewhere."""

from __future__ import annotations

import sys
import time


class TerminalProgress:
    """Shows stage, share, rate and time left; standard output stays clean."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()
        self._last = 0.0
        self._stage = ""

    def stage(self, name: str) -> None:
        """Announce a stage."""
        self._clear()
        self._stage = name
        sys.stderr.write(f"{name} …\n")
        sys.stderr.flush()

    def note(self, text: str) -> None:
        """One line of information (an estimate, a warning)."""
        self._clear()
        sys.stderr.write(f"  {text}\n")
        sys.stderr.flush()

    def update(self, done: int, total: int, rate: float, seconds_left: float) -> None:
        """Share done, items per second and seconds left of the running stage."""
        now = time.monotonic()
        interval = 0.2 if self._live else 10.0
        if now - self._last < interval and done < total:
            return
        self._last = now
        share = 100 * done / max(total, 1)
        text = f"  {share:3.0f} %  {done:,} of {total:,}  {rate:,.0f}/s  {duration(seconds_left)} left"
        sys.stderr.write(f"\r\033[K{text}" if self._live else f"{text}\n")
        sys.stderr.flush()

    def _clear(self) -> None:
        if self._live:
            sys.stderr.write("\r\033[K")


def duration(seconds: float) -> str:
    """`75` becomes `1 min 15 s`."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
