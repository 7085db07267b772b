"""Identity by content: what must change a hash, and what must not."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest
import torch

from analysis.identity import (
    file_sha256,
    json_sha256,
    library_versions,
    parameters_sha256,
    texts_sha256,
)


def test_a_file_hash_is_sha256(tmp_path) -> None:
    data = bytes(range(256)) * 40_000  # more than one block
    (tmp_path / "f").write_bytes(data)
    assert file_sha256(tmp_path / "f") == hashlib.sha256(data).hexdigest()


def test_json_is_hashed_in_one_form() -> None:
    assert json_sha256({"a": 1, "b": [2, "é"]}) == json_sha256({"b": [2, "é"], "a": 1})
    assert json_sha256({"a": 1}) != json_sha256({"a": "1"})


def test_texts_are_told_apart_by_their_borders() -> None:
    assert texts_sha256(["ab", "c"]) != texts_sha256(["a", "bc"])
    assert texts_sha256(["a", "b"]) != texts_sha256(["b", "a"])
    assert texts_sha256(["\udcff"]) != texts_sha256(["?"])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.int64])
def test_parameters_are_hashed_by_value_not_by_layout(dtype) -> None:
    matrix = torch.arange(12).reshape(3, 4).to(dtype)
    other = torch.ones(2).to(dtype)
    transposed = matrix.T.contiguous().T
    assert parameters_sha256({"a": matrix, "b": other}) == parameters_sha256(
        {"b": other, "a": transposed}
    )


def test_name_dtype_shape_and_bytes_all_count() -> None:
    tensor = torch.zeros(4)
    hashes = {
        parameters_sha256({"a": tensor}),
        parameters_sha256({"b": tensor}),
        parameters_sha256({"a": tensor.reshape(2, 2)}),
        parameters_sha256({"a": tensor.view(torch.int32)}),
        parameters_sha256({"a": -tensor}),  # minus zero has other bytes
        parameters_sha256({"a": tensor, "b": torch.zeros(0)}),
    }
    assert len(hashes) == 6


def test_large_parameters_are_hashed_in_blocks_to_the_same_value() -> None:
    tensor = torch.arange(3_000_000, dtype=torch.float32)
    head = b'["w", "float32", [3000000]]'
    expected = hashlib.sha256(head + tensor.numpy().tobytes()).hexdigest()
    assert parameters_sha256({"w": tensor}) == expected
    assert parameters_sha256({"w": torch.tensor(1.0)}) != parameters_sha256({})


def test_versions_come_from_the_installation() -> None:
    assert library_versions(["torch"])["torch"].split("+")[0] == torch.__version__.split("+")[0]
    assert library_versions(["no-such-distribution"]) == {"no-such-distribution": "missing"}


def test_reading_identity_loads_no_torch() -> None:
    code = "import sys, analysis.identity; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
