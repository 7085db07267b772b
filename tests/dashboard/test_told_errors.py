"""Every sentence of an error that an analyst can meet on a screen is said in Japanese, too."""

import ast
import re
from pathlib import Path

import pytest

from analysis.report.text import spoken

HOME = Path(__file__).parents[2]
ERRORS = ("KenshinError", "RequestError", "UnsafeFileError", "Cancelled")
# Whose errors no screen shows: the dashboard cannot start these, or only programmers call them.
ELSEWHERE = {
    "cli/dashboard.py": "serves the dashboard itself",
    "cli/options/base.py": "options as typed; forms write them correctly",
    "cli/runs.py": "kenshin runs",
    "cli/runs_verify.py": "kenshin runs verify",
    "data/shipped.py": "kenshin samples",
    "report/text/__init__.py": "a missing text, which the tests find",
    "audit/tofu_metrics.py": "a function for programmers",
    "training/losses/trainer.py": "the Hugging Face Trainer",
}
VALUE = "X7"


def sentence(node):
    """A message as it could be printed, every value the same word; None where it is computed."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        parts = (v.value if isinstance(v, ast.Constant) else VALUE for v in node.values)
        return "".join(str(part) for part in parts)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return (sentence(node.left) or VALUE) + (sentence(node.right) or VALUE)
    return None


def errors(source):
    """Message and hint of every error that is made in a source: (line, [message, hint])."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ERRORS:
            given = [*node.args[:2], *(k.value for k in node.keywords)]
            yield node.lineno, [text for part in given if (text := sentence(part))]


def english(source):
    """Sentences that stay English on a Japanese screen: (line, sentence)."""
    with spoken.speaking("ja"):
        return [
            (line, text)
            for line, texts in errors(source)
            for text in texts
            if spoken.told(text).startswith("原文")
        ]


def modules():
    return sorted((HOME / "analysis").rglob("*.py"))


def test_no_error_that_a_screen_can_show_stays_english():
    missing, seen = {}, 0
    for path in modules():
        name = path.relative_to(HOME / "analysis").as_posix()
        source = path.read_text("utf-8")
        seen += sum(len(texts) for _, texts in errors(source))
        if name not in ELSEWHERE:
            missing.update({f"{name}:{line}": text for line, text in english(source)})
    assert missing == {}
    assert seen > 500, "the errors were not found"


def test_every_exception_is_still_needed():
    for name in ELSEWHERE:
        assert english((HOME / "analysis" / name).read_text("utf-8")), name


def test_a_new_sentence_is_found():
    source = 'raise RequestError(f"the {thing} is on fire.", "Call somebody.")'
    assert [text for _, text in english(source)] == ["the X7 is on fire.", "Call somebody."]
    assert english('raise RequestError("there are no samples to forget.")') == []


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (
            "rate is 2.0, expected above 0 and below 1. Write 0.05 for 5 %.",
            "rate の値は 2.0 です（必要な値：0 より大きく 1 未満）。 "
            "5 % なら 0.05 と書いてください。",
        ),
        (
            "model 'C:/a. B/m' does not exist.",
            "モデル「C:/a. B/m」がありません。",
        ),
        (
            "--forget is missing. Name the file of samples to be forgotten.",
            "--forget がありません。 忘却させるサンプルのファイルを指定してください。",
        ),
        ("the strange thing is on fire.", "原文（英語）：the strange thing is on fire."),
        (
            "the strange thing is on fire. Give --target.",
            "原文（英語）：the strange thing is on fire. Give --target.",
        ),
    ],
)
def test_message_and_hint_are_told_apart_and_nothing_is_guessed(said, told):
    with spoken.speaking("ja"):
        assert spoken.told(said) == told


def test_values_are_kept_as_they_are():
    value = "日本語 {x} 50 % ‘q’"
    with spoken.speaking("ja"):
        for name in spoken.TOLD:
            for template in spoken.files("ja")[name]:
                names = set(re.findall(r"{(\w+)}", template)) - {spoken.WISH}
                if not names or spoken.WISH in template:
                    continue
                text = re.sub(r"{\w+}", lambda _: value, template)
                assert value in spoken.told(text), template
