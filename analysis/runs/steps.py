"""One step of a run and the words for what went wrong in it."""

from __future__ import annotations

from analysis.errors import KenshinError


class Step:
    """Handle of a step that runs; `skip` says that there was nothing it could do."""

    def __init__(self) -> None:
        self.status = "done"
        self.reason = ""

    def skip(self, reason: str) -> None:
        """Record the step as skipped when it ends."""
        self.status, self.reason = "skipped", reason

    def fail(self, error: BaseException | str) -> None:
        """Record the step as failed when it ends, although the run goes on."""
        self.status, self.reason = "failed", describe(error)


def describe(error: BaseException | str) -> str:
    """One line about an error: its text, or its type where it has none."""
    if isinstance(error, KeyboardInterrupt):
        return "stopped by the user"
    text = " ".join(str(error).split())
    if isinstance(error, str | KenshinError):
        return text
    return f"{type_name(error)}: {text}" if text else type_name(error)


def type_name(error: BaseException | str) -> str:
    """Class of the error, `Error` for a mere sentence."""
    return "Error" if isinstance(error, str) else type(error).__name__
