import csv
import io

import pandas as pd
import pytest

from analysis.cli.parser import build_parser
from analysis.errors import RequestError
from dashboard.components.code_view import code_item
from dashboard.components.downloads import csv_bytes
from dashboard.components.job_panel import job_title
from dashboard.requests import InspectForm, convert_argv, inspect_argv


def parsed(argv):
    return build_parser().parse_args(argv)


def test_the_form_becomes_a_command_that_the_command_line_accepts():
    form = InspectForm(
        suspect="models/s",
        reference="models/r",
        samples="a b.jsonl",
        trusted="t.csv",
        controls=("c0", "c1"),
        options={"layers": "0,3", "pooling": "cls,mean", "max-samples": "200", "device": "auto"},
        switches=("allow-pickle",),
    )
    command = parsed(inspect_argv(form))
    assert (command.suspect, command.reference) == ("models/s", "models/r")
    assert str(command.samples) == "a b.jsonl"
    assert command.control == ["c0", "c1"]
    assert (command.layers, command.max_samples, command.allow_pickle) == ("0,3", 200, True)
    assert command.pooling is None, "a default is left to the configuration"
    assert command.device is None


def test_values_that_look_like_options_stay_values():
    command = parsed(inspect_argv(InspectForm(suspect="--gate", samples="--runs")))
    assert command.suspect == "--gate"
    assert str(command.samples) == "--runs"
    assert command.gate is False


@pytest.mark.parametrize(
    ("form", "words"),
    [
        (InspectForm(samples="a"), "suspect model"),
        (InspectForm(suspect="m", samples=" "), "samples"),
        (InspectForm(suspect="m", samples="a", options={"layers": "9-1"}), "backwards"),
    ],
)
def test_incomplete_forms_are_refused_in_words(form, words):
    with pytest.raises(RequestError, match=words):
        inspect_argv(form)


def test_conversion_becomes_a_command_and_refuses_an_option_as_checkpoint():
    command = parsed(convert_argv("model.bin", "base", "new"))
    assert (str(command.checkpoint), str(command.base), str(command.out)) == (
        "model.bin",
        "base",
        "new",
    )
    with pytest.raises(RequestError, match="dash"):
        convert_argv("--out", "", "x")


def test_csv_round_trips_and_defuses_formulas():
    frame = pd.DataFrame({"sample_id": ["a", "b"], "text": ["=1+1", 'x,\n"y"'], "score": [-1.5, 2]})
    rows = list(csv.DictReader(io.StringIO(csv_bytes(frame).decode())))
    assert rows[0]["text"] == "'=1+1"
    assert rows[1]["text"] == 'x,\n"y"'
    assert rows[0]["score"] == "-1.5"


def test_the_marked_span_counts_as_a_browser_does():
    text = "a😀b<mark>TRIGGER</mark>"
    start = text.index("TRIGGER")
    values = {"sample_id": "1", "text": text, "trigger_start": start, "trigger_end": start + 7}
    item = code_item(0, values)
    utf16 = text.encode("utf-16-le")
    assert utf16[2 * item["start"] : 2 * item["end"]].decode("utf-16-le") == "TRIGGER"
    assert item["text"] == text


def test_no_located_trigger_marks_nothing():
    values = {"sample_id": "1", "text": "abc", "trigger_start": -1, "trigger_end": -1}
    assert code_item(0, values)["start"] == code_item(0, values)["end"] == 0


def test_job_titles_cannot_smuggle_markdown():
    title = job_title(["inspect", "--suspect=x/`![a](http://e/)`"])
    assert title.startswith("inspect ``")
    assert title.endswith("``")
    assert job_title(["unlearn", "--from=r", "--method=[x](y)"]) == r"unlearn · \[x\]\(y\)"


def test_trainings_of_one_model_have_titles_of_their_own():
    jobs = [["train", "--model=m/start", f"--loss={loss}"] for loss in ("ce", "dece")]
    assert [job_title(argv) for argv in jobs] == ["train `start` · ce", "train `start` · dece"]
