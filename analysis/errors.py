"""The one error family whose text may be shown to a user as it is."""

from __future__ import annotations


class KenshinError(Exception):
    """Something the user can act on: what, which value, what was expected, what to do.

    Args:
        message: one sentence naming the thing and the value.
        hint: what to do next; joined to the message when shown.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.message} {self.hint}".strip()
        return " ".join(text.split())


class RequestError(KenshinError):
    """The request or its input is wrong: exit code 2, nothing left behind."""


class UnsafeFileError(RequestError):
    """A model file that could run code or that points outside its folder."""


class Cancelled(KenshinError):  # noqa: N818 - a cancellation is not a failure
    """The user stopped the work: exit code 130, the run stays readable."""
