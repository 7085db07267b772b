"""Which samples of a large set a screen draws: a stratified part, flagged ones always."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.project.subsample import draw_rows

MOST_DRAWN = 20_000  # beyond these a change of layer takes over half a second in a plain browser
_STRATA = ("predicted_suspect", "predicted_reference", "label")


def rows_to_draw(
    samples: pd.DataFrame, placed: np.ndarray, kept: np.ndarray | None, limit: int = MOST_DRAWN
) -> np.ndarray:
    """Rows to draw, ascending (m,) int64.

    Args:
        samples: of the whole set, merged with the ranking.
        placed: (n,) bool, samples that have a place on the map.
        kept: (n,) bool, samples that pass the filter, or None for all.
        limit: how many; all flagged samples are drawn even beyond it.
    """
    pool = np.flatnonzero(placed if kept is None else placed & kept)
    chosen = samples.iloc[pool]
    strata = [
        pd.factorize(chosen[column])[0].astype(np.int64) for column in _STRATA if column in chosen
    ]
    flagged = chosen["flagged"].to_numpy(dtype=bool) if "flagged" in chosen else None
    return pool[draw_rows(len(pool), limit, strata, flagged).rows]
