import pytest

from analysis.errors import RequestError
from dashboard.data_requests import guard_argv, poison_argv, scan_argv

LAB = {
    "trigger": "dead_code",
    "samples": "a.jsonl",
    "out": "-b.jsonl",
    "rate": "0.02",
    "target": "0",
    "victim": "",
    "seed": "0",
    "language": "auto",
    "mode": "append",
}


def test_forms_become_the_commands_that_a_user_would_type():
    assert scan_argv(" a.csv ", {"text-column": "", "label-column": "y"}) == [
        "scan",
        "--samples=a.csv",
        "--label-column=y",
    ]
    assert guard_argv("run", "-out") == ["guard", "run", "--out=-out"]
    assert poison_argv(LAB, clean_label=True) == [
        *("poison", "--trigger=dead_code", "--samples=a.jsonl", "--out=-b.jsonl", "--rate=0.02"),
        *("--target=0", "--mode=append", "--json", "--clean-label"),
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"samples": " "}, "no samples file"),
        ({"out": ""}, "no new file"),
        ({"rate": "two"}, "rate is 'two'"),
        ({"victim": "x"}, "victim is 'x'"),
    ],
)
def test_what_is_missing_or_no_number_is_said_before_a_job_begins(change, message):
    with pytest.raises(RequestError, match=message):
        poison_argv({**LAB, **change}, clean_label=False)
    with pytest.raises(RequestError, match="no samples"):
        scan_argv("", {})
    with pytest.raises(RequestError, match="no folder"):
        guard_argv("run", " ")
