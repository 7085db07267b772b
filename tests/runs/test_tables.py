"""Tables: the contract's columns, cheap filtered reads, and hashes that notice a flipped byte."""

import json

import numpy as np
import pandas as pd
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from analysis.errors import KenshinError, RequestError
from analysis.runs.record import RECORD_FILE
from analysis.runs.store import RunStore
from analysis.runs.tables import TABLES, check_table


def scores(n=120_000):
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "sample_id": [f"s{i}" for i in range(n)],
            "model": "suspect",
            "stack": "encoder",
            "layer": rng.integers(0, 4, n).astype(np.int16),
            "pooling": "cls",
            "detector": rng.choice(["knn", "mahalanobis", "spectral"], n),
            "group": "all",
            "score": rng.normal(size=n).astype(np.float32),
        }
    )


@pytest.fixture
def writer(tmp_path):
    return RunStore(tmp_path).create("inspect", {}, {}, {})


def minimal(name):
    return pd.DataFrame({column: ["1"] for column in TABLES[name]})


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_column_of_the_contract_is_required(name):
    frame = minimal(name)
    check_table(name, frame)
    for column in TABLES[name]:
        with pytest.raises(KenshinError, match=column):
            check_table(name, frame.drop(columns=column))


def test_tables_may_have_more_columns_and_other_names(writer):
    check_table("samples", minimal("samples").assign(extra=1))
    writer.write_table("neighbours", pd.DataFrame({"anything": [1.0]}))
    writer.finish()


def test_a_repeated_column_is_refused():
    frame = pd.DataFrame([[1, 2]], columns=["a", "a"])
    with pytest.raises(KenshinError, match="twice"):
        check_table("other", frame)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("table", "column"), [("scores", "score"), ("projection", "y")])
def test_values_that_would_drop_a_sample_are_refused(table, column, bad):
    frame = minimal(table).assign(**{column: np.float32(bad)})
    with pytest.raises(KenshinError, match="not finite"):
        check_table(table, frame.assign(**{c: 0.0 for c in ("x", "score") if c != column}))


def test_the_ranking_has_each_sample_once_and_all_of_them(writer):
    samples = minimal("samples").loc[[0, 0, 0]].assign(sample_id=["a", "b", "c"])
    writer.write_table("samples", samples)
    ranking = minimal("ranking").loc[[0, 0, 0]].assign(sample_id=["a", "b", "c"], score=1.0)
    with pytest.raises(KenshinError, match="2 rows for 3"):
        writer.write_table("ranking", ranking.iloc[:2])
    with pytest.raises(KenshinError, match="'a' more than once"):
        writer.write_table("ranking", ranking.assign(sample_id=["a", "a", "c"]))
    writer.write_table("ranking", ranking)
    assert writer.read().has("ranking")


def test_scores_keep_values_and_types_and_are_sorted_for_reading(writer):
    frame = scores()
    path = writer.write_table("scores", frame)
    back = writer.read().table("scores")
    assert back["score"].dtype == np.float32
    order = ["detector", "stack", "layer"]
    assert back[order].equals(back[order].sort_values(order))
    merged = frame.merge(back, on="sample_id", suffixes=("", "_back"))
    assert len(merged) == len(frame)
    assert (merged["score"] == merged["score_back"]).all()
    parquet = pq.ParquetFile(path)
    place = parquet.schema_arrow.names.index("detector")
    assert "RLE_DICTIONARY" in parquet.metadata.row_group(0).column(place).encodings


def test_a_filtered_read_skips_most_of_the_file(writer):
    path = writer.write_table("scores", scores())
    (fragment,) = ds.dataset(path).get_fragments()
    wanted = (ds.field("detector") == "knn") & (ds.field("layer") == 2)
    assert len(fragment.row_groups) == 8
    assert len(fragment.split_by_row_group(wanted)) <= 2
    filters = [("detector", "=", "knn"), ("layer", "=", 2)]
    part = writer.read().table("scores", columns=["score"], filters=filters)
    whole = writer.read().table("scores").query("detector == 'knn' and layer == 2")
    assert part.columns.tolist() == ["score"]
    np.testing.assert_array_equal(part["score"], whole["score"])
    assert len(writer.read().table("scores", filters=[])) == 120_000


def test_categories_are_read_back_as_plain_text(writer):
    frame = scores(10).assign(detector=pd.Categorical(["knn"] * 10))
    writer.write_table("scores", frame)
    assert writer.read().table("scores")["detector"].tolist() == ["knn"] * 10


def test_an_empty_table_keeps_its_columns(writer):
    writer.write_table("scores", scores(5).iloc[:0])
    back = writer.read().table("scores", filters=[("layer", "=", 1)])
    assert back.empty
    assert set(TABLES["scores"]) <= set(back.columns)


def test_an_empty_table_without_types_can_be_filtered(writer):
    writer.write_table("scores", pd.DataFrame({name: [] for name in TABLES["scores"]}))
    assert writer.read().table("scores", filters=[("detector", "=", "knn")]).empty


def test_a_filter_of_another_type_is_a_wrong_request(writer):
    writer.write_table("scores", scores(5))
    with pytest.raises(RequestError, match="numbers with numbers"):
        writer.read().table("scores", filters=[("layer", "=", "two")])


def test_an_unknown_column_is_a_wrong_request_that_names_the_known_ones(writer):
    writer.write_table("t", pd.DataFrame({"a": [1]}))
    run = writer.read()
    with pytest.raises(RequestError, match=r"no column b.*It has a"):
        run.table("t", columns=["b"])
    with pytest.raises(RequestError, match="no column b"):
        run.table("t", filters=[("b", "=", 1)])
    with pytest.raises(RequestError, match="no column b"):
        run.table("t", filters=[[("a", "=", 1)], [("b", "=", 1)]])


# Verification


@pytest.fixture
def finished(writer):
    writer.write_table("scores", scores(500))
    writer.write_array("map", np.zeros(4))
    writer.set(verdict={"answer": "found"})
    writer.finish()
    return writer


def problems(finished):
    found = RunStore(finished.path.parent).verify(finished.run_id)
    return [(problem.artifact, problem.kind) for problem in found]


@pytest.mark.parametrize("name", ["scores.parquet", "map.npy"])
@pytest.mark.parametrize("place", [0, 0.5, -1])
def test_one_flipped_bit_is_noticed_wherever_it_is(finished, name, place):
    assert problems(finished) == []
    data = bytearray((finished.path / name).read_bytes())
    data[int(place * len(data)) if place != -1 else -1] ^= 1
    (finished.path / name).write_bytes(data)
    assert problems(finished) == [(name, "changed")]


def test_a_missing_file_and_an_unlisted_table_are_named(finished):
    (finished.path / "map.npy").unlink()
    (finished.path / "left.parquet").write_bytes(b"x")
    assert problems(finished) == [("map.npy", "missing"), ("left.parquet", "unlisted")]


def test_a_changed_verdict_is_noticed(finished):
    path = finished.path / RECORD_FILE
    path.write_text(path.read_text().replace('"found"', '"not_found"'))
    assert json.loads(path.read_text())["verdict"]["answer"] == "not_found"
    assert problems(finished) == [(RECORD_FILE, "record")]


def test_a_wrong_row_count_is_noticed(finished):
    path = finished.path / RECORD_FILE
    path.write_text(path.read_text().replace('"rows": 500', '"rows": 400'))
    assert problems(finished) == [(RECORD_FILE, "record"), ("scores.parquet", "rows")]
