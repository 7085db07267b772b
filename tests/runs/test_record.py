"""The record: names, canonical JSON, upgrades."""

import json
import math
import re
from pathlib import Path

import numpy as np
import pytest

from analysis.errors import KenshinError, RequestError
from analysis.runs.record import (
    RUN_ID,
    new_record,
    new_run_id,
    plain,
    seal,
    seal_holds,
    sha256_of,
)
from analysis.runs.upgrade import FORMAT_VERSION, upgrade

CONTRACT_KEYS = set(
    """format_version run_id kind status created finished request_sha256 config inputs
environment steps verdict metrics artifacts parent warnings""".split()  # noqa: SIM905 - as the contract spells it
)


def make(**changes):
    record = new_record(new_run_id("scan"), "scan", {"seed": 0}, {"seed": "default"}, {"a": "b"})
    return {**record, **changes}


def test_a_new_record_has_every_key_of_the_contract():
    record = make()
    assert set(record) >= CONTRACT_KEYS
    assert set(record["config"]) == {"values", "origins"}
    assert (record["format_version"], record["status"]) == (FORMAT_VERSION, "running")


@pytest.mark.parametrize("kind", ["inspect", "scan", "train", "unlearn", "audit"])
def test_run_ids_have_the_form_of_the_contract_and_never_repeat(kind):
    names = {new_run_id(kind) for _ in range(200)}
    assert len(names) == 200
    assert all(RUN_ID.match(name) for name in names)
    assert all(re.fullmatch(rf"\d{{8}}T\d{{6}}Z-{kind}-[0-9a-f]{{8}}", name) for name in names)


def test_an_unknown_kind_is_refused():
    with pytest.raises(KenshinError, match="guess"):
        new_run_id("guess")


def test_nan_and_infinities_become_null_at_any_depth():
    value = {"a": [math.nan, np.float32("inf"), {"b": np.array([1.0, -np.inf])}], "c": 0.5}
    assert plain(value) == {"a": [None, None, {"b": [1.0, None]}], "c": 0.5}
    assert "NaN" not in seal(make(metrics=value))
    assert "Infinity" not in seal(make(metrics=value))


def test_plain_turns_foreign_types_into_json():
    value = {1: np.int64(2), "t": (True, np.bool_(False)), "p": Path("a/b"), "s": {"y", "x"}}
    assert json.loads(json.dumps(plain(value))) == {
        "1": 2,
        "t": [True, False],
        "p": "a/b",
        "s": ["x", "y"],
    }


def test_a_value_that_json_cannot_hold_is_named():
    with pytest.raises(KenshinError, match="type object"):
        plain({"a": object()})


def test_the_hash_depends_on_the_content_only():
    assert sha256_of({"b": 1, "a": (1, 2)}) == sha256_of({"a": [1, 2], "b": np.int8(1)})
    assert sha256_of(float("nan")) == sha256_of(None)
    assert sha256_of({"a": "ü"}) != sha256_of({"a": "u"})


def test_the_request_hash_changes_with_kind_config_and_inputs():
    def of(kind="scan", seed=0, path="b"):
        record = new_record(new_run_id(kind), kind, {"seed": seed}, {}, {"a": path})
        return record["request_sha256"]

    assert of() == of()
    assert len({of(), of(kind="train"), of(seed=1), of(path="c")}) == 4


def test_the_seal_survives_reading_and_notices_a_change():
    stored = json.loads(seal(make(metrics={"ä\udc80": 0.1, "n": float("nan")})))
    assert seal_holds(stored)
    stored["verdict"] = {"answer": "not_found"}
    assert not seal_holds(stored)


def test_upgrades_run_one_by_one_and_leave_the_original_alone():
    steps = {
        1: lambda record: {**record, "colour": "red"},
        2: lambda record: {"color": record.pop("colour"), **record},
    }
    old = make()
    new = upgrade(old, steps, target=3)
    assert (new["format_version"], new["color"]) == (3, "red")
    assert "colour" not in new
    assert old["format_version"] == 1
    assert "color" not in old


def test_the_present_format_needs_no_upgrade():
    record = make()
    assert upgrade(record) == record


@pytest.mark.parametrize("version", [FORMAT_VERSION + 1, 0, -1, "1", None, True, 1.5])
def test_other_versions_are_refused_with_the_number(version):
    with pytest.raises(RequestError, match=re.escape(repr(version))):
        upgrade(make(format_version=version))


def test_a_future_version_says_what_to_do():
    with pytest.raises(RequestError, match="Update Kenshin"):
        upgrade(make(format_version=99))


def test_a_missing_upgrade_is_an_error_and_not_a_guess():
    with pytest.raises(RequestError, match="no upgrade from 2"):
        upgrade(make(), {1: dict}, target=3)
