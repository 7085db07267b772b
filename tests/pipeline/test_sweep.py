"""A sweep over a shipped poisoned model: a table of settings from the same untouched start."""

import numpy as np
import pytest

from analysis.cli import main
from analysis.data.shipped import shipped_samples
from analysis.data.write import write_samples
from analysis.unlearn.sweep_price import gentlest


@pytest.fixture(scope="module")
def swept(run, store, tmp_path_factory):
    retain = tmp_path_factory.mktemp("sweep") / "retain.jsonl"
    write_samples(shipped_samples("trusted", limit=300), retain)
    code = main(
        ["sweep", f"--runs={store.root}", f"--from={run.run_id}", f"--retain={retain}",
         "--method=ga", "--learning-rates=1e-6,6e-4", "--batch-sizes=8",
         "--steps=12", "--check-every=6", "--guard-samples=90"]
    )  # fmt: skip
    assert code == 0
    newest = next(s for s in store.list() if s.kind == "sweep")
    return store.open(newest.run_id)


def test_a_rate_that_hardly_moves_keeps_the_trojan_and_a_large_one_breaks_it(swept):
    table = swept.table("sweep")
    assert table["step"].tolist() == [0, 6, 12] * 2
    starts = table[table["step"] == 0]
    assert starts["accuracy_change"].eq(0).all()
    assert starts["asr"].nunique() == 1, "every setting starts from the same model"
    small, large = (table[table["learning_rate"] == rate].iloc[-1] for rate in (1e-6, 6e-4))
    assert small["excess_asr"] > 0.7
    assert large["asr"] < 0.2
    assert abs(small["accuracy_change"]) < 0.02


def test_the_record_tells_counts_and_no_verdict(swept, store):
    record = swept.record
    found = record["metrics"]["sweep"]
    assert found["cells"] == 2
    assert found["start"]["asr"] > 0.9
    assert record["verdict"] is None
    assert [m["role"] for m in record["inputs"]["models"]][0] == "original"
    assert not store.verify(swept.run_id)


def test_the_gentlest_look_is_the_most_accurate_one_that_is_neither_poisoned_nor_inverted():
    rng = np.random.default_rng(1)
    rows = [
        {"accuracy_change": a, "excess_asr": e, "inverted": bool(i)}
        for a, e, i in zip(
            rng.uniform(-0.2, 0, 400), rng.uniform(-0.2, 1, 400), rng.integers(0, 2, 400),
            strict=True,
        )
    ]  # fmt: skip
    fine = [r for r in rows if abs(r["excess_asr"]) <= 0.05 and not r["inverted"]]
    assert gentlest(rows)["accuracy_change"] == max(r["accuracy_change"] for r in fine)
    assert gentlest([r for r in rows if r not in fine]) is None


@pytest.mark.parametrize(
    ("extra", "words"),
    [
        (["--learning-rates=high"], "no list of numbers"),
        (["--method=auto"], "'auto' is none"),
        (["--method=alchemy"], "alchemy"),
    ],
)
def test_a_wrong_request_is_one_sentence_and_exit_code_two(run, store, capsys, extra, words):
    before = len(store.list())
    retain = [f"--retain={__file__}"]
    assert main(["sweep", f"--runs={store.root}", f"--from={run.run_id}", *retain, *extra]) == 2
    assert words in capsys.readouterr().err
    assert len(store.list()) == before
