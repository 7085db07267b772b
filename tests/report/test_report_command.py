"""`kenshin report` from outside: file names, all or nothing, clear refusals."""

import json

import pytest
from report_runs import removal

from analysis.cli import main


def report(root, *rest):
    return main(["report", "latest", "--runs", str(root), *map(str, rest)])


def test_names_are_those_of_the_contract(one_run, tmp_path, capsys):
    root, run_id = one_run
    out = tmp_path / "new" / "out"
    code = report(root, "--format", "html,pdf,pptx,csv,sarif,cyclonedx", "--lang", "en,ja",
                  "--out", out, "--json")  # fmt: skip
    assert code == 0
    names = {path.name for path in out.iterdir()}
    documents = {
        f"report-{lang}.{kind}" for lang in ("en", "ja") for kind in ("html", "pdf", "pptx")
    }
    assert names == documents | {"samples.csv", "findings.sarif", "bom.cdx.json"}
    last = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (last["run_id"], last["path"]) == (run_id, str(out))
    assert set(last["files"]) == names
    assert [p.name for p in (tmp_path / "new").iterdir()] == ["out"]  # no temporary left


def test_pictures_of_chosen_size_and_theme_and_decision_pages(one_run, tmp_path):
    (tmp_path / "p.toml").write_text("[[clause]]\nabout = 'answer'\nis = 'not_found'\n")
    (tmp_path / "empty").mkdir()
    code = report(one_run[0], "--format", "html,svg", "--theme", "dark", "--width", 500, "--height",
                  300, "--policy", tmp_path / "p.toml", "--price-per-hour", 2, "--currency", "JPY",
                  "--out", tmp_path / "empty")  # fmt: skip
    assert code == 0
    assert len(list((tmp_path / "empty").glob("chart-*-en.svg"))) >= 4
    page = (tmp_path / "empty" / "report-en.html").read_text("utf-8")
    assert 'data-theme="dark"' in page
    assert "amount (JPY)" in page
    assert "0 passed, 1 failed, 0 not tested." in page


@pytest.mark.parametrize(
    ("options", "part"),
    [
        (["--format", "docx"], "format 'docx' is not known"),
        (["--format", ""], "no format was chosen"),
        (["--lang", "fr"], "language 'fr' is not known"),
        (["--theme", "pink"], "theme 'pink' is not known"),
        (["--width", "5"], "5 pixels is out of range"),
        (["--price-per-hour", "-1"], "no price"),
        (["--policy", "nowhere.toml"], "cannot be read as a policy file"),
    ],
)
def test_wrong_requests_end_with_two_one_sentence_and_no_folder(
    one_run, tmp_path, capsys, options, part
):
    assert report(one_run[0], *options, "--out", tmp_path / "out") == 2
    error = capsys.readouterr().err.strip().splitlines()
    assert part in error[-1]
    assert error[-1].startswith("kenshin: error: ")
    assert not (tmp_path / "out").exists()


def test_a_folder_with_something_in_it_is_left_alone(one_run, tmp_path, capsys):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    assert report(one_run[0], "--format", "csv", "--out", out) == 2
    assert "is not empty" in capsys.readouterr().err
    assert [p.name for p in out.iterdir()] == ["mine.txt"]
    assert report(one_run[0], "--format", "csv", "--out", out / "mine.txt") == 2


def test_samples_that_no_run_of_the_chain_has_are_refused(tmp_path, capsys):
    removal(tmp_path / "runs", None)
    assert report(tmp_path / "runs", "--format", "csv", "--out", tmp_path / "out") == 2
    assert "hold no samples" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
    assert report(tmp_path / "runs", "--format", "html", "--out", tmp_path / "out") == 0
