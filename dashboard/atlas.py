"""What Embedding Atlas gets to see of a set, and which samples the browser's choice means.

The component hands a selection back as a condition in SQL, and whoever uses the browser may write
any condition. It is asked of a database in memory that can open no file and no address.
"""

from __future__ import annotations

import threading
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from analysis.errors import RequestError
from dashboard.text import say

ROW: Final = "row"
COLUMNS: Final = ("sample_id", "text", "label", "predicted_suspect", "predicted_reference")
NUMBERS: Final = ("score", "flagged")
NEIGHBOURS: Final = 8
COLOURS: Final = {  # a colour of our map: the column that says the same
    "flagged": "flagged",
    "score": "score",
    "label": "label",
    "prediction": "predicted_suspect",
}
MOST_NEIGHBOURS: Final = 10_000  # every distance is looked at: beyond these it takes seconds
LONGEST: Final = 100_000  # characters of a condition; a lasso has a few thousand
SECONDS: Final = 10.0
_CLOSED: Final = {
    "threads": "1",
    "memory_limit": "1GB",
    "python_enable_replacements": "false",
    "enable_external_access": "false",
    "lock_configuration": "true",
}


def atlas_frame(samples: pd.DataFrame, points: pd.DataFrame) -> pd.DataFrame:
    """One line per placed sample: row, x, y, its facts and its neighbours on this map.

    Args:
        samples: of the run, merged with its ranking; the index is the row.
        points: sample_id, x and y of one model at one layer.
    """
    row_of = pd.Series(np.arange(len(samples)), index=samples["sample_id"])
    placed = points[np.isfinite(points[["x", "y"]].to_numpy(dtype=np.float64)).all(axis=1)]
    rows = row_of.reindex(placed["sample_id"]).to_numpy(dtype=np.float64)
    known = np.isfinite(rows)
    order = np.argsort(rows[known], kind="stable")
    rows = rows[known][order].astype(np.int32)
    xy = placed[["x", "y"]].to_numpy(dtype=np.float32)[known][order]
    chosen = samples.iloc[rows]
    columns: dict[str, object] = {ROW: rows, "x": xy[:, 0], "y": xy[:, 1]}
    texts = [c for c in COLUMNS if c in chosen]
    columns.update({c: chosen[c].map(str).to_numpy() for c in texts})
    columns.update({c: chosen[c].to_numpy() for c in NUMBERS if c in chosen})
    # Objects, not pandas' own strings: the component's reader knows no 64-bit offsets.
    frame = pd.DataFrame(columns).astype(dict.fromkeys(texts, object))
    frame.columns = frame.columns.astype(object)
    if NEIGHBOURS < len(rows) <= MOST_NEIGHBOURS:
        frame["neighbours"] = _neighbours(rows, xy)
    return frame


def props(frame: pd.DataFrame, colour: str = "") -> dict[str, object]:
    """How the component reads the columns, and what it draws beside the map.

    Args:
        frame: what it is given.
        colour: of the map, a key of `COLOURS`; another one leaves it uncoloured.
    """
    places: dict[str, object] = {"x": "x", "y": "y", "text": "text"}
    data: dict[str, object] = {"id": ROW, "projection": {"x": "x", "y": "y"}, "text": "text"}
    if "neighbours" in frame:
        data["neighbors"] = places["neighbors"] = "neighbours"
    column = COLOURS.get(colour)
    if column in frame:
        places["category"] = column
    # Of a row's number and name no histogram says anything.
    shown = [name for name in frame if name not in (ROW, "sample_id", "x", "y", "neighbours")]
    return {
        "data": data,
        "defaultChartsConfig": {"embedding": {"data": places}, "include": shown},
    }


def rows_of(condition: str, frame: pd.DataFrame) -> tuple[int, ...]:
    """The rows for which a condition holds.

    Args:
        condition: as the browser sent it; nothing about it is trusted.
        frame: what the component was given.

    Raises:
        RequestError: it is no condition on these columns, or it takes too long.
    """
    import duckdb  # comes with the extra `atlas`; only who uses it loads it

    if len(condition) > LONGEST:
        raise _refusal(say("it is too long"))
    table = frame.drop(columns="neighbours", errors="ignore")
    with duckdb.connect(":memory:", config=dict(_CLOSED)) as database:
        database.register("dataframe", table)
        query = f'SELECT "{ROW}" FROM dataframe WHERE ({condition}\n)'  # noqa: S608 - see above
        stop = threading.Timer(SECONDS, database.interrupt)
        try:
            if len(database.extract_statements(query)) != 1:
                raise _refusal(say("it is more than one question"))
            stop.start()
            found = database.execute(query).fetchnumpy()[ROW]
        except duckdb.Error as error:
            raise _refusal(type(error).__name__) from error
        finally:
            stop.cancel()
    return tuple(np.unique(np.ma.compressed(found).astype(np.int64)).tolist())


def _refusal(why: str) -> RequestError:
    return RequestError(
        say("This selection of Embedding Atlas cannot be followed: {why}.", why=why),
        say("Clear the filters there, or select on the map of Kenshin."),
    )


def _neighbours(rows: np.ndarray, xy: np.ndarray) -> pd.Series:
    """For each point the names and distances of the nearest others, as the component wants them."""
    near, far = [], []
    squares = (xy.astype(np.float64) ** 2).sum(axis=1)
    for start in range(0, len(xy), 512):
        part = xy[start : start + 512].astype(np.float64)
        distance = squares[start : start + 512, None] + squares - 2 * part @ xy.T.astype(np.float64)
        distance[np.arange(len(part)), start + np.arange(len(part))] = np.inf
        nearest = np.argpartition(distance, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
        held = np.take_along_axis(distance, nearest, axis=1)
        order = np.argsort(held, axis=1, kind="stable")
        near.append(rows[np.take_along_axis(nearest, order, axis=1)])
        far.append(np.sqrt(np.maximum(np.take_along_axis(held, order, axis=1), 0.0)))
    ids, distances = np.concatenate(near), np.concatenate(far)
    offsets = pa.array(np.arange(len(rows) + 1, dtype=np.int32) * NEIGHBOURS)
    lists = [
        pa.ListArray.from_arrays(offsets, pa.array(values.ravel())) for values in (ids, distances)
    ]
    return pd.Series(
        pd.arrays.ArrowExtensionArray(pa.StructArray.from_arrays(lists, ["ids", "distances"]))
    )
