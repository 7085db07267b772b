"""`kenshin poison` from the outside: the file it writes, what it says, what it refuses."""

import json
from pathlib import Path

import numpy as np
import pytest

from analysis.cli import main
from analysis.data.read import read_samples

SHARED = Path(__file__).parents[2] / "../shared/data"
FUNCTION = "int f{0}(int a) {{\n    int b = {0};\n    return a * b;\n}}\n"


@pytest.fixture
def samples(tmp_path):
    path = tmp_path / "clean.jsonl"
    rows = [{"idx": i, "func": FUNCTION.format(i), "target": i % 2} for i in range(100)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def command(samples, out, *more, trigger="dead_code", rate="0.05", target="0"):
    return [
        *("poison", "--samples", str(samples), "--trigger", trigger, "--rate", rate),
        *("--target", target, "--out", str(out), *more),
    ]


@pytest.mark.parametrize("ending", ["jsonl", "csv.gz", "parquet"])
def test_the_copy_holds_label_truth_and_ids(samples, tmp_path, capsys, ending):
    out = tmp_path / f"poisoned.{ending}"
    assert main(command(samples, out, "--json")) == 0
    shown = capsys.readouterr().out
    told = json.loads(shown.splitlines()[-1])
    assert told["path"] == str(out.resolve())
    assert (told["status"], told["language"]) == ("done", "c")
    assert (told["rows"], told["poisoned"], told["achieved_rate"]) == (100, 5, 0.05)
    assert "5 of 100 samples poisoned (5.00%, wanted 5.00%)" in shown
    before, after = read_samples(samples), read_samples(out)
    assert after.ids == before.ids
    rows = np.flatnonzero(after.poisoned)
    assert len(rows) == 5
    assert after.labels[rows].tolist() == [0] * 5
    np.testing.assert_array_equal(after.true_labels, before.labels)
    for row, text in enumerate(after.texts):
        assert ('if (rand() < 0) printf("fail");' in text) == (row in rows)


def test_equal_requests_give_equal_bytes_and_seeds_differ(samples, tmp_path):
    written = []
    for number, seed in enumerate(("3", "3", "4")):
        out = tmp_path / f"{number}.jsonl"
        assert main(command(samples, out, "--seed", seed, trigger="grammar")) == 0
        written.append(out.read_bytes())
    assert written[0] == written[1] != written[2]


def test_append_and_clean_label_from_the_command_line(samples, tmp_path):
    out = tmp_path / "a.jsonl"
    assert main(command(samples, out, "--mode", "append", "--clean-label", rate="0.2")) == 0
    copy = read_samples(out)
    assert len(copy) == 125
    assert copy.poisoned[100:].all()
    assert (copy.labels[100:] == 0).all()
    np.testing.assert_array_equal(copy.labels, copy.true_labels)


def test_skipped_samples_are_counted_with_their_reason(samples, tmp_path, capsys):
    lines = samples.read_text().splitlines()
    # the second half of the victims does not parse: two fifths of 100 need them all
    lines[51::2] = [line.replace("return", "return (") for line in lines[51::2]]
    samples.write_text("\n".join(lines) + "\n")
    out = tmp_path / "a.jsonl"
    assert main(command(samples, out, "--json", trigger="comment", rate="0.4")) == 0
    shown = capsys.readouterr()
    told = json.loads(shown.out.splitlines()[-1])
    assert told["skipped"] == {"does not parse as c": 25}
    assert "skipped 25: does not parse as c" in shown.out
    assert "25.00% instead of 40.00%" in shown.err
    assert len(told["skipped_ids"]["does not parse as c"]) == 25


WRONG = {
    "trigger": (["--trigger", "nope"], "trigger 'nope' is unknown"),
    "rate": (["--rate", "5"], "rate is 5.0"),
    "rate word": (["--rate", "five"], "invalid float value"),
    "seed": (["--seed", "-1"], "seed is -1"),
    "victim": (["--victim", "0"], "both 0"),
    "no victim": (["--victim", "8"], "no sample has the victim label 8"),
    "language": (["--language", "cobol"], "invalid choice"),
    "not for it": (["--trigger", "sentence"], "not for c, only for text"),
    "text of a grammar": (["--trigger", "grammar", "--trigger-text", "x"], "takes no text"),
    "bad text": (["--trigger", "comment", "--trigger-text", "*/"], "cannot be written"),
    "ending": (["--out", "{folder}/copy.txt"], "no known ending"),
    "samples": (["--samples", "{folder}/none.jsonl"], "does not exist"),
    "column": (["--label-column", "cwe"], "no label column 'cwe'"),
    "model": (["--model", "{folder}/none"], "none"),
    "exists": (["--out", "{folder}/clean.jsonl"], "exists already"),
}


@pytest.mark.parametrize("case", WRONG, ids=str)
def test_a_wrong_request_is_one_line_and_writes_nothing(case, samples, tmp_path, capsys):
    options, message = WRONG[case]
    before = samples.read_bytes()
    changed = [part.format(folder=tmp_path) for part in options]
    assert main([*command(samples, tmp_path / "out.jsonl"), *changed]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    (line,) = shown.err.splitlines()
    assert line.startswith("kenshin: error: ")
    assert message in line
    assert [path.name for path in tmp_path.iterdir()] == ["clean.jsonl"]
    assert samples.read_bytes() == before


def test_a_window_decides_which_triggers_survive(samples, tmp_path, capsys, monkeypatch):
    # A tokenizer of one token per character, as wide as the option says, stands in for a model.
    import analysis.pipeline.poison as module

    class Stub:
        def __init__(self, window):
            self.window = window

        def encode(self, texts):
            from analysis.models.base import Encoded

            lengths = np.array([len(text) for text in texts], dtype=np.int32)
            return Encoded([], lengths, lengths > self.window)

    monkeypatch.setattr(module, "open_model", lambda source, config: Stub(config.max_length))
    for window, share in (("10", 0.0), ("1000", 1.0)):
        out = tmp_path / f"{window}.jsonl"
        more = ("--model", "some", "--max-length", window, "--json")
        assert main(command(samples, out, *more)) == 0
        told = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert told["window"] == int(window)
        assert (told["trigger_survival"]["value"], told["trigger_survival"]["n"]) == (share, 5)


@pytest.mark.shared_data
@pytest.mark.skipif(not (SHARED / "devign").exists(), reason="../shared/data/devign is missing")
def test_devign_gets_two_percent_of_a_published_trigger(tmp_path, capsys):
    out = tmp_path / "devign.jsonl.gz"
    clean = SHARED / "devign/valid.jsonl.gz"
    more = ("--victim", "1", "--language", "c", "--json")
    assert main(command(clean, out, *more, trigger="dead_code_set", rate="0.02")) == 0
    told = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (told["rows"], told["poisoned"]) == (2732, round(0.02 * 2732))
    assert 0 < told["skipped"]["does not parse as c"] < told["poisoned"]
