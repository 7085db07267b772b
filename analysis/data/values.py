"""Single values of a sample file: text, label, identity, ground truth."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

_TRUE = {"true", "1", "yes"}
_FALSE = {"false", "0", "no"}
_LARGEST_LABEL = 1_000_000


def as_text(value: Any) -> str | None:
    """A sample's text; None where the value is not a string. Empty text is a text."""
    return str(value) if isinstance(value, str) else None


def clean_text(text: str) -> str:
    """The text with half surrogate pairs (JSON can hold them) replaced; no encoder takes them."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", errors="surrogatepass").decode("utf-8", errors="replace")
    return text


def as_label(value: Any) -> int | None:
    """Class of a label: an integer, true/false, or a string of one; None otherwise."""
    if isinstance(value, bool | np.bool_):
        return int(value)
    if isinstance(value, str):
        word = value.strip().lower()
        if word in ("true", "false"):
            return int(word == "true")
        try:
            value = float(word)
        except ValueError:
            return None
    if isinstance(value, int | float | np.integer | np.floating):
        number = float(value)
        if math.isfinite(number) and number.is_integer() and 0 <= number <= _LARGEST_LABEL:
            return int(number)
    return None


def is_word(value: Any) -> bool:
    """Whether a label is a name, as in 'vulnerable', where a class number is expected."""
    return isinstance(value, str) and value.strip().replace("_", "").isalpha()


def as_id(value: Any) -> str | None:
    """Identity as a string: `7`, `7.0` and `"7"` are the same; None where there is none."""
    if value is None or isinstance(value, bool | dict | list):
        return None
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return str(int(value)) if value.is_integer() else str(value)
    text = clean_text(str(value)).strip()
    return text or None


def as_flag(value: Any) -> bool | None:
    """Ground truth: a Boolean, 0/1, or a word for one; None otherwise."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    word = str(value).strip().lower().removesuffix(".0")
    return True if word in _TRUE else False if word in _FALSE else None
