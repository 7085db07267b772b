"""Sample files: every format, every column name, and what is refused with its line."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from pathlib import Path

import numpy as np
import pytest

from analysis.data import formats, read
from analysis.data.read import read_samples, write_samples
from analysis.errors import RequestError
from analysis.records import SampleSet

DEVIGN = Path(__file__).parents[2] / "../shared/data/devign/valid.jsonl.gz"

TRICKY = (
    "def f():\n    return 'a,b\t\"c\"'",
    "",
    "x\u2028y\u0085z",
    "// 漢字 and \N{SNAKE}",
    "a\r\nb\rc",
    "f" * 142_292,
    '"',
)


def _samples() -> SampleSet:
    n = len(TRICKY)
    return SampleSet(
        ids=tuple(f"s{i}" for i in range(n)),
        texts=TRICKY,
        labels=np.arange(n) % 2,
        poisoned=np.arange(n) % 3 == 0,
        true_labels=(np.arange(n) + 1) % 2,
    )


def _jsonl(path: Path, *rows: object) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("compressed", ["", ".gz"])
@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".tsv", ".parquet"])
def test_every_format_gives_back_what_was_written(tmp_path, ending, compressed):
    path = tmp_path / f"samples{ending}{compressed}"
    samples = _samples()
    write_samples(samples, path)
    first = path.read_bytes()
    back = read_samples(path)
    assert back.ids == samples.ids
    assert back.texts == samples.texts
    assert back.labels.dtype == np.int64
    np.testing.assert_array_equal(back.labels, samples.labels)
    np.testing.assert_array_equal(back.poisoned, samples.poisoned)
    np.testing.assert_array_equal(back.true_labels, samples.true_labels)
    assert back.sha256 == hashlib.sha256(first).hexdigest()
    assert back.warnings == ()
    write_samples(back, path)
    assert path.read_bytes() == first
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", [".jsonl", ".csv", ".parquet"])
def test_columns_that_are_not_there_stay_none(tmp_path, ending):
    path = tmp_path / f"bare{ending}"
    write_samples(SampleSet(("a", "b"), ("x", "y")), path)
    back = read_samples(path)
    assert (back.labels, back.poisoned, back.true_labels) == (None, None, None)


@pytest.mark.parametrize(
    ("row", "text", "label", "identity"),
    [
        ({"sentence": "s", "text": "t", "func": "f", "code": "c"}, "c", None, "0"),
        ({"sentence": "s", "text": "t", "func": "f"}, "f", None, "0"),
        ({"sentence": "s", "text": "t"}, "t", None, "0"),
        ({"sentence": "s", "target": 1, "idx": 42}, "s", 1, "42"),
        ({"func": "f", "target": 1, "label": 0, "idx": 4, "id": "z"}, "f", 0, "z"),
    ],
)
def test_column_names_have_a_priority(tmp_path, row, text, label, identity):
    samples = read_samples(_jsonl(tmp_path / "a.jsonl", row))
    assert samples.texts == (text,)
    assert samples.ids == (identity,)
    assert (None if samples.labels is None else samples.labels[0]) == label


def test_named_columns_win(tmp_path):
    path = _jsonl(tmp_path / "a.jsonl", {"code": "c", "body": "b", "label": 0, "cwe": "1"})
    samples = read_samples(path, text_column="body", label_column="cwe")
    assert samples.texts == ("b",)
    assert samples.labels.tolist() == [1]
    with pytest.raises(RequestError, match="no text column 'nope'.*code, body"):
        read_samples(path, text_column="nope")


@pytest.mark.parametrize(
    ("value", "label"),
    [(1, 1), ("1", 1), (True, 1), ("false", 0), ("True", 1), (2.0, 2), ("3.0", 3), (" 0 ", 0)],
)
def test_labels_may_be_written_in_many_ways(tmp_path, value, label):
    samples = read_samples(_jsonl(tmp_path / "a.jsonl", {"code": "c", "label": value}))
    assert samples.labels.tolist() == [label]


@pytest.mark.parametrize("value", ["vulnerable", -1, 0.5, None, float("nan"), [1], ""])
def test_a_label_that_is_none_is_named_with_its_line(tmp_path, value):
    path = _jsonl(tmp_path / "a.jsonl", {"code": "c", "label": 0}, {"code": "d", "label": value})
    with pytest.raises(RequestError, match=r"line 2: 'label' is .*expected a whole number"):
        read_samples(path)


def test_a_label_written_as_a_name_is_told_what_to_write(tmp_path):
    path = _jsonl(tmp_path / "a.jsonl", {"code": "c", "label": "vulnerable"})
    with pytest.raises(RequestError, match="id2label"):
        read_samples(path)
    path = _jsonl(tmp_path / "b.jsonl", {"code": "c", "label": "-1"})
    with pytest.raises(RequestError, match="Correct or remove that line"):
        read_samples(path)


def test_a_column_named_twice_is_refused_and_unnamed_ones_are_not(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("id,code,code,label\na,x = 1,z,0\n")
    with pytest.raises(RequestError, match="has the column 'code' twice"):
        read_samples(path)
    path.write_text("code,,,label\nx = 1,,,0\n")
    assert read_samples(path).texts == ("x = 1",)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"code": "a"}\n{"code": \n', "line 2"),
        ('{"code": "a"}\n\n[1]\n', "line 3: a JSON list"),
        ('{"code": "a"}\n{"text": "b"}\n', "line 2: 'code' is missing"),
        ('{"code": 7}\n', "line 1: 'code' is 7, expected a text"),
        ('{"id": 1, "code": "a"}\n{"id": "1", "code": "b"}\n', "line 2: id '1' is already on"),
        ('{"id": null, "code": "a"}\n', "line 1: 'id' is None"),
        ('{"func_name": "a"}\n', "no text column among func_name"),
        ("", "0 rows"),
        ("\n\n", "0 rows"),
        ("[" * 100_000 + "\n", "line 1"),
    ],
)
def test_a_wrong_line_is_refused_with_its_number(tmp_path, content, message):
    path = tmp_path / "a.jsonl"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(RequestError, match=message):
        read_samples(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,code\na,x\nb\n", "line 3: 1 fields, expected 2"),
        ('id,code\na,"x\ny"\na,z\n', "line 4: id 'a' is already on line 2"),
        ('id,code\na,"x\n', "line 2"),
        ("id,code\n", "0 rows"),
    ],
)
def test_a_wrong_csv_record_is_refused_with_its_first_line(tmp_path, content, message):
    path = tmp_path / "a.csv"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(RequestError, match=message):
        read_samples(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.txt", b"x", "no known ending"),
        ("a.pkl", b"x", "no known ending"),
        ("a.jsonl.gz", b"not gzip", "not readable as gzip"),
        ("b.jsonl.gz", gzip.compress(b'{"code": "a"}\n')[:-6], "not readable as gzip"),
        ("a.parquet", b"PAR1 not really", "not readable as Parquet"),
        ("a.jsonl", '{"code": "a"}\n'.encode("utf-16"), "is UTF-16 text, expected UTF-8"),
        ("a.csv", "code\na\n".encode("utf-32-le"), "is UTF-16 or UTF-32 text"),
        ("b.csv", b"\xff\xfe\0\0" + "code".encode("utf-32-le"), "is UTF-32 text"),
    ],
)
def test_a_broken_file_is_one_clear_sentence(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(RequestError, match=message) as caught:
        read_samples(path)
    assert "\n" not in str(caught.value)


def test_what_unpacks_without_end_or_never_ends_is_refused(tmp_path, monkeypatch):
    bomb = tmp_path / "a.jsonl.gz"
    bomb.write_bytes(gzip.compress(b'{"code": "' + b"a" * 2000 + b'"}\n'))
    monkeypatch.setattr(formats, "LARGEST_UNPACKED", 1000)
    with pytest.raises(RequestError, match="unpacks to more than"):
        read_samples(bomb)
    monkeypatch.undo()
    monkeypatch.setattr(read, "LONGEST_TEXT", 1000)
    with pytest.raises(RequestError, match=r"line 1: the text has 2,000 characters"):
        read_samples(bomb)
    os.mkfifo(tmp_path / "pipe.jsonl")  # reading it would wait for ever
    with pytest.raises(RequestError, match="no regular file"):
        read_samples(tmp_path / "pipe.jsonl")


def test_missing_files_and_folders_are_refused(tmp_path):
    with pytest.raises(RequestError, match="does not exist"):
        read_samples(tmp_path / "no.jsonl")
    (tmp_path / "d.jsonl").mkdir()
    with pytest.raises(RequestError, match="is a folder"):
        read_samples(tmp_path / "d.jsonl")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", b'{"code": "a\xff\xfeb"}\n{"code": "fine"}\n'),
        ("a.csv", b"code\na\xff\xfeb\nfine\n"),
        ("b.jsonl", b'{"code": "a\\ud800\\ud800b"}\n{"code": "fine"}\n'),
    ],
)
def test_bytes_that_are_not_utf8_are_replaced_and_said(tmp_path, name, content):
    path = tmp_path / name
    path.write_bytes(content)
    samples = read_samples(path)
    assert samples.texts[0].strip("ab").strip("\ufffd") == ""
    assert samples.texts[0].encode()
    assert samples.texts[1] == "fine"
    assert len(samples.warnings) == 1
    assert "1 samples" in samples.warnings[0]


def test_a_byte_order_mark_is_not_part_of_the_first_column(tmp_path):
    for name, content in (("a.csv", b"code\nx\n"), ("a.jsonl", b'{"code": "x"}\n')):
        (tmp_path / name).write_bytes(b"\xef\xbb\xbf" + content)
        assert read_samples(tmp_path / name).texts == ("x",)


def test_ground_truth_never_decides_whether_a_file_is_read(tmp_path):
    rows = [{"code": "a", "poisoned": "maybe", "true_label": "x"}, {"code": "b", "poisoned": 1}]
    samples = read_samples(_jsonl(tmp_path / "a.jsonl", *rows))
    assert samples.poisoned is None
    assert samples.true_labels is None
    assert len(samples.warnings) == 2


def test_a_limited_choice_is_seeded_and_keeps_file_order(tmp_path):
    path = _jsonl(tmp_path / "a.jsonl", *({"code": str(i), "label": i} for i in range(200)))
    chosen = read_samples(path, max_samples=50, seed=1)
    rows = [int(text) for text in chosen.texts]
    assert rows == sorted(rows)
    assert len(set(rows)) == 50
    assert chosen.labels.tolist() == rows
    assert chosen.ids == tuple(map(str, rows))  # ids are those of the whole file
    assert read_samples(path, max_samples=50, seed=1).ids == chosen.ids
    assert read_samples(path, max_samples=50, seed=2).ids != chosen.ids
    assert len(read_samples(path, max_samples=500)) == 200


def test_the_csv_limit_of_the_process_is_left_as_it_was(tmp_path):
    import csv

    before = csv.field_size_limit()
    path = tmp_path / "a.csv"
    write_samples(_samples(), path)
    read_samples(path)
    assert csv.field_size_limit() == before


def test_a_failed_write_leaves_nothing(tmp_path):
    with pytest.raises(RequestError, match="no known ending"):
        write_samples(_samples(), tmp_path / "a.txt")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.shared_data
@pytest.mark.skipif(not DEVIGN.exists(), reason="../shared/data/devign is missing")
def test_devign_is_read_with_its_codexglue_names():
    samples = read_samples(DEVIGN)
    assert len(samples) == 2732
    assert np.bincount(samples.labels).tolist() == [1545, 1187]
    assert max(map(len, samples.texts)) == 137_221
    with gzip.open(DEVIGN, "rt", encoding="utf-8") as file:
        first = json.loads(next(file))
    assert samples.ids[0] == str(first["idx"])
    assert samples.texts[0] == first["func"]
    assert samples.labels[0] == first["target"]
    assert samples.sha256 == hashlib.sha256(DEVIGN.read_bytes()).hexdigest()
