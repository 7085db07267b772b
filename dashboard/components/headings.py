"""Column headings in the reader's language; the frames keep their English names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from dashboard.text import say


def headings(frame: pd.DataFrame, config: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """A column configuration that says every column's name.

    Args:
        frame: its columns are named in English, each a text of the catalogues.
        config: what is configured besides, by column name.
    """
    given = config or {}
    return {
        str(name): {**(given.get(str(name)) or {}), "label": say(str(name))}
        for name in frame.columns
    }
