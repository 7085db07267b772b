import gzip
import json

import numpy as np
import pytest

from analysis.data.drop import drop_samples
from analysis.data.read import read_samples, write_samples
from analysis.records import SampleSet


@pytest.mark.parametrize("name", ["s.jsonl", "s.csv", "s.tsv", "s.parquet", "s.jsonl.gz"])
def test_the_rest_stays_as_it_was(tmp_path, name):
    path = tmp_path / name
    texts = tuple(f'def f{i}():\n    return "a,\t{i}"\n' for i in range(20))
    ids = tuple(f"s{i}" for i in range(20))
    write_samples(SampleSet(ids, texts, np.arange(20) % 3), path)
    left = drop_samples(path, path.read_bytes(), {"s3", "s19"})
    assert (left.kept, left.dropped) == (18, 2)
    path.write_bytes(left.data)
    again = read_samples(path)
    keep = [i for i in range(20) if i not in (3, 19)]
    assert again.ids == tuple(ids[i] for i in keep)
    assert again.texts == tuple(texts[i] for i in keep)
    assert again.labels.tolist() == [i % 3 for i in keep]


def test_other_columns_survive_and_row_numbers_are_ids(tmp_path):
    path = tmp_path / "s.jsonl.gz"
    rows = [{"func": f"int f{i};", "target": i % 2, "cwe": [i, "ü\u2028"]} for i in range(5)]
    path.write_bytes(gzip.compress("".join(json.dumps(r) + "\n" for r in rows).encode()))
    left = drop_samples(path, path.read_bytes(), {"0", "4"})
    kept = [json.loads(line) for line in gzip.decompress(left.data).decode().split("\n") if line]
    assert kept == rows[1:4]
